"""Goalposts by brute force: the corner points in exact fractions, and a value looked up between two of them."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

_CAP = Fraction(6, 5)

Corner = tuple[Fraction, Fraction]
"""A value, turned so that more is better, and its utility."""


def corners(level: float, spread: float, target: float | None, sign: int) -> Sequence[Corner]:
    """Where the line bends: utility 0, 0.7 and 1. Source: method.md section 6.

    >>> corners(10.0, 2.0, 20.0, 1)[2]  # 0.3 above a target that lies 13.29 above the lower goalpost: 3/7 of that
    (Fraction(17987, 700), Fraction(1, 1))
    """
    m, step = sign * Fraction(level), Fraction(spread)
    lo, hi = m - Fraction("1.645") * step, m + Fraction("1.645") * step
    t = m + Fraction("0.842") * step if target is None else sign * Fraction(target)
    if t >= hi:  # the line from lo goes on beyond t with the slope that it had
        hi = t + (t - lo) / Fraction("0.7") * Fraction("0.3")
    if t <= lo:  # the line to hi comes from where it would be 0
        lo = t - (hi - t) / Fraction("0.3") * Fraction("0.7")
    return [(lo, Fraction(0)), (t, Fraction(7, 10)), (hi, Fraction(1))]


def utility(line: Sequence[Corner], value: float, sign: int, *, capped: bool, cap: float | Fraction = _CAP) -> Fraction:
    """The utility of a value between the corners; where it is capped, of no more than `cap` times the target above 0.

    >>> utility(corners(0.5, 0.1, 0.5, 1), 0.5, 1, capped=False)
    Fraction(7, 10)
    """
    x = sign * Fraction(value)
    if capped and line[1][0] > 0:
        x = min(x, line[1][0] * Fraction(cap))
    if x <= line[0][0]:
        return Fraction(0)
    for (left, low), (right, high) in pairwise(line):
        if left < x <= right:
            return low + (high - low) * (x - left) / (right - left)
    return Fraction(1)
