"""Aggregate: a score by products of powers, from weights that are shared out first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

Metric = tuple[str, Fraction, Fraction, bool]
"""Name, weight in its pillar, utility, and whether there is evidence."""


def score(
    weights: Mapping[str, Fraction],
    metrics: Mapping[str, Sequence[Metric]],
    uncollected: frozenset[str],
    *,
    level: bool,
) -> float:
    """Score or level, 5..100. Source: method.md section 7."""
    values: dict[str, Fraction] = {}
    for pillar in weights:
        kept = [metric for metric in metrics.get(pillar, ()) if metric[0] not in uncollected]
        if kept and not (level and pillar == "improvement"):
            values[pillar] = sum((w * u for _, w, u, _ in kept), Fraction(0)) / sum(w for _, w, _, _ in kept)
    total = sum(weights[pillar] for pillar in values)
    product = 1.0
    for pillar, value in values.items():
        product *= float(Fraction(5, 100) + Fraction(95, 100) * value) ** float(weights[pillar] / total)
    return 100 * product


def coverage(
    weights: Mapping[str, Fraction], metrics: Mapping[str, Sequence[Metric]], uncollected: frozenset[str]
) -> Fraction:
    """0..1: the part of a whole that stands on evidence, each pillar cut by its weights and each metric by its own."""
    covered = Fraction(0)
    for pillar, inside in metrics.items():
        slice_of = weights[pillar] / sum(weights.values())
        for name, weight, _, evident in inside:
            if evident and name not in uncollected:
                covered += slice_of * weight / sum(w for _, w, _, _ in inside)
    return covered
