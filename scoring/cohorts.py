"""Cohorts: the deals that many opened, as arrays, and what they had come to on any day. One by one: `scoring.maturation`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from math import fsum
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from scoring.exact_sums import exact_sums, exact_sums_of
from scoring.maturation import Deal, Maturation, maturation_of
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

    Each belongs to one of many `owner`s, and is so from day `since` to day `until`, both included. `age` is that at which it was
    won, `FOREVER` before it is. It counts as much as `weights` says of its `kind`: nearly all are one whole deal, or a few.
    """

    owner: Array
    opened: Array
    since: Array
    until: Array
    age: Array
    kind: Array
    weights: Array

    @property
    def weight(self) -> Array:
        """How much each counts."""
        return np.asarray(self.weights[self.kind])

    @classmethod
    def of(cls, opened: Iterable[Mapping[int, Opened]]) -> Deals:
        """The deals that each owner opened, by day."""
        pieces: list[float] = []
        for owner, by_day in enumerate(opened):
            for day, of_day in by_day.items():
                pieces += _pieces(owner, day, of_day)
        return cls._in_order(pieces)

    @classmethod
    def known_of(cls, deals: Iterable[Iterable[Deal]], day: int) -> Deals:
        """The deals of each owner, one by one, as they were known at the end of a day."""
        pieces: list[float] = []
        for owner, own in enumerate(deals):
            for deal in own:
                if deal.opened <= day:
                    age = deal.age_at_winning(day)
                    pieces += owner, deal.opened, deal.opened, FOREVER, FOREVER if age is None else age, deal.weight
        return cls._in_order(pieces)

    @classmethod
    def _in_order(cls, pieces: list[float]) -> Deals:
        """Of one after the other the owner, opened, since, until, age and weight."""
        table = np.array(pieces).reshape(-1, 6).T
        owner, opened, since, until, age = table[:5, order := np.argsort(table[1], kind="stable")].astype(np.int64)
        weights, kind = np.unique(table[5, order], return_inverse=True)
        return cls(owner, opened, since, until, age, kind, weights)

    def of_owners(self, places: Array) -> Deals:
        """The same where each owner has another place."""
        return replace(self, owner=places[self.owner])

    def among(self, places: Array) -> Deals:
        """Those of the owners that have another place, of 0 or more."""
        return self._some(places[self.owner] >= 0).of_owners(places)

    def of_first(self, count: int) -> Deals:
        """Those of so many owners."""
        return self._some(self.owner < count)

    def opened_within(self, first: int, last: int) -> Deals:
        """Those opened from one day to another, both included."""
        begin, end = np.searchsorted(self.opened, (first, last + 1))
        return self._some(slice(begin, end))

    def known_on(self, day: int) -> Deals:
        """What was known at the end of a day."""
        return self._some((self.since <= day) & (day <= self.until))

    def day_by_day(self, first: int, last: int, days: int, step: int = 1) -> tuple[Array, Array]:
        """Each once for every day from `first` to `last`, or every `step`-th, on which it is so: its place, and the day.

        Of each day those opened within the `days` that end with it.
        """
        begin = np.maximum(0, (self.since - first + step - 1) // step)
        end = (np.minimum(np.minimum(self.until, last), self.opened + (days - 1)) - first) // step
        times = np.maximum(0, end - begin + 1)
        which = np.repeat(np.arange(len(times)), times)
        before = np.cumsum(times) - times
        return which, first + step * (np.arange(len(which)) + (begin - before)[which])

    def _some(self, which: Any) -> Deals:
        return Deals(
            self.owner[which],
            self.opened[which],
            self.since[which],
            self.until[which],
            self.age[which],
            self.kind[which],
            self.weights,
        )


def cohorts(
    deals: Deals, places: Array, ages: Array, count: int, ripening: Maturation, which: Array | None = None
) -> Won:
    """`scoring.maturation.cohort` of many at once, to the last digit.

    Args:
        deals: as known on a day, or each on a day of its own.
        places: the cohort of each of them, 0 to `count` - 1.
        ages: how many days ago each was opened.
        count: of cohorts.
        ripening: from the norms.
        which: the place of the deal that each of `places` and `ages` is of; None: the deals in their order.

    Source: method.md section 3.

    >>> deals = Deals.of([{9: Opened(4.0, {1: 1.0})}]).known_on(10)
    >>> cohorts(deals, deals.owner, 10 - deals.opened, 1, Maturation((0.0, 0.25, 0.5), 1, 2))
    Won(n=array([1.33333333]), total=array([0.66666667]))
    """
    horizon, m = ripening.horizon_days, ripening.in_the_end
    kinds, in_time = deals.kind, deals.age <= horizon
    if which is not None:
        kinds, in_time = kinds[which], in_time[which]
    shares = np.array(ripening.won_by_age)
    ripe, cells = deals.weights[:, None] * shares, kinds * len(shares) + np.minimum(ages, horizon)
    expected = exact_sums_of(ripe.ravel(), cells, places, count)
    variance = exact_sums_of((ripe * (1 - shares)).ravel(), cells, places, count)
    won = exact_sums_of(deals.weights, kinds[in_time], places[in_time], count)
    certain = (variance <= 0) | (m >= 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        n = np.where(certain, expected, (1 - m) * expected * expected / (m * variance))
        total = n * np.minimum(1.0, np.maximum(0.0, m * won / expected))
    there = expected > 0
    return Won(np.where(there, n, 0.0), np.where(there, total, 0.0))


def ripening_of(deals: Deals, day: int, least_won: float = 1.0) -> Maturation | None:
    """`scoring.maturation.maturation` of the deals as known on a day, to the last digit.

    >>> ripening_of(Deals.of([{1: Opened(4.0, {2: 1.0, 3: 1.0})}]).known_on(400), 400).won_by_age
    (0.0, 0.0, 0.25, 0.5)
    """
    won = deals.age < FOREVER
    reached = _by_age(np.where(won, deals.age, day - deals.opened), deals.weight)
    return maturation_of(_by_age(deals.age[won], deals.weight[won]), reached, least_won)


def _by_age(ages: Array, weights: Array) -> dict[int, float]:
    found, places = np.unique(ages, return_inverse=True)
    return dict(zip(found.tolist(), exact_sums(weights, places, len(found)).tolist(), strict=True))


def _pieces(owner: int, day: int, of_day: Opened) -> list[float]:
    """Of the deals of a day that were won so far, and of the rest between any two wins, as `Deals._in_order` takes them."""
    if not of_day.won_after and of_day.deals > 0:
        return [owner, day, day, FOREVER, FOREVER, of_day.deals]
    since, left = day, of_day.deals
    found: list[float] = []
    won: list[float] = []
    for age, weight in sorted(of_day.won_after.items()):
        if since < day + age and left > 0:
            found += owner, day, since, day + age - 1, FOREVER, left
        since = day + age
        if weight > 0:
            found += owner, day, since, FOREVER, age, weight
        won.append(weight)
        left = of_day.deals - fsum(won)
    if left > 0:
        found += owner, day, since, FOREVER, FOREVER, left
    return found
