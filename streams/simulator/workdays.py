"""Days and hours of work by territory, quarters, and the text of a moment."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from streams.simulator.catalogue import TERRITORIES

LAST_SECOND = 86_399
FRIDAY = 4
_NOVEMBER = 11
_THURSDAY = 3
_FOURTH_WEEK = range(22, 29)
_MINUTES = tuple(f"{hour:02}:{minute:02}:" for hour in range(24) for minute in range(60))
_SECONDS = tuple(f"{second:02}" for second in range(60))


def stamp(ordinal: int, second: int) -> str:
    """The moment as RFC 3339 in UTC.

    >>> stamp(date(2025, 1, 1).toordinal(), 3723)
    '2025-01-01T01:02:03Z'
    """
    return f"{date.fromordinal(ordinal).isoformat()}T{clock(second)}Z"


def clock(second: int) -> str:
    """The second of the day (0..86,399) as HH:MM:SS.

    >>> clock(86399)
    '23:59:59'
    """
    return _MINUTES[second // 60] + _SECONDS[second % 60]


@lru_cache(maxsize=4096)
def is_holiday(territory: str, ordinal: int) -> bool:
    """Whether it is a public holiday there; one on a weekend is not moved.

    >>> is_holiday("americas", date(2025, 11, 27).toordinal()), is_holiday("emea", date(2025, 11, 27).toordinal())
    (True, False)
    """
    day = date.fromordinal(ordinal)
    thanksgiving = (
        territory == "americas" and day.month == _NOVEMBER and day.weekday() == _THURSDAY and day.day in _FOURTH_WEEK
    )
    return thanksgiving or (day.month, day.day) in TERRITORIES[territory].holidays


@lru_cache(maxsize=4096)
def is_workday(territory: str, ordinal: int) -> bool:
    """Whether people of the territory work: Monday to Friday but for public holidays.

    >>> is_workday("emea", date(2025, 1, 1).toordinal()), is_workday("emea", date(2025, 1, 2).toordinal())
    (False, True)
    """
    return weekday(ordinal) <= FRIDAY and not is_holiday(territory, ordinal)


def weekday(ordinal: int) -> int:
    """0 for Monday up to 6 for Sunday.

    >>> weekday(date(2025, 1, 6).toordinal())
    0
    """
    return (ordinal - 1) % 7


def week(ordinal: int) -> int:
    """The Monday of the day's week.

    >>> date.fromordinal(week(date(2025, 1, 1).toordinal())).isoformat()
    '2024-12-30'
    """
    return ordinal - weekday(ordinal)


def workday_from(territory: str, ordinal: int) -> int:
    """The first working day that is not before the given one."""
    while not is_workday(territory, ordinal):
        ordinal += 1
    return ordinal


def month_in_quarter(day: date) -> int:
    """0, 1 or 2.

    >>> month_in_quarter(date(2025, 3, 31)), month_in_quarter(date(2025, 4, 1))
    (2, 0)
    """
    return (day.month - 1) % 3


def quarter(day: date) -> tuple[date, date]:
    """The first and the last day of the calendar quarter.

    >>> [d.isoformat() for d in quarter(date(2025, 11, 5))]
    ['2025-10-01', '2025-12-31']
    """
    first = day.replace(month=day.month - month_in_quarter(day), day=1)
    year, month = divmod(first.year * 12 + first.month + 2, 12)
    return first, date.fromordinal(date(year, month + 1, 1).toordinal() - 1)
