"""Week publication: keeps the weeks topic at what this lane's panes say of each complete week of its subjects."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Final

from scoring.week_evidence import week_rows_together
from scoring.weekly import WeekRow, scored_kpis, shared_weeks, week_rows
from scoring.weeks import DAYS
from scoring.windows import Panes
from streams.codec import encode_week_row
from streams.desk import Desk
from streams.outbox import Outbox, Outgoing
from streams.partition_state import PartitionState
from streams.publication import GRACE
from streams.week_book import row_key, subject_and_week

_BEHIND_SECONDS = 30.0
"""While records wait, weeks are compared this rarely: a backlog changes the same ones over and over."""

_PUBLICATIONS: Final = 3
"""So many publications of scores apart otherwise: the weeks are over, and what is worked out from their rows rests longer."""

_FEW: Final = 25
"""Subjects whose changed weeks are compared while records wait to be committed: some 15 ms."""

_LONG: Final = 8
"""Weeks from which on a subject's rows are made together with those of others who have as many."""

_LONG_IN_DAYS: Final = 40
"""Days with records in so many weeks of work."""

_LEAST_TOGETHER: Final = 8
_MOST_TOGETHER: Final = 32
"""Subjects whose rows are made at once: some 40 ms; of fewer than the least arrays do not pay."""

_NOT_SHARED = "split:"
"""Records of several reps: part of their groups' weeks."""


class WeekPublication:
    """The week rows of one lane. A row goes out when it differs from the one that is on the topic."""

    def __init__(self, partition: int, desk: Desk) -> None:
        """Nothing is due before `recovered`."""
        self._partition = partition
        self._desk = desk
        self._kpis = scored_kpis(scored.metric for scored in desk.scorecard.metrics)
        self._everything = False
        self._weeks = range(0)
        self._out: dict[str, dict[int, int]] = {}
        """What is on the topic, as hashes by subject and week: it is read from there after every recovery."""
        self._pending: dict[tuple[str, int], int | None] = {}
        self._done_at = time.monotonic()

    def recovered(self, rows: dict[bytes, bytes]) -> None:
        """The topic holds these rows of the lane's partition; any of them may be out of date."""
        self._out, self._pending = {}, {}
        for key, row in rows.items():
            self._keep(*subject_and_week(key), hash(row))
        self._everything = True

    def rates_changed(self) -> None:
        """Money may be worth something else."""
        self._everything = True

    def seconds_until_due(self, state: PartitionState, *, behind: bool, alone: bool = False) -> float | None:
        """How long nothing has to be compared; None while nothing has changed.

        Args:
            state: what may have changed.
            behind: whether there is a backlog.
            alone: whether the rows would go out in a transaction of their own.
        """
        if not (self._are_of_all or state.dirty_weeks):
            return None
        publications = _PUBLICATIONS + GRACE * alone
        pause = _BEHIND_SECONDS if behind else publications * self._desk.settings.publish_seconds
        return max(0.0, self._done_at + pause - time.monotonic())

    def few_are_due(self, state: PartitionState, *, behind: bool) -> bool:
        """Whether something has to be compared now, and so little that records may wait for it."""
        few = not self._are_of_all and len(state.dirty_weeks) <= _FEW
        return few and self.seconds_until_due(state, behind=behind) == 0

    @property
    def _are_of_all(self) -> bool:
        """Whether weeks of all subjects have to be compared."""
        return self._everything or self._weeks != shared_weeks(self._desk.as_of.day())

    def compute(self, state: PartitionState, outbox: Outbox) -> Iterator[None]:
        """Put what changed since the last call into the outbox, pausing after each subject, or some together."""
        weeks = shared_weeks(self._desk.as_of.day())
        changed, state.dirty_weeks = state.dirty_weeks, {}
        if self._everything:
            due = dict.fromkeys(self._subjects(state), weeks)
        else:
            due = {subject: _span(touched, weeks) for subject, touched in changed.items()}
            if fresh := [week for week in weeks if week not in self._weeks]:  # a week is over, and shared from now on
                for subject in self._subjects(state):
                    due[subject] = _around(due.get(subject, range(0)), fresh)
        self._pending = {}
        if self._everything or weeks.start != self._weeks.start:
            self._withdraw(weeks, set(due) if self._everything else None, outbox)
        self._everything, self._weeks = False, weeks
        spans = {subject: span for subject, span in due.items() if span and not subject.startswith(_NOT_SHARED)}
        panes = {subject: state.panes(subject) or {} for subject in spans}
        for some in _together(spans, panes):
            for subject, rows in self._rows(some, spans, panes).items():
                self._compare(subject, spans[subject], rows, outbox)
            yield

    def done(self) -> None:
        """What was computed is committed."""
        for (subject, week), row in self._pending.items():
            self._keep(subject, week, row)
        self._pending = {}
        self._done_at = time.monotonic()

    def _keep(self, subject: str, week: int, row: int | None) -> None:
        """Know what is on the topic."""
        if row is not None:
            self._out.setdefault(subject, {})[week] = row
        elif known := self._out.get(subject):
            known.pop(week, None)
            if not known:
                del self._out[subject]

    def _subjects(self, state: PartitionState) -> list[str]:
        return [*state.reps.book.by_subject, *state.groups.book.by_subject]

    def _rows(
        self, some: list[str], spans: Mapping[str, range], panes: Mapping[str, Panes]
    ) -> Mapping[str, Mapping[int, WeekRow]]:
        """The rows of some subjects, each of its own weeks."""
        rates = self._desk.reference.rates
        if len(some) > 1:
            panes_of = [(subject, panes[subject], spans[subject]) for subject in some]
            return week_rows_together(panes_of, self._kpis, rates)
        return {subject: week_rows(panes[subject], spans[subject], self._kpis, rates) for subject in some}

    def _compare(self, subject: str, span: range, rows: Mapping[int, WeekRow], outbox: Outbox) -> None:
        known = self._out.get(subject, {})
        for week in sorted(rows.keys() | known.keys()):
            if week not in span:
                continue
            row = rows.get(week)
            value = None if row is None else encode_week_row(row)
            if (None if value is None else hash(value)) != known.get(week):
                self._put(subject, week, value, outbox)

    def _withdraw(self, weeks: range, subjects: set[str] | None, outbox: Outbox) -> None:
        """Take back rows of weeks that are too old, and of subjects that are gone where `subjects` names those there are."""
        for subject, known in self._out.items():
            is_gone = subjects is not None and subject not in subjects
            for week in known:
                if is_gone or week < weeks.start:
                    self._put(subject, week, None, outbox)

    def _put(self, subject: str, week: int, value: bytes | None, outbox: Outbox) -> None:
        outbox.put(self._desk.names.weeks, self._partition, Outgoing(row_key(subject, week), value))
        self._pending[subject, week] = None if value is None else hash(value)


def _together(spans: Mapping[str, range], panes: Mapping[str, Panes]) -> list[list[str]]:
    """The subjects whose rows are made at once, then the others, each alone."""
    long = [subject for subject, span in spans.items() if len(span) >= _LONG and len(panes[subject]) >= _LONG_IN_DAYS]
    several = [long[start : start + _MOST_TOGETHER] for start in range(0, len(long), _MOST_TOGETHER)]
    several = [some for some in several if len(some) >= _LEAST_TOGETHER]
    done = {*chain.from_iterable(several)}
    return several + [[subject] for subject in spans if subject not in done]


def _span(touched: Iterable[int], weeks: range) -> range:
    """The shared weeks from the first to the last that was touched."""
    shared = [week for week in touched if week in weeks]
    return range(min(shared), max(shared) + DAYS, DAYS) if shared else range(0)


def _around(one: Iterable[int], other: Iterable[int]) -> range:
    """The weeks of both, and those between them."""
    both = [*one, *other]
    return range(min(both), max(both) + DAYS, DAYS) if both else range(0)
