"""Shrinkage by brute force: every single observation in hand, exact fractions, roots taken last. Source: method.md section 4."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import sqrt
from typing import NamedTuple

from scoring.evidence import Kind

Observations = Mapping[str, Sequence[tuple[Fraction, Fraction]]]
"""Of each rep, each observation's y and d (1 but for a ratio); of a sum, each day present."""


class Found(NamedTuple):
    """What the peers say: m, s², τ̂², τ², M before it is clamped, Q and R."""

    level: Fraction
    within: Fraction
    measured: Fraction
    between: float
    weight: float
    heterogeneity: Fraction
    signal: float


def found(kind: Kind, observations: Observations, phi: Fraction = Fraction(0)) -> Found:
    """The norm of reps who all have observations; two reps at least, and s² above 0.

    >>> one, none = (Fraction(1), Fraction(1)), (Fraction(0), Fraction(1))
    >>> two = found("rate", {"a": [one, one, one, none], "b": [one, none, none, none]})
    >>> two.level, two.heterogeneity  # 4·(¼² + ¼²)/¼
    (Fraction(1, 2), Fraction(2, 1))
    """
    every = [pair for pairs in observations.values() for pair in pairs]
    k, n = len(observations), len(every)
    y, d = sum(a for a, _ in every), sum(b for _, b in every)
    level = Fraction(2 * y + 1) / (2 * d + 2) if kind == "rate" else Fraction(y) / d
    if kind == "rate":
        within = level - level * level
    elif kind == "sum":
        within = phi * abs(level)
    else:
        apart = Fraction(0)
        for pairs in observations.values():
            own = Fraction(sum(a for a, _ in pairs)) / sum(b for _, b in pairs)
            apart += sum((a / (Fraction(d) / n) - own * b / (Fraction(d) / n)) ** 2 for a, b in pairs)
        within = apart / (n - k)
    q, squares = Fraction(0), 0
    for pairs in observations.values():
        own = Fraction(sum(a for a, _ in pairs)) / sum(b for _, b in pairs)
        q += sum((own - level) ** 2 / within for _ in pairs)
        squares += sum(1 for _ in pairs for _ in pairs)
    room = n - Fraction(squares, n) - (k - 1 if kind == "rate" else 0)
    measured = max(Fraction(0), (q - k + 1) * within / room)
    between = max(float(measured), float(within) * sqrt(2 * (k - 1)) / float(room))
    off = 1 if kind == "rate" else 0
    shares: list[float] = sorted(
        float(len(pairs) / (len(pairs) + within / measured - off)) if measured else 0.0
        for pairs in observations.values()
    )
    middle = (shares[(k - 1) // 2] + shares[k // 2]) / 2
    return Found(level, within, measured, between, float(within) / between - off, q, middle)


class Drawn(NamedTuple):
    """A rep's value and the variance about it."""

    value: Fraction
    variance: Fraction


def drawn(
    kind: Kind,
    others: Observations,
    seen: Sequence[tuple[Fraction, Fraction]],
    weight: Fraction,
    within: Fraction,
    phi: Fraction = Fraction(0),
) -> Drawn:
    """A rep's figure drawn to the level of the others, who are all peers but this rep, one of them.

    As if `weight` more observations, all of them at that level, stood beside those that were seen.
    """
    every = [pair for pairs in others.values() for pair in pairs]
    y, d = sum(a for a, _ in every), sum(b for _, b in every)
    level = Fraction(2 * y + 1) / (2 * d + 2) if kind == "rate" else Fraction(y) / d
    n = len(seen)
    raw = Fraction(sum(a for a, _ in seen)) / sum(b for _, b in seen) if seen else level
    value = (sum((raw for _ in seen), Fraction(0)) + weight * level) / (n + weight)
    if kind == "rate":
        variance = value * (1 - value) / (n + weight + 1)
    elif kind == "sum":
        variance = max(phi * abs(value), within / 10) / (n + weight)
    else:
        variance = within / (n + weight)
    peers = len(others) + 1
    if peers > 3:  # noqa: PLR2004 - the formula's own
        variance += Fraction(2, peers - 3) * (weight / (n + weight) * (raw - level)) ** 2
    return Drawn(value, variance)
