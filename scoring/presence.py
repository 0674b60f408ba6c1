"""Presence: the days on which a rep was at work, how far it has settled in, and whether others are compared with it.

Days are ordinals, stretches of days include both ends.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from calendar import isleap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

USUAL_RAMP: Final = (0.25, 0.5, 0.75, 1.0)
"""What is expected of a new rep in the first, second, third and every later quarter of tenure."""

RAMP_QUARTER_DAYS: Final = 91
"""A quarter of tenure: 13 weeks from the day of hiring, so that a whole week nearly always has one expectation."""

_WEEK: Final = 7
_YEARS: Final = range(1970, 2200)
"""Years that records may have dates in."""


class Holidays:
    """Days on which nobody is expected: days of the week, days of every year (month, day), and dates.

    They are part of the scorecard file. None at all is the default: then sums are per calendar day, which is right too as long
    as `typical` and the targets are. A holiday of one region alone is an `absence` of the reps there.

    >>> weekends = Holidays(weekdays=[5, 6], yearly=[(12, 25)])
    >>> weekends.working_days(date(2026, 12, 21).toordinal(), date(2026, 12, 27).toordinal())
    4

    Args:
        weekdays: 0 is Monday.
        yearly: month and day, of the years 1970 to 2199; the 29th of February is one only where there is such a day.
        dates: ordinals.

    Raises:
        ValueError: all days of the week are free, or there is no such day of the week or of the year.
    """

    __slots__ = ("_dates", "_rest", "_single", "weekdays", "yearly")

    def __init__(
        self, weekdays: Iterable[int] = (), yearly: Iterable[tuple[int, int]] = (), dates: Iterable[int] = ()
    ) -> None:
        self.weekdays = frozenset(weekdays)
        self.yearly = tuple(sorted(set(yearly)))
        if not self.weekdays < set(range(_WEEK)):
            raise ValueError(f"days off are {sorted(self.weekdays)}; expected some of 0 to 6, not all")
        for month, day in self.yearly:
            date(2000, month, day)  # a leap year; raises ValueError
        self._dates = tuple(sorted(set(dates)))
        single = {*self._dates, *self._of_all_years()}
        self._single = sorted(day for day in single if (day - 1) % _WEEK not in self.weekdays)
        self._rest = [  # working days among the first 0..6 after each day of the week: what whole weeks leave over
            [sum((start + i) % _WEEK not in self.weekdays for i in range(days)) for days in range(_WEEK)]
            for start in range(_WEEK)
        ]

    def _of_all_years(self) -> Iterator[int]:
        for year in _YEARS:
            for month, day in self.yearly:
                if (month, day) != (2, 29) or isleap(year):
                    yield date(year, month, day).toordinal()

    @property
    def dates(self) -> tuple[int, ...]:
        """The single dates, in order."""
        return self._dates

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Holidays) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __repr__(self) -> str:
        return f"Holidays(weekdays={sorted(self.weekdays)}, yearly={self.yearly}, dates={self._dates})"

    def _key(self) -> tuple[frozenset[int], tuple[tuple[int, int], ...], tuple[int, ...]]:
        return self.weekdays, self.yearly, self._dates

    def is_off(self, day: int) -> bool:
        """Whether nobody is expected on a day."""
        return self.working_days(day, day) == 0

    def working_days(self, first: int, last: int) -> int:
        """How many days from `first` to `last` are not off; 0 where `last` is before `first`."""
        days = last - first + 1
        if days <= 0:
            return 0
        weeks, rest = divmod(days, _WEEK)
        at_work = weeks * (_WEEK - len(self.weekdays)) + self._rest[(first - 1) % _WEEK][rest]
        return at_work - bisect_right(self._single, last) + bisect_left(self._single, first)


NO_HOLIDAYS: Final = Holidays()
"""Every day is a working day."""


@dataclass(frozen=True, slots=True)
class Attendance:
    """When a rep belonged to the company: `hired` and `left` included, None for ever; absences as stretches, in any order.

    Absences may overlap and repeat each other; one that ends before it starts counts nowhere.
    """

    hired: int | None = None
    left: int | None = None
    absences: Sequence[tuple[int, int]] = ()

    def stretches(self, first: int, last: int) -> list[tuple[int, int]]:
        """The stretches of days from `first` to `last` on which it was there, absences taken out, earliest first.

        >>> Attendance(hired=3, absences=[(6, 8), (5, 6), (6, 7)]).stretches(1, 10)
        [(3, 4), (9, 10)]
        """
        start = first if self.hired is None else max(first, self.hired)
        end = last if self.left is None else min(last, self.left)
        found = []
        for away, back in sorted(self.absences):
            if away > end:
                break
            if back < max(away, start):
                continue
            if away > start:
                found.append((start, away - 1))
            start = back + 1
        if start <= end:
            found.append((start, end))
        return found


def days_present(attendance: Attendance, first: int, last: int, holidays: Holidays = NO_HOLIDAYS) -> int:
    """The working days from `first` to `last` on which a rep was there: what sums are divided by.

    0 before it was hired and after it left. Source: method.md section 3.

    >>> days_present(Attendance(hired=3, absences=[(6, 8), (5, 6)]), 1, 10)
    4
    """
    return sum(holidays.working_days(start, end) for start, end in attendance.stretches(first, last))


def days_present_by_week(
    attendances: Iterable[Attendance], weeks: range, holidays: Holidays = NO_HOLIDAYS
) -> list[list[int]]:
    """`days_present` of many reps in each of the weeks, which follow on each other; `weeks` are their first days.

    >>> days_present_by_week([Attendance(hired=3, absences=[(9, 10), (17, 40)])], range(1, 29, 7))
    [[5, 5, 2, 0]]
    """
    whole = [holidays.working_days(first, first + _WEEK - 1) for first in weeks]
    return [_by_week(attendance, weeks, whole, holidays) for attendance in attendances]


def _by_week(attendance: Attendance, weeks: range, whole: list[int], holidays: Holidays) -> list[int]:
    """With the working days of whole weeks at hand, so that the first and the last week of a stretch alone are counted."""
    found = [0] * len(whole)
    for start, end in attendance.stretches(weeks.start, weeks.stop - 1) if weeks else ():
        first, behind = -((weeks.start - start) // _WEEK), (end + 1 - weeks.start) // _WEEK
        found[first:behind] = whole[first:behind]
        for week in {(start - weeks.start) // _WEEK, (end - weeks.start) // _WEEK}:
            if not first <= week < behind:
                monday = weeks[week]
                found[week] += holidays.working_days(max(start, monday), min(end, monday + _WEEK - 1))
    return found


def ramp_factor(hired: int | None, day: int, ramp: Sequence[float] = USUAL_RAMP) -> float:
    """What part of the usual is expected of a rep on a day, for sums only; 1 where nobody says when it was hired.

    A quarter of tenure is 91 days from the day of hiring; the last factor, 1, holds from then on. Absence does not stop tenure:
    who comes back is expected to know the trade (method.md is silent; its chart restarts). Before the hiring it is the first.

    >>> [ramp_factor(1000, day) for day in (1000, 1090, 1091, 1273, 9999)], ramp_factor(None, 1000)
    ([0.25, 0.25, 0.5, 1.0, 1.0], 1.0)

    Source: method.md section 7.
    """
    if hired is None:
        return 1.0
    return ramp[min(max(0, day - hired) // RAMP_QUARTER_DAYS, len(ramp) - 1)]


def ramp_end(hired: int | None, ramp: Sequence[float] = USUAL_RAMP) -> int:
    """The first day on which all is expected of a rep, now and later; day 0 where nobody says when it was hired.

    >>> ramp_end(1000), ramp_end(1000, (0.5, 1.0, 1.0)), ramp_end(1000, (1.0,)), ramp_end(None)
    (1273, 1091, 1000, 0)
    """
    if hired is None:
        return 0
    lower = [quarter for quarter, factor in enumerate(ramp) if factor < 1]
    return hired + RAMP_QUARTER_DAYS * (lower[-1] + 1 if lower else 0)


def ramped_days(
    attendance: Attendance,
    first: int,
    last: int,
    holidays: Holidays = NO_HOLIDAYS,
    ramp: Sequence[float] = USUAL_RAMP,
) -> float:
    """The days present, each as much as was expected of it: times the usual a day, what was expected of a window.

    The days present themselves for a rep that has settled in. Exact for ramps such as the usual, of quarters.

    >>> ramped_days(Attendance(hired=1000), 1084, 1097)
    5.25

    Source: method.md section 7 (e x ramp(tenure)).
    """
    hired = attendance.hired
    if hired is None:
        return float(days_present(attendance, first, last, holidays))
    expected, start = 0.0, max(first, hired)
    for quarter, factor in enumerate(ramp):
        end = last if quarter == len(ramp) - 1 else min(last, hired + RAMP_QUARTER_DAYS * (quarter + 1) - 1)
        if start <= end:
            expected += factor * days_present(attendance, start, end, holidays)
            start = end + 1
    return expected


def is_peer(
    attendance: Attendance,
    first: int,
    last: int,
    holidays: Holidays = NO_HOLIDAYS,
    ramp: Sequence[float] = USUAL_RAMP,
    least_share: float = 0.5,
) -> bool:
    """Whether others are compared with a rep over a window: there, and no longer ramping, on half of its working days or more.

    So a rep that ended its ramp inside of the window counts from its middle on (method.md asks for "not ramping" and for "present
    at least half the window", and leaves open on which day; one rule is for both). Never where the window has no working day.

    >>> [is_peer(Attendance(hired=1000), first, first + 90) for first in (1000, 1227, 1228, 1273)]
    [False, False, True, True]

    Source: method.md section 6.
    """
    settled = days_present(attendance, max(first, ramp_end(attendance.hired, ramp)), last, holidays)
    return settled > 0 and settled >= least_share * holidays.working_days(first, last)
