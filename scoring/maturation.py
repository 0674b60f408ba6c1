"""Maturation: how long deals take to be won, and what a young cohort's wins so far say about its win rate in the end."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from scoring.evidence import Evidence, of_rate
from scoring.money import WHOLE

UNKNOWN_HORIZON_DAYS: Final = 91
"""A, until norms say how long cycles are."""
UNKNOWN_PIPELINE_DAYS: Final = 182
"""How long an open deal counts as pipeline, until norms say so."""
_LEAST_WINDOW_DAYS, _MOST_WINDOW_DAYS = 28, 91
_HORIZON, _PIPELINE = 0.9, 0.99


class Deal(NamedTuple):
    """One deal, or `weight` of them alike (a split deal's share): opened on one day, won on another, or not won (None).

    Days are ordinals. Whether a deal that is not won is open or lost makes no difference here.
    """

    opened: int
    won: int | None
    weight: float = 1.0

    def age_at_winning(self, as_of: int) -> int | None:
        """Days from opening to winning, not below 0; None if it is not won by the end of `as_of`."""
        return None if self.won is None or self.won > as_of else max(0, self.won - self.opened)


@dataclass(frozen=True, slots=True)
class Maturation:
    """How cohorts of deals ripen: `won_by_age[a]` = F(a), the share won by the age of `a` whole days, 0..1, up to A days.

    `median_days` and `pipeline_days` are P50 and P99 of the cycle of won deals; the last entry of `won_by_age` is at A, its P90.
    `window_days` is the score window by a scorecard's bounds; None where no scorecard was asked, or the cycle is not known.
    """

    won_by_age: tuple[float, ...]
    median_days: int
    pipeline_days: int
    window_days: int | None = None

    @property
    def horizon_days(self) -> int:
        """A: the age by which nine of ten wins have come, and at which a deal is judged."""
        return len(self.won_by_age) - 1

    @property
    def cohort_days(self) -> int:
        """Deals opened in so many days make a cohort: A, or the score window where that is longer.

        Method.md says A. But where nine of ten wins come within a week, or on the first day, A days of deals are next to
        nothing, while all older ones have ripened: they are judged at A.
        """
        return max(self.horizon_days, self.score_window_days)

    @property
    def in_the_end(self) -> float:
        """The win rate m = F(A) that a cohort ripens to."""
        return self.won_by_age[-1]

    @property
    def score_window_days(self) -> int:
        """How far back a score looks: `window_days`, else twice the median cycle, at least 28 and at most 91 days.

        Source: method.md section 2.

        >>> [Maturation((0.0, 0.5), median, 99).score_window_days for median in (5, 30, 60)]
        [28, 60, 91]
        """
        if self.window_days is not None:
            return self.window_days
        return min(_MOST_WINDOW_DAYS, max(_LEAST_WINDOW_DAYS, 2 * self.median_days))


def unknown(typical: float) -> Maturation:
    """Maturation until norms exist: A = 91 days, nothing known of ripening, so that a cohort's rate is wins so far of all opened.

    The score window is then 91 days.

    >>> cohort([Deal(1, 5), Deal(90, None)], 91, unknown(0.3)).value
    0.5
    """
    return Maturation((float(typical),) * (UNKNOWN_HORIZON_DAYS + 1), UNKNOWN_HORIZON_DAYS, UNKNOWN_PIPELINE_DAYS)


def maturation(deals: Iterable[Deal], as_of: int, least_won: float = 1.0) -> Maturation | None:
    """How deals ripened, as known at the end of `as_of`; None with fewer won ones than `least_won`.

    Args:
        deals: in any order; those opened after `as_of` do not count, those won after it are not yet won.
        as_of: the last day that is known.
        least_won: won deals, by weight, below which nothing is said.

    F(a) is the share of the opened deals that were won by age a. A deal can only speak for ages that it has reached: 1 - F(a) is
    the product over ages u up to a of 1 - won at u / (not won before u, and u days old or more). With all deals older than A,
    as in norms of a long history, that is the plain share; without the correction the youngest deals would pull F down.

    Percentiles are those of the won deals: the smallest whole day by which the share was won.

    Source: method.md sections 2 and 3; Kaplan & Meier (JASA 53, 1958), with deals that are not won kept to the end.

    >>> ripe = maturation([Deal(1, 3), Deal(1, 4), Deal(1, None), Deal(1, None)], 400)
    >>> ripe.won_by_age, ripe.median_days, ripe.horizon_days
    ((0.0, 0.0, 0.25, 0.5), 2, 3)
    >>> young = maturation([Deal(1, 3), Deal(1, 4), Deal(1, None), Deal(1, None), Deal(399, None)], 400)
    >>> young.won_by_age == ripe.won_by_age  # a deal of yesterday says nothing about ages of two days
    True
    """
    won: dict[int, list[float]] = {}
    reached: dict[int, list[float]] = {}
    for deal in deals:
        if deal.opened > as_of:
            continue
        age = deal.age_at_winning(as_of)
        if age is not None:
            won.setdefault(age, []).append(deal.weight)
        # it can be won at any age until it is won, or until the age that it has reached
        reached.setdefault(as_of - deal.opened if age is None else age, []).append(deal.weight)
    return maturation_of(_added_up(won), _added_up(reached), least_won)


def _added_up(weights: Mapping[int, Sequence[float]]) -> dict[int, float]:
    return {age: math.fsum(of) for age, of in weights.items()}


def maturation_of(won: Mapping[int, float], reached: Mapping[int, float], least_won: float = 1.0) -> Maturation | None:
    """The same from what deals weigh by their age: at winning, and, of all, at winning or as old as they got without it."""
    wins = sorted(won.items())
    total = math.fsum(won.values())
    if total <= 0 or total < least_won:
        return None
    days = {share: _percentile(wins, share * total) for share in (0.5, _HORIZON, _PIPELINE)}
    ages = sorted(reached)
    weights = [reached[age] for age in ages]
    not_won, shares = 1.0, []
    for age in range(days[_HORIZON] + 1):
        if age in won:
            not_won *= max(0.0, 1 - won[age] / math.fsum(weights[bisect_left(ages, age) :]))
        shares.append(1 - not_won)
    return Maturation(tuple(shares), days[0.5], days[_PIPELINE])


def cohort(deals: Iterable[Deal], as_of: int, ripening: Maturation, opened_days: int | None = None) -> Evidence:
    """The `cohort_win_rate` of a subject as evidence of a rate: p̂ = m·O/E from n deals' worth of information.

    Args:
        deals: the subject's, in any order.
        as_of: the last day, included; a win after it is not known.
        ripening: from the norms.
        opened_days: deals opened in so many days up to `as_of` count, `cohort_days` if None; one older than A is judged at A.

    O are the wins so far, E = ΣF(g) those expected at the deals' ages g, and n = (1-m)·E²/(m·ΣF(g)(1-F(g))). p̂ is kept within
    0..1. No deals, or none of an age at which any is won (E = 0), gives no evidence.

    Source: method.md section 3; indirect standardisation, Breslow & Day (1987).

    >>> ripening = Maturation((0.0, 0.25, 0.5), 1, 2)
    >>> seen = cohort([Deal(9, 10), Deal(9, None), Deal(9, None), Deal(9, None), Deal(10, None)], 10, ripening)
    >>> seen.value, round(seen.n, 9)  # O 1, E 4/4: p̂ = m; n = 1/(4·3/16): four deals half ripe are worth 1.33 ripe ones
    (0.5, 1.333333333)
    >>> cohort([Deal(10, None)], 10, ripening).value is None
    True
    """
    return cohort_of(*ripened(deals, as_of, ripening, opened_days), ripening)


def cohort_of(won: float, e: float, variance: float, ripening: Maturation) -> Evidence:
    """The same from what `ripened` gives."""
    m = ripening.in_the_end
    if e <= 0:
        return Evidence()
    certain = variance <= 0 or m >= 1  # nothing is left to chance: each win that was expected counts as one observation
    n = e if certain else (1 - m) * e * e / (m * variance)
    return of_rate(n, n * min(1.0, max(0.0, m * won / e)))


class Ripened(NamedTuple):
    """The wins of a cohort so far, those expected at the deals' ages, and the variance of these; each adds up over deals."""

    won: float
    expected: float
    variance: float


def ripened(deals: Iterable[Deal], as_of: int, ripening: Maturation, opened_days: int | None = None) -> Ripened:
    """What `cohort` is made of, with its arguments: O, E = ΣF(g) and ΣF(g)(1-F(g)), all 0 without deals.

    Source: method.md section 3.

    >>> ripened([Deal(9, 10), Deal(9, None), Deal(10, None)], 10, Maturation((0.0, 0.25, 0.5), 1, 2))
    Ripened(won=1.0, expected=0.5, variance=0.375)
    """
    horizon = ripening.horizon_days
    days = ripening.cohort_days if opened_days is None else opened_days
    won, expected, spread = [], [], []
    for deal in deals:
        if not as_of - days < deal.opened <= as_of:
            continue
        age = min(as_of - deal.opened, horizon)
        share = ripening.won_by_age[age]
        at_winning = deal.age_at_winning(as_of)
        if at_winning is not None and at_winning <= age:
            won.append(deal.weight)
        expected.append(deal.weight * share)
        spread.append(deal.weight * share * (1 - share))
    return Ripened(math.fsum(won), math.fsum(expected), math.fsum(spread))


OpeningDay = tuple[list[float], list[float], list[float]]
"""What the deals opened on one day add to `Ripened`, one number for each deal, not yet summed: it is rounded once, over all."""


def opening_day(age: int, opened: int, won_after: Mapping[int, int], ripening: Maturation) -> OpeningDay:
    """The deals opened so many days ago, as `ripened` takes those that `deals_opened` makes of `openings`.

    Args:
        age: days since they were opened.
        opened: how many, millionths.
        won_after: of these, how many were won by now after how many days, millionths.
        ripening: from the norms.

    >>> opening_day(1, 4_000_000, {1: 1_000_000}, Maturation((0.0, 0.25, 0.5), 1, 2))
    ([1.0], [0.25, 0.75], [0.1875, 0.5625])
    """
    age = min(age, ripening.horizon_days)
    share = ripening.won_by_age[age]
    after = sorted(won_after)
    weights = [won_after[days] / WHOLE for days in after]
    won = [weight for days, weight in zip(after, weights, strict=True) if days <= age]
    left = opened / WHOLE - math.fsum(weights)
    if left > 0:
        weights.append(left)
    expected = [weight * share for weight in weights]
    return won, expected, [weight * (1 - share) for weight in expected]


def _percentile(wins: list[tuple[int, float]], enough: float) -> int:
    """The smallest age by which won deals weigh `enough`; a hair less is enough, for shares of deals do not add up exactly."""
    weights: list[float] = []
    for age, weight in wins:
        weights.append(weight)
        if math.fsum(weights) >= enough * (1 - 1e-9):
            return age
    return wins[-1][0]
