"""Weeks: the sums of a subject's panes week by week, and how the deals opened on each day turned out.

Slopes, charts and the noise of norms are made of complete weeks, Monday to Sunday; a week is named by its Monday.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from scoring.fiscal import monday_of
from scoring.measures import parse_key
from scoring.money import WHOLE, Rates
from scoring.windows import Panes, Sums, add_pane, count_activities

DAYS: Final = 7


def complete_weeks(as_of: int, count: int) -> range:
    """The Mondays of the last `count` weeks that were over by the end of `as_of`, oldest first.

    >>> sunday = 7 * 100
    >>> [as_of - monday_of(as_of) for as_of in (sunday,)], list(complete_weeks(sunday, 2)) == list(complete_weeks(sunday + 6, 2))
    ([6], True)
    """
    after = monday_of(as_of + 1)
    return range(after - DAYS * count, after, DAYS)


def weekly_sums(panes: Panes, weeks: range, rates: Rates) -> dict[int, Sums]:
    """The sums of each of the weeks in which there is a pane, by Monday, money in the base currency as in `window_sums`.

    What has no rate is left out, but for deals won, which are counted as `won_unrated`.

    >>> found = weekly_sums({8: {"calls": 1}, 14: {"calls": 2}, 15: {"calls": 9}}, range(8, 15, 7), Rates("USD", {"USD": 2}, []))
    >>> found[8]["calls"]
    3
    """
    sums: dict[int, Sums] = {}
    unrated: dict[str, int] = {}
    first, end = weeks.start, weeks.stop
    for day, pane in panes.items():
        if first <= day < end:
            add_pane(sums.setdefault(monday_of(day), {}), pane, day, rates, unrated)
    for week in sums.values():
        count_activities(week)
    return sums


class Opened(NamedTuple):
    """The deals opened on one day, in whole deals: how many, and how many of them were won after how many days.

    Split deals count by their share. A deal closed on the day it was opened, or before, was won after 0 days.
    """

    deals: float
    won_after: Mapping[int, float]

    def won_by(self, age: int) -> float:
        """Deals won within so many days.

        >>> Opened(4.0, {0: 1.0, 9: 1.0}).won_by(8)
        1.0
        """
        return sum(share for after, share in sorted(self.won_after.items()) if after <= age)


def openings(panes: Panes, first: int, as_of: int) -> dict[int, Opened]:
    """What became, by the end of `as_of`, of the deals opened on each day from `first` to `as_of`; days without are left out.

    >>> openings({5: {"opened": 2_000_000, "cohort_won||7": 1_000_000, "cohort_won||9": 1_000_000}}, 1, 8)
    {5: Opened(deals=2.0, won_after={2: 1.0})}
    """
    found: dict[int, Opened] = {}
    for day in sorted(day for day in panes if first <= day <= as_of):
        pane = panes[day]
        won_after: dict[int, int] = {}
        if not pane.get("opened"):
            continue
        for key, amount in pane.items():
            closing_day = parse_key(key).closing_day if key.startswith("cohort_won|") else None
            if closing_day is not None and closing_day <= as_of:
                age = max(0, closing_day - day)
                won_after[age] = won_after.get(age, 0) + amount
        found[day] = Opened(pane["opened"] / WHOLE, {age: won_after[age] / WHOLE for age in sorted(won_after)})
    return found
