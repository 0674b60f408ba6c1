"""Aggregate: from the utilities of metrics to one score, and the breakdown that says how it came about."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

IMPROVEMENT: Final = "improvement"
"""The pillar whose parts are slopes of the other pillars' metrics; the level leaves it out."""

FLOOR: Final = 0.05
"""What a pillar at 0 still counts: so one failed pillar weighs heavily but does not erase the score."""

QUANTILE: Final = 1.2816
"""Standard deviations to either end of an 80 % interval."""


_ROUNDING: Final = 1e-12


@dataclass(frozen=True, slots=True)
class MetricPart:
    """What one metric gave to one score. Values are in the metric's own unit, unturned; `sign` says which way is better.

    In the pillar `improvement` a part is a slope under its metric's name: `value` is b (units a week), `shrunk` is b̃, `norm` 0,
    `n` the weeks it was fitted to and `prior` = n·se²/τ_b²: so `shrunk` = (n·value + prior·norm)/(n + prior) as everywhere.

    Attributes:
        name: the metric.
        weight: w, its share of its pillar. Sums to 1 over the pillar's metrics in a `Breakdown`.
        u: utility, 0..1.
        shrunk: x̃.
        value: x̄, the evidence's own value; None without evidence (then `n` is 0 and `shrunk` is `norm`).
        n: the observations behind it (days present for a sum).
        prior: M, the observations that the norm counts for.
        norm: m, the level of the norms.
        sign: 1 where more is better, -1 where less is.
        du_dx: derivative of `u` by `shrunk`, of the sign of `sign` or 0; at a kink the one towards better.
        u_low: utility at the worse end of x̃'s own 80 % interval, at most `u`; None where x̃ is certain.
        u_high: utility at its better end, at least `u`; None likewise.
    """

    name: str
    weight: float
    u: float
    shrunk: float
    value: float | None
    n: float
    prior: float
    norm: float
    sign: Literal[1, -1]
    du_dx: float
    u_low: float | None = None
    u_high: float | None = None


@dataclass(frozen=True, slots=True)
class PillarPart:
    """What one pillar gave to one score.

    Attributes:
        name: the pillar.
        weight: W. Sums to 1 over the pillars of a `Breakdown`.
        value: U, the weighted mean of its metrics' utilities, 0..1.
        v: V = 0.05 + 0.95·U, what enters the product.
        metrics: its metrics, in the scorecard's order; at least one.
    """

    name: str
    weight: float
    value: float
    v: float
    metrics: tuple[MetricPart, ...]


@dataclass(frozen=True, slots=True)
class Breakdown:
    """One computed score, with all that it is made of: what the interval, the waterfall and the advice work on.

    Attributes:
        pillars: those that have a metric, in the scorecard's order. A pillar without one is not here, its weight is the others'.
        score: S = 100·Π V^W, 5..100, whatever the coverage is: `covered` says whether it may be shown.
        level: the same over the pillars but `improvement`, their weights scaled to 1; 5..100.
        coverage: 0..1, the scorecard's own weight of the metrics that have evidence.
    """

    pillars: tuple[PillarPart, ...]
    score: float
    level: float
    coverage: float

    def covered(self, gate: float = 0.6) -> bool:
        """Whether there is evidence enough for a score: coverage at the gate or above (a rounding error below counts)."""
        return self.coverage >= gate - 1e-12


def aggregate(
    weights: Mapping[str, float],
    metrics: Mapping[str, Sequence[MetricPart]],
    uncollected: frozenset[str] = frozenset(),
) -> Breakdown:
    """The score of a subject from its metrics.

    A metric without evidence keeps its weight at the norm and counts nothing in the coverage. One that the company does not
    collect gives its weight to its pillar's others; a pillar that is left without a metric gives its own to the other pillars.
    Coverage uses the scorecard's weights throughout, so it says how much of what the business wants to know is known.

    Args:
        weights: the scorecard's weight of each pillar, in its order.
        metrics: by pillar, its metrics with the scorecard's weights inside the pillar (above 0, of any sum).
        uncollected: names of metrics that the company does not collect, decided in the norms.

    Raises:
        ValueError: no metric is left in a pillar of weight above 0 other than `improvement`, or a pillar is not in `weights`.

    Source: method.md section 7; OECD/JRC, Handbook on Constructing Composite Indicators (2008), geometric aggregation.

    >>> part = MetricPart("csat", 1.0, 0.0, 0.6, 0.5, 20, 20, 0.7, 1, 2.0)
    >>> half = aggregate({"results": 0.5, "customer": 0.5}, {"results": [replace(part, u=1.0)], "customer": [part]})
    >>> round(half.score, 2), half.coverage, [pillar.v for pillar in half.pillars]
    (22.36, 1.0, [1.0, 0.05])
    """
    if not metrics.keys() <= weights.keys():
        unknown = sorted(set(metrics) - set(weights))
        raise ValueError(f"metrics of the pillars {unknown}; expected pillars of {list(weights)}")
    pillars: list[PillarPart] = []
    total, by_metrics = 0.0, False
    for name, weight in weights.items():
        pillar = _pillar(name, weight, metrics.get(name, ()), uncollected)
        if pillar is not None:
            pillars.append(pillar)
            total += weight
            by_metrics = by_metrics or (weight > 0 and name != IMPROVEMENT)
    if not by_metrics:
        raise ValueError(
            f"no metric is left in a pillar of weight above 0; weights {dict(weights)}, not collected {sorted(uncollected)}"
        )
    score = geometric([(pillar.weight, pillar.v) for pillar in pillars])
    level = score
    if IMPROVEMENT in [pillar.name for pillar in pillars]:
        level = geometric([(pillar.weight, pillar.v) for pillar in pillars if pillar.name != IMPROVEMENT])
    shared = tuple(
        PillarPart(pillar.name, pillar.weight / total, pillar.value, pillar.v, pillar.metrics) for pillar in pillars
    )
    return Breakdown(shared, score, level, _coverage(weights, metrics, uncollected))


def is_whole(total: float) -> bool:
    """Whether weights sum to 1, but for the rounding of their sum: then they are taken as they are.

    >>> is_whole(0.1 + 0.2 + 0.7), is_whole(0.99)
    (True, False)
    """
    return abs(total - 1) <= _ROUNDING


def geometric(pillars: Sequence[tuple[float, float]]) -> float:
    """100·Π V^W from pairs of weight (any sum above 0) and V, added up in that order. Source: method.md section 7.

    >>> round(geometric([(1.0, 0.25), (1.0, 1.0)]), 12), round(geometric([(0.5, 0.05), (0.25, 0.05)]), 12)
    (50.0, 5.0)
    """
    total = logarithm = 0.0
    for weight, v in pillars:
        total += weight
        logarithm += weight * math.log(v)
    return 100 * math.exp(logarithm / total)


def _pillar(name: str, weight: float, parts: Sequence[MetricPart], uncollected: frozenset[str]) -> PillarPart | None:
    if uncollected:
        parts = [part for part in parts if part.name not in uncollected]
    total = 0.0
    for part in parts:
        total += part.weight
    if not total:
        return None
    shared = tuple(parts) if is_whole(total) else tuple([replace(part, weight=part.weight / total) for part in parts])
    value = 0.0
    for part in shared:
        value += part.weight * part.u
    value = min(1.0, value)
    return PillarPart(name, weight, value, FLOOR + (1 - FLOOR) * value, shared)


def _coverage(
    weights: Mapping[str, float], metrics: Mapping[str, Sequence[MetricPart]], uncollected: frozenset[str]
) -> float:
    covered = whole = 0.0
    for name, weight in weights.items():
        whole += weight
        total = known = 0.0
        for part in metrics.get(name, ()):
            total += part.weight
            if part.n > 0 and part.name not in uncollected:
                known += part.weight
        if known:
            covered += weight * known / total
    return min(1.0, covered / whole)
