"""Outbox: what a transaction will send, collected while the lane computes, so that the transaction itself stays short."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

from aiokafka import AIOKafkaProducer
from aiokafka.producer.message_accumulator import BatchBuilder

Headers = Sequence[tuple[str, bytes]]


class Message(NamedTuple):
    """One message to send; `value` None is a tombstone, `timestamp_ms` None is now."""

    key: bytes | None
    value: bytes | None
    timestamp_ms: int | None = None
    headers: Headers = ()


class Outbox:
    """Messages by topic and partition, in the order in which they were put."""

    def __init__(self) -> None:
        """Start empty."""
        self._messages: dict[tuple[str, int], list[Message]] = {}

    def put(self, topic: str, partition: int, message: Message) -> None:
        """Add a message."""
        self._messages.setdefault((topic, partition), []).append(message)

    def __bool__(self) -> bool:
        return bool(self._messages)

    async def send(self, producer: AIOKafkaProducer) -> None:
        """Send everything and wait until the broker has all of it.

        Raises:
            KafkaError: whatever the first failed send raised.
        """
        sent = []
        for (topic, partition), messages in self._messages.items():
            batch = producer.create_batch()
            for message in messages:
                if not _fits(batch, message):
                    sent.append(await producer.send_batch(batch, topic, partition=partition))
                    batch = producer.create_batch()
                    if not _fits(batch, message):  # larger than a batch: on its own
                        sent.append(
                            await producer.send(
                                topic, message.value, message.key, partition, message.timestamp_ms, list(message.headers)
                            )
                        )
            if batch.record_count():
                sent.append(await producer.send_batch(batch, topic, partition=partition))
        self._messages = {}
        await asyncio.gather(*sent)


def _fits(batch: BatchBuilder, message: Message) -> bool:
    appended = batch.append(
        key=message.key, value=message.value, timestamp=message.timestamp_ms, headers=list(message.headers)
    )
    return appended is not None
