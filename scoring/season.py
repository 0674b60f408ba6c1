"""Season: how the months of a quarter differ, so that a rep is not blamed for the calendar. Source: method.md section 5."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median
from typing import Final

from scoring.evidence import Evidence, Kind, pooled

LEAST_QUARTERS: Final = 3


def phase_index(kind: Kind, quarters: Sequence[Sequence[Evidence]]) -> tuple[float, ...] | None:
    """What each phase of a quarter (month, or third) multiplies a level by: the median over past quarters; None with too few.

    For a `rate` odds are multiplied: the index is an odds ratio, of the phase against its whole quarter; for anything else it is
    the phase's value over that of the quarter (a day present, for a `sum`).

    Args:
        kind: of the metric.
        quarters: for each past quarter, the company's evidence phase by phase. A quarter with a phase without evidence is not a
            whole one and does not count; nor, unless a rate, one of which the quarter or a phase is not above 0.

    Rates are (x + ½)/(n + 1), so that a month without a win has odds too. None with fewer than three whole quarters: then there
    is no index, which is 1 in every phase.

    Source: method.md section 5.

    >>> from scoring.evidence import of_rate, of_mean
    >>> quarter = [of_rate(100, 30), of_rate(100, 50), of_rate(100, 70)]
    >>> [round(ratio, 2) for ratio in phase_index("rate", [quarter] * 3)]
    [0.43, 1.0, 2.31]
    >>> phase_index("mean", [[of_mean(4, 8.0, 16.0), of_mean(4, 16.0, 64.0)]] * 3), phase_index("rate", [quarter] * 2)
    ((0.6666666666666666, 1.3333333333333333), None)
    """
    ratios = [found for phases in quarters if (found := _ratios(kind, phases)) is not None]
    if len(ratios) < LEAST_QUARTERS:
        return None
    return tuple(median(phase) for phase in zip(*ratios, strict=True))


def in_phase(kind: Kind, level: float, ratio: float) -> float:
    """The level in a phase with this index: logit m + ln(odds ratio) for a `rate`, else m times the ratio.

    A market index over 100 moves a level the same way. A rate of 0 or 1 stays.

    >>> in_phase("rate", 0.5, 3.0), in_phase("sum", 4.0, 1.5)
    (0.75, 6.0)
    """
    return level * ratio / (1 - level + level * ratio) if kind == "rate" else level * ratio


def _ratios(kind: Kind, phases: Sequence[Evidence]) -> list[float] | None:
    if not phases or any(phase.n <= 0 or phase.base <= 0 for phase in phases):
        return None
    sizes = [_size(kind, evidence) for evidence in (pooled(phases), *phases)]
    if any(size <= 0 or not math.isfinite(size) for size in sizes):
        return None
    whole, *each = sizes
    return [size / whole for size in each]


def _size(kind: Kind, evidence: Evidence) -> float:
    """The odds of a rate, else the value."""
    if kind != "rate":
        return evidence.total / evidence.base
    return (evidence.total + 0.5) / (evidence.base - evidence.total + 0.5)
