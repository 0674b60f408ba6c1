"""Expectation, the naive way: the others' observations one by one, in exact fractions. Source: method.md section 5."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

Observations = Mapping[str, Sequence[float]]
"""What each rep observed in the week, one number an observation."""


def expected_rate(
    norm: float, phase: float, market: float, week: Observations, rep: str, team: Iterable[str], *, company: bool
) -> Fraction:
    """What is expected of a rep's rate: twenty observations at e0, then those of the others, added singly.

    The odds of e0 are those of the norm times the phase's odds ratio times the market's part of 100.

    >>> expected_rate(0.5, 1.0, 100.0, {"a": [1, 1], "b": [0]}, "b", ["a", "b"], company=False)
    Fraction(6, 11)
    """
    m = Fraction(norm)
    odds = m / (1 - m) * Fraction(phase) * Fraction(market) / 100
    e = _mixed(odds / (1 + odds), week, rep, set(team), company=company)
    return min(Fraction(0.98), max(Fraction(0.02), e))


def expected_sum(
    norm: float, phase: float, market: float, week: Observations, rep: str, team: Iterable[str], *, company: bool
) -> Fraction:
    """What is expected of a rep's sum a day present; `week` holds what each rep reached on each day present.

    Within a tenth and ten times e0.

    >>> expected_sum(8.0, 1.0, 50.0, {"a": [8.0] * 4, "b": [0.0]}, "b", ["a", "b"], company=False)
    Fraction(14, 3)
    """
    e0 = Fraction(norm) * Fraction(phase) * Fraction(market) / 100
    return min(10 * e0, max(e0 / 10, _mixed(e0, week, rep, set(team), company=company)))


def expected_mean(
    norm: float, phase: float, week: Observations, rep: str, team: Iterable[str], *, company: bool
) -> Fraction:
    """What is expected of a rep's mean, moved by the difference that the phase makes; not bounded.

    >>> expected_mean(4.0, -1.0, {"a": [5.0] * 5, "b": [0.0]}, "b", ["a", "b"], company=False)
    Fraction(17, 5)
    """
    return _mixed(Fraction(norm) + Fraction(phase), week, rep, set(team), company=company)


def _mixed(level: Fraction, week: Observations, rep: str, team: set[str], *, company: bool) -> Fraction:
    if company:
        outside = [Fraction(y) for name, observed in week.items() if name not in team for y in observed]
        level = sum([level] * 20 + outside, start=Fraction(0)) / (20 + len(outside))
    mates = [Fraction(y) for name, observed in week.items() if name in team and name != rep for y in observed]
    return sum([level] * 20 + mates, start=Fraction(0)) / (20 + len(mates))
