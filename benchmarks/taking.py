"""Taking: what the stages of the line take of CPU for a record, without a broker: fetched batches in, batches to send out.

`python -m benchmarks.taking` feeds all lanes of a worker from memory, as many records a transaction as it takes in a backlog;
what lanes send each other goes round as it would through Kafka. No network, no event loop, no scores. `--profile FILE` keeps
what cProfile saw.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import gc
import struct
import time
from collections import deque
from collections.abc import Collection, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, Final, NamedTuple

from aiokafka import TopicPartition
from aiokafka.consumer.fetcher import READ_COMMITTED, PartitionRecords
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.record.memory_records import MemoryRecords

from benchmarks.workload import Sent, Workload
from schemas.records import decode
from schemas.topics import REFERENCE
from scoring.reference import Versioned
from streams.commands.worker import GC_THRESHOLDS
from streams.desk import Desk
from streams.fetched_batches import FetchedBatches
from streams.frames import Frame
from streams.outbox import Outbox
from streams.partition_state import PartitionState
from streams.program_metrics import ProgramMetrics
from streams.scorecard_file import load_scorecard
from streams.settings import Settings
from streams.tally import Tally

BATCH_BYTES: Final = 1_000_000
_FETCH_BYTES: Final = 250_000
"""About what a fetch of 1 MB brings of each of several partitions."""
_SUMS_EVERY: Final = 10
"""Transactions of a lane after which it takes sums of other lanes: in a backlog, every two seconds."""

STAGES: Final = ("records", "sums", "rows", "sending")


class Batch(NamedTuple):
    """Records as the broker holds them."""

    start: int
    end: int
    data: bytes


class Acknowledged(NamedTuple):
    """What a broker says of a batch that it has."""

    topic: str
    partition: int
    offset: int


class Log:
    """A partition of a topic: batches, and how far they were read."""

    def __init__(self) -> None:
        self.waiting: deque[Batch] = deque()
        self.end = 0

    def append(self, builder: Any) -> None:
        """Add a batch at the end, as the broker does: it sets the first offset."""
        count = builder.record_count()
        data = builder._build()  # noqa: SLF001 - what aiokafka's sender calls
        self.waiting.append(Batch(self.end, self.end + count, struct.pack(">q", self.end) + bytes(data[8:])))
        self.end += count

    def fetched(self, topic: str, partition: int) -> Iterator[Frame]:
        """What waits, as frames, each of about a fetch."""
        while self.waiting:
            data, start = b"", self.waiting[0].start
            while self.waiting and len(data) < _FETCH_BYTES:
                batch = self.waiting.popleft()
                data += batch.data
            records = MemoryRecords(data)
            batches = FetchedBatches(PartitionRecords(None, records, [], start, None, None, True, READ_COMMITTED))
            left = self.end - batches.end
            yield Frame(topic, partition, start, batches.end, left, batches, batches.size)


class Lanes:
    """All lanes of a worker, in one thread, one after the other."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.logs: dict[tuple[str, int], Log] = {}
        self.states = [PartitionState(partition, desk) for partition in range(desk.settings.partitions)]
        self.seconds = dict.fromkeys(STAGES, 0.0)
        self.sent = dict.fromkeys(("messages", "bytes", "transactions"), 0)
        self._reference_read = 0

    def log(self, topic: str, partition: int) -> Log:
        """The log of a partition."""
        return self.logs.setdefault((topic, partition), Log())

    def create_batch(self) -> Any:
        """As a producer does."""
        return BatchBuilder(BATCH_BYTES, 0, is_transactional=1)

    async def deliver(self, batches: Collection[tuple[TopicPartition, Any]]) -> list[Acknowledged]:
        """As a producer does, but it is there at once."""
        return [self._deliver(builder, *place) for place, builder in batches]

    def _deliver(self, builder: Any, topic: str, partition: int) -> Acknowledged:
        self.sent["messages"] += builder.record_count()
        self.sent["bytes"] += builder.size()
        log = self.log(topic, partition)
        start = log.end
        if topic == self.desk.names.state:
            builder._build()  # noqa: SLF001 - nobody reads it here
        else:
            log.append(builder)
        return Acknowledged(topic, partition, start)

    async def drain(self) -> None:
        """Take everything that waits, and what lanes send each other, to the end."""
        names = self.desk.names
        frames = {
            state: deque(
                frame for topic in names.inputs for frame in self.log(topic, partition).fetched(topic, partition)
            )
            for partition, state in enumerate(self.states)
        }
        rounds = 0
        while any(frames.values()) or self._has_sums():
            rounds += 1
            for partition, state in enumerate(self.states):
                await self._transaction(
                    partition, state, frames[state], sums=not frames[state] or not rounds % _SUMS_EVERY
                )
            self._follow()

    async def _transaction(self, partition: int, state: PartitionState, waiting: deque[Frame], *, sums: bool) -> None:
        names, outbox, tally = self.desk.names, Outbox(), Tally()
        if sums:
            for topic in (names.facts, names.pane_changes, names.forwarded):
                for frame in self.log(topic, partition).fetched(topic, partition):
                    with self._timed("sums"):
                        deque(state.take(frame, outbox, tally), maxlen=0)
            with self._timed("sums"):
                state.apply_facts()
        taken = 0
        while waiting and taken < self.desk.settings.transaction_records:
            frame = waiting.popleft()
            with self._timed("records"):
                deque(state.take(frame, outbox, tally), maxlen=0)
            taken += len(frame)
        with self._timed("rows"):
            state.write_down(outbox)
        with self._timed("sending"):
            await outbox.send(self)  # type: ignore[arg-type]
            tally.settle(self.desk)
        self.sent["transactions"] += 1

    def _has_sums(self) -> bool:
        names = self.desk.names
        own = (names.facts, names.pane_changes, names.forwarded)
        return any(log.waiting for (topic, _), log in self.logs.items() if topic in own)

    def _follow(self) -> None:
        """Take reference records, as every worker does, and follow who moved."""
        for frame in self.log(self.desk.names.reference, 0).fetched(self.desk.names.reference, 0):
            for record in frame.records:
                record_type, _, record_id = (record.key or b"").decode().partition(":")
                headers = dict(record.headers)
                version = int(headers["updated_at"]), int(headers["version"])
                made = None if record.value is None else Versioned(*version, record_id, decode(REFERENCE, record.value))
                if self.desk.reference.put(record_type, record_id, made).moves and record_type in {"rep", "team"}:
                    for state in self.states:
                        state.reroute(state.reps.affected_by(record_type, record_id), record.offset + 1)

    @contextmanager
    def _timed(self, stage: str) -> Iterator[None]:
        before = time.process_time()
        yield
        self.seconds[stage] += time.process_time() - before


def filled(workload: Workload) -> Lanes:
    """Lanes before which a workload lies, placed as Java's clients place it."""
    desk = Desk.of(Settings(), load_scorecard(None), ProgramMetrics(), lambda _: None, lambda _: None)
    lanes, topics = Lanes(desk), {logical: topic for topic, logical in desk.names.inputs.items()}
    by_place: dict[tuple[str, int], list[Sent]] = {}
    for message, home in zip(workload, desk.homes.of_ids([each.key.decode() for each in workload]), strict=True):
        by_place.setdefault((topics[message.topic], home), []).append(message)
    now_ms = time.time_ns() // 1_000_000
    for place, messages in by_place.items():
        log, builder = lanes.log(*place), BatchBuilder(100_000, 0)
        for message in messages:
            if builder.append(timestamp=now_ms, key=message.key, value=message.value) is None:
                log.append(builder)
                builder = BatchBuilder(100_000, 0)
                builder.append(timestamp=now_ms, key=message.key, value=message.value)
        log.append(builder)
    return lanes


def measured(workload: Workload, profile: cProfile.Profile | None = None) -> Lanes:
    """Lanes that have taken a workload."""
    lanes = filled(workload)
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
    with profile or nullcontext():
        asyncio.run(lanes.drain())
    return lanes


def main() -> None:
    """Measure, several times, and tell."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--records", type=int, default=100_000)
    asked.add_argument("--repeats", type=int, default=3)
    asked.add_argument("--profile", type=Path, metavar="FILE")
    given = asked.parse_args()
    workload = Workload.simulated(given.records)
    profile = cProfile.Profile() if given.profile else None
    for _ in range(given.repeats):
        lanes = measured(workload, profile)
        each = {stage: 1e6 * seconds / len(workload) for stage, seconds in lanes.seconds.items()}
        told = ", ".join(f"{stage} {us:.2f}" for stage, us in each.items())
        print(f"{sum(each.values()):.2f} us a record: {told}; {lanes.sent}", flush=True)
    if profile is not None:
        profile.dump_stats(given.profile)


if __name__ == "__main__":
    main()
