"""Cohorts: the deals that many opened, as arrays, and what they had come to on any day. One by one: `scoring.maturation`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import fsum
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from scoring.exact_sums import exact_sums
from scoring.maturation import Maturation
from scoring.weeks import Opened

Array = NDArray[Any]

FOREVER: Final = 10**7


class Won(NamedTuple):
    """Cohorts as evidence of a rate: `n` deals' worth of information, 0 where there is none, and the wins `total` among them."""

    n: Array
    total: Array


@dataclass(frozen=True, slots=True)
class Deals:
    """Deals in pieces of which the same is known from one day to another: won so early, or not won yet. In order of `opened`.

    Each belongs to one of many `owner`s, counts as much as `weight`, and is so from day `since` to day `until`, both included.
    `age` is that at which it was won, `FOREVER` before it is.
    """

    owner: Array
    opened: Array
    since: Array
    until: Array
    age: Array
    weight: Array

    @classmethod
    def of(cls, opened: Iterable[Mapping[int, Opened]]) -> Deals:
        """The deals that each owner opened, by day."""
        rows = [
            (day, owner, *piece)
            for owner, by_day in enumerate(opened)
            for day, of_day in by_day.items()
            for piece in _pieces(day, of_day)
            if piece[0] <= piece[1] and piece[3] > 0
        ]
        rows.sort(key=lambda row: row[0])
        table = np.array(rows).reshape(-1, 6)
        day, owner, since, until, age = table[:, :5].astype(np.int64).T
        return cls(owner, day, since, until, age, table[:, 5].copy())

    def opened_within(self, first: int, last: int) -> Deals:
        """Those opened from one day to another, both included."""
        begin, end = np.searchsorted(self.opened, (first, last + 1))
        return self._some(slice(begin, end))

    def known_on(self, day: int) -> Deals:
        """What was known at the end of a day."""
        return self._some((self.since <= day) & (day <= self.until))

    def day_by_day(self, first: int, last: int, days: int) -> tuple[Deals, Array]:
        """Each once for every day from `first` to `last` on which it is so, of the `days` from its opening on, and the day."""
        begin = np.maximum(self.since, first)
        end = np.minimum(np.minimum(self.until, last), self.opened + (days - 1))
        times = np.maximum(0, end - begin + 1)
        which = np.repeat(np.arange(len(times)), times)
        before = np.cumsum(times) - times
        return self._some(which), np.arange(len(which)) + (begin - before)[which]

    def _some(self, which: Any) -> Deals:
        columns = (self.owner, self.opened, self.since, self.until, self.age, self.weight)
        return Deals(*(column[which] for column in columns))


def cohorts(deals: Deals, places: Array, ages: Array, count: int, ripening: Maturation) -> Won:
    """`scoring.maturation.cohort` of many at once, to the last digit.

    Args:
        deals: as known on a day, or each on a day of its own.
        places: the cohort of each of them, 0 to `count` - 1.
        ages: how many days ago each was opened.
        count: of cohorts.
        ripening: from the norms.

    Source: method.md section 3.

    >>> deals = Deals.of([{9: Opened(4.0, {1: 1.0})}]).known_on(10)
    >>> cohorts(deals, deals.owner, 10 - deals.opened, 1, Maturation((0.0, 0.25, 0.5), 1, 2))
    Won(n=array([1.33333333]), total=array([0.66666667]))
    """
    horizon, m = ripening.horizon_days, ripening.in_the_end
    shares = np.array(ripening.won_by_age)[np.minimum(ages, horizon)]
    ripe = deals.weight * shares
    expected = exact_sums(ripe, places, count)
    variance = exact_sums(ripe * (1 - shares), places, count)
    in_time = deals.age <= horizon
    won = exact_sums(deals.weight[in_time], places[in_time], count)
    certain = (variance <= 0) | (m >= 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        n = np.where(certain, expected, (1 - m) * expected * expected / (m * variance))
        total = n * np.minimum(1.0, np.maximum(0.0, m * won / expected))
    there = expected > 0
    return Won(np.where(there, n, 0.0), np.where(there, total, 0.0))


def _pieces(day: int, of_day: Opened) -> Iterator[tuple[int, int, int, float]]:
    """Since and until when, won at what age, and the weight: of the deals won so far, and of the rest between any two wins."""
    since = day
    won: list[float] = []
    for age in sorted(of_day.won_after):
        yield since, day + age - 1, FOREVER, of_day.deals - fsum(won)
        since = day + age
        yield since, FOREVER, age, of_day.won_after[age]
        won.append(of_day.won_after[age])
    yield since, FOREVER, FOREVER, of_day.deals - fsum(won)
