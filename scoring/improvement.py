"""Improvement: the pillar of slopes - what a subject's getting better or worse counts in its score."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal

import numpy as np

from scoring.aggregate import IMPROVEMENT, QUANTILE, MetricPart
from scoring.course import Courses, Ground
from scoring.expectation import NORM_WEIGHT
from scoring.norms import MetricNorm, Norms
from scoring.quarter import SlopesOf, quarter_norms
from scoring.scorecard import Scorecard
from scoring.slope import HORIZON, Array, Slope, fit_all, inflation
from scoring.weeks import DAYS, complete_weeks

_TAIL: Final = 1.645
_AT_ONCE: Final = 200
"""Subjects worked out together: arrays of some megabytes."""


class Improvement:
    """What the slopes of subjects count in their scores on a date: a function of complete weeks, so it changes once a week."""

    def __init__(self, ground: Ground, scorecard: Scorecard, norms: Norms, as_of: int) -> None:
        """Nothing is worked out before it is asked for."""
        self._norms = norms
        self._scorecard = scorecard
        self._counts = self.counts(scorecard, norms)
        self._courses = Courses(ground, scorecard, norms, complete_weeks(as_of, scorecard.improvement.weeks))
        self._parts: dict[str, tuple[MetricPart, ...]] = {}

    @staticmethod
    def counts(scorecard: Scorecard, norms: Norms) -> bool:
        """Whether the pillar is part of scores: it has a weight, and the norms know of slopes."""
        return scorecard.pillars[IMPROVEMENT] > 0 and any(norm.change is not None for norm in norms.metrics.values())

    def is_of(self, norms: Norms, as_of: int) -> bool:
        """Whether it was made under these norms, of the weeks that are complete on this date."""
        weeks = complete_weeks(as_of, self._scorecard.improvement.weeks)
        return self._norms.label == norms.label and self._courses.weeks == weeks

    def of(self, subject: str) -> tuple[MetricPart, ...]:
        """The parts of the pillar, one for each metric that weeks tell of; none as long as the norms know of no slopes.

        A metric of which the subject has no slope is flat, and counts nothing in the coverage.

        Source: method.md section 7.
        """
        if subject not in self._parts:
            self.prepare([subject])
        return self._parts[subject]

    def prepare(self, subjects: Iterable[str]) -> None:
        """Work out many subjects at once, which is cheaper; a few hundred at a time keep memory small."""
        due = [subject for subject in subjects if subject not in self._parts]
        if not self._counts:
            self._parts |= dict.fromkeys(due, ())
            return
        for subject, slopes in zip(due, slopes_of(self._courses, due), strict=True):
            self._parts[subject] = improvement_parts(self._scorecard, self._norms, slopes)


def slopes_of(courses: Courses, subjects: Sequence[str]) -> list[dict[str, Slope]]:
    """Of each subject its slope in each metric that has one: of the weekly x̄ - e, noise taken at the subject's own level.

    The variance of one observation is that of the norms at x̃ over the weeks (`Norm.noise`), as section 4 has it.

    Source: method.md section 7.
    """
    found: list[dict[str, Slope]] = []
    for start in range(0, len(subjects), _AT_ONCE):
        some = subjects[start : start + _AT_ONCE]
        n, total, base, expected, rest = courses.of(some)
        with np.errstate(invalid="ignore", divide="ignore"):
            deviation = total / base - expected
        fitted = fit_all(n, deviation, rest + NORM_WEIGHT, courses.scorecard.improvement.fewest_weeks)
        sums = [_added_up(of) for of in (n, total, base)]
        rows = zip(*(of.tolist() for of in (*fitted, *sums)), strict=True)
        norms = [courses.norms.metrics[metric] for metric in courses.metrics]
        for of_subject in rows:
            by_metric = zip(courses.metrics, norms, *of_subject, strict=True)
            found.append(
                {
                    metric: Slope(b, _noise(norm, *seen) * per_s2 * _inflation(norm), weeks)
                    for metric, norm, b, per_s2, weeks, *seen in by_metric
                    if not math.isnan(b)
                }
            )
    return found


def norms_on(as_of: int, scorecard: Scorecard, ground: Ground) -> Norms:
    """The norms that hold on a date, the peers' slopes among them. Source: method.md section 6."""
    rows, slopes = ground.rows_of_reps(), _slopes_by(ground, scorecard)
    return quarter_norms(as_of, scorecard, rows, ground.people.attendances, scorecard.calendar, slopes)


def _slopes_by(ground: Ground, scorecard: Scorecard) -> SlopesOf:
    """What `quarter_norms` asks for the slopes of the peers."""

    def slopes(norms: Norms, last: int, reps: Sequence[str]) -> Mapping[str, Sequence[Slope]]:
        weeks = range(last - DAYS * (scorecard.improvement.weeks - 1), last + DAYS, DAYS)
        courses = Courses(ground, scorecard, norms, weeks)
        by_metric: dict[str, list[Slope]] = {}
        for of_rep in slopes_of(courses, ["rep:" + rep for rep in reps]):
            for metric, slope in of_rep.items():
                by_metric.setdefault(metric, []).append(slope)
        return by_metric

    return slopes


def improvement_parts(scorecard: Scorecard, norms: Norms, slopes: Mapping[str, Slope]) -> tuple[MetricPart, ...]:
    """The pillar's parts from a subject's slopes by metric; each weighs what its metric weighs in the score.

    Source: method.md section 7.
    """
    changing = [
        (scored, scorecard.pillars[scored.pillar] * scored.weight)
        for scored in scorecard.metrics
        if norms.metrics[scored.metric].change is not None and scorecard.pillars[scored.pillar] > 0
    ]
    total = math.fsum(weight for _, weight in changing)
    found = []
    for scored, weight in changing:
        norm, slope = norms.metrics[scored.metric], slopes.get(scored.metric)
        sign: Literal[1, -1] = 1 if scored.higher_is_better else -1
        change = norm.change or 0.0
        found.append(improvement_part(scored.metric, weight / total, slope, change, norm.tau_star, sign))
    return tuple(found)


def _added_up(values: Array) -> Array:
    """Over the weeks, from the oldest on."""
    whole = np.zeros(values.shape[:-1])
    for week in range(values.shape[-1]):
        whole += values[..., week]
    return whole


def _noise(norm: MetricNorm, n: float, total: float, base: float) -> float:
    of = norm.norm
    return of.noise((n * (total / base) + of.weight * of.level) / (n + of.weight))


def _inflation(norm: MetricNorm) -> float:
    """Of a sum the norms' phi has it already."""
    return 1.0 if norm.norm.kind == "sum" else inflation(norm.lag)


def improvement_utility(b: float, tau_star: float, sign: Literal[1, -1] = 1) -> float:
    """A slope on 0..1: 0.5 is flat, 1 is better by 1.645 tau* in 13 weeks. Source: method.md section 7.

    Args:
        b: the metric's unit a week.
        tau_star: the spread between peers that goalposts are set by, above 0.
        sign: -1 where less is better.

    >>> improvement_utility(0.0, 0.1), round(improvement_utility(0.1 / 13, 0.1), 4), improvement_utility(0.1, 0.1, -1)
    (0.5, 0.804, 0.0)
    """
    return min(1.0, max(0.0, 0.5 + sign * 0.5 * HORIZON * b / (_TAIL * tau_star)))


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
        du_dx=sign * 0.5 * HORIZON / (_TAIL * tau_star) if _moves(b, tau_star, sign) else 0.0,
        u_low=improvement_utility(b - reach, tau_star, sign),
        u_high=improvement_utility(b + reach, tau_star, sign),
    )


def _moves(b: float, tau_star: float, sign: Literal[1, -1]) -> bool:
    """Whether a change for the better would raise the utility: no at the top or beyond either end."""
    raw = 0.5 + sign * 0.5 * HORIZON * b / (_TAIL * tau_star)
    return 0.0 <= raw < 1.0
