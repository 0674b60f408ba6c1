"""What functional tests need of the broker: fresh topics, committed and aborted transactions, deleted records."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from confluent_kafka import Producer
from kafka import TopicPartition as AdminTopicPartition

from streams.admin_client import admin_client
from streams.pace import Pace
from streams.paced_consumer import PacedConsumer
from streams.settings import Settings


def fresh_name(what: str) -> str:
    return f"{what}-{uuid4().hex[:12]}"


def create_topic(settings: Settings, name: str, partitions: int = 1, **configs: str) -> str:
    """A new topic; configuration by names with underscores for dots."""
    dotted = {key.replace("_", "."): value for key, value in configs.items()}
    with admin_client(settings) as client:
        client.create_topics({name: {"num_partitions": partitions, "replication_factor": 1, "configs": dotted}})
        client.wait_for_topics([name], timeout_ms=20_000)
    return name


def delete_records(settings: Settings, topic: str, partition: int, before: int) -> None:
    """Move the log's start to an offset."""
    with admin_client(settings) as client:
        client.delete_records({AdminTopicPartition(topic, partition): before})


def delete_topic(settings: Settings, topic: str) -> None:
    """Delete a topic, and wait until the broker has forgotten it."""
    with admin_client(settings) as client:
        client.delete_topics([topic])
        deadline = time.monotonic() + 20
        while topic in client.list_topics():
            assert time.monotonic() < deadline, f"{topic} is still there"
            time.sleep(0.05)


def send(
    settings: Settings, topic: str, messages: Iterable[tuple[bytes, bytes | None]], timestamp_ms: int | None = None
) -> None:
    """Send keys and values; where librdkafka puts them. Without a time: now."""
    producer = Producer({"bootstrap.servers": settings.broker, "linger.ms": 5})
    at = {} if timestamp_ms is None else {"timestamp": timestamp_ms}
    for key, value in messages:
        producer.produce(topic, value, key, **at)
        producer.poll(0)
    assert producer.flush(20) == 0


class Transactions:
    """Sends values to one partition, each call a transaction."""

    def __init__(self, producer: AIOKafkaProducer) -> None:
        self.producer = producer

    async def __call__(self, topic: str, values: Iterable[bytes], *, commit: bool = True) -> None:
        await self.producer.begin_transaction()
        for value in values:
            await self.producer.send(topic, value, partition=0)
        await (self.producer.commit_transaction() if commit else self.producer.abort_transaction())


@asynccontextmanager
async def transactions(settings: Settings, **options: Any) -> AsyncIterator[Transactions]:
    """A transactional producer of its own."""
    producer = AIOKafkaProducer(bootstrap_servers=settings.broker, transactional_id=fresh_name("tests"), **options)
    await producer.start()
    try:
        yield Transactions(producer)
    finally:
        await producer.stop()


@asynccontextmanager
async def consumer_of(
    settings: Settings, *topics: str, isolation: str = "read_committed", **options: Any
) -> AsyncIterator[AIOKafkaConsumer]:
    """A consumer like a worker's, assigned to partition 0 of topics."""
    consumer = PacedConsumer(
        pace=Pace(topics),
        bootstrap_servers=settings.broker,
        isolation_level=isolation,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=20,
        **options,
    )
    await consumer.start()
    try:
        consumer.assign([TopicPartition(topic, 0) for topic in topics])
        yield consumer
    finally:
        await consumer.stop()


async def wait_for(condition: Callable[[], Any], what: str, seconds: float = 20) -> Any:
    """The condition's first true value; the event loop goes on meanwhile."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"waited {seconds} s for {what}"
        await asyncio.sleep(0.01)
    return value
