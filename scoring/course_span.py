"""Course span: courses of the same subjects under the same norms, read at the ends of many weeks, worked out together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from scoring.course import Course, Courses
from scoring.norming import COHORT
from scoring.weeks import DAYS


def courses_at(several: Sequence[Courses], subjects: Sequence[str]) -> Iterator[Course]:
    """`Courses.of` of each, to the last digit.

    A week's evidence and what was expected of it are the same wherever a course ends, but for cohorts, which ripen: those are
    worked out for each. Where weeks, people or territories are seen otherwise at one of the ends, all of it is.
    """
    if len(several) < 2 or not _are_alike(several, subjects):  # noqa: PLR2004 - nothing to share
        yield from (courses.of(subjects) for courses in several)
        return
    last = several[-1]
    start = min(courses.weeks.start for courses in several)
    together = replace(last, weeks=range(start, max(courses.weeks.stop for courses in several), DAYS)).of(subjects)
    place = last.metrics.index(COHORT) if COHORT in last.metrics else None
    for courses in several:
        begin = (courses.weeks.start - start) // DAYS
        found = Course(*(column[..., begin : begin + len(courses.weeks)].copy() for column in together))
        if place is not None:
            ripened = replace(courses, metrics=(COHORT,)).of(subjects)
            for column, own in zip(found, ripened, strict=True):
                column[:, place] = own[:, 0]
        yield found


def _are_alike(several: Sequence[Courses], subjects: Sequence[str]) -> bool:
    first = several[0]
    reader, begun = first.ground.reader, first.ground.begun

    def territories(courses: Courses) -> list[str | None]:
        last = courses.weeks[-1] + DAYS - 1
        return [reader.territory_of(subject, last) for subject in subjects]

    of_first = territories(first)
    return all(
        courses.ground.reader is reader
        and courses.norms.label == first.norms.label
        and (courses.ground.begun == begun or max(courses.ground.begun, begun) <= courses.weeks.start)
        and territories(courses) == of_first
        for courses in several
    )
