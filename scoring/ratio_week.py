"""Ratio week: a week of a ratio of two sums of money (a margin, a discount) as a chart takes it, as noisy as its deals make it.

A week's ratio is Sum y / Sum d over its deals, so large ones decide it: one of one large and five small deals tells little more
than one of a single deal. Each week counts as so many *deals alike* as tell as much, n* = (Sum d)^2 / Sum d^2, and a deal's own
ratio y / d has one variance whatever its amount. Then a ratio is charted as the mean of n* observations is, and a large deal
alone never alarms: its ratio stands out or not as that of a small one does. method.md has no chart of ratios; what is measured
of them is in docs/method/drops.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from scoring.chart import ChartWeek
from scoring.evidence import Evidence, of_mean
from scoring.expectation import expected, rest_of
from scoring.residuals import residuals

_NONE: Final = Evidence()


def deals_alike(seen: Evidence) -> float:
    """n*, the number of deals of one amount whose ratio would be as certain as this one, 1..n; 0 without amounts.

    Source: Kish, Survey Sampling (1965), section 11.7: the effective size of a weighted sample.

    >>> deals_alike(Evidence(2, 10, 20, 50, 100, 200)), round(deals_alike(Evidence(3, 5, 12, 9, 20, 102)), 3)
    (2.0, 1.412)
    """
    return seen.base * seen.base / seen.base_squares if seen.base > 0 and seen.base_squares > 0 else 0.0


def alike(seen: Evidence) -> Evidence:
    """The same ratio as the mean of n* deals that count alike; nothing without amounts. Their scatter is not told.

    >>> alike(Evidence(2, 10, 20, 50, 100, 200))[:3]
    (2.0, 1.0, 2.0)
    """
    n = deals_alike(seen)
    return of_mean(n, n * (seen.total / seen.base), 0.0) if n > 0 else _NONE


def ratio_variance(weekly: Mapping[str, Mapping[int, Evidence]]) -> float | None:
    """The variance of a single deal's ratio, from what is left of the weeks after rep and week effects; None with none to spare.

    A week's ratio has this variance over its n*, so the additive model is fitted with n* for weights, and Sum n* (x - fit)^2 over
    the weeks to spare is unbiased for any amounts. Sum (y - R d)^2 over single deals is not: the large ones draw R after them (in
    a simulated company of lognormal amounts, sigma 1.3, it gave a quarter too little, and false alarms every 423 points).

    Args:
        weekly: rep -> Monday of a complete week -> evidence, in any order.

    Source: method.md section 4 (weekly residuals, as phi of sums is made of).

    >>> ten, twenty = Evidence(1, 4, 10, 16, 40, 100), Evidence(1, 10, 20, 100, 200, 400)  # 0.4, and 0.5 of twice as much
    >>> round(ratio_variance({"a": {1: ten, 8: twenty}, "b": {1: twenty, 8: ten}}), 9)
    0.01
    """
    left = residuals({rep: {week: alike(seen) for week, seen in of.items()} for rep, of in weekly.items()})
    return left.squares / left.freedom if left.freedom > 0 else None


def ratio_week(
    monday: int, own: Evidence, inside: Evidence, company: Evidence, e0: float, variance: float
) -> ChartWeek:
    """A week of a ratio's chart; an empty one without amounts.

    Args:
        monday: ordinal of its first day.
        own: the subject's.
        inside: the team's, the subject included; of a team the company's; the subject's own where there is nothing around it.
        company: the whole company's, the subject included.
        e0: from `scoring.expectation.baseline`.
        variance: from `ratio_variance`, above 0.

    What is expected is the baseline, moved by the rest of the company and then by the rest of the team, each as certain as its
    own n* (`scoring.expectation.expected`).

    >>> mine, others = Evidence(2, 8, 20, 32, 80, 200), Evidence(20, 100, 200, 500, 1000, 2000)
    >>> both = Evidence(*(a + b for a, b in zip(mine, others)))
    >>> ratio_week(1, mine, mine, both, 0.4, 0.01)[1:]
    (2.0, 0.8, 2.0, 0.45, 0.0, 0.01)
    """
    beyond, rest = alike(rest_of(company, inside)), alike(rest_of(inside, own))
    of_week = expected("ratio", e0, rest, beyond)
    seen = alike(own)
    return ChartWeek(monday, seen.n, seen.total, seen.base, of_week.value, of_week.rest, variance)
