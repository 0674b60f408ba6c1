"""Slope: improvement over the weeks, worked out from single observations instead of sums."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction


def slope(
    weeks: Mapping[int, Sequence[Fraction]], s2: Fraction, expected_n: Fraction | None
) -> tuple[Fraction, Fraction]:
    """The ordinary least squares slope over single observations less what was expected, and its variance. Source: method.md 7.

    Args:
        weeks: by number of the week, each observation less that week's e.
        s2: variance of one observation.
        expected_n: observations behind e, the same for all of a week; None where e is a constant.
    """
    times = [Fraction(week) for week, seen in weeks.items() for _ in seen]
    heights = [Fraction(y) for seen in weeks.values() for y in seen]
    n = len(times)
    mean = sum(times, Fraction(0)) / n
    spread = sum(((t - mean) ** 2 for t in times), Fraction(0))
    by = [(t - mean) / spread for t in times]
    b = sum((c * y for c, y in zip(by, heights, strict=True)), Fraction(0))
    # every pair of observations: alone by s2, and two of a week share the noise of their e
    variance = Fraction(0)
    for i in range(n):
        for j in range(n):
            shared = s2 if i == j else Fraction(0)
            if expected_n is not None and times[i] == times[j]:
                shared += s2 / expected_n
            variance += by[i] * by[j] * shared
    return b, variance


def inflation(lag: Fraction) -> Fraction:
    """By how much a lag-1 correlation widens the variance: as the sum 1 + 2r + 2r² + ... is far on; not at 0.2 or below."""
    if lag <= Fraction(1, 5):
        return Fraction(1)
    r = min(lag, Fraction(9, 10))
    return 1 + 2 * sum((r**step for step in range(1, 400)), Fraction(0))


def improvement(b: Fraction, se2: Fraction, tau_b2: Fraction, tau_star: Fraction) -> Fraction:
    """0..1 of a slope where more is better: its posterior mean by precisions, then the change of 13 weeks between the posts."""
    change = 13 * (b / se2) / (1 / se2 + 1 / tau_b2)
    low, high = -Fraction(1645, 1000) * tau_star, Fraction(1645, 1000) * tau_star
    return min(Fraction(1), max(Fraction(0), (change - low) / (high - low)))
