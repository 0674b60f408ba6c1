"""Readiness: how far one lane is with what there was when a day ended, as its row on the weeks topic says.

A day is decided on what all lanes know, so all of them must have taken in what there was before the next day began. Four stages
read what other lanes hand on - inputs, misplaced records, facts, changed panes -, and each begins where all lanes are through
the one before: then everything that can still come stands below the end of its topic, which the broker is asked for. Behind
them, the owner of the company says that the norms are made of such week rows. Stages are passed in any order of days: while a
late lane holds up a day at one of them, later days pass those before it. `docs/decisions/0014-ready-days.md` says more.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Final

from streams.desk import Desk
from streams.log_ends import Ask, Asked
from streams.outbox import Outbox, Outgoing
from streams.partition_state import PartitionState
from streams.ready_days import CHANGES, FACTS, INPUTS, STAGES, ReadyRow, ready_key, row_of, value_of
from streams.stalls import Place

_ASK_AGAIN_SECONDS: Final = 10.0
"""An end not reached in so long may be that of a topic which was made anew since."""


class Readiness:
    """One lane's row, and what it waits for."""

    def __init__(self, partition: int, desk: Desk, ask: Ask) -> None:
        """Nothing is waited for before the first look."""
        names = desk.names
        self._partition = partition
        self._desk = desk
        self._ask = ask
        self._reference: Place = (names.reference, 0)
        topics = (tuple(names.inputs), (names.forwarded,), (names.facts,), (names.pane_changes,))
        self._places: list[list[Place]] = [[(topic, partition) for topic in some] for some in topics]
        self._places[FACTS].append(self._reference)
        self._row = self._next = ReadyRow()
        self._asked: dict[int, tuple[int, Asked]] = {}
        """By stage: the day that is through it once these ends are reached."""
        self._norms: tuple[int, int, int] | None = None
        """The day of which there are norms once they are made of these revisions of week rows and people."""

    def recovered(self, value: bytes | None) -> None:
        """The topic holds this row of the lane: what it says was committed together with what it says it of."""
        self._row = self._next = row_of(value)
        self._asked, self._norms = {}, None

    def look(self, state: PartitionState, *, moving: bool, newest_day: Callable[[], int | None]) -> bool:
        """Ask for what has to be known next; whether the row says more than it did.

        Args:
            state: as committed.
            moving: whether the lane has yet to follow changed memberships.
            newest_day: gives the newest business date of the company's facts, where this lane owns the company.
        """
        days, reference, as_of = list(self._row.days), self._row.reference_read, self._desk.as_of.day()
        for stage in range(STAGES):
            day, asked = self._waiting(stage)
            if asked is None or asked.ends is None or (stage == FACTS and moving):
                continue
            if all(self._position(place, state) >= end for place, end in asked.ends.items()):
                days[stage] = max(days[stage], min(day, as_of) if stage == CHANGES else day)
                reference = max(reference, asked.ends.get(self._reference, 0))
                del self._asked[stage]
        row = self._row._replace(days=tuple(days), reference_read=reference)
        row = self._with_norms(row)
        if row == self._row:
            return False
        self._next = row._replace(newest=max(row.newest, as_of, newest_day() or 0))
        return True

    @property
    def needs_weeks(self) -> bool:
        """Whether the row that comes next says that the lane's week rows are on the topic."""
        return self._next.days[CHANGES] != self._row.days[CHANGES]

    def compute(self, outbox: Outbox) -> Iterator[None]:
        """Put the row into the outbox: behind the week rows, where it needs these."""
        outbox.put(self._desk.names.weeks, self._partition, Outgoing(ready_key(self._partition), value_of(self._next)))
        yield

    def done(self) -> None:
        """It is committed."""
        self._row = self._next

    def _waiting(self, stage: int) -> tuple[int, Asked | None]:
        if stage not in self._asked:
            target = self._target(stage)
            if target <= self._row.days[stage]:
                return 0, None
            self._asked[stage] = target, self._ask(self._places[stage], None)
        day, asked = self._asked[stage]
        if asked.ends is not None and time.monotonic() - asked.at > _ASK_AGAIN_SECONDS:
            asked = self._ask(asked.places, asked.ends)
            self._asked[stage] = day, asked
        return day, asked

    def _target(self, stage: int) -> int:
        """The newest day that can be through a stage, if what there is now is."""
        as_of = self._desk.known_as_of or 0
        if stage == INPUTS:
            return as_of
        before = self._desk.ready.through(stage - 1)
        return min(before, as_of) if stage == CHANGES else before  # week rows are those of this worker's date

    def _position(self, place: Place, state: PartitionState) -> int:
        return self._desk.reference_read if place == self._reference else state.positions.get(place[0], 0)

    def _with_norms(self, row: ReadyRow) -> ReadyRow:
        desk = self._desk
        if not desk.owns_company(self._partition):
            return row
        desk.norms_awaited = False
        as_of = desk.known_as_of or 0
        if self._norms is None or self._norms[0] > as_of:
            day = min(desk.ready.through(CHANGES), as_of)
            if day <= row.norms_day:
                return row
            self._norms = day, desk.weeks.revision, desk.reference.everybody_revision
        day, weeks, people = self._norms
        made, desk.norms_awaited = desk.norms_made, True
        if made is None or made.weeks < weeks or made.people < people or not day <= made.as_of <= as_of:
            return row
        if desk.norms.in_force(made.as_of).label != made.label:
            return row
        self._norms, desk.norms_awaited = None, False
        return row._replace(norms_day=day, norms_read=desk.norms_read)
