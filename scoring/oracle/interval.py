"""Interval: how far a score may be off, by recomputing it with its metrics at the ends of their own intervals, one at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, log

from scoring.aggregate import Breakdown, MetricPart


@dataclass(frozen=True, slots=True)
class Ends:
    """Low and high of a score, and the variance of its logarithm."""

    low: float
    high: float
    variance: float


def ends(
    breakdown: Breakdown, correlations: Mapping[frozenset[str], float], slope_with_metric: float, *, level: bool
) -> Ends:
    """Of score or level: each metric in turn goes to its worse end and to its better one, the moves add up by correlation.

    Each move is the whole score computed anew. Source: method.md section 7, as `scoring.interval` tells it.
    """
    parts = [
        (pillar.name, part)
        for pillar in breakdown.pillars
        if not (level and pillar.name == "improvement")
        for part in pillar.metrics
    ]
    here = _log(breakdown, None, 0.0, level=level)
    downs, ups = [], []
    for at in parts:
        low, high = at[1].u_low, at[1].u_high
        downs.append(here - _log(breakdown, at, at[1].u if low is None else low, level=level))
        ups.append(_log(breakdown, at, at[1].u if high is None else high, level=level) - here)

    def together(moves: list[float]) -> float:
        total = 0.0
        for (pillar, part), move in zip(parts, moves, strict=True):
            for (other_pillar, other), other_move in zip(parts, moves, strict=True):
                r = 1.0 if part.name == other.name else correlations.get(frozenset((part.name, other.name)), 0.0)
                if (pillar == "improvement") != (other_pillar == "improvement"):
                    r *= slope_with_metric
                total += part.sign * other.sign * move * other_move * r
        return max(0.0, total)

    score, fall, rise = exp(here), together(downs) ** 0.5, together(ups) ** 0.5
    return Ends(max(5.0, score / exp(fall)), min(100.0, score * exp(rise)), ((fall + rise) / 2 / 1.2816) ** 2)


def _log(breakdown: Breakdown, moved: tuple[str, MetricPart] | None, u: float, *, level: bool) -> float:
    """The logarithm of the score with one metric at another utility."""
    total = weights = 0.0
    for pillar in breakdown.pillars:
        if level and pillar.name == "improvement":
            continue
        value = sum(part.weight * (u if moved == (pillar.name, part) else part.u) for part in pillar.metrics)
        total += pillar.weight * log(0.05 + 0.95 * value)
        weights += pillar.weight
    return log(100) + total / weights
