"""Fiscal calendar: the month, quarter and year to which a day belongs, by months or by whole weeks. Days are ordinals."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import accumulate
from typing import Final, Literal, NamedTuple

Layout = Literal["months", "4-4-5", "4-5-4", "5-4-4"]
"""How a quarter falls into three months: calendar months, or so many whole weeks each."""

Span = Literal["month", "quarter", "year"]

_WEEKS: Final = {"4-4-5": (4, 4, 5), "4-5-4": (4, 5, 4), "5-4-4": (5, 4, 4)}
_MONTHS: Final = 12
_WEEK: Final = 7


class Period(NamedTuple):
    """A stretch of days, `first` to `last`, both included, and its name: `2026`, `2026Q1` or `2026M01`."""

    name: str
    first: int
    last: int

    @property
    def days(self) -> int:
        """How many days it has."""
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class FiscalCalendar:
    """Which days make a fiscal month, quarter and year. Source: method.md section 2.

    With the layout `months` a year begins on the first of `first_month`, and its months are calendar months.

    With a layout of weeks it begins on **the Monday nearest to the first of `first_month`** (at most three days before or
    after it; for January these are the years of ISO 8601) and consists of whole weeks, Monday to Sunday: 13 a quarter, 52 a
    year. About every sixth year the next one's Monday is 53 weeks away; **the 53rd week then belongs to the last month**, so
    that the fourth quarter has 14 weeks. Nothing is shifted, and the year before stays comparable week by week.

    A year has the number of the calendar year in which it ends or, with `named_by` `start`, begins; it counts from the first of
    `first_month`, not from that Monday, so the year of weeks that begins on 2025-12-29 is 2026 either way.

    Days from 0003-01-01 to 9996-12-31 are answered.

    >>> july, ends = FiscalCalendar(7), lambda period: (period.name, *map(date.fromordinal, period[1:]))
    >>> ends(july.quarter(date(2026, 2, 14).toordinal()))
    ('2026Q3', datetime.date(2026, 1, 1), datetime.date(2026, 3, 31))
    >>> ends(FiscalCalendar(layout="4-4-5").quarter(date(2026, 12, 30).toordinal()))
    ('2026Q4', datetime.date(2026, 9, 28), datetime.date(2027, 1, 3))

    Raises:
        ValueError: `first_month` is not 1..12, or a layout or naming is unknown.
    """

    first_month: int = 1
    layout: Layout = "months"
    named_by: Literal["end", "start"] = "end"

    def __post_init__(self) -> None:
        """Refuse what is no calendar."""
        if not 1 <= self.first_month <= _MONTHS:
            raise ValueError(f"first_month is {self.first_month!r}; expected 1 to 12")
        if self.layout != "months" and self.layout not in _WEEKS:
            raise ValueError(f"layout is {self.layout!r}; expected one of {['months', *_WEEKS]}")
        if self.named_by not in {"end", "start"}:
            raise ValueError(f"named_by is {self.named_by!r}; expected 'end' or 'start'")

    def year(self, day: int) -> Period:
        """The fiscal year of a day."""
        begun, edges = self._around(day)
        return Period(str(self._number(begun)), edges[0], edges[-1] - 1)

    def quarter(self, day: int) -> Period:
        """The quarter of a day: 13 weeks, or 14 with a 53rd week, or three calendar months."""
        begun, edges = self._around(day)
        quarter = (bisect_right(edges, day) - 1) // 3
        return Period(f"{self._number(begun):d}Q{quarter + 1}", edges[3 * quarter], edges[3 * quarter + 3] - 1)

    def month(self, day: int) -> Period:
        """The fiscal month of a day, numbered from the beginning of the year: `2026M01` need not be January.

        >>> FiscalCalendar(7).month(date(2025, 7, 31).toordinal()).name
        '2026M01'
        """
        begun, edges = self._around(day)
        month = bisect_right(edges, day) - 1
        return Period(f"{self._number(begun):d}M{month + 1:02d}", edges[month], edges[month + 1] - 1)

    def third(self, day: int) -> int:
        """Which month of its quarter a day is in, 0..2: the phase of the season. Source: method.md section 5.

        A week has the third of its Thursday, on whose side most of its days lie: `third(monday + 3)`.

        >>> [FiscalCalendar().third(date(2026, month, 1).toordinal()) for month in (1, 2, 3, 4)]
        [0, 1, 2, 0]
        """
        return (bisect_right(self._around(day)[1], day) - 1) % 3

    def to_date(self, span: Span, day: int) -> Period:
        """The month, quarter or year of a day, only up to that day.

        >>> FiscalCalendar().to_date("quarter", date(2026, 2, 14).toordinal()).days
        45
        """
        whole: Period = {"month": self.month, "quarter": self.quarter, "year": self.year}[span](day)
        return whole._replace(last=day)

    def quarter_named(self, name: str) -> Period:
        """The quarter of a name such as `2026Q1`.

        >>> FiscalCalendar(7).quarter_named("2026Q3") == FiscalCalendar(7).quarter(date(2026, 2, 14).toordinal())
        True

        Raises:
            ValueError: it is no name of a quarter.
        """
        if parts := re.fullmatch("([12][0-9]{3})Q([1-4])", name):
            begun = int(parts[1]) - self._number(0)
            return self.quarter(_edges(self, begun)[3 * int(parts[2]) - 3])
        raise ValueError(f"{name!r} is no quarter; expected a name such as '2026Q1'")

    def _number(self, begun: int) -> int:
        """What the year is called that begins in a calendar year."""
        return begun + (self.named_by == "end" and self.first_month > 1)

    def _around(self, day: int) -> tuple[int, tuple[int, ...]]:
        """The fiscal year of a day: the calendar year that counts as the one in which it begins, and its edges."""
        begun = date.fromordinal(day).year
        edges = _edges(self, begun)
        if day < edges[0]:
            begun -= 1
        elif day >= edges[-1]:  # by weeks, a January year may begin in December
            begun += 1
        else:
            return begun, edges
        return begun, _edges(self, begun)


@lru_cache(maxsize=512)  # a replay asks for the same few years again and again
def _edges(calendar: FiscalCalendar, begun: int) -> tuple[int, ...]:
    """The first days of the twelve months of a year, and of the year after."""
    if calendar.layout == "months":
        months = range(calendar.first_month - 1, calendar.first_month + _MONTHS)
        return tuple(date(begun + month // _MONTHS, month % _MONTHS + 1, 1).toordinal() for month in months)
    weeks = [_WEEK * weeks for weeks in _WEEKS[calendar.layout] * 4]
    first, after = (_nearest_monday(date(year, calendar.first_month, 1).toordinal()) for year in (begun, begun + 1))
    return (*accumulate(weeks[:-1], initial=first), after)


def _nearest_monday(day: int) -> int:
    past_monday = monday_of(day)
    return past_monday if day - past_monday <= _WEEK // 2 else past_monday + _WEEK


CALENDAR_YEAR: Final = FiscalCalendar()
"""January to December, in calendar months."""


def before(period: Period) -> Period:
    """The same number of days, just before: what a figure to date, or over a window, is compared with. It has no name.

    >>> before(Period("2026Q1", 100, 144))
    Period(name='', first=55, last=99)
    """
    return Period("", period.first - period.days, period.first - 1)


def monday_of(day: int) -> int:
    """The Monday of the week, Monday to Sunday, of a day: the week's name.

    >>> date.fromordinal(monday_of(date(2026, 1, 1).toordinal()))
    datetime.date(2025, 12, 29)
    """
    return day - (day - 1) % _WEEK  # day 1 was a Monday


def complete_weeks(first: int, last: int) -> range:
    """The Mondays of all weeks that lie whole within `first` to `last`, both included, earliest first; it may be empty.

    >>> [date.fromordinal(monday).day for monday in complete_weeks(date(2026, 1, 1).toordinal(), date(2026, 1, 24).toordinal())]
    [5, 12]
    """
    return range(monday_of(first + _WEEK - 1), last - _WEEK + 2, _WEEK)
