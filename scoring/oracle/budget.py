"""Budget, the naive way: the threshold is raised by a hundredth until it is high enough. Source: method.md section 8."""

from __future__ import annotations

from decimal import Decimal


def run_length(h: Decimal) -> Decimal:
    """2(e^(h + 1.166) - h - 2.166), in the 28 digits of a decimal.

    >>> round(run_length(Decimal(5)))
    938
    """
    return 2 * ((h + Decimal("1.166")).exp() - h - Decimal("2.166"))


def threshold(charts: float, points: float, budget: float) -> Decimal:
    """The first of 5, 5.01, 5.02 ... whose false alarms a year are within the budget.

    >>> threshold(100, 52.18, 1.0)
    Decimal('6.71')
    """
    h = Decimal(5)
    while Decimal(charts) * Decimal(points) / run_length(h) > Decimal(budget):
        h += Decimal("0.01")
    return h
