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

Doubled = tuple[tuple[tuple[int, float], ...], ...]
"""For each metric in order, twice its correlation with those before it, by their places; without those of 0."""


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


class PairedCorrelations(dict[tuple[str, str], float]):
    """Correlations that remember how the metrics of a score go together: norms ask the same for every subject.

    >>> PairedCorrelations({("a", "b"): 0.5}).doubled(("b", "c", "a"))
    ((), (), ((0, 1.0),))
    """

    __slots__ = ("_doubled",)

    def __init__(self, pairs: Correlations) -> None:
        super().__init__(pairs)
        self._doubled: dict[tuple[str, ...], Doubled] = {}

    def doubled(self, names: tuple[str, ...]) -> Doubled:
        """`doubled` of these; not to be changed afterwards."""
        found = self._doubled.get(names)
        if found is None:
            found = self._doubled[names] = doubled(self, names)
        return found


def doubled(correlations: Correlations, names: tuple[str, ...]) -> Doubled:
    """2r of each metric with those before it, as (place, 2r), where r is not 0."""
    rows = []
    for place, name in enumerate(names):
        row = []
        for before, other in enumerate(names[:place]):
            r = correlations.get((name, other))
            r = correlations.get((other, name), 0.0) if r is None else r
            if r:
                row.append((before, 2 * r))
        rows.append(tuple(row))
    return tuple(rows)


def _around(
    score: float, pillars: Sequence[PillarPart], correlations: Correlations, slope_with_metric: float
) -> Interval:
    total = 0.0
    for pillar in pillars:
        total += pillar.weight
    places: dict[str, int] = {}
    downs: list[float] = []
    ups: list[float] = []
    slopes: list[tuple[int, float, float]] = []
    for pillar in pillars:
        weight = pillar.weight / total
        for part in pillar.metrics:
            down, up = _moves(pillar.v, weight, part)
            place = places.setdefault(part.name, len(downs))
            if place == len(downs):
                downs.append(0.0)
                ups.append(0.0)
            if pillar.name == IMPROVEMENT:
                slopes.append((place, down, up))
            else:
                downs[place] += down
                ups[place] += up
    names = tuple(places)
    rows = correlations.doubled(names) if isinstance(correlations, PairedCorrelations) else doubled(correlations, names)
    falls: list[float] = [0.0] * len(names) if slopes else []
    rises: list[float] = [0.0] * len(names) if slopes else []
    for place, fall, rise in slopes:
        falls[place] += fall
        rises[place] += rise
    fall = math.sqrt(max(0.0, _together(downs, falls, rows, slope_with_metric)))
    rise = math.sqrt(max(0.0, _together(ups, rises, rows, slope_with_metric)))
    low, high = score * math.exp(-fall), score * math.exp(rise)
    return Interval(max(_LOWEST, low), min(_HIGHEST, high), ((fall + rise) / (2 * QUANTILE)) ** 2)


def _together(moves: Sequence[float], slopes: Sequence[float], rows: Doubled, c: float) -> float:
    """Sum of d_k·r_kl·d_l over metrics and slopes, added up in the order of the scorecard: `scoring.daily` adds the same."""
    total = 0.0
    if not slopes:
        for move, row in zip(moves, rows, strict=True):
            pull = move
            for place, twice in row:
                pull += twice * moves[place]
            total += move * pull
        return total
    with_slopes = [move + c * slope for move, slope in zip(moves, slopes, strict=True)]
    with_moves = [slope + c * move for move, slope in zip(moves, slopes, strict=True)]
    for place, row in enumerate(rows):
        pull, pulled = with_slopes[place], with_moves[place]
        for other, twice in row:
            pull += twice * with_slopes[other]
            pulled += twice * with_moves[other]
        total += moves[place] * pull + slopes[place] * pulled
    return total


def _moves(v: float, weight: float, part: MetricPart) -> tuple[float, float]:
    """How far ln S moves to either end of one metric's interval, signed by the metric's direction."""
    u, low, high = part.u, part.u_low, part.u_high
    share, signed = (1 - FLOOR) * part.weight, part.sign * weight
    fallen = v if low is None else v - share * (u - low)
    risen = v if high is None else v + share * (high - u)
    return signed * math.log(v / (max(FLOOR, fallen))), signed * math.log(risen / v)
