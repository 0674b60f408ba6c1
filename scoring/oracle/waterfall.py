"""Waterfall by brute force: many small steps along the way from one date to the other, every observation counted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from math import exp, fsum, isinf, log
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
    total: float | Fraction
    base: float | Fraction


Segment = str | None
Sums = Mapping[Segment, tuple[Fraction, Fraction]]
"""By segment Σ total and Σ base."""


@dataclass(frozen=True, slots=True)
class Moves:
    """What changed x̃, exactly: by volume, by mix and rate of each segment, and by each record in a segment's leaf."""

    norm: Fraction = Fraction(0)
    volume: Fraction = Fraction(0)
    mix: Mapping[Segment, Fraction] = field(default_factory=dict)
    rate: Mapping[Segment, Fraction] = field(default_factory=dict)
    records: Mapping[tuple[Segment, str, str], Fraction] = field(default_factory=dict)
    left_or_entered: frozenset[Segment] = frozenset()
    """Segments that are there on one date only: their records are told under `mix`."""
    as_a_whole: bool = False
    """There are no segments: what moved is the one entry of `rate`."""


class Side(NamedTuple):
    """One date of a metric: its observations, n, M and m; days present for a sum, else None.

    `value` is x̄ where that is not what the observations come to (the market was turned, a rate was kept within 0 to 1), and
    `sums` what each segment comes to where that is not the sum of its records, each rounded by itself.
    """

    observations: tuple[Observation, ...]
    n: float
    prior: float
    norm: float
    days: float | None = None
    value: float | None = None
    sums: Sums | None = None

    @property
    def by_segment(self) -> Sums:
        """As stated, else over the observations."""
        if self.sums is not None:
            return self.sums
        found: dict[Segment, tuple[Fraction, Fraction]] = {}
        for seen in self.observations:
            total, base = found.get(seen.segment, (Fraction(0), Fraction(0)))
            found[seen.segment] = (total + Fraction(seen.total), base + Fraction(seen.base))
        return found

    @property
    def reached(self) -> Fraction:
        """x̄, or m without any evidence."""
        if self.value is not None:
            return Fraction(self.value)
        total = sum((of[0] for of in self.by_segment.values()), Fraction(0))
        base = (
            sum((of[1] for of in self.by_segment.values()), Fraction(0)) if self.days is None else Fraction(self.days)
        )
        return total / base if base else Fraction(self.norm)

    @property
    def held(self) -> Fraction:
        """B: how much of x̄ is believed."""
        if not self.n or isinf(self.prior):
            return Fraction(0)
        return Fraction(self.n) / (Fraction(self.n) + Fraction(self.prior))


class _Leaf(NamedTuple):
    """How records of a segment count in its leaf: per·(total - level·base), in the metric's unit."""

    per: Fraction
    level: Fraction
    on_one_date: bool = False


def moves(before: Side, after: Side) -> Moves:
    """The change of x̃ between two dates, charged along a straight way of B, x̄, and each segment's share and rate."""
    values, norms = (before.reached, after.reached), (Fraction(before.norm), Fraction(after.norm))
    mean_held = (before.held + after.held) / 2
    mix: dict[Segment, Fraction] = {}
    rate: dict[Segment, Fraction] = {}
    if before.days is not None or after.days is not None:
        leaves = _of_sum(before, after, rate)
    else:
        leaves = _of_ratio(before, after, mix, rate)
    if not leaves:  # nothing was sold, or nobody there to sell it
        rate[None] = values[1] - values[0]
    records = _of_records(before, after, leaves)
    if before.days is None and after.days is None and before.value is None and after.value is None:
        for segment, leaf in leaves.items():
            told = sum(share for key, share in records.items() if key[0] == segment)
            if told != (mix if leaf.on_one_date else rate)[segment]:
                raise AssertionError(f"records of {segment} sum to {told}, their leaf has mix and rate {mix, rate}")
    return Moves(
        (1 - mean_held) * (norms[1] - norms[0]),
        _steps((before.held, after.held), (values[0] - norms[0], values[1] - norms[1])),
        {segment: mean_held * share for segment, share in mix.items()},
        {segment: mean_held * share for segment, share in rate.items()},
        {key: mean_held * share for key, share in records.items()},
        frozenset(segment for segment, leaf in leaves.items() if leaf.on_one_date),
        as_a_whole=not leaves,
    )


def _of_sum(before: Side, after: Side, rate: dict[Segment, Fraction]) -> dict[Segment, _Leaf]:
    """A segment's change a day; on each date all are enlarged alike until they come to x̄, if that has the sign of their sum."""
    if not (before.days and after.days):
        return {}
    daily = []
    for side in (before, after):
        of_side = {segment: total / Fraction(side.days or 1) for segment, (total, _) in side.by_segment.items()}
        whole = sum(of_side.values(), Fraction(0))
        by = side.reached / whole if whole * side.reached > 0 else 1
        daily.append({segment: of * by for segment, of in of_side.items()})
    for segment in {*daily[0], *daily[1]}:
        rate[segment] = daily[1].get(segment, Fraction(0)) - daily[0].get(segment, Fraction(0))
    mean_days = (Fraction(before.days) + Fraction(after.days)) / 2
    return dict.fromkeys(rate, _Leaf(1 / mean_days, Fraction(0)))


def _of_ratio(
    before: Side, after: Side, mix: dict[Segment, Fraction], rate: dict[Segment, Fraction]
) -> dict[Segment, _Leaf]:
    """Each segment's share and rate on both dates; on each date all rates rise alike until they average to x̄."""
    sides = (before, after)
    values = (before.reached, after.reached)
    there = [{segment: of for segment, of in side.by_segment.items() if of[1] > 0} for side in sides]
    bases = [sum((base for _, base in of_side.values()), Fraction(0)) for of_side in there]
    more = [
        value - sum((total for total, _ in of_side.values()), Fraction(0)) / base if base else Fraction(0)
        for of_side, base, value in zip(there, bases, values, strict=True)
    ]
    leaves: dict[Segment, _Leaf] = {}
    for segment in {*there[0], *there[1]}:
        shares: list[Fraction] = []
        rates: list[Fraction] = []
        for k, other in ((0, 1), (1, 0)):
            own, base = (k, bases[k]) if bases[k] else (other, bases[other])
            shares.append(there[own].get(segment, (0, Fraction(0)))[1] / base)
            if not bases[k]:
                rates.append(values[k])
            else:
                at = k if segment in there[k] else other
                rates.append(there[at][segment][0] / there[at][segment][1] + more[at])
        mix[segment] = _steps((shares[0], shares[1]), (rates[0] - values[0], rates[1] - values[1]))
        rate[segment] = _steps((rates[0], rates[1]), (shares[0], shares[1]))
        found = [of_side[segment] for of_side in there if segment in of_side]
        if not all(bases):
            leaves[segment] = _Leaf(max(shares) / found[0][1], values[0 if bases[1] else 1])
        elif len(found) == 1:
            leaves[segment] = _Leaf(max(shares) / found[0][1], (values[0] + values[1]) / 2, on_one_date=True)
        else:
            level = (found[0][0] / found[0][1] + found[1][0] / found[1][1]) / 2
            leaves[segment] = _Leaf((shares[0] + shares[1]) / (found[0][1] + found[1][1]), level)
    return leaves


def _of_records(before: Side, after: Side, leaves: Mapping[Segment, _Leaf]) -> dict[tuple[Segment, str, str], Fraction]:
    records: dict[tuple[Segment, str, str], Fraction] = {}
    for sign, side in ((-1, before), (1, after)):
        for seen in side.observations:
            if seen.segment in leaves:
                leaf, key = leaves[seen.segment], (seen.segment, seen.type, seen.id)
                worth = leaf.per * (Fraction(seen.total) - leaf.level * Fraction(seen.base))
                records[key] = records.get(key, Fraction(0)) + sign * worth
    return records


def _steps(moving: tuple[Fraction, Fraction], worth: tuple[Fraction, Fraction]) -> Fraction:
    whole = Fraction(0)
    for k in range(FEW_STEPS):
        step = (moving[1] - moving[0]) / FEW_STEPS
        middle = worth[0] + (worth[1] - worth[0]) * Fraction(2 * k + 1, 2 * FEW_STEPS)
        whole += step * middle
    return whole
