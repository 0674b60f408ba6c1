"""Waterfall by brute force: many small steps along the way from one date to the other, every observation counted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from math import exp, fsum, log
from typing import NamedTuple

from scoring.aggregate import Breakdown

STEPS = 1_000
"""Of an integral of what is no polynomial."""
FEW_STEPS = 8
"""Where a step adds the product of a mean and a change, any number of steps gives the same sum."""


def logarithmic_mean(a: float, b: float, steps: int = STEPS) -> float:
    """The mean over t in 0..1 of a^(1-t)·b^t, by Simpson's rule.

    >>> round(logarithmic_mean(100.0, 50.0), 9), logarithmic_mean(2.0, 2.0)
    (72.134752044, 2.0)
    """
    return _mean(lambda t: exp((1 - t) * log(a) + t * log(b)), steps)


def _mean(curve: Callable[[float], float], steps: int) -> float:
    """The mean of a curve over 0..1."""
    thirds = [(curve(k / steps) + 4 * curve((k + 0.5) / steps) + curve((k + 1) / steps)) / 6 for k in range(steps)]
    return fsum(thirds) / steps


def pillar_points(before: Breakdown, after: Breakdown) -> dict[tuple[str, ...], float]:
    """Points by (pillar, `value` or `volume`) and (pillar, metric, `value` or `weight`).

    All weights, ln V, u and U move in a straight line from one date to the other, and each small step is charged to what moved.
    """
    scale = logarithmic_mean(before.score, after.score)
    logs = (log(before.score / 100), log(after.score / 100))
    points: dict[tuple[str, ...], float] = {}
    for name in {pillar.name for pillar in (*before.pillars, *after.pillars)}:
        old = [pillar for pillar in before.pillars if pillar.name == name]
        new = [pillar for pillar in after.pillars if pillar.name == name]
        first, second = (old or new)[0], (new or old)[0]
        weights = (old[0].weight if old else 0.0, new[0].weight if new else 0.0)
        heights = (log(first.v), log(second.v))
        points[name, "value"] = scale * _charged(heights, weights)
        points[name, "volume"] = scale * _charged(weights, (heights[0] - logs[0], heights[1] - logs[1]))
        # of ln V, a step of U is worth 0.95/V; and of the mean of that over the way, W·L is what the score makes
        v0, v1 = first.v, second.v
        worth = scale * fsum(weights) / 2 * 0.95 * _mean(lambda t, a=v0, b=v1: 1 / (a + (b - a) * t), STEPS)  # type: ignore[misc]
        for metric in {part.name for part in (*first.metrics, *second.metrics)}:
            had = [part for part in first.metrics if part.name == metric]
            has = [part for part in second.metrics if part.name == metric]
            u = ((had or has)[0].u, (has or had)[0].u)
            w = (had[0].weight if had else 0.0, has[0].weight if has else 0.0)
            points[name, metric, "value"] = worth * _charged(u, w)
            points[name, metric, "weight"] = worth * _charged(w, (u[0] - first.value, u[1] - second.value))
    return points


def _charged(moving: tuple[float, float], worth: tuple[float, float]) -> float:
    """Σ of small changes of the one, each at the mean of the other over its step."""
    way = [tuple(end[0] + (end[1] - end[0]) * k / FEW_STEPS for end in (moving, worth)) for k in range(FEW_STEPS + 1)]
    return fsum((new[0] - old[0]) * (new[1] + old[1]) / 2 for old, new in pairwise(way))


class Observation(NamedTuple):
    """One record's part in a metric on one date: what it adds to the numerator, and to the denominator."""

    type: str
    id: str
    segment: str | None
    total: float
    base: float


@dataclass(frozen=True, slots=True)
class Moves:
    """What changed x̃, exactly: by volume, by mix and rate of each segment, and by each record in a segment's leaf."""

    norm: Fraction = Fraction(0)
    volume: Fraction = Fraction(0)
    mix: Mapping[str | None, Fraction] = field(default_factory=dict)
    rate: Mapping[str | None, Fraction] = field(default_factory=dict)
    records: Mapping[tuple[str | None, str, str], Fraction] = field(default_factory=dict)


class Side(NamedTuple):
    """One date of a metric: its observations, n, M and m; days present for a sum, else None."""

    observations: tuple[Observation, ...]
    n: float
    prior: float
    norm: float
    days: float | None = None


def moves(before: Side, after: Side) -> Moves:
    """The change of x̃ between two dates, charged along a straight way of B, x̄, and each segment's share and rate."""
    sides = (before, after)
    totals = [sum((Fraction(seen.total) for seen in side.observations), Fraction(0)) for side in sides]
    bases = [_base(side, side.observations) for side in sides]
    norms = [Fraction(side.norm) for side in sides]
    values = [totals[k] / bases[k] if bases[k] else norms[k] for k in (0, 1)]
    held = [Fraction(side.n) / (Fraction(side.n) + Fraction(side.prior)) if side.n else Fraction(0) for side in sides]
    mean_held = (held[0] + held[1]) / 2
    segments = {seen.segment for side in sides for seen in side.observations}
    mix: dict[str | None, Fraction] = {}
    rate: dict[str | None, Fraction] = {}
    records: dict[tuple[str | None, str, str], Fraction] = {}
    if not segments or (before.days is not None and not all(bases)):  # nothing was sold, or nobody there to sell it
        segments, rate[None] = set(), mean_held * (values[1] - values[0])
    for segment in segments:
        inside = [tuple(seen for seen in side.observations if seen.segment == segment) for side in sides]
        total = [sum((Fraction(seen.total) for seen in seens), Fraction(0)) for seens in inside]
        base = [_base(side, seens) for side, seens in zip(sides, inside, strict=True)]
        level = Fraction(0)
        if before.days is not None or after.days is not None:
            rate[segment] = mean_held * (total[1] / base[1] - total[0] / base[0])
            per = mean_held / ((base[0] + base[1]) / 2)
            leaf = rate
        else:
            shares, rates = _shares_and_rates(base, total, bases, values)
            wholes = (values[0], values[1])
            mix[segment] = mean_held * _steps(shares, (rates[0] - wholes[0], rates[1] - wholes[1]))
            rate[segment] = mean_held * _steps(rates, shares)
            full = [b for b in base if b]
            leaf = rate
            if not all(bases):
                level, per = norms[0 if bases[1] else 1], mean_held * max(shares) / full[0]
            elif len(full) == 1:
                level, per, leaf = (values[0] + values[1]) / 2, mean_held * max(shares) / full[0], mix
            else:
                level = (total[0] / base[0] + total[1] / base[1]) / 2
                per = mean_held * (shares[0] + shares[1]) / (base[0] + base[1])
        for kind, record in {(seen.type, seen.id) for seens in inside for seen in seens}:
            mine = [[seen for seen in seens if (seen.type, seen.id) == (kind, record)] for seens in inside]
            worth = [
                sum((Fraction(seen.total) - level * Fraction(seen.base) for seen in seens), Fraction(0))
                for seens in mine
            ]
            records[segment, kind, record] = per * (worth[1] - worth[0])
        if before.days is None and after.days is None:
            told = sum(share for key, share in records.items() if key[0] == segment)
            if told != leaf[segment]:
                raise AssertionError(f"records of {segment} sum to {told}, their leaf is {leaf[segment]}")
    return Moves(
        (1 - mean_held) * (norms[1] - norms[0]),
        _steps((held[0], held[1]), (values[0] - norms[0], values[1] - norms[1])),
        mix,
        rate,
        records,
    )


def _base(side: Side, observations: Iterable[Observation]) -> Fraction:
    if side.days is not None:
        return Fraction(side.days)
    return sum((Fraction(seen.base) for seen in observations), Fraction(0))


def _shares_and_rates(
    base: list[Fraction], total: list[Fraction], bases: list[Fraction], values: list[Fraction]
) -> tuple[tuple[Fraction, Fraction], tuple[Fraction, Fraction]]:
    """A segment's share and rate on both dates, what is not there filled from the other date or, without any base, the norm."""
    shares: list[Fraction] = []
    rates: list[Fraction] = []
    for k, other in ((0, 1), (1, 0)):
        if bases[k]:
            shares.append(base[k] / bases[k])
            rates.append(total[k] / base[k] if base[k] else total[other] / base[other])
        else:
            shares.append(base[other] / bases[other])
            rates.append(values[k])
    return (shares[0], shares[1]), (rates[0], rates[1])


def _steps(moving: tuple[Fraction, Fraction], worth: tuple[Fraction, Fraction]) -> Fraction:
    whole = Fraction(0)
    for k in range(FEW_STEPS):
        step = (moving[1] - moving[0]) / FEW_STEPS
        middle = worth[0] + (worth[1] - worth[0]) * Fraction(2 * k + 1, 2 * FEW_STEPS)
        whole += step * middle
    return whole
