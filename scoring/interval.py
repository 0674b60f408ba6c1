"""Interval: how far a score may be off, from what is uncertain in its metrics; no random draws."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from scoring.aggregate import FLOOR, IMPROVEMENT, Breakdown, PillarPart
from scoring.slope import slope_correlation

QUANTILE: Final = 1.2816
"""Standard deviations to either end of an 80 % interval."""
_LOWEST, _HIGHEST = 5.0, 100.0
_SLOPE_WITH_ITS_METRIC: Final = slope_correlation()

Correlations = Mapping[tuple[str, str], float]
"""Of pairs of metrics, in either order, how their weekly residuals correlate in the norms, -1..1. A pair not there: 0."""


class Interval(NamedTuple):
    """The 80 % interval of a score: `low` and `high` 5..100 around it, `variance` of its logarithm (what tiers compare by)."""

    low: float
    high: float
    variance: float


def score_interval(
    breakdown: Breakdown, correlations: Correlations, slope_with_metric: float = _SLOPE_WITH_ITS_METRIC
) -> Interval:
    """The interval of `breakdown.score`: S·exp(-/+1.2816·sd of ln S), within 5..100.

    Var(ln S) = Σ g_k·r_kl·g_l, g_k = W·0.95·w_k·u_sd/V. What a pillar is worth at 0 (V = 0.05) makes a failed pillar the least
    certain one, in proportion. Two metrics go together as their weekly residuals do, two slopes too; a slope and a metric by
    `slope_with_metric` times that. It says how certain the score is under the norms in force; the norms' own error is not in it.

    Args:
        breakdown: of the score.
        correlations: pooled over peers, of residuals in the metrics' own units; where less is better the sign is turned here.
        slope_with_metric: `slope_correlation` of 26 weeks and the score window.

    Source: method.md section 7; first-order error propagation on the logarithm (delta method).

    >>> from scoring.aggregate import MetricPart, aggregate
    >>> part = MetricPart("csat", 1.0, 1.0, 0.6, 0.5, 20, 20, 0.7, 1, 2.0, u_sd=0.1)
    >>> low, high, variance = score_interval(aggregate({"customer": 1.0}, {"customer": [part]}), {})
    >>> round(low, 3), high, round(variance, 6)  # sd of ln S is 0.95 x 0.1
    (88.537, 100.0, 0.009025)
    """
    return _around(breakdown.score, _variance(breakdown.pillars, correlations, slope_with_metric))


def level_interval(breakdown: Breakdown, correlations: Correlations) -> Interval:
    """The same of `breakdown.level`, from the pillars but `improvement`."""
    pillars = [pillar for pillar in breakdown.pillars if pillar.name != IMPROVEMENT]
    return _around(breakdown.level, _variance(pillars, correlations, 0.0))


def _around(score: float, variance: float) -> Interval:
    reach = math.exp(QUANTILE * math.sqrt(variance))
    return Interval(max(_LOWEST, score / reach), min(_HIGHEST, score * reach), variance)


def _variance(pillars: Sequence[PillarPart], correlations: Correlations, slope_with_metric: float) -> float:
    """Of Σ W·ln V over these pillars, W scaled to sum 1; 0 at least, whatever correlations are given."""
    total = math.fsum(pillar.weight for pillar in pillars)
    parts = [
        (
            pillar.name == IMPROVEMENT,
            part.name,
            pillar.weight / total * (1 - FLOOR) * part.weight * part.u_sd / pillar.v,
            part.sign,
        )
        for pillar in pillars
        for part in pillar.metrics
        if part.u_sd
    ]
    terms = []
    for slope, name, g, sign in parts:
        for other_slope, other, h, other_sign in parts:
            rho = 1.0 if name == other else correlations.get((name, other), correlations.get((other, name), 0.0))
            terms.append(sign * g * rho * other_sign * h * (slope_with_metric if slope is not other_slope else 1.0))
    return max(0.0, math.fsum(terms))
