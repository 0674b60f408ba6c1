"""Slope columns: the slopes of many subjects in all metrics at once; one by one `scoring.slope` says the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from scoring.course import Course, Courses
from scoring.course_span import courses_at
from scoring.expectation import NORM_WEIGHT
from scoring.norms import MetricNorm
from scoring.shrinkage import Norm
from scoring.slope import fit_all, inflation

Array = NDArray[Any]

_LEAST_NOISE: Final = 0.1
_AT_ONCE: Final = 200
"""Subjects worked out together: arrays of some megabytes."""


class SlopeColumns(NamedTuple):
    """As in `Slope`, by subject and metric; `b` and `se2` are nan where there is no slope."""

    b: Array
    se2: Array
    weeks: Array


def slope_columns(courses: Courses, subjects: Sequence[str]) -> SlopeColumns:
    """The slopes of the weekly x̄ - e, noise taken at the subject's own level.

    The variance of one observation is that of the norms at x̃ over the weeks (`Norm.noise`), as section 4 has it.

    Source: method.md section 7.
    """
    return slope_columns_at([courses], subjects)[0]


def slope_columns_at(several: Sequence[Courses], subjects: Sequence[str]) -> list[SlopeColumns]:
    """The slopes at each of several ends, under the same norms."""
    nobody: Array = np.zeros((0, len(several[0].metrics)))
    found = [[SlopeColumns(nobody, nobody, nobody)] for _ in several]
    for at in range(0, len(subjects), _AT_ONCE):
        some = courses_at(several, subjects[at : at + _AT_ONCE])
        for columns, courses, course in zip(found, several, some, strict=True):
            columns.append(_slopes(courses, course))
    return [SlopeColumns(*(np.concatenate(column) for column in zip(*columns, strict=True))) for columns in found]


def _slopes(courses: Courses, course: Course) -> SlopeColumns:
    n, total, base, expected, rest = course
    norms = [courses.norms.metrics[metric] for metric in courses.metrics]
    with np.errstate(invalid="ignore", divide="ignore"):
        deviation = total / base - expected
        b, per_s2, weeks = fit_all(n, deviation, rest + NORM_WEIGHT, courses.scorecard.improvement.fewest_weeks)
        n, total, base = (_added_up(of) for of in (n, total, base))
        value = n * (total / base)
        s2 = [
            noises(of.norm, (value[:, place] + of.norm.weight * of.norm.level) / (n[:, place] + of.norm.weight))
            for place, of in enumerate(norms)
        ]
    se2 = np.array(s2).T * per_s2 * np.array([_inflation(norm) for norm in norms])
    return SlopeColumns(b, se2, weeks)


def noises(norm: Norm, values: Array) -> Array:
    """`Norm.noise` of many values."""
    if norm.kind == "rate":
        return np.asarray(np.maximum(0.0, values * (1 - values)))
    if norm.kind == "sum":
        return np.asarray(np.maximum(norm.phi * np.abs(values), _LEAST_NOISE * norm.within))
    return np.full(values.shape, norm.within)


def _inflation(norm: MetricNorm) -> float:
    """Of a sum the norms' phi has it already."""
    return 1.0 if norm.norm.kind == "sum" else inflation(norm.lag)


def _added_up(values: Array) -> Array:
    """Over the weeks, from the oldest on."""
    return np.asarray(np.moveaxis(values, -1, 0).copy().sum(axis=0))
