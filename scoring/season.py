"""Season: how the months of a quarter differ, so that a rep is not blamed for the calendar. Source: method.md section 5."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median
from typing import Final

from scoring.evidence import Evidence, Kind, pooled

LEAST_QUARTERS: Final = 3


def phase_index(
    kind: Kind, quarters: Sequence[Sequence[Evidence]], *, positive: bool = False
) -> tuple[float, ...] | None:
    """What each phase of a quarter (month, or third) does to a level: the median over past quarters; None with too few.

    It is what `scoring.expectation.baseline` takes for `phase`: of a `rate` an odds ratio, of the phase against its whole
    quarter; of a `sum` (a day present) and a mean of values above 0 the phase's value over that of the quarter; of other means
    and ratios of money the difference between them.

    Args:
        kind: of the metric.
        quarters: for each past quarter, the company's evidence phase by phase. A quarter with a phase without evidence is not a
            whole one and does not count; nor, where it is a ratio, one of which the quarter or a phase is not above 0.
        positive: a mean of values above 0, such as days or seconds.

    Rates are (x + ½)/(n + 1), so that a month without a win has odds too. None with fewer than three whole quarters: then
    every phase is like the others.

    Source: method.md section 5.

    >>> from scoring.evidence import of_rate, of_mean
    >>> quarter = [of_rate(100, 30), of_rate(100, 50), of_rate(100, 70)]
    >>> [round(ratio, 2) for ratio in phase_index("rate", [quarter] * 3)]
    [0.43, 1.0, 2.31]
    >>> means = [[of_mean(4, 8.0, 16.0), of_mean(4, 16.0, 64.0)]] * 3
    >>> phase_index("mean", means), phase_index("mean", means, positive=True), phase_index("rate", [quarter] * 2)
    ((-1.0, 1.0), (0.6666666666666666, 1.3333333333333333), None)
    """
    differ = kind == "ratio" or (kind == "mean" and not positive)
    found = [
        each for phases in quarters if (each := _differences(phases) if differ else _ratios(kind, phases)) is not None
    ]
    if len(found) < LEAST_QUARTERS:
        return None
    return tuple(median(phase) for phase in zip(*found, strict=True))


def _whole(phases: Sequence[Evidence]) -> bool:
    return bool(phases) and all(phase.n > 0 and phase.base > 0 for phase in phases)


def _differences(phases: Sequence[Evidence]) -> list[float] | None:
    if not _whole(phases):
        return None
    all_of_it = pooled(phases)
    return [phase.total / phase.base - all_of_it.total / all_of_it.base for phase in phases]


def _ratios(kind: Kind, phases: Sequence[Evidence]) -> list[float] | None:
    if not _whole(phases):
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
