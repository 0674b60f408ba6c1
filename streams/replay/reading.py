"""Reading: the input topics into a spool.

Frames (`streams.cutting.cut`) of a consumer in no group: a fetch stays bytes until its records are looked at. Measured beside
the other clients in docs/decisions/0013-replay.md.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from pathlib import Path

from aiokafka import TopicPartition

from streams.cutting import Frame, cut
from streams.kafka_clients import partitions_of, reader
from streams.replay.asked import Asked, Partition
from streams.replay.spool import SpoolWriter
from streams.replay.taking import Taker
from streams.settings import Settings
from streams.topic_names import TopicNames

_WAIT_SECONDS = 0.2


async def offsets_of(settings: Settings) -> tuple[dict[Partition, int], dict[Partition, int]]:
    """Where each partition of the input topics starts and ends now.

    Raises:
        TopicMismatch: an input topic is missing.
        KafkaError: the broker went away.
    """
    async with reader(settings, []) as consumer:
        partitions = await partitions_of(consumer, list(TopicNames.of(settings).inputs), settings.broker)
        consumer.assign(partitions)
        starts = await consumer.beginning_offsets(partitions)
        ends = await consumer.end_offsets(partitions)
    named = [((tp.topic, tp.partition), tp) for tp in partitions]
    return {each: starts[tp] for each, tp in named}, {each: ends[tp] for each, tp in named}


async def frames_of(
    settings: Settings, starts: Mapping[Partition, int], ends: Mapping[Partition, int]
) -> AsyncIterator[tuple[Partition, Frame]]:
    """The frames of some partitions from `starts` until each has reached its end; the last one may go beyond it."""
    position = {TopicPartition(*each): start for each, start in starts.items()}
    async with reader(settings, list(position)) as consumer:
        for tp, start in position.items():
            consumer.seek(tp, start)
        fetcher = consumer._fetcher  # noqa: SLF001 - as in `streams.cutting`
        while left := {tp for tp, offset in position.items() if offset < ends[tp.topic, tp.partition]}:
            if paused := consumer.assignment() - left - consumer.paused():
                consumer.pause(*paused)
            with fetcher._subscriptions.fetch_context():  # noqa: SLF001
                found = await cut(fetcher, left)
                if not found:
                    await asyncio.wait([fetcher._create_fetch_waiter()], timeout=_WAIT_SECONDS)  # noqa: SLF001
            for tp, frames in found.items():
                for frame in frames:
                    position[tp] = frame.end
                    yield (tp.topic, tp.partition), frame


async def spool(
    asked: Asked, folder: Path, buckets: int, partitions: Iterable[Partition], advance: Callable[[int], None]
) -> None:
    """Bring some partitions into the spool, from where it ends; `advance` is told of offsets passed.

    Bad records are passed over silently: dead letters are the workers' business.

    Raises:
        KafkaError: the broker went away.
    """
    order = {each: place for place, each in enumerate(asked.partitions)}
    writers = {
        each: SpoolWriter(folder, order[each], buckets, min(asked.starts[each], asked.ends[each]))
        for each in partitions
    }
    takers = {each: Taker(asked, each, writer) for each, writer in writers.items()}
    starts = {each: writer.progress.offset for each, writer in writers.items()}
    advance(sum(start - asked.starts[each] for each, start in starts.items()))
    due = {each: start for each, start in starts.items() if start < asked.ends[each]}
    if not due:
        return
    async for each, frame in frames_of(asked.settings, due, asked.ends):
        takers[each].take(frame)
        advance(min(frame.end, asked.ends[each]) - frame.start)
