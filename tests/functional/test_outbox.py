"""A transaction's messages on a real Kafka: all of them, in order, or none."""

from __future__ import annotations

import asyncio

import pytest
from aiokafka.errors import ProducerFenced

from streams.kafka_clients import transactional_producer
from streams.outbox import Outbox, Outgoing
from streams.settings import Settings
from streams.topic_names import TopicNames
from streams.transactional_producer import TransactionalProducer
from tests.functional.lane_feed import committed, installation

pytestmark = pytest.mark.kafka


async def send_and_commit(outbox: Outbox, producer: TransactionalProducer) -> None:
    await outbox.send(producer)
    await producer.commit_transaction()


def test_a_transaction_of_many_megabytes_is_fenced_like_a_small_one(kafka: Settings) -> None:
    """Several batches a partition: the second waits for the first, which fails meanwhile."""

    async def run() -> None:
        settings = installation(kafka)
        names = TopicNames.of(settings)
        old, new = transactional_producer(settings, 0), transactional_producer(settings, 0)
        await old.start()
        await new.start()
        try:
            outbox = Outbox()
            outbox.put_rows(names.state, 0, [(b"l%d" % number, bytes(400_000)) for number in range(12)])
            await old.begin_transaction()
            with pytest.raises(ProducerFenced):
                await asyncio.wait_for(send_and_commit(outbox, old), 20)
        finally:
            await old.stop()
            await new.stop()
        assert await committed(settings, names.state) == []

    asyncio.run(run())


def test_an_outbox_arrives_whole_and_in_order_with_keys_times_and_headers(kafka: Settings) -> None:
    async def run() -> None:
        settings = installation(kafka)
        names = TopicNames.of(settings)
        outbox = Outbox()
        rows = [(b"k%d" % (number % 7), b"%d " % number + bytes(number * 20_000 % 300_000)) for number in range(60)]
        rows += [(b"large", bytes(5_000_000)), (b"k0", None), (b"after", b"")]
        outbox.put_rows(names.state, 0, rows)
        outbox.put(
            names.forwarded, 0, Outgoing(None, None, 86_400_000, [("source_topic", b"\xff"), ("source_topic", b"")])
        )
        producer = transactional_producer(settings, 0)
        await producer.start()
        try:
            await producer.begin_transaction()
            await outbox.send(producer)
            await producer.commit_transaction()
        finally:
            await producer.stop()
        assert not outbox
        assert [(record.key, record.value) for record in await committed(settings, names.state)] == rows
        [forwarded] = await committed(settings, names.forwarded)
        assert (forwarded.key, forwarded.value, forwarded.timestamp) == (None, None, 86_400_000)
        assert forwarded.headers == (("source_topic", b"\xff"), ("source_topic", b""))

    asyncio.run(run())


def test_transactions_follow_each_other_and_an_aborted_or_empty_one_leaves_nothing(kafka: Settings) -> None:
    async def run() -> None:
        settings = installation(kafka)
        names = TopicNames.of(settings)
        producer = transactional_producer(settings, 0)
        await producer.start()
        try:
            for number in range(9):
                outbox = Outbox()
                outbox.put_rows(names.state, 0, [(b"%d" % number, b"a"), (b"%d" % number, b"b")])
                outbox.put_rows(names.facts, 0, [(b"%d" % number, b"f")] if number != 4 else [])
                await producer.begin_transaction()
                await outbox.send(producer)
                await (producer.abort_transaction() if number == 5 else producer.commit_transaction())
                await producer.begin_transaction()
                await Outbox().send(producer)
                await producer.commit_transaction()
        finally:
            await producer.stop()
        keys = [b"%d" % number for number in range(9) if number != 5]
        assert [record.key for record in await committed(settings, names.state)] == [key for key in keys for _ in "ab"]
        assert [record.key for record in await committed(settings, names.facts)] == [key for key in keys if key != b"4"]

    asyncio.run(run())


def test_where_the_last_message_of_each_partition_went_is_known_after_sending(kafka: Settings) -> None:
    async def run() -> None:
        settings = installation(kafka)
        names = TopicNames.of(settings)
        producer = transactional_producer(settings, 0)
        await producer.start()
        try:
            outbox = Outbox()
            outbox.put_rows(
                names.state, 0, [(b"l%d" % number, bytes(300_000)) for number in range(10)]
            )  # several batches
            outbox.put_rows(names.facts, 0, [(b"a", b""), (b"b", b"")])
            await producer.begin_transaction()
            await outbox.send(producer)
            await producer.commit_transaction()
        finally:
            await producer.stop()
        assert outbox.sent == {(names.state, 0): 9, (names.facts, 0): 1}

    asyncio.run(run())
