"""Presence day by day: for each day of a window, was the rep there, and how much was expected of it?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from fractions import Fraction


def working(day: int, weekdays: Iterable[int], yearly: Iterable[tuple[int, int]], dates: Iterable[int]) -> bool:
    """Whether a day is none of the days off."""
    as_date = date.fromordinal(day)
    return not (
        as_date.weekday() in set(weekdays)
        or any(as_date.month == month and as_date.day == number for month, number in yearly)
        or day in set(dates)
    )


def there(day: int, hired: int | None, left: int | None, absences: Iterable[tuple[int, int]]) -> bool:
    """Whether a rep belonged to the company and was not absent. Source: method.md section 3."""
    if hired is not None and day < hired:
        return False
    if left is not None and day > left:
        return False
    return not any(start <= day <= end for start, end in absences)


def expectation(day: int, hired: int | None, ramp: Sequence[Fraction]) -> Fraction:
    """The part of the usual that is expected on a day: walk through tenure, quarter by quarter of 91 days."""
    if hired is None:
        return Fraction(1)
    begins, quarter = hired, 0
    while day >= begins + 91 and quarter + 1 < len(ramp):
        begins, quarter = begins + 91, quarter + 1
    return ramp[quarter]


def ramping(day: int, hired: int | None, ramp: Sequence[Fraction]) -> bool:
    """Whether less than all is expected on a day, or will be on one of the days to come."""
    if hired is None:
        return False
    return any(expectation(later, hired, ramp) < 1 for later in range(day, max(day, hired + 91 * len(ramp)) + 1))
