"""A lane of a real Kafka, fed frame by frame as the worker does, so that tests can lose frames and see what it committed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from faust.types import TP

from schemas.topics import EVENTS
from streams import topic_admin
from streams.codec import decode_facts
from streams.cutting import Frame, cut
from streams.desk import Desk
from streams.kafka_clients import read_to_end, reader
from streams.lane import Lane
from streams.log_ends import Asked
from streams.program_metrics import ProgramMetrics
from streams.scorecard_file import load_scorecard
from streams.settings import Settings
from streams.topic_names import TopicNames
from tests.functional.brokers import consumer_of, fresh_name, send, wait_for

Keep = Callable[[Frame], bool]


def installation(kafka: Settings, **changes: Any) -> Settings:
    """Settings of a new installation with one partition, its topics made."""
    name = fresh_name("lane")
    values = kafka.model_dump() | {
        "app": name,
        "topic_prefix": name + ".",
        "partitions": 1,
        "clock": "events",
        "publish_seconds": 0.05,
    }
    settings = Settings(**(values | changes))
    topic_admin.ensure(settings)
    return settings


def produce(settings: Settings, records: Iterable[dict[str, Any] | bytes], topic: str = EVENTS) -> None:
    """Send records to an input topic."""
    values = [record if isinstance(record, bytes) else json.dumps(record).encode() for record in records]
    send(settings, settings.topic_prefix + topic, [(b"key", value) for value in values])


class Running:
    """A lane at work, the consumer that feeds it, and what it says about itself."""

    task: asyncio.Task[None]

    def __init__(
        self, settings: Settings, consumer: AIOKafkaConsumer, everything: AIOKafkaConsumer, keep: Keep
    ) -> None:
        self.desk = Desk.of(settings, load_scorecard(None), ProgramMetrics(), lambda _: None, lambda _: None)
        self.desk.topic_ids = topic_admin.topic_ids(settings)
        self.keep = keep
        self.lane = Lane(0, self.desk, self._seek_back, self._log_ranges, Asked)
        self.consumer = consumer
        self._everything = everything

    async def _seek_back(self, topic: str, partition: int, offset: int) -> None:
        self.consumer.seek(TopicPartition(topic, partition), offset)

    async def _log_ranges(self, topics: Iterable[str], partition: int) -> dict[str, tuple[int, int]]:
        tps = [TopicPartition(topic, partition) for topic in topics]
        starts, ends = await self.consumer.beginning_offsets(tps), await self.consumer.end_offsets(tps)
        return {tp.topic: (starts[tp], ends[tp]) for tp in tps}

    async def feed(self) -> None:
        """Cut frames and hand them over, but for those that are to be lost."""
        partitions = {TP(topic, 0) for topic in self.lane.sources.topics}
        while True:
            fetched = await cut(self.consumer._fetcher, partitions)
            for frame in (frame for frames in fetched.values() for frame in frames):
                seen = replace(frame, records=list(frame.records))  # they can be gone through once
                if self.keep(seen):
                    await self.lane.submit(seen)
            await asyncio.sleep(0 if fetched else 0.005)

    def position(self, topic: str = EVENTS) -> int:
        """Up to where the lane has taken a topic, by its logical name; -1 while it recovers."""
        if self.lane.state is None:
            return -1
        name = next((name for name, logical in self.desk.names.inputs.items() if logical == topic), topic)
        return self.lane.state.positions.get(name, 0)

    async def reached(self, offset: int, topic: str = EVENTS) -> None:
        """Wait until the lane has taken a topic up to an offset, and all that follows from it."""
        await wait_for(lambda: self.task.done() or self.position(topic) >= offset, f"position {offset} of {topic}")
        await wait_for(lambda: self.task.done() or self.lane.is_idle, "the lane to be idle")

    async def consistent(self) -> None:
        """Wait until everything that the lane wrote to its own topics has been taken.

        What is committed can be read a little later, when its marker is written: so ends are those of everything written.
        """
        names = (self.desk.names.facts, self.desk.names.pane_changes, self.desk.names.forwarded)
        tps = [TopicPartition(name, 0) for name in names]

        async def took_all() -> bool:
            ends = await self._everything.end_offsets(tps)
            return all(self.position(tp.topic) >= end for tp, end in ends.items())

        for _ in range(2_000):
            if self.lane.is_idle and await took_all() and self.lane.is_idle:
                return
            await asyncio.sleep(0.01)
        raise AssertionError("the lane never took all that it wrote")

    def counted(self, name: str, **labels: str) -> float:
        return self.desk.metrics.registry.get_sample_value(name, labels) or 0

    def won(self, subject: str) -> int:
        """Records of won deals in the panes of a subject."""
        assert self.lane.state is not None
        panes = self.lane.state.panes(subject) or {}
        return sum(amount for pane in panes.values() for key, amount in pane.items() if key.startswith("won_n|"))


@asynccontextmanager
async def running(settings: Settings, keep: Keep = lambda _: True) -> AsyncIterator[Running]:
    """A lane from its recovery to the end of the block, where it ends as a killed one does."""
    names = TopicNames.of(settings)
    sources = (*names.inputs, names.forwarded, names.facts, names.pane_changes)
    uncommitted = consumer_of(settings, isolation="read_uncommitted")
    async with (
        consumer_of(settings, *sources, max_partition_fetch_bytes=100_000) as consumer,
        uncommitted as everything,
    ):
        made = Running(settings, consumer, everything, keep)
        made.task = asyncio.create_task(made.lane.run())
        feeding = asyncio.create_task(made.feed())
        try:
            await wait_for(lambda: made.task.done() or made.lane.state is not None, "the lane to recover")
            yield made
        finally:
            feeding.cancel()
            made.task.cancel()
            await asyncio.gather(feeding, made.task, return_exceptions=True)


async def committed(settings: Settings, topic: str) -> list[ConsumerRecord[Any, Any]]:
    """Every committed record of partition 0 of a topic, by its name on the broker."""
    tp = TopicPartition(topic, 0)
    async with reader(settings, [tp]) as consumer:
        return [record async for records in read_to_end(consumer, [tp]) for record in records]


async def facts_sent(settings: Settings, desk: Desk) -> dict[str, int]:
    """What the committed facts add up to, by measure."""
    sums: dict[str, int] = {}
    for record in await committed(settings, desk.names.facts):
        for _, _, amounts in decode_facts(record.value):
            for measure, amount in amounts.items():
                sums[measure] = sums.get(measure, 0) + amount
    return sums
