"""Explained metric: what moved one metric, segment by segment and record by record, as the parts of contract.md section 4."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from math import fsum
from typing import Any, NamedTuple

from scoring.aggregate import MetricPart
from scoring.oracle.observations import Pair
from scoring.oracle.waterfall import Moves, Observation, Segment, Side, moves

Part = dict[str, Any]

NAMED = 3
"""Records of a metric that are told by themselves."""
LEAST = 1e-11
"""Points below are what rounding left."""


class Told(NamedTuple):
    """What is known of one date: every record with its segment, and what each segment comes to."""

    observations: tuple[Observation, ...] = ()
    sums: Mapping[Segment, Pair] = {}


def part(cause: str, points: float, parts: Sequence[Part] = (), **names: Any) -> Part:
    """One part; names that are None are left out."""
    stated = {name: value for name, value in names.items() if value is not None}
    return {"cause": cause, **stated, "points": points + 0.0} | ({"parts": list(parts)} if parts else {})


def largest_first(parts: Iterable[Part]) -> list[Part]:
    """By points to nine decimals whichever way, equal ones by metric and by segment, the one without a segment last."""
    return sorted(
        parts,
        key=lambda of: (-round(abs(of["points"]), 9), of.get("metric", ""), "segment" not in of, of.get("segment", "")),
    )


def is_there(points: float) -> bool:
    """Whether it is more than rounding."""
    return abs(points) > LEAST


def metric_parts(
    ends: tuple[MetricPart, MetricPart], dates: tuple[Told, Told], points: float, *, is_sum: bool
) -> list[Part]:
    """What the points of a changed utility are made of.

    Args:
        ends: the metric on both dates.
        dates: what is known of it.
        points: that the change of its utility is worth.
        is_sum: whether its n are days present.
    """
    sides = [_side(end, date, is_sum=is_sum) for end, date in zip(ends, dates, strict=True)]
    found = moves(sides[0], sides[1])
    shrunk = [Fraction(side.norm) + side.held * (side.reached - Fraction(side.norm)) for side in sides]
    change = shrunk[1] - shrunk[0]
    size = max(max(abs(side.reached), abs(Fraction(side.norm))) for side in sides)
    worth = points / float(change) if abs(change) > 1e-12 * size else 0.0
    norm = worth * float(found.norm)
    volume, moved = worth * float(found.volume), worth * float(change - found.volume - found.norm)
    records = _named(found, worth)
    own = _of_sum(found, worth, volume, moved, records) if is_sum else _of_ratio(found, worth, volume, moved, records)
    return [*([part("norm", norm)] if is_there(norm) else []), *own]


def _side(end: MetricPart, date: Told, *, is_sum: bool) -> Side:
    known = end.value is not None and end.n > 0
    reached = end.value if known else end.norm
    return Side(date.observations, end.n, end.prior, end.norm, end.n if is_sum else None, reached, date.sums)


def _named(found: Moves, worth: float) -> dict[Segment, list[Part]]:
    """The records with the most points, by segment."""
    told = [(worth * float(share), key) for key, share in found.records.items()]
    told.sort(key=lambda one: (-round(abs(one[0]), 9), one[1][1:], one[1][0] is None, one[1][0] or ""))
    by_segment: dict[Segment, list[Part]] = {}
    for points, (segment, kind, record) in told[:NAMED]:
        if is_there(points):
            by_segment.setdefault(segment, []).append({"type": kind, "id": record, "points": points})
    return by_segment


def _leaf(cause: str, segment: Segment, points: float, records: Mapping[Segment, list[Part]]) -> Part:
    if segment not in records:
        return part(cause, points, segment=segment)
    named = fsum(record["points"] for record in records[segment])
    inside = [part("records", named, records=records[segment])]
    rest = points - named
    return part(cause, points, [*inside, part("rest", rest)] if is_there(rest) else inside, segment=segment)


def _of_sum(found: Moves, worth: float, days: float, moved: float, records: Mapping[Segment, list[Part]]) -> list[Part]:
    segments = [
        _leaf("volume", segment, worth * float(share), records)
        for segment, share in found.rate.items()
        if not found.as_a_whole
    ]
    rest = moved - fsum(of["points"] for of in segments)
    inside = [part("days", days)] if is_there(days) else []
    if len(segments) == 1 and not inside and not is_there(rest):
        return segments
    if segments:
        inside += [*largest_first(segments), *([part("rest", rest)] if is_there(rest) else [])]
    elif inside:
        inside.append(part("volume", moved))
    return [part("volume", days + moved, inside)]


def _of_ratio(
    found: Moves, worth: float, volume: float, moved: float, records: Mapping[Segment, list[Part]]
) -> list[Part]:
    mix = worth * float(sum(found.mix.values(), Fraction(0)))
    rate = part("rate", moved - mix)
    mixes: list[Part] = []
    if len(found.mix) == 1:
        rate = _leaf("rate", next(iter(found.mix)), moved - mix, records)
    elif found.mix:
        under = {
            "mix": {segment: of for segment, of in records.items() if segment in found.left_or_entered},
            "rate": {segment: of for segment, of in records.items() if segment not in found.left_or_entered},
        }
        mixes = [_leaf("mix", segment, worth * float(of), under["mix"]) for segment, of in found.mix.items()]
        rates = [_leaf("rate", segment, worth * float(of), under["rate"]) for segment, of in found.rate.items()]
        rate = part("rate", moved - mix, largest_first(rates))
    return [part("volume", volume), part("mix", mix, largest_first(mixes)), rate]
