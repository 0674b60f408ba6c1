"""Choices of a business: what method.md leaves to the scorecard file, each with the default that was simulated.

A table of the file gives each; its keys are the fields' names. What the file leaves out stays at its default.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from scoring.fiscal import CALENDAR_YEAR, FiscalCalendar
from scoring.flags import USUAL_LIMITS, FlagLimits
from scoring.presence import NO_HOLIDAYS, USUAL_RAMP, Holidays
from scoring.scorecard_values import Bounds, InvalidScorecard, a, number, numbers, one_of, same_keys, whole_number


@dataclass(frozen=True, slots=True)
class ScoreWindow:
    """`[score_window]`: over how many days the score is taken, once the company's cycle is known. Source: method.md section 2."""

    shortest_days: int = 28
    longest_days: int = 91
    cycles: float = 2.0

    def days(self, median_cycle_days: float) -> int:
        """So many median cycles, rounded up to a whole day, within the bounds.

        >>> [ScoreWindow().days(cycle) for cycle in (3.0, 20.2, 57.0)]
        [28, 41, 91]
        """
        return min(self.longest_days, max(self.shortest_days, math.ceil(self.cycles * median_cycle_days)))


@dataclass(frozen=True, slots=True)
class Shrinkage:
    """`[shrinkage]`: M is kept within `least` and `most` observations. Source: method.md section 4.

    Its 10 for `least` was measured to draw together reps who do differ: see `scoring.shrinkage.Limits`, whose 1 is the default.
    With fewer than `fewest_peers` peers the norms of the next group up count; where there are none, M is `without_peers`.
    A metric whose signal share is below `least_signal` makes no leaderboard.
    """

    least: float = 1.0
    most: float = 500.0
    without_peers: float = 50.0
    fewest_peers: int = 8
    least_signal: float = 0.2


@dataclass(frozen=True, slots=True)
class ImprovementWeeks:
    """`[improvement]`: the slope is taken over `weeks`, and there is none before `fewest_weeks`. Source: method.md section 7."""

    weeks: int = 26
    fewest_weeks: int = 13


@dataclass(frozen=True, slots=True)
class Drops:
    """`[drops]`: when a fall is worth an alert. Source: method.md section 8.

    `false_alerts` is the budget B, a team and year: the alarm limit is raised above `alarm` until no more are expected. The
    default is one, which method.md leaves to the scorecard.
    """

    false_alerts: float = 1.0
    size_gate_points: float = 5.0
    warning: float = 4.0
    alarm: float = 5.0
    block_deals: int = 8
    block_answers: int = 5
    one_alert_days: int = 14


@dataclass(frozen=True, slots=True)
class People:
    """`[people]`: what is expected of new reps, on which days nobody is expected, and who is a peer. See `scoring.presence`."""

    ramp: tuple[float, ...] = USUAL_RAMP
    peer_share: float = 0.5
    holidays: Holidays = NO_HOLIDAYS


@dataclass(frozen=True, slots=True)
class Choices:
    """All of them."""

    score_window: ScoreWindow = ScoreWindow()
    shrinkage: Shrinkage = Shrinkage()
    improvement: ImprovementWeeks = ImprovementWeeks()
    drops: Drops = Drops()
    calendar: FiscalCalendar = CALENDAR_YEAR
    people: People = People()
    flags: FlagLimits = USUAL_LIMITS


USUAL: Final = Choices()
"""Those of method.md."""

TABLES: Final = ("score_window", "shrinkage", "improvement", "drops", "calendar", "people", "flags")
"""Names of the tables, as fields of `Choices`."""

_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_SCORE_WINDOW: Final = {
    "shortest_days": Bounds(7, 364, whole=True),
    "longest_days": Bounds(7, 364, whole=True),
    "cycles": Bounds(0.1, 10),
}
_SHRINKAGE: Final = {
    "least": Bounds(0.1, 10_000),
    "most": Bounds(0.1, 1e6),
    "without_peers": Bounds(0.1, 1e6),
    "fewest_peers": Bounds(4, 1000, whole=True),  # the variance of method.md section 4 divides by k - 3
    "least_signal": Bounds(0, 1),
}
_IMPROVEMENT: Final = {"weeks": Bounds(6, 104, whole=True), "fewest_weeks": Bounds(6, 104, whole=True)}
_DROPS: Final = {
    "false_alerts": Bounds(0.01, 1000),
    "size_gate_points": Bounds(0, 95),
    "warning": Bounds(1, 20),
    "alarm": Bounds(1, 20),
    "block_deals": Bounds(1, 1000, whole=True),
    "block_answers": Bounds(1, 1000, whole=True),
    "one_alert_days": Bounds(1, 364, whole=True),
}
_FLAGS: Final = {
    "bulk_records": Bounds(2, 1e6, whole=True),
    "bulk_minutes": Bounds(1, 1440, whole=True),
    "backdated_days": Bounds(1, 364, whole=True),
    "backdated_records": Bounds(1, 1e6, whole=True),
    "short_call_seconds": Bounds(1, 3600, whole=True),
    "short_calls": Bounds(1, 1e6, whole=True),
    "short_share": Bounds(0, 1),
    "same_day_deals": Bounds(1, 1e6, whole=True),
    "same_day_share": Bounds(0, 1),
    "late_days": Bounds(1, 60, whole=True),
    "late_share": Bounds(0, 1),
    "late_fewest_wins": Bounds(1, 1e6, whole=True),
}


def choices_of(tree: Mapping[str, Any]) -> Choices:
    """The choices that the tables of a scorecard file make.

    Raises:
        InvalidScorecard: one of them is no choice, or two contradict each other.
    """
    window = ScoreWindow(**numbers("score_window", tree.get("score_window", {}), _SCORE_WINDOW))
    shrinkage = Shrinkage(**numbers("shrinkage", tree.get("shrinkage", {}), _SHRINKAGE))
    improvement = ImprovementWeeks(**numbers("improvement", tree.get("improvement", {}), _IMPROVEMENT))
    drops = Drops(**numbers("drops", tree.get("drops", {}), _DROPS))
    _in_order("score_window", "shortest_days", window.shortest_days, "longest_days", window.longest_days)
    _in_order("shrinkage", "least", shrinkage.least, "most", shrinkage.most)
    _in_order("improvement", "fewest_weeks", improvement.fewest_weeks, "weeks", improvement.weeks)
    _in_order("drops", "warning", drops.warning, "alarm", drops.alarm)
    return Choices(
        window,
        shrinkage,
        improvement,
        drops,
        _calendar(tree.get("calendar", {})),
        _people(tree.get("people", {})),
        FlagLimits(**numbers("flags", tree.get("flags", {}), _FLAGS)),
    )


def _in_order(table: str, lower: str, low: float, higher: str, high: float) -> None:
    if low > high:
        raise InvalidScorecard(f"[{table}] {lower} is {low:g}; expected no more than {higher}, which is {high:g}")


def _calendar(table: Any) -> FiscalCalendar:
    given = a("[calendar]", table, dict)
    same_keys("[calendar]", given, (), ("first_month", "layout", "named_by"))
    first_month = whole_number("[calendar] first_month", given.get("first_month", 1), 1, 12)
    layout: Any = one_of("[calendar] layout", given.get("layout", "months"), ("months", "4-4-5", "4-5-4", "5-4-4"))
    named_by: Any = one_of("[calendar] named_by", given.get("named_by", "end"), ("end", "start"))
    return FiscalCalendar(first_month, layout, named_by)


def _people(table: Any) -> People:
    place = "[people]"
    given = a(place, table, dict)
    same_keys(place, given, (), ("ramp", "peer_share", "days_off", "yearly_holidays", "holidays"))
    return People(
        _ramp(f"{place} ramp", given.get("ramp", list(USUAL_RAMP))),
        number(f"{place} peer_share", given.get("peer_share", 0.5), 0.01, 1),
        _holidays(place, given),
    )


def _ramp(place: str, given: Any) -> tuple[float, ...]:
    ramp = tuple(number(place, factor, 0.01, 1) for factor in a(place, given, list))
    if not ramp or ramp[-1] != 1 or list(ramp) != sorted(ramp):
        raise InvalidScorecard(f"{place} is {given!r}; expected factors that never fall and end with 1")
    return ramp


def _holidays(place: str, given: Mapping[str, Any]) -> Holidays:
    days_off = a(f"{place} days_off", given.get("days_off", []), list)
    weekdays = {_WEEKDAYS.index(one_of(f"{place} days_off", name, _WEEKDAYS)) for name in days_off}
    if len(weekdays) == len(_WEEKDAYS):
        raise InvalidScorecard(f"{place} days_off are all days of the week; expected at least one to work on")
    yearly = a(f"{place} yearly_holidays", given.get("yearly_holidays", []), list)
    dates = a(f"{place} holidays", given.get("holidays", []), list)
    return Holidays(
        weekdays,
        [_month_and_day(f"{place} yearly_holidays", text) for text in yearly],
        [a(f"{place} holidays", day, date).toordinal() for day in dates],
    )


def _month_and_day(place: str, text: Any) -> tuple[int, int]:
    try:
        if type(text) is str and re.fullmatch("[0-9]{2}-[0-9]{2}", text):
            found = date.fromisoformat(f"2000-{text}")  # a leap year: the 29th of February is a day
            return found.month, found.day
    except ValueError:
        pass  # said below
    raise InvalidScorecard(f"{place} holds {text!r}; expected month and day, such as '12-25'")
