"""Advice: where a subject is strong or weak, and what would raise its score most."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from scoring.aggregate import FLOOR, IMPROVEMENT, Breakdown, MetricPart, PillarPart
from scoring.goalposts import Goalposts


@dataclass(frozen=True, slots=True)
class Lever:
    """What one metric does for the score today, and what it would do if it were better.

    Attributes:
        pillar: where it counts.
        metric: its name.
        value: its shrunk value, in its own unit.
        beside_norm: points that it gives more (or less, below 0) than if it stood at the norm's level.
        certain: whether the metric's own 80 % interval lies all on one side of that level.
        per_unit: derivative of the score, points per unit of the metric; below 0 where less is better.
        step: one tau*, in the metric's unit, signed towards better: what one rep in six is better by than the typical one.
        per_step: points that such a step would bring, 0 or more.
        to_target: how far the target is, in the metric's unit, signed; 0 where it is met.
        target_points: points that meeting the target would bring, 0 where it is met.
        improving: 0..1, its part of the pillar `improvement`, 0.5 is flat; None where that pillar has none.
    """

    pillar: str
    metric: str
    value: float
    beside_norm: float
    certain: bool
    per_unit: float
    step: float
    per_step: float
    to_target: float
    target_points: float
    improving: float | None


@dataclass(frozen=True, slots=True)
class Advice:
    """Levers by what they bring, strongest first; ties by the name of the metric.

    `levers` holds every metric, by the points of a step; `strengths` those above the norm, by the points they give; `weak_spots`
    those below the norm and their target, by the points that meeting the target would bring.
    """

    levers: tuple[Lever, ...]
    strengths: tuple[Lever, ...]
    weak_spots: tuple[Lever, ...]


def advice(breakdown: Breakdown, posts: Mapping[str, Goalposts], steps: Mapping[str, float]) -> Advice:
    """Strengths, weak spots and levers of a subject.

    All else is held as it is, the improvement pillar too: it follows by itself when a metric gets better, so what is said is what
    remains when the change is over. Steps of one tau* make metrics of different units comparable: each is as usual among peers.

    Args:
        breakdown: of the subject's score.
        posts: of each metric outside `improvement`, its goalposts.
        steps: tau* of each of these, above 0.

    Raises:
        KeyError: a metric of the breakdown has no goalposts or step.

    Source: method.md section 7; dS/dx = S·W·0.95·w·(du/dx)/V, the derivative of the score's formula.

    >>> from scoring.aggregate import MetricPart, aggregate
    >>> posts = Goalposts(0.5, 0.8, 0.9)
    >>> part = MetricPart("csat", 1.0, posts.utility(0.65), 0.65, 0.6, 20, 20, 0.7, 1, posts.slope(0.65))
    >>> lever = advice(aggregate({"customer": 1.0}, {"customer": [part]}), {"csat": posts}, {"csat": 0.03}).weak_spots[0]
    >>> [round(points, 6) for points in (lever.per_unit, lever.per_step, lever.target_points, lever.beside_norm)]
    [221.666667, 6.65, 33.25, -11.083333]
    """
    improving = {
        part.name: part.u for pillar in breakdown.pillars if pillar.name == IMPROVEMENT for part in pillar.metrics
    }
    levers = [
        _lever(breakdown.score, pillar, part, posts[part.name], steps[part.name], improving.get(part.name))
        for pillar in breakdown.pillars
        if pillar.name != IMPROVEMENT
        for part in pillar.metrics
    ]
    weak = [lever for lever in levers if lever.beside_norm < 0 and lever.target_points > 0]
    return Advice(
        tuple(sorted(levers, key=lambda lever: (-lever.per_step, -lever.target_points, lever.metric))),
        tuple(
            sorted(
                (lever for lever in levers if lever.beside_norm > 0),
                key=lambda lever: (-lever.beside_norm, lever.metric),
            )
        ),
        tuple(sorted(weak, key=lambda lever: (-lever.target_points, lever.beside_norm, lever.metric))),
    )


def _lever(
    score: float, pillar: PillarPart, part: MetricPart, posts: Goalposts, step: float, improving: float | None
) -> Lever:
    share = (1 - FLOOR) * part.weight

    def gain(u: float) -> float:
        """Points more of the score if the metric's utility were `u`."""
        v = max(FLOOR, pillar.v + share * (u - part.u))
        return score * (math.pow(v / pillar.v, pillar.weight) - 1)

    at_norm = posts.utility(part.norm)
    low = part.u if part.u_low is None else part.u_low
    high = part.u if part.u_high is None else part.u_high
    met = part.sign * (posts.target - part.shrunk) <= 0
    return Lever(
        pillar=pillar.name,
        metric=part.name,
        value=part.shrunk,
        beside_norm=-gain(at_norm),
        certain=low > at_norm or high < at_norm,
        per_unit=score * pillar.weight * share * part.du_dx / pillar.v,
        step=part.sign * step,
        per_step=max(0.0, gain(posts.utility(part.shrunk + part.sign * step))),
        to_target=0.0 if met else posts.target - part.shrunk,
        target_points=0.0 if met else max(0.0, gain(posts.utility(posts.target))),
        improving=improving,
    )
