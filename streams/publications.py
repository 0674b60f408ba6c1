"""Publications: what a lane tells the world - scores, week rows, how far it is, norms, and drops."""

from __future__ import annotations

from functools import partial
from typing import Final, NamedTuple

from streams.breathing import breathing
from streams.desk import Desk
from streams.drop_publication import DropPublication
from streams.event_time import tell_event_time
from streams.log_ends import Ask
from streams.open_drops import NO_DROPS, OpenDrops, open_drops
from streams.outbox import Outbox
from streams.partition_state import PartitionState
from streams.publication import Publication
from streams.readiness import Readiness
from streams.ready_days import ready_key
from streams.row_reader import read_whole_partition
from streams.week_publication import WeekPublication

_NORMS_SECONDS: Final = 0.1
"""How long scores wait before they look again whether norms that are about to be worked out are there."""


class Along(NamedTuple):
    """What goes out with the records of a transaction: one by itself costs as much again."""

    scores: bool
    weeks: bool


class Due(NamedTuple):
    """What is to be told now in a transaction of its own."""

    weeks: bool
    ready: bool
    drops: bool
    norms: bool = False


class Publications:
    """The publications of one lane, in the order in which one may need another's rows."""

    def __init__(self, partition: int, desk: Desk, ask: Ask) -> None:
        """Nothing is due before `recovered`."""
        self.scores = Publication(partition, desk)
        self.weeks = WeekPublication(partition, desk)
        self.open_drops: OpenDrops = NO_DROPS
        """As committed; replaced, never changed."""
        self._readiness = Readiness(partition, desk, ask)
        self._drops = DropPublication(partition, desk)
        self._partition = partition
        self._desk = desk

    async def recovered(self, state: PartitionState) -> None:
        """Begin with a state that was read back; what is on the topics is read from there."""
        self.scores.recovered()
        tell_event_time(self._desk, self.scores.newest_day(state))
        weeks = await read_whole_partition(self._desk.settings, self._desk.names.weeks, self._partition)
        self._readiness.recovered(weeks.pop(ready_key(self._partition), None))
        self.weeks.recovered(weeks)
        self._drops.recovered()
        self.open_drops = open_drops(state.told)

    def voice_changes(self) -> None:
        """The lane begins to speak or ceases to: where scores go is another topic, and charts are to be drawn anew."""
        self.scores.everything_changed()
        self._drops.recovered()

    def hide(self) -> None:
        """Show nothing any longer: another worker's lane does."""
        self.scores.scores, self.scores.whole, self.open_drops = {}, False, NO_DROPS

    def pauses(self, state: PartitionState) -> list[float | None]:
        """How long until scores, weeks and alerts are due; None where nothing is."""
        return [self._seconds_until_scores(state, alone=True), *self._other_pauses(state)]

    def _seconds_until_scores(self, state: PartitionState, *, alone: bool) -> float | None:
        if self.scores.has_norms:
            return None
        scores = self.scores.seconds_until_due(state, alone=alone)
        if scores is not None and self._desk.norms_pending and self._desk.backlog.ended_lately:
            return max(scores, _NORMS_SECONDS)  # by them all would go out anew at once
        return scores

    def _other_pauses(self, state: PartitionState) -> list[float | None]:
        backlog = self._desk.backlog
        settled_in, behind = backlog.seconds_until_settled, backlog.is_in_the_way
        weeks = self.weeks.seconds_until_due(state, behind=behind, alone=True)
        drops = self._drops.seconds_until_due(state, behind=behind)
        backlog.weeks_are_due(self._partition, due=weeks is not None)
        norms = 0.0 if self.scores.has_norms else None
        return [weeks, drops, norms, settled_in or None]

    def along(self, state: PartitionState, *, alone: bool) -> Along:
        """What is to go out with the next transaction; `alone`: it holds nothing else.

        Many week rows take one of their own, for records would wait.
        """
        scores = self._seconds_until_scores(state, alone=alone) == 0
        weeks = not alone and self.weeks.few_are_due(state, behind=self._desk.backlog.is_in_the_way)
        return Along(scores, weeks)

    async def compute_along(self, along: Along, state: PartitionState, outbox: Outbox) -> None:
        """Put it into the outbox."""
        if along.scores:
            await self.score(state, outbox)
        if along.weeks:
            await breathing(self.weeks.compute(state, outbox))

    async def score(self, state: PartitionState, outbox: Outbox, *, whole: bool = False) -> None:
        """Put scores that are due into the outbox, a slice of them or, if `whole`, all."""
        await breathing(self.scores.compute(state, outbox, whole=whole))
        self._desk.passing("scored", self._partition)
        state.write_shown(outbox)

    def went_along(self, along: Along) -> None:
        """It is committed."""
        if along.scores:
            self.scores.done()
        if along.weeks:
            self.weeks.done()

    def due(self, state: PartitionState, *, moving: bool) -> Due:
        """What else is to be told now; `moving`: whether the lane has yet to follow changed memberships."""
        weeks, drops, norms, _ = (pause == 0 for pause in self._other_pauses(state))
        ready = self._readiness.look(state, moving=moving, newest_day=partial(self.scores.newest_day, state))
        return Due(weeks or (ready and self._readiness.needs_weeks), ready, drops, norms)

    async def compute(self, due: Due, state: PartitionState, outbox: Outbox) -> None:
        """Put it into the outbox, week rows before the word that they are there."""
        if due.norms:
            self.scores.compute_norms(outbox)
        if due.weeks:
            await breathing(self.weeks.compute(state, outbox))
        if due.ready:
            await breathing(self._readiness.compute(outbox))
        if due.drops:
            await breathing(self._drops.compute(state, outbox))

    def done(self, due: Due, state: PartitionState) -> None:
        """It is committed."""
        if due.weeks:
            self.weeks.done()
        if due.ready:
            self._readiness.done()
        if due.drops:
            self._drops.done()
            self.open_drops = open_drops(state.told)
        if due.norms:
            self.scores.norms_done()
