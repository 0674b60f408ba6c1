"""Lane: the one writer of a partition. What it takes from its queue is one Kafka transaction, or has not happened.

Why it is built this way, and what else was tried and lost records, is in docs/decisions/0001-lanes.md.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator

from aiokafka import AIOKafkaProducer
from aiokafka.errors import InvalidProducerEpoch, KafkaConnectionError, KafkaError, ProducerFenced

from streams.desk import Desk
from streams.frame_queue import FrameQueue
from streams.frames import Frame
from streams.kafka_clients import transactional_producer
from streams.outbox import Outbox
from streams.partition_state import PartitionState
from streams.publication import Publication
from streams.retirement import Retirement
from streams.row_reader import read_whole_partition
from streams.tally import Tally

log = logging.getLogger(__name__)

_WAIT_IF_FENCED_SECONDS = 3.0
"""A fenced lane that came straight back would fence the true owner out: it waits until the assignment has settled."""
_WAIT_AFTER_ERROR_SECONDS = 1.0
_CLOSE_SECONDS = 5.0
_LONGEST_BREATH_SECONDS = 0.02
_SUMS_WAIT_SECONDS = 2.0
"""While the worker has a backlog, sums from other lanes are taken this rarely, for no score goes out more often then."""

_SUMS_PAUSE_SECONDS = 0.25
"""The longest that they wait otherwise."""

_SUMS_FREE_SECONDS = 0.03
"""What all lanes together take in so little is not worth waiting for."""

_TRANSACTION_BYTES = 8_000_000
"""Bytes of frames after which a transaction is full, however few records they are: five thousand usual ones have two million."""

_RETIREMENT_PAUSE_SECONDS = 0.1
"""Between two steps of letting go what is out of retention, which nobody waits for."""

SeekBack = Callable[[str, int, int], Awaitable[None]]
"""Set the consumer of (topic, partition) back to an offset."""

LogRanges = Callable[[Iterable[str], int], Awaitable[dict[str, tuple[int, int]]]]
"""By topic, the first offset that it still has in a partition, and its end, as the broker says now."""


class Lane:
    """Queue, state, producer and positions of one partition."""

    def __init__(self, partition: int, desk: Desk, seek_back: SeekBack, log_ranges: LogRanges) -> None:
        """Set up; `run` makes it live.

        Args:
            partition: the partition number of every topic that is this lane's.
            desk: what the lanes of the worker share.
            seek_back: sets a source back when frames were lost on the way.
            log_ranges: the first offset that each topic still has in a partition, and its end, now.
        """
        self.partition = partition
        self.state: PartitionState | None = None
        """None until recovered."""
        self.publication = Publication(partition, desk)
        self._retirement = Retirement(desk)
        self._desk = desk
        self._seek_back = seek_back
        self._log_ranges = log_ranges
        self._work = asyncio.Event()
        self._records = FrameQueue(self._work)
        self._sums = FrameQueue(self._work)
        self._sums_taken_at = 0.0
        self._left: dict[str, int] = {}
        self._to_reroute: dict[tuple[str, str], None] = {}
        self._busy = False
        self._ending = False
        self._starting_over = False
        names = desk.names
        self._summed = frozenset({names.facts, names.pane_changes})
        self.own_sources = (names.forwarded, *sorted(self._summed))
        """Topics of our own, of whose partition this lane is the only reader."""
        self.sources = (*names.inputs, *self.own_sources)
        """Every topic of which this lane reads its partition."""
        self.committed: dict[str, int] = {}
        """Positions as of the last commit: whoever recovers this lane begins there or later."""

    @property
    def is_idle(self) -> bool:
        """Whether there is nothing in the queue and nothing in the making."""
        return not self._records and not self._sums and not self._busy

    async def submit(self, frame: Frame) -> None:
        """Queue a frame; waits while the queue is full. A lane that recovers or ends drops it."""
        await (self._sums if frame.topic in self._summed else self._records).put(frame)
        self._tell_backlog()

    def reference_changed(self, record_type: str, record_id: str, *, moves: bool) -> None:
        """Note a changed reference record; where it moves somebody, the lane follows in its own time, in a transaction."""
        if moves:
            self._to_reroute[record_type, record_id] = None
        self.publication.everything_changed()
        self._work.set()

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
                await _start(producer)  # fences whoever wrote for this partition before
                self._desk.passing("fenced", self.partition)
                await self._recover(producer)
                while not self._ending and not self._starting_over:
                    await self._step(producer)
            except (ProducerFenced, InvalidProducerEpoch):
                self._desk.metrics.transactions.labels("fenced").inc()
                log.info("lane %d: another worker writes for this partition now", self.partition)
                await self._forget(_WAIT_IF_FENCED_SECONDS)
            except (KafkaError, OSError) as error:
                self._desk.metrics.transactions.labels("failed").inc()
                log.warning("lane %d: %r; starting over", self.partition, error)
                await self._forget(_WAIT_AFTER_ERROR_SECONDS)
            finally:
                self.state = None
                self._close_queues()
                await _close(producer)

    async def _forget(self, seconds: float) -> None:
        """Drop all that was computed but not committed; the rows on the broker are the truth."""
        self.state = None
        self._close_queues()
        await asyncio.sleep(seconds)

    def end(self) -> None:
        """End after the transaction in the making: an open one would hold back every reader until it times out."""
        self._ending = True
        self._close_queues()
        self._work.set()

    def _close_queues(self) -> None:
        self._records.close()
        self._sums.close()
        self._left.clear()
        self._tell_backlog()

    def _tell_backlog(self) -> None:
        self._desk.backlog[self.partition] = self._records.offsets + sum(self._left.values())

    async def _recover(self, producer: AIOKafkaProducer) -> None:
        self._starting_over = False
        started = time.monotonic()
        rows = await read_whole_partition(self._desk.settings, self._desk.names.state, self.partition)
        state = PartitionState(self.partition, self._desk)
        await _breathing(state.restore(rows))
        outbox = Outbox()
        if not rows:
            state.introduce(outbox)
        for topic, (_, end) in (await self._log_ranges(self.sources, self.partition)).items():
            if end < state.positions.get(topic, 0) or state.was_made_anew(topic):
                state.begin_anew(topic, end)
        state.remember_topics(self.sources, outbox)
        if state.positions.get(self._desk.names.reference, 0) != self._desk.reference_position:
            state.reroute(list(state.reps.routes), self._desk.reference_position)
            state.write_down(outbox)
        self._to_reroute.clear()
        await self._commit(producer, outbox, Tally())
        self.committed = dict(state.positions)
        if not self._ending:
            self._records.open()
            self._sums.open()
        for topic in self.sources:
            await self._seek_back(topic, self.partition, state.positions.get(topic, 0))
        self.state = state
        self.publication.recovered()
        self._retirement.recovered()
        seconds = time.monotonic() - started
        self._desk.metrics.recovery.set(seconds)
        log.info("lane %d: %d rows recovered in %.1f s", self.partition, len(rows), seconds)

    async def _step(self, producer: AIOKafkaProducer) -> None:
        state = self.state
        assert state is not None  # noqa: S101 - run() recovers first
        await self._wait_for_work(state)
        self._busy = True
        try:
            outbox, tally = Outbox(), Tally()
            taken = self._seconds_until_sums() == 0 and await self._take_sums(state, outbox, tally)
            taken |= await self._take_queued(self._records, state, outbox, tally)
            rerouted = self._reroute(state)
            if taken or rerouted:
                state.write_down(outbox)
                await self._commit(producer, outbox, tally)
                self.committed = dict(state.positions)
            if self.publication.seconds_until_due(state, behind=self._desk.is_behind) == 0:
                await self._publish(producer, state)
            if self._retirement.is_due() and not self._desk.is_behind:
                await self._retire(producer, state)
        finally:
            self._busy = False

    async def _wait_for_work(self, state: PartitionState) -> None:
        self._work.clear()
        if self._records or self._to_reroute:
            return
        pauses = [self.publication.seconds_until_due(state, behind=self._desk.is_behind)]
        if self._sums:
            pauses.append(self._seconds_until_sums())
        if self._retirement.is_due():
            pauses.append(_RETIREMENT_PAUSE_SECONDS)
        try:
            await asyncio.wait_for(
                self._work.wait(), min((pause for pause in pauses if pause is not None), default=None)
            )
        except TimeoutError:
            return

    def _seconds_until_sums(self) -> float:
        """How long sums of other lanes wait, so that more of them add up to one change.

        About as long as the lanes last took with them: not at all when little happens. In a backlog, longer.
        """
        pause = _SUMS_WAIT_SECONDS
        if not self._desk.is_behind:
            pause = min(_SUMS_PAUSE_SECONDS, sum(self._desk.sums_cost.values()) - _SUMS_FREE_SECONDS)
        return max(0.0, self._sums_taken_at + pause - time.monotonic())

    async def _take_sums(self, state: PartitionState, outbox: Outbox, tally: Tally) -> bool:
        """Compute what the queued sums of other lanes change; whether there were any."""
        started = time.monotonic()
        taken = await self._take_queued(self._sums, state, outbox, tally)
        state.apply_facts()
        self._sums_taken_at = time.monotonic()
        self._desk.sums_cost[self.partition] = self._sums_taken_at - started
        return taken

    async def _take_queued(self, queue: FrameQueue, state: PartitionState, outbox: Outbox, tally: Tally) -> bool:
        """Compute what the frames of a queue change, up to `transaction_records`; whether there was anything."""
        taken = size = 0
        lost: set[str] = set()
        while queue and taken < self._desk.settings.transaction_records and size < _TRANSACTION_BYTES:
            frame = queue.take()
            position = state.positions.get(frame.topic, 0)
            if frame.end + frame.left < position:
                position = await self._position_if_made_anew(state, frame.topic)
            if frame.topic in lost or frame.end <= position:
                continue
            if frame.start > position and not await self._bridge(state, frame, tally):
                lost.add(frame.topic)
                continue
            if frame.topic not in self._summed:
                self._left[frame.topic] = frame.left
            await _breathing(state.take(frame, outbox, tally))
            taken += len(frame)
            size += frame.size
        self._tell_backlog()
        return taken > 0 or bool(tally.gaps)

    async def _bridge(self, state: PartitionState, frame: Frame, tally: Tally) -> bool:
        """A frame begins beyond the position: records were lost on the way, so read them again, or are gone from the log.

        Raises:
            StateMismatch: an internal topic lost records that were never read.
        """
        position = state.positions.get(frame.topic, 0)
        start, _ = (await self._log_ranges([frame.topic], self.partition))[frame.topic]
        if start <= position:
            self._desk.metrics.seek_backs.inc()
            await self._seek_back(frame.topic, self.partition, position)
            return False
        state.skip_to(frame.topic, start, tally)
        if frame.start > start:
            await self._seek_back(frame.topic, self.partition, start)
        return frame.start <= start

    async def _position_if_made_anew(self, state: PartitionState, topic: str) -> int:
        """A frame says that its topic ends below the position: it was cut long ago, or the topic was made anew. Ask.

        Raises:
            StateMismatch: one of our own topics was made anew.
        """
        position = state.positions[topic]
        _, end = (await self._log_ranges([topic], self.partition))[topic]
        return position if end >= position else state.begin_anew(topic, end)

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

    async def _publish(self, producer: AIOKafkaProducer, state: PartitionState) -> None:
        started = time.monotonic()
        outbox = Outbox()
        await _breathing(self.publication.compute(state, outbox))
        self._desk.passing("scored", self.partition)
        if outbox:
            state.write_down(outbox)
            await self._commit(producer, outbox, Tally())
        self.publication.done(time.monotonic() - started)

    async def _retire(self, producer: AIOKafkaProducer, state: PartitionState) -> None:
        """Let go some of what is out of retention; the rest after the next frames, or a little later."""
        await _breathing(self._retirement.some(state))
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


async def _breathing(steps: Iterator[None]) -> None:
    """Run through steps, giving the event loop a turn whenever they have held it for a while."""
    since = time.monotonic()
    for _ in steps:
        if time.monotonic() - since > _LONGEST_BREATH_SECONDS:
            await asyncio.sleep(0)
            since = time.monotonic()


async def _start(producer: AIOKafkaProducer) -> None:
    """Start a producer.

    Raises:
        KafkaError: the broker did not let it.
    """
    try:
        await producer.start()
    except AssertionError as error:  # aiokafka's word for metadata without any broker: Kafka's after a pause of its own
        raise KafkaConnectionError(f"the cluster names no broker: {error}") from error


async def _close(producer: AIOKafkaProducer) -> None:
    try:
        await asyncio.wait_for(producer.stop(), _CLOSE_SECONDS)
    except (KafkaError, TimeoutError) as error:
        log.debug("closing a producer: %r", error)
