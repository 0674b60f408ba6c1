"""Metric change: what moved a metric's utility, down to segments and records, as parts of the waterfall."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from scoring.aggregate import MetricPart
from scoring.evidence import Kind
from scoring.mix import Segments, SegmentShift, ratio_shifts, sum_shifts

Part = dict[str, Any]
"""A part in the JSON of contract.md section 4: `cause`, `points`, and where there are any `pillar`, `metric`, `segment`,
`records` (each `type`, `id`, `points`) and `parts`, which sum to `points`."""

RECORDS_TOLD: Final = 3
"""Records that are named for each metric, those with the most points either way."""

_NOTHING: Final = 1e-12
"""A change of x̃ this small beside x̄ and m is none: rounding would be taken for a slope, and volume, mix and rate that cancel out
multiplied by it."""
_ALIKE: Final = 1e-6
_CLEAR: Final = 1e-9
"""A utility is known to that, in parts and in itself, when it is compared with what its slope says."""
UNSEEN: Final = 1e-11
"""What rounding leaves of a difference of points or utilities; more than that has a cause."""
_DECIMALS: Final = 9
"""Points that agree to so many are equal where they are ranked: rounding decides no order."""


class RecordChange(NamedTuple):
    """How one record changed a metric's evidence between the two dates.

    It entered the window (its `total` and `base`), left it (both negated), or was corrected (new less old; if that moved it
    to another segment: one change for each). `base` is in the unit of the segments' base, 0 for a sum.
    """

    type: str
    id: str
    segment: str | None
    total: float
    base: float


@dataclass(frozen=True, slots=True)
class MetricChange:
    """What is known of a metric's change beyond its figures: kind, segments on both dates, and the records between them.

    Records are told under their segment: a metric without segments has one, None, with all its evidence. With `kind` alone the
    parts are those of the figures.
    """

    kind: Kind = "mean"
    before: Segments = field(default_factory=dict)
    after: Segments = field(default_factory=dict)
    records: Sequence[RecordChange] = ()


def part(cause: str, points: float, parts: Iterable[Part] = (), **names: Any) -> Part:
    """A part of the waterfall; without any parts of its own it has no such key. A negative zero becomes zero.

    >>> part("mix", -0.0, segment="Platform")
    {'cause': 'mix', 'segment': 'Platform', 'points': 0.0}
    >>> part("rate", 1.0, [part("rest", 1.0)])
    {'cause': 'rate', 'points': 1.0, 'parts': [{'cause': 'rest', 'points': 1.0}]}
    """
    made: Part = {"cause": cause, **names, "points": points + 0.0}
    inside = list(parts)
    return made | ({"parts": inside} if inside else {})


def largest_first(parts: Iterable[Part]) -> list[Part]:
    """The parts by points, most first whichever way, equal ones (to nine decimals) by name: one order however they came."""
    return sorted(
        parts,
        key=lambda made: (
            -_size(made["points"]),
            made.get("metric") or "",
            "segment" not in made,
            made.get("segment", ""),
        ),
    )


def _size(points: float) -> float:
    return round(abs(points), _DECIMALS)


def metric_parts(before: MetricPart, after: MetricPart, change: MetricChange, per_u: float) -> list[Part]:
    """What the points of a changed utility are made of: per_u·Δu.

    x̃ = m + B(x̄ - m) with B = n/(n + M), so Δx̃ is exactly ΔB·(mean x̄ - m) `volume`, B̄·Σ Δw_s(r̄_s - R̄) `mix` and
    B̄·Σ w̄_s·Δr_s `rate` (and (1 - B̄)·Δm `norm`, 0 under the same norms); each is worth per_u·Δu/Δx̃. n = 0: x̄ = m.
    Without segments all of Δx̄ is rate. A sum has one part `volume`: `days` (ΔB: days present), its segments, and the `rest`.
    u clamped on both dates: points are 0, and all below. Δx̃ = 0: all below is 0.

    Targets belong to the scorecard's switch. If they were not turned there, it shows: u moved against x̃, or otherwise than it can
    between its slopes on the two dates. Then the mean of these slopes takes the place of Δu/Δx̃, and what is left is `target`.

    Args:
        before: the metric on the earlier date, under the later one's norms and targets.
        after: the metric on the later date.
        change: its kind, segments and records; `MetricChange()` if nothing is known.
        per_u: points that one unit of utility is worth.

    Returns:
        Parts that sum to per_u·Δu, in the order above.

    Source: method.md section 9.

    >>> before = MetricPart("win_rate", 1.0, 0.7, 0.6, 0.7, 20, 20, 0.5, 1, 3.5)
    >>> after = MetricPart("win_rate", 1.0, 0.35, 0.5, 0.5, 20, 20, 0.5, 1, 3.5)
    >>> [(made["cause"], round(made["points"], 9)) for made in metric_parts(before, after, MetricChange("rate"), 20.0)]
    [('volume', 0.0), ('mix', 0.0), ('rate', -7.0)]
    """
    held, held_after = _held(before), _held(after)
    mean_held = (held + held_after) / 2
    values = (_value(before), _value(after))
    norm = (1 - mean_held) * (after.norm - before.norm)
    volume = (held_after - held) * ((values[0] - before.norm + values[1] - after.norm) / 2)
    moved = mean_held * (values[1] - values[0])
    change_of_x = math.fsum((norm, volume, moved))
    if abs(change_of_x) <= _NOTHING * max(map(abs, (*values, before.norm, after.norm))):
        slope = 0.0
    else:
        slope = _slope(before, after, change_of_x)
    worth, left = per_u * slope, per_u * (after.u - before.u - slope * change_of_x)
    target = []
    if abs(left) > abs(per_u) * UNSEEN:
        target, left = [part("target", left)], 0.0
    found = [part("norm", worth * norm)] if abs(worth * norm) > UNSEEN else []
    scale = worth * mean_held
    if change.kind == "sum":
        shifts = sum_shifts(change.before, change.after, values, (before.n, after.n))
        return [*found, _sum_part(worth * volume, worth * moved + left, shifts, scale, change), *target]
    shifts = ratio_shifts(change.before, change.after, values)
    told = _told(shifts, change.records, scale)
    mix = math.fsum(shift.mix for shift in shifts) * scale
    segments = len(shifts) > 1
    return [
        *found,
        part("volume", worth * volume),
        part("mix", mix, _mix_parts(shifts, scale, told) if segments else ()),
        _rate_part(worth * moved - mix + left, shifts, scale, told),
        *target,
    ]


def _slope(before: MetricPart, after: MetricPart, change_of_x: float) -> float:
    """Δu/Δx̃; where no such line leads from one date to the other under one target, the mean slope of the two."""
    change_of_u = after.u - before.u
    moved = abs(change_of_x)
    along = change_of_u if before.sign * change_of_x > 0 else -change_of_u
    slopes = (abs(before.du_dx), abs(after.du_dx))
    least, most = (min(slopes), max(slopes)) if min(slopes) > 0 else (0.0, math.inf)
    if least * moved * (1 - _ALIKE) - _CLEAR <= along <= most * moved * (1 + _ALIKE) + _CLEAR:
        return change_of_u / change_of_x
    return before.sign * (slopes[0] + slopes[1]) / 2


def _held(metric: MetricPart) -> float:
    """B: how much of x̄'s distance to the norm is believed."""
    return metric.n / (metric.n + metric.prior) if metric.n > 0 else 0.0


def _value(metric: MetricPart) -> float:
    return metric.norm if metric.value is None or metric.n <= 0 else metric.value


_Told = Mapping[str | None, list[Part]]
"""By segment the records that are named, as the parts `records` and `rest` would hold them."""


def _mix_parts(shifts: Sequence[SegmentShift], scale: float, told: _Told) -> list[Part]:
    return largest_first(
        _leaf("mix", shift.segment, shift.mix * scale, told if shift.leaf == "mix" else {}) for shift in shifts
    )


def _rate_part(points: float, shifts: Sequence[SegmentShift], scale: float, told: _Told) -> Part:
    if len(shifts) == 1:
        return _leaf("rate", shifts[0].segment, points, told)
    return part(
        "rate",
        points,
        largest_first(
            _leaf("rate", shift.segment, shift.rate * scale, told if shift.leaf == "rate" else {}) for shift in shifts
        ),
    )


def _sum_part(days: float, moved: float, shifts: Sequence[SegmentShift], scale: float, change: MetricChange) -> Part:
    told = _told(shifts, change.records, scale)
    segments = [_leaf("volume", shift.segment, shift.rate * scale, told) for shift in shifts]
    rest = moved - math.fsum(made["points"] for made in segments)
    inside = [part("days", days)] if abs(days) > UNSEEN else []
    if abs(rest) <= UNSEEN and len(shifts) == 1 and not inside:
        return _leaf("volume", shifts[0].segment, moved, told)
    if segments:
        inside += largest_first(segments)
        inside += [part("rest", rest)] if abs(rest) > UNSEEN else []
    elif inside:
        inside.append(part("volume", moved))
    return part("volume", math.fsum((days, moved)), inside)


def _leaf(cause: str, segment: str | None, points: float, told: _Told) -> Part:
    """A segment's part, with the records that are named for it and the rest."""
    names: dict[str, str] = {} if segment is None else {"segment": segment}
    records = told.get(segment)
    if not records:
        return part(cause, points, (), **names)
    shown = math.fsum(record["points"] for record in records)
    rest = points - shown
    inside = [part("records", shown, records=records)]
    return part(cause, points, [*inside, part("rest", rest)] if abs(rest) > UNSEEN else inside, **names)


def _told(shifts: Sequence[SegmentShift], records: Iterable[RecordChange], scale: float) -> _Told:
    """The records with the most points, by the segment under which they are told."""
    by_segment = {shift.segment: shift for shift in shifts}
    shares: dict[tuple[str | None, str, str], list[float]] = {}
    for record in records:
        shift = by_segment.get(record.segment)
        if shift is not None:
            points = scale * shift.of_record(record.total, record.base)
            shares.setdefault((record.segment, record.type, record.id), []).append(points)
    ranked = sorted(
        ((math.fsum(points) + 0.0, key) for key, points in shares.items()),
        key=lambda entry: (-_size(entry[0]), entry[1][1:], entry[1][0] is None, entry[1][0] or ""),
    )
    told: dict[str | None, list[Part]] = {}
    for points, (segment, kind, record_id) in ranked[:RECORDS_TOLD]:
        if abs(points) > UNSEEN:
            told.setdefault(segment, []).append({"type": kind, "id": record_id, "points": points})
    return told
