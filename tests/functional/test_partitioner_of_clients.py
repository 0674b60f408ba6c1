"""Our homes are where Kafka's own clients put records."""

from __future__ import annotations

import asyncio
import random

import pytest
from aiokafka import AIOKafkaProducer
from confluent_kafka import Message, Producer

from streams.partitioner import Homes
from streams.settings import Settings
from tests.functional.brokers import create_topic, fresh_name

pytestmark = pytest.mark.kafka

PARTITIONS = 7


def ids() -> list[str]:
    rng = random.Random(3)
    letters = "abcXYZ019-:. é語🂡"
    return sorted(
        {"".join(rng.choices(letters, k=rng.randint(1, 40))) for _ in range(300)} | {"0", "é", "d-1", "deal:d-1"}
    )


@pytest.mark.parametrize(
    ("ours", "librdkafkas"),
    [("crc32", "consistent_random"), ("crc32", None), ("murmur2", "murmur2"), ("murmur2", "murmur2_random")],
)
def test_homes_are_where_librdkafka_puts_keys(kafka: Settings, ours: str, librdkafkas: str | None) -> None:
    topic = create_topic(kafka, fresh_name("placed"), PARTITIONS)
    chosen = {} if librdkafkas is None else {"partitioner": librdkafkas}
    producer = Producer({"bootstrap.servers": kafka.broker} | chosen)
    landed: dict[str, int] = {}

    def note(error: object, delivered: Message) -> None:
        assert error is None
        landed[(delivered.key() or b"").decode()] = delivered.partition() or 0

    for one in ids():
        producer.produce(topic, b"x", one.encode(), on_delivery=note)
    assert producer.flush(20) == 0
    assert landed == dict(zip(ids(), Homes(ours, PARTITIONS).of_ids(ids()), strict=True))


def test_homes_are_where_aiokafka_puts_keys(kafka: Settings) -> None:
    async def run() -> dict[str, int]:
        producer = AIOKafkaProducer(bootstrap_servers=kafka.broker)
        await producer.start()
        try:
            sent = [await producer.send(topic, b"x", one.encode()) for one in ids()]
            return {one: (await done).partition for one, done in zip(ids(), sent, strict=True)}
        finally:
            await producer.stop()

    topic = create_topic(kafka, fresh_name("placed"), PARTITIONS)
    assert asyncio.run(run()) == dict(zip(ids(), Homes("murmur2", PARTITIONS).of_ids(ids()), strict=True))
