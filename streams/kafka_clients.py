"""Kafka clients of the lanes: transactional producers, and readers outside any consumer group."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaConnectionError, KafkaError

from streams.broker_security import client_arguments
from streams.errors import TopicMismatch
from streams.settings import Settings
from streams.transactional_producer import TransactionalProducer

_BATCH_BYTES = 1_000_000
_REQUEST_BYTES = 16_000_000
_TRANSACTION_TIMEOUT_MS = 15_000
_FETCH_BYTES = 4_000_000
_CLOSE_SECONDS = 5.0
_FOLLOWING_WAIT_MS = 5000
FETCHER_LOOK_MS = 1000
"""How often aiokafka's fetcher looks at its partitions though nothing has happened; five times a second, if not told."""

log = logging.getLogger(__name__)


def transactional_producer(settings: Settings, partition: int) -> TransactionalProducer:
    """The producer of a lane; starting it fences the one that had the same id before."""
    return TransactionalProducer(
        bootstrap_servers=settings.broker.split(","),
        client_id=f"{settings.state_name}-lane-{partition}",
        transactional_id=f"{settings.app}-g{settings.generation}-{partition}",
        transaction_timeout_ms=_TRANSACTION_TIMEOUT_MS,
        max_batch_size=_BATCH_BYTES,
        max_request_size=_REQUEST_BYTES,
        **client_arguments(settings),
    )


async def started(producer: AIOKafkaProducer) -> None:
    """Start a producer.

    Raises:
        KafkaError: the broker did not let it.
    """
    try:
        await producer.start()
    except AssertionError as error:  # aiokafka's word for metadata without any broker: Kafka's after a pause of its own
        raise KafkaConnectionError(f"the cluster names no broker: {error}") from error


async def closed(producer: AIOKafkaProducer) -> None:
    """Stop a producer, whatever the broker says; what takes too long is left."""
    try:
        await asyncio.wait_for(producer.stop(), _CLOSE_SECONDS)
    except (KafkaError, TimeoutError) as error:
        log.debug("closing a producer: %r", error)


@asynccontextmanager
async def reader(
    settings: Settings, partitions: list[TopicPartition], isolation_level: str = "read_committed"
) -> AsyncIterator[AIOKafkaConsumer]:
    """A consumer of committed data, if not said otherwise, assigned to `partitions`, in no group."""
    consumer: AIOKafkaConsumer = AIOKafkaConsumer(
        bootstrap_servers=settings.broker.split(","),
        client_id=f"{settings.state_name}-reader",
        group_id=None,
        isolation_level=isolation_level,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=_FETCH_BYTES,
        consumer_timeout_ms=FETCHER_LOOK_MS,
        **client_arguments(settings),
    )
    try:
        await consumer.start()
        if partitions:
            consumer.assign(partitions)
        yield consumer
    finally:
        await consumer.stop()


def follow(consumer: AIOKafkaConsumer) -> None:
    """Let fetches wait at the broker for long, once the consumer has nothing else to ask: its questions wait behind them."""
    consumer._fetcher._fetch_max_wait_ms = _FOLLOWING_WAIT_MS  # noqa: SLF001 - aiokafka takes it only at the start
    consumer._fetcher._fetcher_timeout = _FOLLOWING_WAIT_MS / 1000  # noqa: SLF001 - its looks at what it fetches
    # What came of one partition and was not taken within a tenth of a second, as in a busy worker, would be left out of the
    # next fetch: nothing more of it before that has waited.
    consumer._fetcher._prefetch_backoff = _FOLLOWING_WAIT_MS / 1000  # noqa: SLF001


async def partitions_of(consumer: AIOKafkaConsumer, topics: list[str], broker: str) -> list[TopicPartition]:
    """All partitions of some topics.

    Raises:
        TopicMismatch: one of them is missing.
    """
    cluster = await consumer._client.fetch_all_metadata()  # noqa: SLF001 - the public call forgets the partitions
    partitions = []
    for topic in topics:
        numbers = cluster.partitions_for_topic(topic)
        if not numbers:
            raise TopicMismatch(f"topic {topic} is missing on {broker}: create it with `upscore topics create`")
        partitions += [TopicPartition(topic, number) for number in sorted(numbers)]
    return partitions


async def read_to_end(
    consumer: AIOKafkaConsumer, partitions: list[TopicPartition]
) -> AsyncIterator[list[ConsumerRecord[Any, Any]]]:
    """Batches of records from the beginning up to where each partition ends now."""
    await consumer.seek_to_beginning(*partitions)
    async for records in read_on(consumer, partitions):
        yield records


async def read_topics(settings: Settings, topics: list[str]) -> AsyncIterator[list[ConsumerRecord[Any, Any]]]:
    """Batches of the committed records of some topics, from their beginnings up to where they end now.

    Raises:
        TopicMismatch: one of them is missing.
        KafkaError: the broker went away.
    """
    async with reader(settings, []) as consumer:
        partitions = await partitions_of(consumer, topics, settings.broker)
        consumer.assign(partitions)
        async for records in read_to_end(consumer, partitions):
            yield records


async def read_on(
    consumer: AIOKafkaConsumer, partitions: list[TopicPartition]
) -> AsyncIterator[list[ConsumerRecord[Any, Any]]]:
    """Batches of records from where the consumer stands up to where each partition ends now."""
    ends = await consumer.end_offsets(partitions)
    left = set(partitions)
    while True:
        for tp in list(left):
            if await consumer.position(tp) >= ends[tp]:
                left.discard(tp)
        if not left:
            return
        for records in (await consumer.getmany(*left, timeout_ms=200)).values():
            yield records
