"""Fiscal calendars day by day: every day of a stretch is given its year, quarter and month by walking, never by arithmetic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from scoring.fiscal import FiscalCalendar

_ONE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class FiscalDay:
    """What a day is called: fiscal year, quarter 1..4 and month 1..12."""

    year: int
    quarter: int
    month: int


def days_of(calendar: FiscalCalendar, since: int, until: int) -> Mapping[date, FiscalDay]:
    """Every day of the fiscal years that begin in the calendar years `since` to `until`, both included.

    Source: method.md section 2; the rules are told at `FiscalCalendar`.
    """
    named: dict[date, FiscalDay] = {}
    for begun in range(since, until + 1):
        first, after = _first_day(calendar, begun), _first_day(calendar, begun + 1)
        number = begun if calendar.first_month == 1 or calendar.named_by == "start" else begun + 1
        months = _months_of_weeks(calendar, first, after) if "-" in calendar.layout else _months_of_dates(first, after)
        named |= {day: FiscalDay(number, (month + 2) // 3, month) for day, month in months.items()}
    return named


def _first_day(calendar: FiscalCalendar, begun: int) -> date:
    anchor = date(begun, calendar.first_month, 1)
    if calendar.layout == "months":
        return anchor
    near = [anchor + timedelta(days=days) for days in range(-7, 8)]
    mondays = [day for day in near if day.strftime("%a") == "Mon"]
    return min(mondays, key=lambda monday: abs((monday - anchor).days))


def _months_of_dates(first: date, after: date) -> dict[date, int]:
    months, day, month = {}, first, 0
    while day < after:
        month += day.day == 1
        months[day] = month
        day += _ONE
    return months


def _months_of_weeks(calendar: FiscalCalendar, first: date, after: date) -> dict[date, int]:
    """A month ends when its weeks are used up; what the year has left over belongs to the twelfth."""
    lengths = [7 * int(weeks) for weeks in calendar.layout.split("-")]
    months, day, month, left = {}, first, 1, lengths[0]
    while day < after:
        if left == 0 and month < 12:  # noqa: PLR2004 - months of a year
            month += 1
            left = lengths[(month - 1) % 3]
        months[day] = month
        left -= 1
        day += _ONE
    return months
