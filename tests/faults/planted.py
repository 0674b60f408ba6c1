"""Planted: two reps sent ahead of the rough traffic, so that drops and their ends are certain to be told.

The one slides before the traffic begins, and recovers in what is sent late; the other is fine until late corrections say
otherwise.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from tests.traffic import TOPIC_OF, Sent

FIRST: Final = date(2024, 10, 28)
"""A Monday, too late in its quarter for that to count as a whole one: norms stay those of all weeks."""
_SLIDE: Final = date(2025, 1, 27)
_TRAFFIC: Final = date(2025, 3, 3)
SUNDAY: Final = date(2025, 3, 30)
"""After the newest record of the traffic, in the quarter in which it began."""
SLIDING: Final = "planted-a"
FINE: Final = "planted-b"
_ANSWERS: Final = 8
_CALLS: Final = 3


def planted() -> list[Sent]:
    """The two reps and their weeks up to the traffic."""
    people = [
        {"type": "rep", "id": name, "updated_at": "2024-10-01T00:00:00Z", "team_id": f"t-{name}"}
        for name in (SLIDING, FINE)
    ]
    weeks = [
        record
        for monday in _mondays(FIRST, _TRAFFIC)
        for name in (SLIDING, FINE)
        for record in _week(name, monday, good=name == FINE or monday < _SLIDE)
    ]
    return [_sent(record) for record in [*people, *weeks]]


def turned() -> list[Sent]:
    """Sent late: good weeks of the one who slid, and bad ones of the other, of which the first correct what was sent before."""
    better = [record for monday in _mondays(_TRAFFIC, SUNDAY) for record in _week(SLIDING, monday, good=True)]
    worse = [
        record | {"version": 2}
        for monday in _mondays(_SLIDE + timedelta(days=14), SUNDAY)
        for record in _week(FINE, monday, good=False)
    ]
    return [_sent(record) for record in [*better, *worse]]


def tick(day: date) -> Sent:
    """A call that makes it this day by the `events` clock."""
    return _sent(_activity(f"tick-{day}", FINE, _at(day)))


def _mondays(first: date, before: date) -> Iterator[date]:
    while first < before:
        yield first
        first += timedelta(days=7)


def _week(name: str, monday: date, *, good: bool) -> Iterator[dict[str, Any]]:
    """Answers, calls and two deals; of bad weeks everything but the calls is."""
    at, key = _at(monday), f"{name}-{monday}"
    for nth in range(_ANSWERS):
        value = 5 if good and nth else 2
        yield _record("feedback", f"f-{key}-{nth}", at, name, scale="csat_5", value=value, occurred_at=at)
    for nth in range(_CALLS):
        yield _activity(f"c-{key}-{nth}", name, at)
    for nth in range(2):
        deal = _record("deal", f"d-{key}-{nth}", at, name, status="won" if good else "lost", opened_at=at, closed_at=at)
        yield deal | {"amount": "5000.00", "cost": "2500.00", "currency": "USD"}


def _activity(key: str, name: str, at: str) -> dict[str, Any]:
    return _record("activity", key, at, name, kind="call", occurred_at=at)


def _record(record_type: str, key: str, at: str, name: str, **fields: Any) -> dict[str, Any]:
    return {"type": record_type, "id": key, "updated_at": at, "rep_id": name} | fields


def _at(day: date) -> str:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC).isoformat()


def _sent(record: dict[str, Any]) -> Sent:
    return TOPIC_OF[record["type"]], record["id"].encode(), json.dumps(record).encode()
