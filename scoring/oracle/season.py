"""Season by brute force: one quarter's odds after another, sorted, the middle one taken. Source: method.md section 5."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

Share = tuple[Fraction, Fraction]
"""A phase's n and x."""


def odds_ratios(quarters: Sequence[Sequence[Share]]) -> list[Fraction] | None:
    """The middle odds ratio of each phase against its quarter, over the quarters of which every phase was seen.

    >>> quarter = [(Fraction(9), Fraction(2)), (Fraction(9), Fraction(7))]
    >>> odds_ratios([quarter, quarter, quarter])
    [Fraction(1, 3), Fraction(3, 1)]
    """
    whole = [quarter for quarter in quarters if quarter and all(n > 0 for n, _ in quarter)]
    if len(whole) < 3:  # noqa: PLR2004 - the method's own
        return None
    middle = []
    for phase in range(len(whole[0])):
        ratios = []
        for quarter in whole:
            n, x = quarter[phase]
            p = (x + Fraction(1, 2)) / (n + 1)
            q = (sum(x for _, x in quarter) + Fraction(1, 2)) / (sum(n for n, _ in quarter) + 1)
            ratios.append(p / (1 - p) / (q / (1 - q)))
        ratios.sort()
        middle.append((ratios[(len(ratios) - 1) // 2] + ratios[len(ratios) // 2]) / 2)
    return middle
