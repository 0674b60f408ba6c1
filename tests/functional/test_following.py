"""Readers that follow topics whole: a busy worker takes what came late, and still hears of the next record at once."""

from __future__ import annotations

import asyncio

import pytest
from aiokafka import TopicPartition

from streams.kafka_clients import follow, reader
from streams.settings import Settings
from tests.functional.brokers import create_topic, fresh_name, send, wait_for

pytestmark = pytest.mark.kafka

AS_LONG_AS_A_STEP_OF_MANY_LANES = 0.5
BEFORE_A_FETCH_HAS_WAITED = 2.5


def test_a_record_that_was_taken_late_does_not_make_the_next_one_later(kafka: Settings) -> None:
    async def run() -> None:
        busy, quiet = (TopicPartition(create_topic(kafka, fresh_name("followed")), 0) for _ in range(2))
        async with reader(kafka, [busy, quiet]) as consumer:
            await consumer.seek_to_beginning(busy, quiet)
            assert await consumer.position(busy) == await consumer.position(quiet) == 0
            follow(consumer)
            send(kafka, busy.topic, [(b"key", b"first")])
            fetcher = consumer._fetcher
            await wait_for(lambda: busy in fetcher._records, "the first record")
            ended, _ = await asyncio.wait([fetcher._fetch_task], timeout=AS_LONG_AS_A_STEP_OF_MANY_LANES)
            assert not ended, "it goes on fetching while nobody takes the record"
            assert [record.value for record in (await consumer.getmany())[busy]] == [b"first"]
            send(kafka, busy.topic, [(b"key", b"second")])
            found = await consumer.getmany(timeout_ms=int(BEFORE_A_FETCH_HAS_WAITED * 1000))
        assert [record.value for record in found.get(busy, [])] == [b"second"]

    asyncio.run(run())
