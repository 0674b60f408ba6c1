"""Tiers: comparing every rep with every other, one pair at a time."""

from __future__ import annotations

from collections.abc import Sequence
from math import log, pi
from statistics import NormalDist, median

_NORMAL = NormalDist()
_APART, _BEYOND, _FEWEST = 0.9, 0.975, 3


def rank_interval(scores: Sequence[float], variances: Sequence[float], i: int) -> tuple[int, int]:
    """The best and the worst rank of number `i`. Source: method.md section 7."""
    better = worse = 0
    for j, other in enumerate(scores):
        if j == i:
            continue
        z = (log(scores[i]) - log(other)) / (variances[i] + variances[j]) ** 0.5
        better += _NORMAL.cdf(-z) > _APART
        worse += _NORMAL.cdf(z) > _APART
    return 1 + better, len(scores) - worse


def tier(scores: Sequence[float], variances: Sequence[float], i: int) -> str:
    """Above, typical or below the median of the others, which is uncertain itself. Source: method.md section 7."""
    others = [j for j in range(len(scores)) if j != i]
    if len(others) < _FEWEST:
        return "typical"
    middle = median(log(scores[j]) for j in others)
    noise = pi / 2 * (sum(variances[j] for j in others) / len(others)) / len(others)
    higher = _NORMAL.cdf((log(scores[i]) - middle) / (variances[i] + noise) ** 0.5)
    return "above" if higher > _BEYOND else "below" if 1 - higher > _BEYOND else "typical"
