"""Outbox: what a transaction will send, collected while the lane computes, so that the transaction itself stays short."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from aiokafka import TopicPartition
from aiokafka.producer.message_accumulator import BatchBuilder

from streams.long_rows import Row
from streams.transactional_producer import TransactionalProducer

Headers = list[tuple[str, bytes]]
_NO_HEADERS: Headers = []


class Outgoing(NamedTuple):
    """One message to send; `value` None is a tombstone, `timestamp_ms` None is now."""

    key: bytes | None
    value: bytes | None
    timestamp_ms: int | None = None
    headers: Headers = _NO_HEADERS


class Outbox:
    """Messages by topic and partition, in the order in which they were put."""

    def __init__(self) -> None:
        """Start empty."""
        self.sent: dict[tuple[str, int], int] = {}
        """The last offset of what the broker has, by topic and partition."""
        self._parts: dict[tuple[str, int], list[Outgoing | list[Row]]] = {}

    def put(self, topic: str, partition: int, message: Outgoing) -> None:
        """Add a message."""
        self._parts.setdefault((topic, partition), []).append(message)

    def put_rows(self, topic: str, partition: int, rows: Iterable[Row]) -> None:
        """Add many messages that have a key and a value alone."""
        self._parts.setdefault((topic, partition), []).append([*rows])

    def __bool__(self) -> bool:
        return bool(self._parts)

    async def send(self, producer: TransactionalProducer) -> None:
        """Send everything and wait until the broker has all of it.

        Raises:
            KafkaError: whatever the first failed send raised.
        """
        batches = [
            (TopicPartition(*place), batch)
            for place, parts in self._parts.items()
            for batch in batches_of(parts, producer.create_batch)
        ]
        self._parts = {}
        for (place, batch), begun in zip(batches, await producer.deliver(batches), strict=True):
            self.sent[place.topic, place.partition] = begun.offset + batch.record_count() - 1


def batches_of(parts: Iterable[Outgoing | list[Row]], create: Callable[[], BatchBuilder]) -> list[BatchBuilder]:
    """As few batches as hold everything, in its order. An empty one takes a message of any size."""
    batches = [create()]
    for part in parts:
        if isinstance(part, Outgoing):
            while not _append(batches[-1], part):
                batches.append(create())
            continue
        rows = part
        while (count := _append_rows(batches[-1], rows)) < len(rows):
            rows = rows[count:]
            batches.append(create())
    return [batch for batch in batches if batch.record_count()]


def _append(batch: BatchBuilder, message: Outgoing) -> bool:
    """Whether there is room for it."""
    key, value, timestamp_ms, headers = message
    return batch.append(timestamp=timestamp_ms, key=key, value=value, headers=headers) is not None


def _append_rows(batch: BatchBuilder, rows: Sequence[Row]) -> int:
    """How many of them there is room for.

    What aiokafka wraps around its compiled builder for each message costs as much again as the builder.
    """
    append, now_ms = batch._builder.append, time.time_ns() // 1_000_000  # noqa: SLF001
    first: int = batch.record_count()
    offset = first
    for key, value in rows:
        if append(offset, now_ms, key, value, _NO_HEADERS) is None:
            batch.close()
            break
        offset += 1
    batch._relative_offset = offset  # noqa: SLF001
    return offset - first
