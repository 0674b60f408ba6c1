"""Lane: the one writer of a partition. What it takes from its queue is one Kafka transaction, or has not happened.

Why it is built this way, and what else was tried and lost records, is in docs/decisions/0001-lanes.md.
"""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress

from aiokafka import AIOKafkaProducer
from aiokafka.errors import IllegalOperation, InvalidProducerEpoch, KafkaError, ProducerFenced

from scoring.norms import Norms
from scoring.reference import Effect
from streams.breathing import breathing
from streams.cutting import Frame
from streams.desk import Desk
from streams.kafka_clients import closed, started, transactional_producer
from streams.lane_sources import LogRanges, SeekBack, Sources
from streams.lane_voice import LaneVoice, Step
from streams.log_ends import Ask
from streams.open_drops import open_drops
from streams.outbox import Outbox
from streams.partition_state import PartitionState
from streams.publications import Due, Publications
from streams.retirement import Retirement
from streams.row_reader import read_whole_partition
from streams.tally import Tally

log = logging.getLogger(__name__)

_WAIT_IF_FENCED_SECONDS = 3.0
"""A fenced lane that came straight back would fence the true owner out: it waits until the assignment has settled."""
_WAIT_AFTER_ERROR_SECONDS = 1.0
_GATHER_SECONDS = 0.01
"""What one fetch brought of several topics comes frame by frame: without a moment of waiting it would be several transactions."""
_RETIREMENT_PAUSE_SECONDS = 0.1
"""Between two steps of letting go what is out of retention, which nobody waits for."""


class Lane:
    """Queue, state, producer and positions of one partition."""

    def __init__(self, partition: int, desk: Desk, seek_back: SeekBack, log_ranges: LogRanges, ask: Ask) -> None:
        """Set up; `run` makes it live.

        Args:
            partition: the partition number of every topic that is this lane's.
            desk: what the lanes of the worker share.
            seek_back: sets a source back when frames were lost on the way.
            log_ranges: the first offset that each topic still has in a partition, and its end, now.
            ask: has the ends of partitions asked for in the background.
        """
        self.partition = partition
        self.state: PartitionState | None = None
        """None until recovered."""
        self.speaks = False
        """Whether it tells of its subjects, as of the last commit."""
        self.publications = Publications(partition, desk, ask)
        self._retirement = Retirement(desk)
        self._voice = LaneVoice(partition, desk)
        self._desk = desk
        self.sources = Sources(partition, desk, seek_back, log_ranges)
        self._work = self.sources.filled
        self._to_reroute: dict[tuple[str, str], None] = {}
        self._busy = False
        self._ending = False
        self._starting_over = False
        self.committed: dict[str, int] = {}
        """Positions as of the last commit: whoever recovers this lane begins there or later."""

    @property
    def is_idle(self) -> bool:
        """Whether there is nothing in the queue and nothing in the making."""
        return not self.sources.has_records and not self.sources.has_sums and not self._busy

    async def submit(self, frame: Frame) -> None:
        """Queue a frame; waits while the queue is full. A lane that recovers or ends drops it."""
        await self.sources.put(frame)

    def reference_changed(self, record_type: str, record_id: str, effect: Effect) -> None:
        """Note a changed reference record; where it moves somebody, the lane follows in its own time, in a transaction."""
        backlog = self._desk.backlog
        if effect.moves:
            self._to_reroute[record_type, record_id] = None
            if self.state is not None:  # else it follows them all as it recovers
                backlog.computes(self.partition)
        self.publications.scores.reference_changed(effect.concerned)
        if record_type == "fx_rate":
            self.publications.weeks.rates_changed()
            backlog.weeks_are_due(self.partition, due=True)
        self._work.set()

    def norms_changed(self) -> None:
        """Score everything anew."""
        self.publications.scores.everything_changed()
        self._work.set()

    def offer_norms(self, norms: Norms) -> bool:
        """Publish these norms, in the lane's own transaction; whether it is in a state to."""
        if self.state is None:
            return False
        self.publications.scores.offer(norms)
        self._work.set()
        return True

    def wake(self) -> None:
        """Let the lane look whether a publication is due."""
        self._work.set()

    def start_over(self) -> None:
        """Forget what is in memory and recover, at the next step."""
        self._starting_over = True
        self._work.set()

    async def run(self) -> None:
        """Recover and work until cancelled. Errors of the broker start it over; anything else is a bug and is raised."""
        while not self._ending:
            producer = transactional_producer(self._desk.settings, self.partition)
            try:
                await started(producer)  # fences whoever wrote for this partition before
                self._desk.passing("fenced", self.partition)
                await self._recover(producer)
                while not self._ending and not self._starting_over:
                    await self._step(producer)
            except (
                ProducerFenced,
                InvalidProducerEpoch,
                IllegalOperation,
            ):  # the last: its transaction was ended under it
                self._desk.metrics.transactions.labels("fenced").inc()
                log.info("lane %d: another worker writes for this partition now", self.partition)
                self.publications.hide()
                await self._forget(_WAIT_IF_FENCED_SECONDS)
            except (KafkaError, OSError) as error:
                self._desk.metrics.transactions.labels("failed").inc()
                log.warning("lane %d: %r; starting over", self.partition, error)
                await self._forget(_WAIT_AFTER_ERROR_SECONDS)
            finally:
                self.state = None
                self.sources.close()
                await closed(producer)

    async def _forget(self, seconds: float) -> None:
        """Drop all that was computed but not committed; the rows on the broker are the truth."""
        self.state = None
        self._desk.backlog.forget(self.partition)
        self._desk.turns.leave(self.partition)
        self.sources.close()
        await asyncio.sleep(seconds)

    def end(self) -> None:
        """End after the transaction in the making: an open one would hold back every reader until it times out."""
        self._ending = True
        self.sources.close()
        self._work.set()

    async def _recover(self, producer: AIOKafkaProducer) -> None:
        self._starting_over = False
        started = time.monotonic()
        rows = await read_whole_partition(self._desk.settings, self._desk.names.state, self.partition)
        state = PartitionState(self.partition, self._desk)
        await breathing(state.restore(rows))
        outbox = Outbox()
        self._retirement.recovered()
        if not rows:
            state.introduce(outbox)
            if self._retirement.is_due():  # before anything comes: it would all be looked through
                await breathing(self._retirement.some(state))
                state.write_down(outbox)
        await self.sources.begin_anew_where_needed(state)
        state.remember_topics(self.sources.topics, outbox)
        self._voice.introduce(outbox)
        if state.positions.get(self._desk.names.reference, 0) != self._desk.reference_position:
            state.reroute(list(state.reps.routes), self._desk.reference_position)
            state.write_down(outbox)
        self._to_reroute.clear()
        await self._commit(producer, outbox, Tally())
        self.committed = dict(state.positions)
        if not self._ending:
            self.sources.open()
        await self.sources.rewind(state)
        self.state, self.speaks = state, state.voice.speaks
        await self.publications.recovered(state)
        seconds = time.monotonic() - started
        self._desk.metrics.recovery.set(seconds)
        log.info("lane %d: %d rows recovered in %.1f s", self.partition, len(rows), seconds)

    async def _step(self, producer: AIOKafkaProducer) -> None:
        state = self.state
        assert state is not None  # noqa: S101 - run() recovers first
        await self._wait_for_work(state)
        if (self.sources.has_records or self.sources.has_sums) and not self._desk.is_behind:
            await asyncio.sleep(_GATHER_SECONDS)
        self._busy = True
        try:
            outbox, tally = Outbox(), Tally()
            self._desk.backlog.computes(self.partition)
            taken = self.sources.seconds_until_sums() == 0 and await self.sources.take_sums(state, outbox, tally)
            taken |= await self.sources.take_records(state, outbox, tally)
            rerouted = self._reroute(state)
            if taken or rerouted:
                state.write_down(outbox)
            along = self.publications.along(state, alone=not outbox)
            await self.publications.compute_along(along, state, outbox)
            if outbox:
                await self._commit(producer, outbox, tally)
                self.committed = dict(state.positions)
            self.publications.went_along(along)
            self._desk.backlog.passed_on(self.partition, outbox.sent, state.positions)
            if self._to_reroute:  # it came in meanwhile
                self._desk.backlog.computes(self.partition)
            if step := self._voice.step(state):
                await self._change_voice(step, producer, state)
            due = self.publications.due(state, moving=bool(self._to_reroute))
            if any(due):
                await self._publish(producer, state, due)
            if self._retirement.is_due() and not self._desk.is_behind:
                await self._retire(producer, state)
        finally:
            self._busy = False

    async def _wait_for_work(self, state: PartitionState) -> None:
        self._work.clear()
        if self.sources.has_records or self._to_reroute or self._voice.step(state):
            return
        pauses = self.publications.pauses(state)
        if self.sources.has_sums:
            pauses.append(self.sources.seconds_until_sums())
        if self._retirement.is_due():
            pauses.append(_RETIREMENT_PAUSE_SECONDS)
        with suppress(TimeoutError):
            async with asyncio.timeout(min((pause for pause in pauses if pause is not None), default=None)):
                await self._work.wait()

    def _reroute(self, state: PartitionState) -> bool:
        """Follow changed memberships; whether there were any."""
        position = self._desk.reference_position
        if not self._to_reroute:
            return False
        changed, self._to_reroute = self._to_reroute, {}
        affected: dict[str, None] = {}
        for record_type, record_id in changed:
            affected |= dict.fromkeys(state.reps.affected_by(record_type, record_id))
        state.reroute(affected, position)
        self._desk.passing("rerouted", self.partition)
        return True

    async def _publish(self, producer: AIOKafkaProducer, state: PartitionState, due: Due) -> None:
        outbox = Outbox()
        await self.publications.compute(due, state, outbox)
        if outbox or due.drops:
            state.write_down(outbox)
            await self._commit(producer, outbox, Tally())
            self._desk.backlog.passed_on(self.partition, outbox.sent, {})
        self.publications.done(due, state)

    async def _change_voice(self, step: Step, producer: AIOKafkaProducer, state: PartitionState) -> None:
        """Cease to speak, or begin to with all scores in the same transaction: those of a partition change at once."""
        self._desk.passing(step, self.partition)
        outbox = Outbox()
        self._voice.compute(step, state, outbox)
        self.publications.voice_changes()
        if step == "take over":
            await self.publications.score(state, outbox, whole=True)
        state.write_down(outbox)
        await self._commit(producer, outbox, Tally())
        self.committed = dict(state.positions)
        self.speaks = state.voice.speaks
        self.publications.open_drops = open_drops(state.told)
        if step == "take over":
            self.publications.scores.done()
            await self.sources.rewind(state)
        self._voice.say(step)

    async def _retire(self, producer: AIOKafkaProducer, state: PartitionState) -> None:
        """Let go some of what is out of retention; the rest after the next frames, or a little later."""
        await breathing(self._retirement.some(state))
        if self._retirement.changed:
            outbox = Outbox()
            state.write_down(outbox)
            await self._commit(producer, outbox, Tally())

    async def _commit(self, producer: AIOKafkaProducer, outbox: Outbox, tally: Tally) -> None:
        """One transaction; an open one holds back every reader, so nothing is computed inside it."""
        if not outbox:
            return
        metrics = self._desk.metrics
        with metrics.transaction_seconds.time():
            passing = self._desk.passing
            passing("computed", self.partition)
            await producer.begin_transaction()
            await outbox.send(producer)
            passing("sent", self.partition)
            await producer.commit_transaction()
            passing("committed", self.partition)
        metrics.transactions.labels("committed").inc()
        tally.settle(self._desk)
