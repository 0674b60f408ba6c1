"""Interval: how far a score may be off, from what is uncertain in its metrics; no random draws."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from scoring.aggregate import FLOOR, IMPROVEMENT, QUANTILE, Breakdown, MetricPart, PillarPart
from scoring.residuals import slope_with_level
from scoring.slope import HORIZON, WEEKS

_LOWEST, _HIGHEST = 5.0, 100.0
_SLOPE_WITH_ITS_METRIC: Final = slope_with_level(WEEKS, HORIZON)

Correlations = Mapping[tuple[str, str], float]
"""Of pairs of metrics, in either order, how their weekly residuals correlate in the norms, -1..1. A pair not there: 0."""


class Interval(NamedTuple):
    """The 80 % interval of a score: `low` and `high` 5..100 around it, `variance` of its logarithm.

    The variance is what tiers compare by: that of a normal ln S whose 80 % interval is as wide as this one, before its ends
    are cut at 5 and 100.
    """

    low: float
    high: float
    variance: float


def score_interval(
    breakdown: Breakdown, correlations: Correlations, slope_with_metric: float = _SLOPE_WITH_ITS_METRIC
) -> Interval:
    """The interval of `breakdown.score`.

    Down, each metric moves ln S by d_k = W·(ln V - ln(V - 0.95·w_k·(u_k - u_k at the worse end of its own interval))); low is
    S·exp(-√Σ d_k·r_kl·d_l). Up likewise by the better ends. So an interval that one metric decides is exactly that metric's, put
    through the formula, kinks and all. (A derivative at x, as method.md had it, covers less and misses on one side: the
    logarithm of a pillar falls faster than it rises, and the more so the weaker the pillar is.) Both ends lie within 5..100.

    Two metrics go together (r) as their weekly residuals do, two slopes too; a slope and a metric by `slope_with_metric` times
    that. The interval says how certain the score is under the norms in force; the norms' own error is not in it.

    Args:
        breakdown: of the score.
        correlations: pooled over peers, of residuals in the metrics' own units; where less is better the sign is turned here.
        slope_with_metric: `scoring.residuals.slope_with_level` of 26 weeks and the score window's.

    Source: method.md section 7, mended by docs/method/tiers.md.

    >>> from scoring.aggregate import MetricPart, aggregate
    >>> part = MetricPart("csat", 1.0, 0.5, 0.6, 0.5, 20, 20, 0.7, 1, 2.0, u_low=0.2, u_high=0.7)
    >>> low, high, variance = score_interval(aggregate({"customer": 1.0}, {"customer": [part]}), {})
    >>> round(low, 9), round(high, 9), round(variance, 6)  # 100 x (0.05 + 0.95 x 0.2) and 0.7; (ln(71.5/24)/2/1.2816)²
    (24.0, 71.5, 0.181383)
    """
    return _around(breakdown.score, breakdown.pillars, correlations, slope_with_metric)


def level_interval(breakdown: Breakdown, correlations: Correlations) -> Interval:
    """The same of `breakdown.level`, from the pillars but `improvement`."""
    pillars = [pillar for pillar in breakdown.pillars if pillar.name != IMPROVEMENT]
    return _around(breakdown.level, pillars, correlations, 0.0)


def _around(
    score: float, pillars: Sequence[PillarPart], correlations: Correlations, slope_with_metric: float
) -> Interval:
    total = math.fsum(pillar.weight for pillar in pillars)
    moves: dict[str, list[float]] = {}
    for pillar in pillars:
        first = 2 if pillar.name == IMPROVEMENT else 0
        for part in pillar.metrics:
            own = moves.setdefault(part.name, [0.0] * 4)
            down, up = _moves(pillar, pillar.weight / total, part)
            own[first] += down
            own[first + 1] += up
    c, names = slope_with_metric, list(moves)
    downs, ups = [], []
    for place, name in enumerate(names):
        down, up, fall, rise = moves[name]
        downs.append(down * down + fall * fall + 2 * c * down * fall)
        ups.append(up * up + rise * rise + 2 * c * up * rise)
        for other in names[:place]:
            r = correlations.get((name, other))
            r = correlations.get((other, name), 0.0) if r is None else r
            if r:
                other_down, other_up, other_fall, other_rise = moves[other]
                crossed = down * other_fall + fall * other_down
                downs.append(2 * r * (down * other_down + fall * other_fall + c * crossed))
                crossed = up * other_rise + rise * other_up
                ups.append(2 * r * (up * other_up + rise * other_rise + c * crossed))
    fall, rise = math.sqrt(max(0.0, math.fsum(downs))), math.sqrt(max(0.0, math.fsum(ups)))
    low, high = score * math.exp(-fall), score * math.exp(rise)
    return Interval(max(_LOWEST, low), min(_HIGHEST, high), ((fall + rise) / (2 * QUANTILE)) ** 2)


def _moves(pillar: PillarPart, weight: float, part: MetricPart) -> tuple[float, float]:
    """How far ln S moves to either end of one metric's interval, signed by the metric's direction."""
    low = part.u if part.u_low is None else part.u_low
    high = part.u if part.u_high is None else part.u_high
    share = (1 - FLOOR) * part.weight
    down = math.log(pillar.v / max(FLOOR, pillar.v - share * (part.u - low)))
    up = math.log((pillar.v + share * (high - part.u)) / pillar.v)
    return part.sign * weight * down, part.sign * weight * up
