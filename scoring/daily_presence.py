"""Daily presence: on how many days of each score window subjects were there, as `Scorer.days_present` counts them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from scoring.daily_columns import Array
from scoring.presence import Attendance
from scoring.reference import Reference
from scoring.score import Scorer

_ALWAYS = Attendance()


def present_all(subjects: Sequence[str], unrecorded: Array, scorer: Scorer, first: int, last: int) -> Array:
    """By subject (rows) and day from `first` to `last`: the working days present in the score window that ends with it.

    A group's are those of its members while they were members, and of as many reps without a record as `unrecorded` says. All
    subjects are of one kind.
    """
    days, holidays, reference = scorer.horizons.score, scorer.scorecard.people.holidays, scorer.reference
    begin = first - days + 1
    there = np.zeros((len(subjects), last - begin + 2), dtype=np.int64)
    if subjects and subjects[0].startswith("rep:"):
        spans = _of_reps(subjects, reference, begin, last)
    else:
        there[:, 1:] += unrecorded[:, None]
        spans = _of_members(subjects, reference, begin, last)
    for row, start, end in spans:
        there[row, start - begin + 1 : end - begin + 2] += 1
    there[:, 1:] *= np.array([not holidays.is_off(day) for day in range(begin, last + 1)], dtype=np.int64)
    up_to = np.cumsum(there, axis=1)
    return np.asarray(up_to[:, days:] - up_to[:, :-days])


def _of_reps(subjects: Sequence[str], reference: Reference, begin: int, last: int) -> Iterator[tuple[int, int, int]]:
    """Row, first and last day of each stretch of days on which a rep was there."""
    attendances = reference.attendances
    for row, subject in enumerate(subjects):
        for start, end in attendances.get(subject.removeprefix("rep:"), _ALWAYS).stretches(begin, last):
            yield row, start, end


def _of_members(subjects: Sequence[str], reference: Reference, begin: int, last: int) -> Iterator[tuple[int, int, int]]:
    """Likewise of each group's members, each while it was one."""
    rows = {subject: row for row, subject in enumerate(subjects)}
    attendances = reference.attendances
    for rep_id in reference.roster.reps:
        stretches = list(attendances.get(rep_id, _ALWAYS).stretches(begin, last))
        since = begin
        for until, weights in reference.roster.route("rep:" + rep_id):
            for start, end in stretches:
                inside = max(start, since), min(end, until - 1)
                if inside[0] <= inside[1]:
                    for group, _ in weights:
                        if group in rows:
                            yield rows[group], *inside
            since = max(since, until)
