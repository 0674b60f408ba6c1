"""Frames cut from a real broker's answers: their ranges tile the log, whatever is in it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.protocol.fetch import FetchRequest
from faust.types import TP

from streams.cutting import Frame, cut
from streams.settings import Settings
from tests.functional.brokers import consumer_of, create_topic, delete_records, fresh_name, send, transactions, wait_for

pytestmark = pytest.mark.kafka


async def cut_now(consumer: AIOKafkaConsumer, topic: str) -> Frame | None:
    """What the consumer has of the partition now, as the worker's thread cuts it; its records kept, to be looked at often."""
    tp = TP(topic, 0)
    frames = await cut(consumer._fetcher, {tp})
    assert frames.keys() <= {tp}
    return replace(frames[tp][0], records=list(frames[tp][0].records)) if frames else None


async def frames_until(consumer: AIOKafkaConsumer, topic: str, end: int) -> AsyncIterator[Frame]:
    """Frames from where the consumer stands up to an offset, or somewhat beyond: a fetch comes whole."""
    deadline = time.monotonic() + 20
    stands = -1
    while stands < end:
        assert time.monotonic() < deadline, f"the consumer stands at {stands} of {topic}, expected {end}"
        frame = await cut_now(consumer, topic)
        if frame is None:
            await asyncio.sleep(0.005)
            continue
        stands = frame.end
        yield frame


async def read_from(consumer: AIOKafkaConsumer, topic: str, end: int) -> list[Frame]:
    return [frame async for frame in frames_until(consumer, topic, end)]


def assert_tile(frames: list[Frame], start: int, end: int) -> None:
    """Each frame begins where the one before ended, and holds its records in order and nobody else's."""
    assert (frames[0].start, frames[-1].end) == (start, end)
    assert all(before.end == after.start for before, after in pairwise(frames))
    for frame in frames:
        offsets = [record.offset for record in frame.records]
        assert offsets == sorted(set(offsets))
        assert all(frame.start <= offset < frame.end for offset in offsets)
        assert frame.left >= 0


def values(frames: list[Frame]) -> list[bytes]:
    return [record.value for frame in frames for record in frame.records if record.value is not None]


def numbered(first: int, count: int) -> list[bytes]:
    return [b"%d" % number for number in range(first, first + count)]


def test_ranges_cover_markers_and_aborted_records_and_show_neither(kafka: Settings) -> None:
    async def run() -> None:
        topic = create_topic(kafka, fresh_name("markers"))
        async with transactions(kafka) as transact, consumer_of(kafka, topic) as consumer:
            await transact(topic, numbered(0, 10))  # 0..9, marker 10
            await transact(topic, numbered(900, 20), commit=False)  # 11..30, marker 31
            await transact(topic, numbered(10, 5))  # 32..36, marker 37
            await transact(topic, numbered(900, 3), commit=False)  # 38..40, marker 41
            frames = await read_from(consumer, topic, 42)
            assert_tile(frames, 0, 42)
            assert values(frames) == numbered(0, 15)
            assert frames[-1].left == 0

    asyncio.run(run())


def test_what_brought_only_markers_and_aborted_records_is_an_empty_frame(kafka: Settings) -> None:
    async def run() -> None:
        topic = create_topic(kafka, fresh_name("empty"))
        async with transactions(kafka) as transact, consumer_of(kafka, topic) as consumer:
            await transact(topic, numbered(0, 3))
            assert_tile(await read_from(consumer, topic, 4), 0, 4)
            await transact(topic, numbered(0, 7), commit=False)
            frames = await read_from(consumer, topic, 12)
            assert_tile(frames, 4, 12)
            assert values(frames) == []

    asyncio.run(run())


def test_an_open_transaction_is_not_passed_over(kafka: Settings) -> None:
    async def run() -> None:
        topic = create_topic(kafka, fresh_name("open"))
        async with transactions(kafka) as transact, transactions(kafka) as other, consumer_of(kafka, topic) as consumer:
            await transact(topic, numbered(0, 3))
            await other.producer.begin_transaction()
            await other.producer.send_and_wait(topic, b"3", partition=0)
            await transact(topic, numbered(4, 2))
            assert_tile(await read_from(consumer, topic, 4), 0, 4)
            await asyncio.sleep(0.1)
            assert await cut_now(consumer, topic) is None
            await other.producer.commit_transaction()
            frames = await read_from(consumer, topic, 9)
            assert_tile(frames, 4, 9)
            assert values(frames) == [b"3", b"4", b"5"]

    asyncio.run(run())


@pytest.mark.parametrize("most_bytes", [1, 400, 100_000])
def test_small_fetches_are_frames_that_tile(kafka: Settings, most_bytes: int) -> None:
    async def run() -> None:
        topic = create_topic(kafka, fresh_name("limit"))
        async with transactions(kafka) as transact:
            for first in range(0, 80, 4):
                await transact(topic, numbered(first, 4))
                await transact(topic, numbered(900, 1), commit=False)
        async with consumer_of(kafka, topic, max_partition_fetch_bytes=most_bytes) as consumer:
            frames = await read_from(consumer, topic, 140)
            assert_tile(frames, 0, 140)
            assert values(frames) == numbered(0, 80)
            assert (len(frames) > 10) == (most_bytes < 1_000)
            assert all(frame.left == 140 - frame.end for frame in frames)

    asyncio.run(run())


@pytest.mark.parametrize("compression", [None, "gzip"])
def test_a_fetch_from_within_a_batch_begins_there(kafka: Settings, compression: str | None) -> None:
    async def run() -> None:
        topic = create_topic(kafka, fresh_name("within"))
        async with transactions(kafka, compression_type=compression) as transact, consumer_of(kafka, topic) as consumer:
            await transact(topic, numbered(0, 500))
            consumer.seek(TopicPartition(topic, 0), 137)
            frames = await read_from(consumer, topic, 501)
            assert_tile(frames, 137, 501)
            assert values(frames) == numbered(137, 363)

    asyncio.run(run())


def test_after_a_seek_back_frames_begin_there_whatever_had_been_fetched(kafka: Settings) -> None:
    """Fetched data waits in the client when the seek comes: none of it may bear the new range."""

    async def run() -> None:
        topic = create_topic(kafka, fresh_name("seek"))
        async with transactions(kafka) as transact:
            for first in range(0, 500, 20):
                await transact(topic, numbered(first, 20))  # 20 records and a marker: 525 offsets
        async with consumer_of(kafka, topic, max_partition_fetch_bytes=400) as consumer:
            for target in (0, 137, 3, 524, 137):
                stands = await consumer.position(TopicPartition(topic, 0))
                before = await read_from(consumer, topic, min(stands + 20, 525)) if stands < 525 else []
                consumer.seek(TopicPartition(topic, 0), target)
                after = await read_from(consumer, topic, 525)
                assert_tile(after, target, 525)
                assert values(after) == [b"%d" % (n // 21 * 20 + n % 21) for n in range(target, 525) if n % 21 < 20]
                if before:
                    assert_tile(before, stands, before[-1].end)
                consumer.seek(TopicPartition(topic, 0), target)

    asyncio.run(run())


def test_partitions_that_come_go_and_are_set_back_are_read_whole_in_one_session(kafka: Settings) -> None:
    async def run() -> None:
        topics = [create_topic(kafka, fresh_name("session")) for _ in range(3)]
        places = [TopicPartition(topic, 0) for topic in topics]
        async with transactions(kafka) as transact, consumer_of(kafka, *topics) as consumer:
            for turn in range(6):
                for topic in topics:
                    await transact(topic, numbered(10 * turn, 10))  # and a marker: 11 offsets
                paused, end = places[turn % 3], 11 * (turn + 1)
                consumer.pause(paused)  # the next requests leave it out
                for topic in topics[: turn % 3] + topics[turn % 3 + 1 :]:
                    assert values(await read_from(consumer, topic, end))[-10:] == numbered(10 * turn, 10)
                assert await cut_now(consumer, paused.topic) is None
                consumer.resume(paused)
                assert_tile(await read_from(consumer, paused.topic, end), 11 * turn, end)
                consumer.seek(places[turn % 2], 5)
                assert_tile(await read_from(consumer, topics[turn % 2], end), 5, end)

    asyncio.run(run())


def test_a_consumer_that_waits_is_answered_without_its_partitions(kafka: Settings) -> None:
    async def run() -> None:
        topics = [create_topic(kafka, fresh_name("waits")) for _ in range(3)]
        async with transactions(kafka) as transact, consumer_of(kafka, *topics) as consumer:
            answered: list[int] = []
            plain = consumer._client.send

            async def listened(node: int, request: Any, **options: Any) -> Any:
                response = await plain(node, request, **options)
                if isinstance(request, FetchRequest):
                    answered.append(len(response.topics))
                return response

            consumer._client.send = listened
            for topic in topics:
                await transact(topic, numbered(0, 10))
                await read_from(consumer, topic, 11)
            answered.clear()
            await wait_for(lambda: len(answered) > 5, "some fetches")
            assert answered[1:5] == [0, 0, 0, 0]
            answered.clear()
            await transact(topics[0], numbered(10, 10))
            assert values(await read_from(consumer, topics[0], 22)) == numbered(10, 10)
            assert max(answered) == 1

    asyncio.run(run())


def test_records_that_are_deleted_are_a_gap_before_the_next_frame(kafka: Settings) -> None:
    async def run() -> None:
        topic = create_topic(kafka, fresh_name("gap"))
        async with transactions(kafka) as transact, consumer_of(kafka, topic) as consumer:
            await transact(topic, numbered(0, 30))
            assert_tile(await read_from(consumer, topic, 31), 0, 31)
            await transact(topic, numbered(30, 30))
            delete_records(kafka, topic, 0, 40)
            consumer.seek(TopicPartition(topic, 0), 0)
            frames = await read_from(consumer, topic, 62)
            assert_tile(frames, 40, 62)
            assert values(frames)[0] == b"39"

    asyncio.run(run())


@pytest.fixture(scope="module")
def compacted(kafka: Settings) -> Callable[[], Any]:
    """A topic that compaction works on from the start of this module: a hundred versions of five keys."""
    topic = create_topic(
        kafka,
        fresh_name("compacted"),
        cleanup_policy="compact",
        segment_ms="10",
        min_cleanable_dirty_ratio="0.001",
        max_compaction_lag_ms="1",
        min_compaction_lag_ms="0",
    )
    for turn in range(10):
        send(kafka, topic, ((b"k%d" % (n % 5), b"%d" % n) for n in range(turn * 50, turn * 50 + 50)))
        time.sleep(0.03)  # segment.ms must pass for the next record to begin a segment
    return lambda: topic


def test_ranges_cover_what_compaction_took_away(kafka: Settings, compacted: Callable[[], Any]) -> None:
    async def run() -> None:
        topic = compacted()
        deadline = time.monotonic() + 40
        while True:
            async with consumer_of(kafka, topic) as consumer:
                frames = await read_from(consumer, topic, 500)
            assert_tile(frames, 0, 500)
            found = values(frames)
            assert found[-1] == b"499"
            if len(found) < 200:
                break
            assert time.monotonic() < deadline, f"{len(found)} of 500 records still there: nothing was compacted"
            await asyncio.sleep(0.5)
        newest = {record.key: record.value for frame in frames for record in frame.records}
        assert newest == {b"k%d" % (n % 5): b"%d" % n for n in range(495, 500)}

    asyncio.run(run())
