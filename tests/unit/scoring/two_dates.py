"""Random scorecards, and a subject under each on two dates: what waterfalls are tried on."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from scoring.aggregate import IMPROVEMENT, Breakdown, MetricPart, aggregate
from scoring.evidence import Evidence
from scoring.goalposts import Goalposts, goalposts
from scoring.metric_change import MetricChange, RecordChange
from scoring.oracle.waterfall import Observation, Side
from scoring.scorecard import PILLARS
from scoring.waterfall import Turned

SEGMENTS = ("Platform", "Add-on", "Support", None)
KINDS = ("rate", "mean", "ratio", "sum")


@dataclass(frozen=True)
class TwoDates:
    """A subject's scores on two dates and all that is known between."""

    before: Breakdown
    turned: Turned
    after: Breakdown
    changes: Mapping[str, MetricChange]
    sides: Mapping[str, tuple[Side, Side]]
    shifted: frozenset[str]
    """Metrics whose first value the market moved, so that their segments no longer average to it."""


def two_dates(seed: int, *, shifts: bool = True) -> TwoDates:
    """One subject under one scorecard, the same for the same seed.

    About one in four metrics has no evidence on one date, is clamped, or is on one date only.
    """
    return next(two_dates_under_scorecards(seed, shifts=shifts))


def two_dates_under_scorecards(seed: int, *, shifts: bool = True) -> Iterator[TwoDates]:
    """One subject under one random scorecard after the other: weights, and what is collected, drawn anew."""
    rng = random.Random(seed)
    first: dict[str, list[MetricPart]] = {}
    second: dict[str, list[MetricPart]] = {}
    changes: dict[str, MetricChange] = {}
    sides: dict[str, tuple[Side, Side]] = {}
    shifted = set()
    for pillar in _pillars(rng):
        for number in range(rng.randint(1, 3)):
            name = f"{pillar}_{number}"
            if pillar == IMPROVEMENT:
                first.setdefault(pillar, []).append(_slope(rng, name))
                second.setdefault(pillar, []).append(_slope(rng, name))
                continue
            kind = rng.choice(KINDS)
            norm = rng.uniform(0.1, 0.9) if kind == "rate" else rng.uniform(-50.0, 400.0)
            spread = rng.uniform(0.01, 0.5) * (abs(norm) + 0.1)
            prior = rng.uniform(10, 500)
            before, after = _observed(rng, kind, norm)
            pair = (_side(rng, kind, before, prior, norm), _side(rng, kind, after, prior, norm))
            sides[name] = pair
            changes[name] = MetricChange(kind, _segments(pair[0]), _segments(pair[1]), _records(before, after))
            shift = rng.gauss(0, 0.05) * (abs(norm) + 0.1) if shifts and rng.random() < 0.3 else 0.0
            if shift:
                shifted.add(name)
            target = None if rng.random() < 0.5 else norm + rng.gauss(0, 3) * spread * rng.choice((1, 1, 1, 10))
            up = rng.random() < 0.7
            posts = goalposts(norm, spread, 0.001, target, higher_is_better=up, capped=rng.random() < 0.2)
            first.setdefault(pillar, []).append(_part(name, pair[0], shift, posts, up=up))
            second.setdefault(pillar, []).append(_part(name, pair[1], 0.0, posts, up=up))
    while True:
        weights = {name: rng.choice((rng.uniform(0.01, 1.0), 0.25)) for name in first}
        inside = {part.name: rng.uniform(0.05, 1.0) for parts in first.values() for part in parts}
        old = aggregate(weights, _weighed(first, inside), _uncollected(rng, first))
        new = aggregate(weights, _weighed(second, inside), _uncollected(rng, second))
        turned = Turned(
            scorecard=rng.choice((None, rng.uniform(5, 100))),
            people=rng.choice((None, rng.uniform(5, 100))),
            corrections=rng.choice((None, rng.uniform(5, 100))),
            market=old,
        )
        earlier = replace(old, score=rng.uniform(5, 100))
        yield TwoDates(earlier, turned, new, changes, sides, frozenset(shifted))


def _pillars(rng: random.Random) -> list[str]:
    names = [pillar for pillar in PILLARS if rng.random() < 0.85]
    return names if set(names) - {IMPROVEMENT} else ["results", *names]


def _weighed(metrics: Mapping[str, list[MetricPart]], weights: Mapping[str, float]) -> dict[str, list[MetricPart]]:
    return {pillar: [replace(part, weight=weights[part.name]) for part in parts] for pillar, parts in metrics.items()}


def _uncollected(rng: random.Random, metrics: Mapping[str, list[MetricPart]]) -> frozenset[str]:
    """Now and then a metric, or a whole pillar, that is on one date only; one pillar of metrics always stays."""
    if rng.random() < 0.7:
        return frozenset()
    kept = next(pillar for pillar in metrics if pillar != IMPROVEMENT)
    gone = {part.name for parts in metrics.values() for part in parts if rng.random() < 0.2}
    lost = rng.choice([*metrics, None])
    gone |= {part.name for part in metrics.get(lost, ())} if lost else set()
    return frozenset(gone - {metrics[kept][0].name})


def _slope(rng: random.Random, name: str) -> MetricPart:
    n, prior, b = rng.choice((0, rng.randint(13, 26))), rng.uniform(0.1, 200), rng.gauss(0, 0.01)
    shrunk = n * b / (n + prior)
    u = min(1.0, max(0.0, 0.5 + 60 * shrunk))
    return MetricPart(name, 1.0, u, shrunk, b if n else None, n, prior, 0.0, 1, 60.0 if 0 < u < 1 else 0.0)


def _observed(rng: random.Random, kind: str, norm: float) -> tuple[list[Observation], list[Observation]]:
    """Records on both dates: some stay, some leave, some enter, some are corrected or moved to another segment."""
    dates: tuple[list[Observation], list[Observation]] = ([], [])
    segments = SEGMENTS[: rng.randint(1, 4)] if rng.random() < 0.8 else (None,)
    for number in range(rng.choice((0, 1, 3, 6))):
        seen = _observation(rng, kind, norm, f"d-{number}", rng.choice(segments))
        stay = rng.random()
        if stay < 0.7:
            dates[0].append(seen)
        if stay > 0.3:
            dates[1].append(seen)
        if 0.5 < stay < 0.6:
            dates[1][-1] = _observation(rng, kind, norm, seen.id, rng.choice(segments))
    if rng.random() < 0.1:
        dates[rng.randint(0, 1)].clear()
    return dates


def _observation(rng: random.Random, kind: str, norm: float, record: str, segment: str | None) -> Observation:
    if kind == "rate":
        share = rng.choice((1.0, 0.25, 0.6))
        return Observation("deal", record, segment, share * (rng.random() < norm), share)
    total = rng.gauss(norm, abs(norm) + 1.0)
    return Observation("deal", record, segment, total, {"mean": 1.0, "ratio": rng.uniform(0.5, 2.0), "sum": 0.0}[kind])


def _side(rng: random.Random, kind: str, observations: list[Observation], prior: float, norm: float) -> Side:
    if kind == "sum":
        days = float(rng.choice((0, 20, 65, 65))) if not observations else float(rng.choice((20, 65, 65)))
        return Side(tuple(observations), days, prior, norm, days)
    n = float(len(observations)) if kind == "ratio" else sum(seen.base for seen in observations)
    return Side(tuple(observations), n, prior, norm)


def _segments(side: Side) -> dict[str | None, Evidence]:
    found: dict[str | None, Evidence] = {}
    for segment in {seen.segment for seen in side.observations}:
        inside = [seen for seen in side.observations if seen.segment == segment]
        base = side.days if side.days is not None else sum(seen.base for seen in inside)
        found[segment] = Evidence(n=len(inside), total=sum(seen.total for seen in inside), base=base)
    return found


def _records(before: list[Observation], after: list[Observation]) -> list[RecordChange]:
    moved = []
    old, new = {seen.id: seen for seen in before}, {seen.id: seen for seen in after}
    for record in sorted({*old, *new}):
        was, now = old.get(record), new.get(record)
        if was == now:
            continue
        if was is not None and now is not None and was.segment == now.segment:
            moved.append(RecordChange("deal", record, was.segment, now.total - was.total, now.base - was.base))
            continue
        if was is not None:
            moved.append(RecordChange("deal", record, was.segment, -was.total, -was.base))
        if now is not None:
            moved.append(RecordChange("deal", record, now.segment, now.total, now.base))
    return moved


def _part(name: str, side: Side, shift: float, posts: Goalposts, *, up: bool) -> MetricPart:
    base = side.days if side.days is not None else sum(seen.base for seen in side.observations)
    value = sum(seen.total for seen in side.observations) / base + shift if base else None
    n = side.n if base else 0.0
    shrunk = side.norm if value is None else (n * value + side.prior * side.norm) / (n + side.prior)
    u, slope = posts.utility(shrunk), posts.slope(shrunk)
    return MetricPart(name, 1.0, u, shrunk, value, n, side.prior, side.norm, 1 if up else -1, slope)


def every(parts: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for part in parts:
        yield part
        yield from every(part.get("parts", []))


def gap(parts: list[dict[str, Any]], points: float) -> float:
    """By how much a level, and all below it, misses its points at most."""
    gaps = [abs(math.fsum(part["points"] for part in parts) - points)]
    for part in parts:
        if "parts" in part:
            gaps.append(gap(part["parts"], part["points"]))
        if "records" in part:
            gaps.append(abs(math.fsum(record["points"] for record in part["records"]) - part["points"]))
    return max(gaps)


def only(parts: list[dict[str, Any]], **names: Any) -> dict[str, Any]:
    (found,) = [part for part in parts if all(part.get(key) == value for key, value in names.items())]
    return found
