"""Chart rule: how the chart of a metric is drawn, and which metrics can have one. Source: method.md section 8."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from scoring.evidence import Kind

BLOCK: Final = 8.0
"""Observations that make a block."""
BLOCK_OF_ANSWERS: Final = 5.0
WARNING: Final = 4.0
ALARM: Final = 5.0
"""h, until a budget of false alerts asks for more (`scoring.budget`)."""
_WIDENED = 1.25
"""What a rep's level deviates from is the rest of the team, which has levels too, and tau is an estimate: its square is taken
a quarter larger."""
_LOWEST_PROPORTIONAL_PRECISION = 4.0
"""A spread of half the level: wider ones come of a few large deals, and would let one week make a level of ten times."""


@dataclass(frozen=True, slots=True)
class ChartRule:
    """What a chart is drawn by.

    Args:
        kind: of the metric.
        precision: P at the start: what is known of a rep's own level before its weeks (`starting_precision`), above 0.
        positive: a mean of values above 0, such as days or seconds, compared in proportion: who takes twice as long
            scatters twice as much.
        higher_is_better: where False, the chart looks for rises.
        block: observations that make a point: 8, of answers 5.
        alarm: h, 5 or more.
        warning: C above it warns, and stops the learning.

    Raises:
        ValueError: `precision` is not above 0 or not finite.
    """

    kind: Kind
    precision: float
    positive: bool = False
    higher_is_better: bool = True
    block: float = BLOCK
    alarm: float = ALARM
    warning: float = WARNING

    def __post_init__(self) -> None:
        if not 0 < self.precision < math.inf:
            raise ValueError(f"the precision of a chart is {self.precision!r}; expected above 0 and finite")

    @property
    def proportional(self) -> bool:
        """Whether levels are compared in logarithms: sums, and means of values above 0."""
        return self.kind == "sum" or (self.kind == "mean" and self.positive)


def chartable(kind: Kind, norm: float, spread: float, dispersion: float = 1.0, *, positive: bool = False) -> bool:
    """Whether its norms allow a metric a chart: a spread, noise, and a level above 0 where it is compared in proportion.

    >>> chartable("sum", 0.0, 1.0, 1.0), chartable("rate", 0.5, 0.05)
    (False, True)
    """
    if kind == "rate":
        return 0 < norm < 1 and 0 < spread < math.inf
    return 0 < spread < math.inf and 0 < dispersion < math.inf and (norm > 0 or not (kind == "sum" or positive))


def starting_precision(kind: Kind, norm: float, spread: float, *, positive: bool = False) -> float:
    """P of a rep's own level before its weeks, from the norms' level m and spread tau (above 0, as floored there).

    (m(1 - m) / tau)^2 / 1.25 in log odds for a rate; (m / tau)^2 / 1.25, at least 4, for a sum and a mean of values above
    0; else 1 / (1.25 tau^2).

    Raises:
        ValueError: the metric is not `chartable`.

    Source: method.md section 8 (the 1.25, and the one in proportion, are chosen here).

    >>> round(starting_precision("rate", 0.5, 0.05), 9), starting_precision("sum", 9.0, 3.0)
    (20.0, 7.2)
    >>> starting_precision("sum", 9.0, 30.0), round(starting_precision("mean", 3.5, 0.5), 9)
    (4.0, 3.2)
    """
    if not chartable(kind, norm, spread, positive=positive):
        raise ValueError(f"spread {spread!r} about a norm of {norm!r} for a {kind}; expected a metric that has a chart")
    if kind == "rate":
        return (norm * (1 - norm) / spread) ** 2 / _WIDENED
    if kind == "sum" or positive:
        return max(_LOWEST_PROPORTIONAL_PRECISION, (norm / spread) ** 2 / _WIDENED)
    return 1 / (_WIDENED * spread**2)
