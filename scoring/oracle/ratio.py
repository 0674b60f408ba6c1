"""Ratio weeks, the naive way: from the single deals. Source: `scoring.ratio_week`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

Deal = tuple[float, float]
"""d, what is measured against, above 0, and y, what is measured: an amount and its margin."""


class RatioWeek(NamedTuple):
    """n*, the ratio, what was expected of it, and the n* of the rest that this rests on."""

    n: float
    ratio: float
    expected: float
    rest: float


def alike(deals: Sequence[Deal]) -> float:
    """One over the chance that two draws, each deal as likely as it is large, give the same deal; 0 without deals.

    >>> alike([(10, 4), (10, 6)]), alike([])
    (2.0, 0.0)
    """
    whole = sum(d for d, _ in deals)
    return 1 / sum((d / whole) ** 2 for d, _ in deals) if deals else 0.0


def week(own: Sequence[Deal], team: Sequence[Deal], others: Sequence[Deal], e0: float) -> RatioWeek:
    """A subject's week beside those of the others in its team, and of the company beyond the team.

    >>> week([(10, 4)], [(10, 6), (10, 6)], [], 0.6)
    RatioWeek(n=1.0, ratio=0.4, expected=0.6, rest=2.0)
    """
    e = e0
    for around in (others, team):
        n = alike(around)
        e = (n * _ratio(around) + 20 * e) / (n + 20)
    return RatioWeek(alike(own), _ratio(own), e, alike(team))


def _ratio(deals: Sequence[Deal]) -> float:
    return sum(y for _, y in deals) / sum(d for d, _ in deals) if deals else 0.0
