"""Interval: how much a score is uncertain, by moving its metrics one at a time."""

from __future__ import annotations

from collections.abc import Mapping
from math import exp, log

from scoring.aggregate import Breakdown


def variance(
    breakdown: Breakdown, correlations: Mapping[frozenset[str], float], slope_with_metric: float, *, level: bool
) -> float:
    """Of the logarithm of score or level: each utility is moved by its sd, the moves add up by their correlations.

    The move of ln S by a move of one utility is taken from the whole formula computed twice, as far apart as numbers allow.
    Source: method.md section 7.
    """
    moves = []
    for i, pillar in enumerate(breakdown.pillars):
        if level and pillar.name == "improvement":
            continue
        for j, part in enumerate(pillar.metrics):
            small = 1e-4
            rise = (
                _log(breakdown, i, j, part.u + small, level=level) - _log(breakdown, i, j, part.u - small, level=level)
            ) / (2 * small)
            moves.append((pillar.name == "improvement", part.name, rise * part.u_sd * part.sign))
    total = 0.0
    for slope, name, move in moves:
        for other_slope, other, other_move in moves:
            together = 1.0 if name == other else correlations.get(frozenset((name, other)), 0.0)
            if slope != other_slope:
                together *= slope_with_metric
            total += move * other_move * together
    return max(0.0, total)


def _log(breakdown: Breakdown, moved_pillar: int, moved: int, u: float, *, level: bool) -> float:
    total = weights = 0.0
    for i, pillar in enumerate(breakdown.pillars):
        if level and pillar.name == "improvement":
            continue
        value = sum(
            part.weight * (u if (i, j) == (moved_pillar, moved) else part.u) for j, part in enumerate(pillar.metrics)
        )
        total += pillar.weight * log(0.05 + 0.95 * value)
        weights += pillar.weight
    return total / weights


def bounds(score: float, variance_of_log: float) -> tuple[float, float]:
    """The 80 % interval, 5..100."""
    sd = variance_of_log**0.5
    return max(5.0, exp(log(score) - 1.2816 * sd)), min(100.0, exp(log(score) + 1.2816 * sd))
