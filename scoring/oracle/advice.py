"""Advice: what a change of one metric would do, by computing the whole score twice."""

from __future__ import annotations

from math import pow, prod  # noqa: A004 - of floats alone

from scoring.aggregate import Breakdown
from scoring.goalposts import Goalposts


def points(breakdown: Breakdown, metric: str, posts: Goalposts, value: float) -> float:
    """The score with the metric at another value, less the score. Source: method.md sections 6 and 7."""
    return _score(breakdown, metric, posts.utility(value)) - _score(breakdown, metric, None)


def per_unit(breakdown: Breakdown, metric: str, posts: Goalposts, value: float, unit: float) -> float:
    """Points per unit, from a step so small (of `unit`, signed towards better) that the score is straight along it."""
    return points(breakdown, metric, posts, value + 1e-6 * unit) / (1e-6 * unit)


def _score(breakdown: Breakdown, metric: str, u: float | None) -> float:
    values = {
        pillar.name: sum(
            part.weight * (u if u is not None and part.name == metric and pillar.name != "improvement" else part.u)
            for part in pillar.metrics
        )
        for pillar in breakdown.pillars
    }
    return 100 * prod(pow(0.05 + 0.95 * values[pillar.name], pillar.weight) for pillar in breakdown.pillars)
