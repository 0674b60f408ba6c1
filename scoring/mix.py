"""Mix: how far a metric moved because its segments weigh differently, and how far because they themselves went differently."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from scoring.evidence import Evidence

Segments = Mapping[str | None, Evidence]
"""Evidence of one metric by segment (product or source; None: its records name none). Only `total` and `base` are read: each must
add up over the segments to the metric's, as won deals and closed ones do (`cohort_win_rate`: m·O and E)."""


@dataclass(frozen=True, slots=True)
class SegmentShift:
    """What one segment had to do with a metric's change, in the metric's unit.

    Attributes:
        segment: its name; None for records that name none.
        mix: Δw·(r̄ - R̄): it weighs more or less than it did, and goes better or worse than the whole.
        rate: w̄·Δr: it went better or worse itself. For a sum: what it added or took.
        leaf: under which of the two its records are told: `mix` for a segment that entered or left as a whole, else `rate`.
        scale: see `of_record`.
        level: see `of_record`.
    """

    segment: str | None
    mix: float
    rate: float
    leaf: Literal["mix", "rate"]
    scale: float
    level: float

    def of_record(self, total: float, base: float) -> float:
        """A record's share in the leaf, by how much it changed the segment's `total` and `base`: scale·(total - level·base).

        These sum to the leaf over all records, but for what no record did (`level` moved by the market, days present).

        >>> shift = SegmentShift("Platform", 0.0, -0.1, "rate", 0.1, 0.5)
        >>> shift.of_record(0.0, 1.0), shift.of_record(1.0, 1.0)
        (-0.05, 0.05)
        """
        return self.scale * (total - self.level * base)


def ratio_shifts(before: Segments, after: Segments, values: tuple[float, float]) -> list[SegmentShift]:
    """The change of a rate, mean or ratio by segments, sorted by name: Σ mix + Σ rate = values[1] - values[0].

    With w a segment's share of the base, r = total/base, bars for means over both dates and R̄ for the mean of `values`:
    mix Δw·(r̄ - R̄), rate w̄·Δr. A segment that is empty on one date takes the other date's r, so all it did is mix. A date without
    any base takes the other's shares, and its value (the norm) for every r, so all is rate. Where the segments do not average
    to the value given (the market was turned, a share was clamped), the r of that date move together until they do.

    Args:
        before: the segments on the earlier date.
        after: the segments on the later date.
        values: x̄ of each date.

    Returns:
        [] without segments on both dates.

    Raises:
        ValueError: a base below 0.

    Source: method.md section 9.

    >>> before = {"Platform": Evidence(n=10, total=5, base=10), "Add-on": Evidence(n=10, total=9, base=10)}
    >>> after = {"Platform": Evidence(n=15, total=6, base=15), "Add-on": Evidence(n=5, total=4, base=5)}
    >>> [(s.segment, round(s.mix, 6), round(s.rate, 6)) for s in ratio_shifts(before, after, (0.7, 0.5))]
    [('Add-on', -0.0625, -0.0375), ('Platform', -0.0375, -0.0625)]
    """
    bases = (_bases(before), _bases(after))
    names = _sorted({*bases[0], *bases[1]})
    if not names:
        return []
    shares = (_shares(bases[0] or bases[1]), _shares(bases[1] or bases[0]))
    rates = (_rates(before, bases[0], values[0]), _rates(after, bases[1], values[1]))
    one_sided = not (bases[0] and bases[1])
    whole = (values[0] + values[1]) / 2

    def shift(name: str | None) -> SegmentShift:
        w0, w1 = shares[0].get(name, 0.0), shares[1].get(name, 0.0)
        if one_sided:
            r0, r1 = rates[0].get(name, values[0]), rates[1].get(name, values[1])
        else:
            r0 = rates[0][name] if name in rates[0] else rates[1][name]
            r1 = rates[1].get(name, r0)
        mix, rate = (w1 - w0) * ((r0 + r1) / 2 - whole), (w0 + w1) / 2 * (r1 - r0)
        inside = [base[name] for base in bases if name in base]
        mean_base = math.fsum(inside) / len(inside)
        if one_sided:
            return SegmentShift(name, mix, rate, "rate", w1 / mean_base, values[0] if bases[1] else values[1])
        if len(inside) == 1:
            return SegmentShift(name, mix, rate, "mix", abs(w1 - w0) / mean_base, whole)
        level = (before[name].total / bases[0][name] + after[name].total / bases[1][name]) / 2
        return SegmentShift(name, mix, rate, "rate", (w0 + w1) / 2 / mean_base, level)

    return [shift(name) for name in names]


def sum_shifts(
    before: Segments, after: Segments, values: tuple[float, float], days: tuple[float, float]
) -> list[SegmentShift]:
    """The change of a sum per day present by segments, sorted by name, all of it as `rate`.

    A segment's figure is its total/days; the segments add up to the value, they do not average. Where they do not (the market
    was turned) they are scaled until they do, if value and sum have the same sign; else what is missing is nobody's:
    Σ rate = values[1] - values[0] less that.

    Args:
        before: the segments on the earlier date; only their totals are read.
        after: the segments on the later date.
        values: x̄ of each date.
        days: the subject's days present in the window of each date.

    Returns:
        [] where a date has no days: what is then told is the norm, which has no segments.

    Source: method.md section 9, contract.md section 4 ("below a sum `volume`").

    >>> before = {"Platform": Evidence(total=400), "Add-on": Evidence(total=100)}
    >>> after = {"Platform": Evidence(total=300)}
    >>> [(s.segment, s.rate) for s in sum_shifts(before, after, (25.0, 15.0), (20, 20))]
    [('Add-on', -5.0), ('Platform', -5.0)]
    """
    if not min(days) > 0:
        return []
    first = _scaled({name: evidence.total / days[0] for name, evidence in before.items()}, values[0])
    second = _scaled({name: evidence.total / days[1] for name, evidence in after.items()}, values[1])
    scale = 2 / (days[0] + days[1])
    return [
        SegmentShift(name, 0.0, second.get(name, 0.0) - first.get(name, 0.0), "rate", scale, 0.0)
        for name in _sorted({*first, *second})
    ]


def _bases(segments: Segments) -> dict[str | None, float]:
    """Bases of the segments that have any."""
    if negative := _sorted({name for name, evidence in segments.items() if evidence.base < 0}):
        raise ValueError(f"segments {negative} have a base below 0; expected what values are divided by")
    return {name: evidence.base for name, evidence in segments.items() if evidence.base > 0}


def _shares(bases: Mapping[str | None, float]) -> dict[str | None, float]:
    whole = math.fsum(bases.values())
    return {name: base / whole for name, base in bases.items()}


def _rates(segments: Segments, bases: Mapping[str | None, float], value: float) -> dict[str | None, float]:
    """What r is in the segments that are not empty, moved together so that they average to the value."""
    if not bases:
        return {}
    rates = {name: segments[name].total / base for name, base in bases.items()}
    shares = _shares(bases)
    missing = value - math.fsum(shares[name] * rate for name, rate in rates.items())
    return {name: rate + missing for name, rate in rates.items()}


def _scaled(daily: Mapping[str | None, float], value: float) -> Mapping[str | None, float]:
    whole = math.fsum(daily.values())
    if whole * value <= 0:
        return daily
    return {name: figure * (value / whole) for name, figure in daily.items()}


def _sorted(names: set[str | None]) -> list[str | None]:
    """By name, the one without a name last."""
    return sorted(names, key=lambda name: (name is None, name or ""))
