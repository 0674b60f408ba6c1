"""Sources: what a lane reads - frames that wait, taken in step with its positions, whatever is lost on the way or gone."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable

from streams.breathing import breathing
from streams.cutting import Frame
from streams.desk import Desk
from streams.frame_queue import FrameQueue
from streams.outbox import Outbox
from streams.partition_state import PartitionState
from streams.tally import Tally

_SUMS_WAIT_SECONDS = 2.0
"""While the worker has a large backlog, sums from other lanes are taken this rarely, for no score goes out more often then."""

_RECORDS_A_SECOND = 50_000
"""About how many records a worker takes: with a smaller backlog, sums wait as long as that does."""

_TRANSACTION_BYTES = 8_000_000
"""Bytes of frames after which a transaction is full, however few records they are: five thousand usual ones have two million."""

SeekBack = Callable[[str, int, int], Awaitable[None]]
"""Set the consumer of (topic, partition) back to an offset."""

LogRanges = Callable[[Iterable[str], int], Awaitable[dict[str, tuple[int, int]]]]
"""By topic, the first offset that it still has in a partition, and its end, as the broker says now."""


class Sources:
    """What a lane reads its partition of, and the frames that wait: records in one queue, sums of other lanes in another."""

    def __init__(self, partition: int, desk: Desk, seek_back: SeekBack, log_ranges: LogRanges) -> None:
        """Start closed: nothing is taken in before `open`.

        Args:
            partition: the lane's.
            desk: what the lanes of the worker share.
            seek_back: sets a source back when frames were lost on the way.
            log_ranges: the first offset that each topic still has in a partition, and its end, now.
        """
        names = desk.names
        self.summed = frozenset({names.facts, names.pane_changes})
        """Topics of sums from other lanes."""
        self.own_topics = (names.forwarded, *sorted(self.summed))
        """Topics of our own, of whose partition the lane is the only reader."""
        self.topics = (*names.inputs, *self.own_topics)
        """Every topic of which the lane reads its partition."""
        self.filled = asyncio.Event()
        """Set when a frame came in; whoever takes them clears it."""
        self._partition = partition
        self._desk = desk
        self._seek_back = seek_back
        self._log_ranges = log_ranges
        self._records = FrameQueue(self.filled)
        self._sums = FrameQueue(self.filled)
        self._sums_taken_at = 0.0
        self._left: dict[str, int] = {}

    @property
    def has_records(self) -> bool:
        """Whether records wait."""
        return bool(self._records)

    @property
    def has_sums(self) -> bool:
        """Whether sums of other lanes wait."""
        return bool(self._sums)

    async def put(self, frame: Frame) -> None:
        """Queue a frame; waits while the queue is full. Closed sources drop it: what counts is read again."""
        await (self._sums if frame.topic in self.summed else self._records).put(frame)
        self._tell_backlog()

    def open(self) -> None:
        """Take frames in from now on."""
        self._records.open()
        self._sums.open()

    def close(self) -> None:
        """Drop what waits, and take nothing more for now."""
        self._records.close()
        self._sums.close()
        self._left.clear()
        self._tell_backlog()

    async def rewind(self, state: PartitionState) -> None:
        """Have every topic read from the state's position."""
        for topic in self.topics:
            await self._seek_back(topic, self._partition, state.positions.get(topic, 0))

    async def begin_anew_where_needed(self, state: PartitionState) -> None:
        """Set positions to the start of topics that were deleted and made anew since they were read.

        Raises:
            StateMismatch: one of our own topics was made anew.
        """
        for topic, (_, end) in (await self._log_ranges(self.topics, self._partition)).items():
            if end < state.positions.get(topic, 0) or state.was_made_anew(topic):
                state.begin_anew(topic, end)

    def _tell_backlog(self) -> None:
        waiting = self._records.offsets + sum(self._left.values())
        self._desk.backlog.waits(self._partition, waiting, frames=bool(self._records or self._sums))

    async def take_records(self, state: PartitionState, outbox: Outbox, tally: Tally) -> bool:
        """Compute what the queued records change; whether there were any."""
        return await self._take_queued(self._records, state, outbox, tally)

    def seconds_until_sums(self) -> float:
        """How long sums of other lanes wait, so that more of them add up to one change: not at all where no records wait."""
        pause = min(_SUMS_WAIT_SECONDS, self._desk.backlog.records_waiting / _RECORDS_A_SECOND)
        return max(0.0, self._sums_taken_at + pause - time.monotonic())

    async def take_sums(self, state: PartitionState, outbox: Outbox, tally: Tally) -> bool:
        """Compute what the queued sums of other lanes change; whether there were any."""
        taken = await self._take_queued(self._sums, state, outbox, tally)
        state.apply_facts()
        self._sums_taken_at = time.monotonic()
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
            if frame.topic not in self.summed:
                self._left[frame.topic] = frame.left
            await breathing(state.take(frame, outbox, tally))
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
        start, _ = (await self._log_ranges([frame.topic], self._partition))[frame.topic]
        if start <= position:
            self._desk.metrics.seek_backs.inc()
            await self._seek_back(frame.topic, self._partition, position)
            return False
        state.skip_to(frame.topic, start, tally)
        if frame.start > start:
            await self._seek_back(frame.topic, self._partition, start)
        return frame.start <= start

    async def _position_if_made_anew(self, state: PartitionState, topic: str) -> int:
        """A frame says that its topic ends below the position: it was cut long ago, or the topic was made anew. Ask.

        Raises:
            StateMismatch: one of our own topics was made anew.
        """
        position = state.positions[topic]
        _, end = (await self._log_ranges([topic], self._partition))[topic]
        return position if end >= position else state.begin_anew(topic, end)
