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
    return SlopeColumns(*(column[0] for column in slope_columns_at([courses], subjects)))


def slope_columns_at(several: Sequence[Courses], subjects: Sequence[str]) -> SlopeColumns:
    """The slopes at each of several ends, under the same norms: arrays of ends x subjects x metrics."""
    nobody = SlopeColumns(*(np.zeros((len(several), 0, len(several[0].metrics))) for _ in range(3)))
    found = [_slopes(several, subjects[at : at + _AT_ONCE]) for at in range(0, len(subjects), _AT_ONCE)]
    return SlopeColumns(*(np.concatenate(column, axis=1) for column in zip(nobody, *found, strict=True)))


class _Line(NamedTuple):
    """Of one end, by subject and metric: what `fit_all` gives, and n, total and base of all weeks."""

    b: Array
    per_s2: Array
    weeks: Array
    n: Array
    total: Array
    base: Array


def _slopes(several: Sequence[Courses], subjects: Sequence[str]) -> SlopeColumns:
    lines = [_line(course, several[0].scorecard.improvement.fewest_weeks) for course in courses_at(several, subjects)]
    b, per_s2, weeks, n, total, base = map(np.stack, zip(*lines, strict=True))
    norms = [several[0].norms.metrics[metric] for metric in several[0].metrics]
    s2 = np.empty(b.shape)
    with np.errstate(invalid="ignore", divide="ignore"):
        value = n * (total / base)
        for place, of in enumerate(norms):
            own = value[..., place] + of.norm.weight * of.norm.level
            s2[..., place] = noises(of.norm, own / (n[..., place] + of.norm.weight))
    return SlopeColumns(b, s2 * per_s2 * np.array([_inflation(norm) for norm in norms]), weeks)


def _line(course: Course, fewest_weeks: int) -> _Line:
    n, total, base, expected, rest = course
    with np.errstate(invalid="ignore", divide="ignore"):
        fitted = fit_all(n, total / base - expected, rest + NORM_WEIGHT, fewest_weeks)
    return _Line(*fitted, *(_added_up(of) for of in (n, total, base)))


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
    return np.asarray(np.ascontiguousarray(np.moveaxis(values, -1, 0)).sum(axis=0))
