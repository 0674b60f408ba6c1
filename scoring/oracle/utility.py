"""Utility: a metric's value on 0..1, and what the utilities of a subject add up to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, fsum, log

from scoring.scorecard import Scorecard, ScoredMetric


def utility(metric: ScoredMetric, value: float, target: float | None) -> float:
    """0..1 for a value: the target, given or set from the peers' spread, is 0.7. Source: method.md section 6.

    `value` and `target` are in the scorecard's unit (a day present for `per_day` sums).

    >>> rate = ScoredMetric("win_rate", "results", 1.0, 0.5, 0.1, 0.03, False, True, False)
    >>> utility(rate, 0.5, 0.5), round(utility(rate, 0.5, None), 4), utility(rate, 0.5 - 1.645 * 0.1, None)
    (0.7, 0.463, 0.0)
    """
    sign = 1 if metric.higher_is_better else -1
    x, typical, spread = sign * value, sign * metric.typical, max(metric.spread, metric.smallest_spread)
    low, high = typical - 1.645 * spread, typical + 1.645 * spread
    t = typical + 0.842 * spread if target is None else sign * target
    if t >= high:
        high = t + (3 / 7) * (t - low)
    if t <= low:
        low = t - (7 / 3) * (high - t)
    if metric.capped and t > 0:
        x = min(x, 1.2 * t)
    u = 0.7 * (x - low) / (t - low) if x <= t else 0.7 + 0.3 * (x - t) / (high - t)
    return min(1.0, max(0.0, u))


@dataclass(frozen=True, slots=True)
class Standing:
    """Level 5..100 (None if the scorecard scores no metric), coverage 0..1 and the value 0..1 of each pillar."""

    level: float | None
    coverage: float
    pillars: Mapping[str, float | None]


def standing(scorecard: Scorecard, utilities: Mapping[str, float], evidenced: frozenset[str]) -> Standing:
    """What the utilities add up to: a weighted mean inside a pillar, a weighted geometric mean over the pillars.

    Args:
        scorecard: the weights.
        utilities: of every scored metric, by name.
        evidenced: the scored metrics with evidence in the score window.

    Source: method.md section 7.
    """
    pillars: dict[str, float | None] = {}
    for pillar in scorecard.pillars:
        inside = [m for m in scorecard.metrics if m.pillar == pillar]
        weighted = fsum(m.weight * utilities[m.metric] for m in inside)
        pillars[pillar] = weighted / fsum(m.weight for m in inside) if inside else None
    valued = [(scorecard.pillars[p], 0.05 + 0.95 * value) for p, value in pillars.items() if value is not None]
    level = None
    if valued:
        level = 100 * exp(fsum(weight * log(value) for weight, value in valued) / fsum(weight for weight, _ in valued))
    covered = [m for m in scorecard.metrics if m.metric in evidenced]
    return Standing(level, fsum(scorecard.pillars[m.pillar] * m.weight for m in covered), pillars)
