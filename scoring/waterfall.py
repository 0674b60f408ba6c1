"""Waterfall: what the change of a score is made of, exactly, from the switches down to single records."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from scoring.aggregate import FLOOR, IMPROVEMENT, Breakdown, MetricPart, PillarPart
from scoring.logarithmic_mean import logarithmic_mean
from scoring.metric_change import UNSEEN, MetricChange, Part, largest_first, metric_parts, part
from scoring.scorecard import PILLARS

SWITCHES: Final = ("scorecard", "people", "corrections", "market")
"""What is turned from the earlier date to the later one before the rest is explained, in this order."""

_UNKNOWN: Final = MetricChange()


@dataclass(frozen=True, slots=True)
class Turned:
    """The earlier score recomputed with one switch more turned at each step; what was turned before stays turned.

    None: there was nothing to turn, the step is 0. A breakdown's own score is taken whatever its coverage, for steps are not
    shown as scores.

    Attributes:
        scorecard: under the later date's scorecard, norms and targets (all that places goalposts and weights).
        people: with the later date's team, absences and ramp.
        corrections: with the records known now in place of those known then; None where both dates are as known now.
        market: with the later date's expectation and the earlier one's own part. What is left until the later score is explained
            metric by metric, so this step needs the breakdown, unless it and those before it are None.
    """

    scorecard: Breakdown | float | None = None
    people: Breakdown | float | None = None
    corrections: Breakdown | float | None = None
    market: Breakdown | None = None


def waterfall(
    before: Breakdown | None, turned: Turned, after: Breakdown | None, changes: Mapping[str, MetricChange] | None = None
) -> list[Part]:
    """The parts of a change of score, in the JSON of contract.md section 4; at every level they sum to what is above, to 1e-9.

    First the four `SWITCHES`, each the difference that turning it made, then a `pillar` part for each pillar of either date
    (`PILLARS`' order, then by name). With L the logarithmic mean of the two scores that are left to explain, bars for means
    over both dates, and what is absent on one date taking the other's value, a pillar's points are L·W̄·ln(V1/V0) for its
    value and L·ΔW·(mean ln V - mean ln(S/100)) for its presence, which is its part `volume`, there if not 0. Below are its
    metrics, largest first: f·w̄·Δu for the utility and f·Δw·(ū - Ū) for the part `weight`, there if not 0, with
    f = L·W̄·0.95/L(V1, V0). Below a metric: `metric_parts`.

    Points are associated with what they stand under; that it caused them is not said.

    Args:
        before: the earlier score; None where there is none to show: the subject had no facts, or too little evidence.
        turned: the steps between.
        after: the later score; None where there is none to show.
        changes: by metric its segments and records; what is missing is explained by its figures alone. The improvement
            pillar's slopes have neither.

    Returns:
        [] without two scores to show: there is no difference to explain, and the score of too little evidence is not to be
        read off its parts. Order and bytes do not depend on the order of anything given.

    Raises:
        ValueError: the last step turned is a number, not a breakdown.

    Source: method.md section 9; Ang, LMDI (Energy Policy 32, 2004).

    >>> from scoring.aggregate import MetricPart, aggregate
    >>> def score(u, x):
    ...     return aggregate({"results": 1.0}, {"results": [MetricPart("win_rate", 1.0, u, x, x, 20, 0.0, 0.5, 1, 3.5)]})
    >>> for made in waterfall(score(0.7, 0.6), Turned(market=score(0.6, 0.55)), score(0.35, 0.5)):
    ...     print(made["cause"], round(made["points"], 6), [below["cause"] for below in made.get("parts", [])])
    scorecard 0.0 []
    people 0.0 []
    corrections 0.0 []
    market -9.5 []
    pillar -23.75 ['metric']
    """
    if before is None or after is None:
        return []
    steps: list[Breakdown | float] = [before]
    made = []
    for switch, step in zip(
        SWITCHES, (turned.scorecard, turned.people, turned.corrections, turned.market), strict=True
    ):
        made.append(part(switch, 0.0 if step is None else _score(step) - _score(steps[-1])))
        if step is not None:
            steps.append(step)
    start = steps[-1]
    if not isinstance(start, Breakdown):
        raise ValueError(f"the last step turned is the number {start!r}; expected a Breakdown, to explain what is left")  # noqa: TRY004
    return [*made, *_pillars(start, after, changes or {})]


def _score(step: Breakdown | float) -> float:
    return step.score if isinstance(step, Breakdown) else step


def _pillars(before: Breakdown, after: Breakdown, changes: Mapping[str, MetricChange]) -> list[Part]:
    mean = logarithmic_mean(after.score, before.score)
    typical = (math.log(before.score / 100) + math.log(after.score / 100)) / 2
    made = []
    for name, p0, p1, w0, w1 in _paired(before.pillars, after.pillars):
        held = mean * (w0 + w1) / 2
        volume = mean * (w1 - w0) * ((math.log(p0.v) + math.log(p1.v)) / 2 - typical)
        factor = held * (1 - FLOOR) / logarithmic_mean(p1.v, p0.v)
        inside = _metrics(p0, p1, factor, {} if name == IMPROVEMENT else changes)
        inside += [part("volume", volume)] if abs(volume) > UNSEEN else []
        made.append(part("pillar", math.fsum((held * math.log(p1.v / p0.v), volume)), inside, pillar=name))
    order = {pillar: place for place, pillar in enumerate(PILLARS)}
    return sorted(made, key=lambda pillar: (order.get(pillar["pillar"], len(order)), pillar["pillar"]))


def _metrics(before: PillarPart, after: PillarPart, factor: float, changes: Mapping[str, MetricChange]) -> list[Part]:
    typical = (before.value + after.value) / 2
    made = []
    for name, m0, m1, w0, w1 in _paired(before.metrics, after.metrics):
        per_u = factor * (w0 + w1) / 2
        weight = factor * (w1 - w0) * ((m0.u + m1.u) / 2 - typical)
        inside = [part("weight", weight)] if abs(weight) > UNSEEN else []
        inside += metric_parts(m0, m1, changes.get(name, _UNKNOWN), per_u)
        made.append(part("metric", math.fsum((per_u * (m1.u - m0.u), weight)), inside, metric=name))
    return largest_first(made)


_Weighed = TypeVar("_Weighed", MetricPart, PillarPart)


def _paired(
    before: Iterable[_Weighed], after: Iterable[_Weighed]
) -> Iterator[tuple[str, _Weighed, _Weighed, float, float]]:
    """By name what is on both dates with its two weights; what is absent on one weighs 0 there and is as on the other."""
    first: dict[str, _Weighed] = {entry.name: entry for entry in before}
    second: dict[str, _Weighed] = {entry.name: entry for entry in after}
    for name in sorted({*first, *second}):
        e0, e1 = first.get(name), second.get(name)
        if e0 is not None and e1 is not None:
            yield name, e0, e1, e0.weight, e1.weight
        elif e0 is not None:
            yield name, e0, e0, e0.weight, 0.0
        elif e1 is not None:
            yield name, e1, e1, 0.0, e1.weight
