"""Input topics: fresh ones for each run, filled in one go while the contestant is held still."""

from __future__ import annotations

from collections.abc import Iterable

from confluent_kafka import Consumer, Producer, TopicPartition

from benchmarks.workload import Sent
from schemas.topics import INPUTS
from streams.settings import Settings

_PATIENCE_SECONDS = 60.0


def names(prefix: str) -> list[str]:
    """The input topics under a prefix, on the broker."""
    return [prefix + spec.name for spec in INPUTS]


def fill(settings: Settings, messages: Iterable[Sent]) -> None:
    """Send messages to the input topics, keyed by id and placed as Java's clients do; returns when all of them are there.

    Raises:
        RuntimeError: the broker did not take all of it.
    """
    producer = Producer(
        {
            "bootstrap.servers": settings.broker,
            "partitioner": "murmur2",
            "linger.ms": 50,
            "batch.size": 1_000_000,
            "queue.buffering.max.messages": 10_000_000,
            "queue.buffering.max.kbytes": 2_000_000,
        }
    )
    count = 0
    for message in messages:
        while True:
            try:
                producer.produce(settings.topic_prefix + message.topic, message.value, message.key)
                break
            except BufferError:
                producer.poll(0.1)
        count += 1
    producer.flush(_PATIENCE_SECONDS)
    there = _held(settings)
    if there != count:
        raise RuntimeError(f"the input topics under {settings.topic_prefix!r} hold {there} records, expected {count}")


def _held(settings: Settings) -> int:
    """How many records the input topics hold."""
    consumer = Consumer({"bootstrap.servers": settings.broker, "group.id": "none", "enable.auto.commit": False})
    try:
        ends = 0
        for topic in names(settings.topic_prefix):
            for partition in range(settings.partitions):
                low, high = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=_PATIENCE_SECONDS)
                ends += high - low
        return ends
    finally:
        consumer.close()
