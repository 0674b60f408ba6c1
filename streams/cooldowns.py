"""Cooldowns: for how long nobody should be told again of a subject's drop, written to Redis for programs that tell people.

The alerts topic says each drop once and stays the truth; a subject may have several within days, of other causes or after a
recovery. Who sends messages and would rather not repeat itself looks here: while a key is there, only the alert that it names
is worth a message. Nothing of ours reads it, so a lost Redis loses no alert: it only quiets less.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from streams.codec import to_json

__all__ = ["RULES", "Cooldown", "cooldowns_of", "in_force"]

RULES: Final = {
    "rep": "SalesRepScoreDropped",
    "team": "SalesTeamScoreDropped",
    "territory": "SalesTerritoryScoreDropped",
    "company": "SalesCompanyScoreDropped",
}
"""By subject, the alert whose repetition is held back."""

_SECONDS_A_DAY: Final = 86_400
_TOLD: Final = ("as_of", "metric", "cause_key", "severity")


@dataclass(frozen=True, slots=True)
class Cooldown:
    """A key, what it holds, and when it goes.

    Attributes:
        key: `cooldown:<rule>:<id>`, what stands after the application's name.
        value: JSON of the alert that began it: `as_of`, `metric`, `cause_key`, `severity`.
        since: unix time at which the alert was told.
        until: unix time at which it ends.
    """

    key: str
    value: bytes
    since: float
    until: float


def cooldowns_of(alerts: Iterable[Mapping[str, Any]], days: int) -> list[Cooldown]:
    """The cooldowns that drops begin, in their order; recoveries begin and end none.

    Args:
        alerts: messages of the alerts topic.
        days: how long each lasts from when it was told: `one_alert_days` of the scorecard.

    >>> drop = {"type": "ScoreDropped", "subject": "rep", "id": "r-17", "as_of": "2026-03-31", "metric": "win_rate",
    ...         "cause_key": "results/win_rate", "severity": "alarm", "version": {"known_at": "2026-04-01T06:00:00Z"}}
    >>> [(one.key, one.until - one.since) for one in cooldowns_of([drop, {"type": "ScoreRecovered"}], 14)]
    [('cooldown:SalesRepScoreDropped:r-17', 1209600.0)]
    """
    found = []
    for alert in alerts:
        if alert["type"] != "ScoreDropped":
            continue
        since = datetime.fromisoformat(alert["version"]["known_at"]).timestamp()
        key = f"cooldown:{RULES[alert['subject']]}:{alert['id']}"
        value = to_json({name: alert[name] for name in _TOLD})
        found.append(Cooldown(key, value, since, since + days * _SECONDS_A_DAY))
    return found


def in_force(cooldowns: Iterable[Cooldown], now: float) -> list[Cooldown]:
    """Those that hold at a moment, one a key: what was told while an earlier one held began none.

    >>> day = 86_400.0
    >>> told = [Cooldown("cooldown:r:a", alert, on * day, (on + 14) * day) for on, alert in ((0, b"1"), (9, b"2"), (15, b"3"))]
    >>> [[one.value for one in in_force(told, now * day)] for now in (10, 16, 40)]
    [[b'1'], [b'3'], []]
    """
    begun: dict[str, Cooldown] = {}
    for cooldown in cooldowns:
        earlier = begun.get(cooldown.key)
        if cooldown.since <= now and (earlier is None or cooldown.since >= earlier.until):
            begun[cooldown.key] = cooldown
    return [cooldown for cooldown in begun.values() if cooldown.until > now]
