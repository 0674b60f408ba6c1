"""Outbox: what a transaction will send, collected while the lane computes, so that the transaction itself stays short."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from aiokafka import TopicPartition

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
        self._messages: dict[tuple[str, int], list[tuple[bytes | None, bytes | None, int | None, Headers]]] = {}

    def put(self, topic: str, partition: int, message: Outgoing) -> None:
        """Add a message."""
        self._messages.setdefault((topic, partition), []).append(message)

    def put_rows(self, topic: str, partition: int, rows: Iterable[tuple[bytes, bytes | None]]) -> None:
        """Add many messages that have a key and a value alone."""
        self._messages.setdefault((topic, partition), []).extend(
            [(key, value, None, _NO_HEADERS) for key, value in rows]
        )

    def __bool__(self) -> bool:
        return bool(self._messages)

    async def send(self, producer: TransactionalProducer) -> None:
        """Send everything and wait until the broker has all of it.

        Raises:
            KafkaError: whatever the first failed send raised.
        """
        batches = []
        for (topic, partition), messages in self._messages.items():
            place = TopicPartition(topic, partition)
            batch = producer.create_batch()
            append = batch.append
            for key, value, timestamp_ms, headers in messages:
                if append(timestamp=timestamp_ms, key=key, value=value, headers=headers) is None:  # it is full
                    batches.append((place, batch))
                    batch = producer.create_batch()
                    append = batch.append
                    append(timestamp=timestamp_ms, key=key, value=value, headers=headers)  # the first one always fits
            if batch.record_count():
                batches.append((place, batch))
        self._messages = {}
        for (place, batch), begun in zip(batches, await producer.deliver(batches), strict=True):
            self.sent[place.topic, place.partition] = begun.offset + batch.record_count() - 1
