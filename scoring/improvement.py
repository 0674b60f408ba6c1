"""Improvement: the pillar of slopes - what a subject's getting better or worse counts in its score."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

import numpy as np

from scoring.aggregate import IMPROVEMENT, QUANTILE, MetricPart
from scoring.course import Courses, Ground
from scoring.goalposts import TAIL
from scoring.norms import MetricNorm, Norms
from scoring.quarter import SlopesOf, norms_of_quarter
from scoring.scorecard import Scorecard, ScoredMetric
from scoring.slope import HORIZON, Array, Slope
from scoring.slope_columns import SlopeColumns, slope_columns, slope_columns_at
from scoring.weeks import DAYS, complete_weeks


class Improvement:
    """What the slopes of subjects count in their scores on a date: a function of complete weeks, so it changes once a week."""

    def __init__(self, ground: Ground, scorecard: Scorecard, norms: Norms, as_of: int) -> None:
        """Nothing is worked out before it is asked for."""
        self._counts = self.counts(scorecard, norms)
        self.courses = Courses(ground, scorecard, norms, complete_weeks(as_of, scorecard.improvement.weeks))
        self._parts: dict[str, tuple[MetricPart, ...]] = {}

    @staticmethod
    def counts(scorecard: Scorecard, norms: Norms) -> bool:
        """Whether the pillar is part of scores: it has a weight, and the norms know of slopes."""
        return scorecard.pillars[IMPROVEMENT] > 0 and any(norm.change is not None for norm in norms.metrics.values())

    def is_of(self, norms: Norms, as_of: int) -> bool:
        """Whether it was made under these norms, of the weeks that are complete on this date."""
        weeks = complete_weeks(as_of, self.courses.scorecard.improvement.weeks)
        return self.courses.norms.label == norms.label and self.courses.weeks == weeks

    @property
    def changing(self) -> list[tuple[ScoredMetric, float]]:
        """The metrics whose slopes count, and their weights in the pillar; none as long as the norms know of no slopes."""
        return _changing(self.courses.scorecard, self.courses.norms) if self._counts else []

    def of(self, subject: str) -> tuple[MetricPart, ...]:
        """The parts of the pillar, one for each metric that weeks tell of; none as long as the norms know of no slopes.

        A metric of which the subject has no slope is flat, and counts nothing in the coverage.

        Source: method.md section 7.
        """
        found = self._parts.get(subject)
        if found is None:
            courses = self.courses
            slopes = slopes_of(courses, [subject])[0] if self._counts else {}
            found = improvement_parts(courses.scorecard, courses.norms, slopes) if self._counts else ()
            self._parts[subject] = found
        return found

    def work_out(self, subjects: Sequence[str]) -> None:
        """Have ready what `of` gives of these subjects: all at once it costs a small part of what it does one by one."""
        if not self._counts or not (missing := [subject for subject in subjects if subject not in self._parts]):
            return
        courses = self.courses
        for subject, slopes in zip(missing, slopes_of(courses, missing), strict=True):
            self._parts[subject] = improvement_parts(courses.scorecard, courses.norms, slopes)

    def of_all(self, subjects: Sequence[str]) -> Pillar | None:
        """What `of` gives of many subjects, as numbers; None where it gives no parts."""
        found = pillar_at([self], subjects)
        return None if found is None else Pillar(found.named, *(column[:, :, 0] for column in found[1:]))


class Pillar(NamedTuple):
    """The parts of the pillar of many subjects: of each part its metric, weight and sign; by part and subject the rest.

    Of many days or weeks by part, subject and time.

    `u` is the utility, `low` and `high` those at the ends of its interval, `known` whether there is a slope.
    """

    named: tuple[tuple[str, float, int], ...]
    u: Array
    low: Array
    high: Array
    known: Array


def pillar_at(several: Sequence[Improvement], subjects: Sequence[str]) -> Pillar | None:
    """`Improvement.of_all` of each, all under the same norms and scorecard: what they share is worked out once."""
    first = several[0]
    changing, metrics = first.changing, first.courses.metrics
    if not changing:
        return None
    places = [metrics.index(scored.metric) for scored, _ in changing]
    named = tuple((scored.metric, weight, 1 if scored.higher_is_better else -1) for scored, weight in changing)
    columns = slope_columns_at([each.courses for each in several], subjects)
    own = SlopeColumns(*(np.moveaxis(column, (0, 1, 2), (2, 1, 0))[places] for column in columns))
    norms = [first.courses.norms.metrics[metric] for metric, _, _ in named]
    return Pillar(named, *_utilities(own, norms, [sign for _, _, sign in named]))


def slopes_of(courses: Courses, subjects: Sequence[str]) -> list[dict[str, Slope]]:
    """Of each subject its slope in each metric that has one: see `slope_columns`."""
    rows = zip(*(column.tolist() for column in slope_columns(courses, subjects)), strict=True)
    return [
        {
            metric: Slope(b, se2, int(weeks))
            for metric, b, se2, weeks in zip(courses.metrics, *of_subject, strict=True)
            if not math.isnan(b)
        }
        for of_subject in rows
    ]


def _slopes(b: Array, se2: Array, weeks: Array) -> list[Slope]:
    there = ~np.isnan(b)
    return [*map(Slope, b[there].tolist(), se2[there].tolist(), weeks[there].tolist())]


def norms_on(as_of: int, scorecard: Scorecard, ground: Ground) -> Norms:
    """The norms that hold on a date, the peers' slopes among them. Source: method.md section 6."""
    reps = ground.reps.read(tuple(scored.metric for scored in scorecard.metrics))
    slopes = _slopes_by(ground, scorecard)
    return norms_of_quarter(as_of, scorecard, reps, ground.people.attendances, scorecard.calendar, slopes)


def _slopes_by(ground: Ground, scorecard: Scorecard) -> SlopesOf:
    """What `quarter_norms` asks for the slopes of the peers."""

    def slopes(norms: Norms, last: int, reps: Sequence[str]) -> Mapping[str, Sequence[Slope]]:
        weeks = range(last - DAYS * (scorecard.improvement.weeks - 1), last + DAYS, DAYS)
        courses = Courses(ground, scorecard, norms, weeks)
        columns = slope_columns(courses, ["rep:" + rep for rep in reps])
        return {
            metric: _slopes(*(column[:, place] for column in columns)) for place, metric in enumerate(courses.metrics)
        }

    return slopes


def improvement_parts(scorecard: Scorecard, norms: Norms, slopes: Mapping[str, Slope]) -> tuple[MetricPart, ...]:
    """The pillar's parts from a subject's slopes by metric; each weighs what its metric weighs in the score.

    Source: method.md section 7.
    """
    found = []
    for scored, weight in _changing(scorecard, norms):
        norm, slope = norms.metrics[scored.metric], slopes.get(scored.metric)
        sign: Literal[1, -1] = 1 if scored.higher_is_better else -1
        change = norm.change or 0.0
        found.append(improvement_part(scored.metric, weight, slope, change, norm.tau_star, sign))
    return tuple(found)


def _changing(scorecard: Scorecard, norms: Norms) -> list[tuple[ScoredMetric, float]]:
    """The metrics whose slopes count, and their weights in the pillar."""
    changing = [
        (scored, scorecard.pillars[scored.pillar] * scored.weight)
        for scored in scorecard.metrics
        if norms.metrics[scored.metric].change is not None and scorecard.pillars[scored.pillar] > 0
    ]
    total = math.fsum(weight for _, weight in changing)
    return [(scored, weight / total) for scored, weight in changing]


def improvement_utility(b: float, tau_star: float, sign: Literal[1, -1] = 1) -> float:
    """A slope on 0..1: 0.5 is flat, 1 is better by 1.645 tau* in 13 weeks. Source: method.md section 7.

    Args:
        b: the metric's unit a week.
        tau_star: the spread between peers that goalposts are set by, above 0.
        sign: -1 where less is better.

    >>> improvement_utility(0.0, 0.1), round(improvement_utility(0.1 / 13, 0.1), 4), improvement_utility(0.1, 0.1, -1)
    (0.5, 0.804, 0.0)
    """
    return min(1.0, max(0.0, 0.5 + sign * 0.5 * HORIZON * b / (TAIL * tau_star)))


def improvement_part(
    name: str,
    weight: float,
    slope: Slope | None,
    tau_b2: float,
    tau_star: float,
    sign: Literal[1, -1] = 1,
) -> MetricPart:
    """One metric's part of the pillar `improvement`: its slope, shrunk towards flat by what peers' slopes differ.

    b̃ = B·b, B = τ_b²/(τ_b² + se²), of posterior variance B·se². Without a slope it is flat, with the prior's variance, and counts
    nothing in the coverage.

    Args:
        name: the metric.
        weight: its weight in the pillar.
        slope: of its weekly x̄ - e; None where there is none.
        tau_b2: `slope_spread` of the peers, from the norms.
        tau_star: the spread between peers that goalposts are set by, above 0.
        sign: -1 where less is better.

    Source: method.md section 7; Morris (JASA 78, 1983).

    >>> part = improvement_part("csat", 1.0, Slope(0.02, 0.0001, 26), 0.0001, 0.2)
    >>> part.shrunk, round(part.u, 6), part.n, round(part.prior, 9), round(part.u_low, 6), round(part.u_high, 6)
    (0.01, 0.697568, 26, 26.0, 0.518526, 0.87661)
    """
    if slope is None:
        b, n, prior, variance = 0.0, 0, 0.0, tau_b2
    else:
        share = tau_b2 / (tau_b2 + slope.se2) if tau_b2 > 0 else 0.0
        b, n, variance = share * slope.b, slope.weeks, share * slope.se2
        prior = n * slope.se2 / tau_b2 if tau_b2 > 0 else math.inf
    reach = sign * QUANTILE * math.sqrt(variance)
    return MetricPart(
        name=name,
        weight=weight,
        u=improvement_utility(b, tau_star, sign),
        shrunk=b,
        value=None if slope is None else slope.b,
        n=n,
        prior=prior,
        norm=0.0,
        sign=sign,
        du_dx=sign * 0.5 * HORIZON / (TAIL * tau_star) if _moves(b, tau_star, sign) else 0.0,
        u_low=improvement_utility(b - reach, tau_star, sign),
        u_high=improvement_utility(b + reach, tau_star, sign),
    )


def _moves(b: float, tau_star: float, sign: Literal[1, -1]) -> bool:
    """Whether a change for the better would raise the utility: no at the top or beyond either end."""
    raw = 0.5 + sign * 0.5 * HORIZON * b / (TAIL * tau_star)
    return 0.0 <= raw < 1.0


def _utilities(
    slopes: SlopeColumns, norms: Sequence[MetricNorm], signs: Sequence[int]
) -> tuple[Array, Array, Array, Array]:
    """`u`, `u_low`, `u_high` and whether there is a slope, by part as `improvement_part` has them."""
    b, se2, weeks = slopes
    known = ~np.isnan(b)
    tau_b2, tau_star, sign = (
        np.array(of, dtype=np.float64)[:, None, None]
        for of in ([norm.change or 0.0 for norm in norms], [norm.tau_star for norm in norms], signs)
    )
    share = np.divide(tau_b2, tau_b2 + se2, out=np.zeros(b.shape), where=tau_b2 > 0)
    shrunk = np.where(known, share * b, 0.0)
    reach = sign * QUANTILE * np.sqrt(np.where(known, share * se2, tau_b2))

    def utility(b: Array) -> Array:
        return np.minimum(1.0, np.maximum(0.0, 0.5 + sign * 0.5 * HORIZON * b / (TAIL * tau_star)))

    return utility(shrunk), utility(shrunk - reach), utility(shrunk + reach), known & (weeks > 0)
