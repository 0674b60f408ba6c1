"""Course span: courses of the same subjects under the same norms, read at the ends of many weeks, worked out together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from scoring.cohorts import Deals, cohorts
from scoring.course import Array, Course, Courses, Sums
from scoring.norming import COHORT
from scoring.weeks import DAYS


def courses_at(several: Sequence[Courses], subjects: Sequence[str]) -> Iterator[Course]:
    """`Courses.of` of each, to the last digit.

    A week's evidence and what was expected of it are the same wherever a course ends, but for cohorts, which ripen: those are
    worked out for each. Where weeks, people or territories are seen otherwise from one end on, courses are shared up to there.
    """
    begin, territories = 0, [_territories(courses, subjects) for courses in several]
    for end in range(1, len(several) + 1):
        if (
            end == len(several)
            or territories[end] != territories[begin]
            or not _are_alike(several[begin], several[end], end - begin)
        ):
            yield from _shared(several[begin:end], subjects)
            begin = end


def _shared(several: Sequence[Courses], subjects: Sequence[str]) -> Iterator[Course]:
    if len(several) < 2:  # noqa: PLR2004 - nothing to share
        yield from (courses.of(subjects) for courses in several)
        return
    first, last = several[0], several[-1]
    together = replace(last, weeks=range(first.weeks.start, last.weeks.stop, DAYS))
    columns = [_weeks_first(of) for of in together.of(subjects)]
    place = last.metrics.index(COHORT) if COHORT in last.metrics else None
    ripened = None if place is None else _ripened(together, subjects, len(several))
    count = len(last.weeks)
    for end in range(len(several)):
        found = [of[end : end + count].copy() for of in columns]
        if ripened is not None:
            for column, own in zip(found, ripened, strict=True):
                column[:, :, place] = own[:, end].T
        yield Course(*(np.moveaxis(of, 0, -1) for of in found))


def _weeks_first(column: Array) -> Array:
    return np.moveaxis(column, -1, 0).copy()


def _ripened(together: Courses, subjects: Sequence[str], ends: int) -> Course:
    """The courses of cohorts alone, as each of so many ends sees them: subjects x ends x weeks; the last end is that of all."""
    weeks = len(together.weeks) - ends + 1
    alone = replace(together, metrics=(COHORT,))
    columns = alone.columns(subjects)
    seen_at = np.arange(ends)[:, None] + np.arange(weeks)  # which of all weeks
    full = _cohorts_at(alone, columns.deals, len(subjects), seen_at)
    around = _cohorts_at(alone, alone.columns(columns.around).deals, len(columns.around), seen_at)
    level = alone.level(subjects)[:, :, seen_at.ravel()]
    expected, rest = alone.expected(level, full, around, columns._replace(inside=columns.inside[:, seen_at.ravel()]))
    return Course(*(of.reshape(len(subjects), ends, weeks) for of in (*full, expected, rest)))


def _cohorts_at(courses: Courses, deals: Deals, count: int, seen_at: Array) -> Sums:
    """`n`, `total` and `base` of the cohorts that so many opened in each week, as known at the end of each course."""
    ends, weeks = seen_at.shape
    begin, days = courses.weeks.start, DAYS * weeks
    which, day = deals.day_by_day(begin + days - 1, courses.weeks.stop - 1, days, DAYS)
    opened = deals.opened[which]
    end = (day - (begin + days - 1)) // DAYS
    places = (deals.owner[which] * ends + end) * weeks + (opened - begin) // DAYS - end
    won = cohorts(deals, places, day - opened, count * ends * weeks, courses.norms.ripening, which)
    n, total = (of.reshape(count, 1, ends * weeks) for of in won)
    return n, total, n


def _territories(courses: Courses, subjects: Sequence[str]) -> list[str | None]:
    last = courses.weeks[-1] + DAYS - 1
    return [courses.ground.reader.territory_of(subject, last) for subject in subjects]


def _are_alike(one: Courses, later: Courses, weeks: int) -> bool:
    """Whether both see the weeks that they have in common alike, the second so many weeks later."""
    moved, begun = DAYS * weeks, (one.ground.begun, later.ground.begun)
    return (
        later.ground.reader is one.ground.reader
        and later.weeks == range(one.weeks.start + moved, one.weeks.stop + moved, DAYS)
        and later.metrics == one.metrics
        and later.norms.label == one.norms.label
        and (begun[0] == begun[1] or max(begun) <= one.weeks.start)
    )
