"""Chart, the naive way: each point by itself, from all weeks before it. Source: method.md section 8, mended."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, localcontext
from math import exp
from typing import Literal, NamedTuple

Noise = Literal["rate", "counts", "scaled", "constant"]
"""How an observation scatters about what is expected: a rate's, a sum's, in proportion to the level, or always the same."""


_WARNING = 4.0
_LESSON = 5.0


class Observed(NamedTuple):
    """A week: its Monday, n, what was reached, what it is measured against, e, the rest of the team's n, and the dispersion."""

    monday: int
    n: float
    y: float
    base: float
    e: float
    rest: float
    dispersion: float


def statistics(
    noise: Noise, precision: float, weeks: Sequence[Observed], block: float, h: float, *, sign: int
) -> list[tuple[int, float, float]]:
    """(Monday of the last week, z, C) of every block; `sign` is -1 where lower is better.

    >>> statistics("rate", 25.0, [Observed(1, 8, 1, 8, 0.5, 20, 1)], 8, 5.0, sign=1)
    [(1, -1.875, 1.375)]
    """
    blocks = _blocks(sorted(weeks), block)
    zs: list[float] = []
    for number in range(len(blocks)):
        level, p = _learned(noise, precision, blocks[:number], _charted(zs, h, sign), h)
        d, v, gamma = _measured(noise, blocks[number], level, p)
        zs.append(_corrected((d - level) / (v + 1 / p) ** 0.5, gamma))
    return [(b[-1].monday, sign * z, c) for b, z, c in zip(blocks, zs, _charted(zs, h, sign), strict=True)]


def _blocks(weeks: Sequence[Observed], block: float) -> list[list[Observed]]:
    """The weeks with observations, cut where they have come to a block; what is left over is none."""
    found: list[list[Observed]] = []
    rest = [week for week in weeks if week.n > 0]
    while rest:
        enough = [k for k in range(1, len(rest) + 1) if sum(week.n for week in rest[:k]) >= block]
        if not enough:
            break
        found.append(rest[: enough[0]])
        rest = rest[enough[0] :]
    return found


def _charted(zs: Sequence[float], h: float, sign: int) -> list[float]:
    c, found = 0.0, []
    for z in zs:
        c = c - sign * z - 0.5
        c = sorted([0.0, c, h + 1])[1]
        found.append(c)
    return found


def _learned(
    noise: Noise, precision: float, blocks: Sequence[Sequence[Observed]], cs: Sequence[float], h: float
) -> tuple[float, float]:
    """The own level and its precision after these blocks."""
    level, p = 0.0, precision
    waiting: list[tuple[float, float]] = []
    spoilt = False
    for block, c in zip(blocks, cs, strict=True):
        waiting.append(_measured(noise, block, level, p)[:2])
        spoilt = spoilt or c > h
        if c <= _WARNING:
            for d, v in [waiting[-1]] if spoilt else waiting:
                far = _LESSON * (v + 1 / p) ** 0.5
                heard = sorted([level - far, d, level + far])[1]
                level, p = (p * level + heard / v) / (p + 1 / v), p + 1 / v
            waiting, spoilt = [], False
    return level, p


def _measured(noise: Noise, block: Sequence[Observed], level: float, precision: float) -> tuple[float, float, float]:
    """d, v and the skewness of a block, seen from an own level with its precision."""
    short = g = variance = third = 0.0
    for week in block:
        e, second, skew, slope = _one(noise, week, level)
        short += week.y - week.base * e
        g += week.n * slope if noise == "rate" else week.base * slope
        variance += week.n * second + week.n**2 * second / (week.rest + 20)
        third += week.n * skew
    return level + short / g, variance / g**2, third / (variance + g**2 / precision) ** 1.5


def _one(noise: Noise, week: Observed, level: float) -> tuple[float, float, float, float]:
    """Of one observation at an own level: its mean, second and third central moment, and how the mean moves with the level."""
    if noise == "rate":
        p = 1 / (1 + (1 - week.e) / week.e * exp(-level))
        p = sorted([0.02, p, 0.98])[1]
        chances = ((1, p), (0, 1 - p))
        second, third = (sum(chance * (x - p) ** power for x, chance in chances) for power in (2, 3))
        return p, second, third, p * (1 - p)
    if noise == "constant":
        return week.e + level, week.dispersion, 0.0, 1.0
    e = week.e * exp(level)
    second = week.dispersion * e if noise == "counts" else week.dispersion * (e / week.e) ** 2
    # jumps of size s at a rate of r have mean rs, variance rs^2, third moment rs^3; a gamma variable of shape r and scale s 2rs^3
    size = second / e
    third = (1 if noise == "counts" else 2) * (e / size) * size**3
    return e, second, third, e


def _corrected(z: float, gamma: float) -> float:
    """Wilson and Hilferty's normal deviate, in 60 digits."""
    if gamma == 0:
        return z
    with localcontext() as context:
        context.prec = 60
        inside = 1 + Decimal(gamma) * Decimal(z) / 2
        root = abs(inside) ** (Decimal(1) / 3) * (1 if inside >= 0 else -1)
        return float(6 / Decimal(gamma) * (root - 1) + Decimal(gamma) / 6)
