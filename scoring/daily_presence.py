"""Daily presence: on how many days subjects were there, as `Scorer.days_present` counts them, for windows of any length."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from scoring.daily_columns import Array
from scoring.presence import Attendance, Holidays
from scoring.reference import Reference

_ALWAYS = Attendance()


class Presence:
    """The working days present of some subjects, summed up once for all windows that end from `first` to `last`."""

    def __init__(
        self,
        subjects: Sequence[str],
        unrecorded: Array,
        reference: Reference,
        holidays: Holidays,
        first: int,
        last: int,
    ) -> None:
        """Count them.

        Args:
            subjects: of any kind, each once.
            unrecorded: how many members without a record each has; a rep's own is none.
            reference: who was there.
            holidays: of the scorecard.
            first: the first day that any window has.
            last: the last one.
        """
        self._first, is_rep = first, np.array([subject.startswith("rep:") for subject in subjects], dtype=bool)
        spans = [*_of_reps(subjects, reference, first, last), *_of_members(subjects, reference, first, last)]
        row, start, end = np.array(spans, dtype=np.int64).reshape(-1, 3).T
        steps = np.zeros((len(subjects), last - first + 2), dtype=np.int64)
        np.add.at(steps, (row, start - first), 1)
        np.subtract.at(steps, (row, end + 1 - first), 1)
        there = np.cumsum(steps[:, :-1], axis=1) + np.where(is_rep, 0, unrecorded)[:, None]
        there *= np.array([not holidays.is_off(day) for day in range(first, last + 1)], dtype=np.int64)
        self._before = np.zeros(steps.shape, dtype=np.int64)
        np.cumsum(there, axis=1, out=self._before[:, 1:])

    def windows(self, days: int, first: int, last: int) -> Array:
        """By subject (rows) and day from `first` to `last`: the days present in the window of `days` that ends with it.

        A group's are those of its members while they were members, and of as many reps without a record as it has.
        """
        end = first - self._first + 1
        count = last - first + 1
        return np.asarray(self._before[:, end : end + count] - self._before[:, end - days : end - days + count])


def _of_reps(subjects: Sequence[str], reference: Reference, begin: int, last: int) -> Iterator[tuple[int, int, int]]:
    """Row, first and last day of each stretch of days on which a rep was there."""
    attendances = reference.attendances
    for row, subject in enumerate(subjects):
        if subject.startswith("rep:"):
            for start, end in attendances.get(subject.removeprefix("rep:"), _ALWAYS).stretches(begin, last):
                yield row, start, end


def _of_members(subjects: Sequence[str], reference: Reference, begin: int, last: int) -> Iterator[tuple[int, int, int]]:
    """Likewise of each group's members, each while it was one."""
    rows = {subject: row for row, subject in enumerate(subjects) if not subject.startswith("rep:")}
    attendances = reference.attendances
    for rep_id in reference.roster.reps if rows else ():
        stretches = attendances.get(rep_id, _ALWAYS).stretches(begin, last)
        since = begin
        for until, weights in reference.roster.route("rep:" + rep_id):
            for start, end in stretches:
                inside = max(start, since), min(end, until - 1)
                if inside[0] <= inside[1]:
                    for group, _ in weights:
                        if group in rows:
                            yield rows[group], *inside
            since = max(since, until)
