"""Publisher: records to their topics, each in the partition that is its id's home."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.producer.message_accumulator import BatchBuilder

from schemas.records import TYPES, InvalidRecord, decode
from schemas.records.invalid import show_known
from schemas.topics import EVENTS, INPUTS
from streams import topic_admin
from streams.broker_security import client_arguments
from streams.errors import UpscoreError
from streams.partitioner import Homes
from streams.settings import Settings

__all__ = ["TOPIC_OF", "PublishFailed", "Publisher", "Summary", "publisher", "read_record"]

BATCH_BYTES: Final = 256 * 1024
REQUEST_BYTES: Final = 8 * 2**20
PLACED_AT_ONCE: Final = 500
"""Homes are found for so many records at once: one by one costs as much as validating them."""
UNDELIVERED_BATCHES: Final = 64
"""How many full batches may be under way before the sender waits: what bounds its memory."""
TOPIC_OF: Final[dict[str, str]] = {kind: topic for topic, kinds in TYPES.items() for kind in kinds}
"""Logical name of the input topic of each record type."""


class PublishFailed(UpscoreError):
    """The broker did not take what was sent. Sending it all again is harmless: the newest version counts."""

    retriable = True


@dataclass(slots=True)
class Summary:
    """How many records of each type went out, and how many lines were refused."""

    published: Counter[str] = field(default_factory=Counter)
    rejected: int = 0

    def __str__(self) -> str:
        total = self.published.total()
        kinds = ", ".join([f"{count} {kind}" for kind, count in sorted(self.published.items())])
        return f"published {total} records{f' ({kinds})' if kinds else ''}, {self.rejected} rejected"


class Publisher:
    """Sends to the input topics; make one with `publisher`.

    A record is kept until its batch is full or `flush` is called, and is on all replicas once `flush` has returned.
    """

    def __init__(self, settings: Settings, producer: AIOKafkaProducer) -> None:
        self._producer = producer
        self._homes = Homes(settings.partitioner, settings.partitions)
        self._names = {spec.name: topic_admin.topic_name(settings, spec) for spec in INPUTS}
        self._unplaced: list[tuple[str, str, bytes]] = []
        self._batches: dict[tuple[str, int], BatchBuilder] = {}
        self._under_way: set[asyncio.Future[Any]] = set()

    async def send(self, topic: str, record_id: str, value: bytes) -> None:
        """Take a valid record for the input topic of this logical name; waits while too much is under way.

        Raises:
            PublishFailed: something sent before was not taken.
        """
        self._unplaced.append((topic, record_id, value))
        if len(self._unplaced) >= PLACED_AT_ONCE:
            await self._place()

    async def flush(self) -> None:
        """Return once everything sent so far is on all replicas.

        Raises:
            PublishFailed: some of it was not taken.
        """
        await self._place()
        batches, self._batches = self._batches, {}
        for place, batch in batches.items():
            await self._dispatch(place, batch)
        while self._under_way:
            await self._settle()

    async def _place(self) -> None:
        """Put the records that have come into the batches of their homes."""
        records, self._unplaced = self._unplaced, []
        homes = self._homes.of_ids([record_id for _, record_id, _ in records]) if records else []
        for (topic, record_id, value), home in zip(records, homes, strict=True):
            place, key = (self._names[topic], home), record_id.encode()
            batch = self._batches.get(place)
            if batch is None or batch.append(timestamp=None, key=key, value=value) is None:
                if batch is not None:
                    await self._dispatch(place, batch)
                batch = self._batches[place] = self._producer.create_batch()
                batch.append(timestamp=None, key=key, value=value)

    async def _dispatch(self, place: tuple[str, int], batch: BatchBuilder) -> None:
        topic, partition = place
        try:
            self._under_way.add(await self._producer.send_batch(batch, topic, partition=partition))
        except KafkaError as error:
            raise _failure(error) from error
        while len(self._under_way) > UNDELIVERED_BATCHES:
            await self._settle()

    async def _settle(self) -> None:
        done, self._under_way = await asyncio.wait(self._under_way, return_when=asyncio.FIRST_COMPLETED)
        for future in done:
            if error := future.exception():
                raise _failure(error) from error


@asynccontextmanager
async def publisher(settings: Settings) -> AsyncIterator[Publisher]:
    """A publisher whose topics are there; at the end everything sent is delivered.

    Missing input topics are created as declared.

    Raises:
        BrokerUnreachable: no broker answers.
        TopicMismatch: an input topic has another number of partitions than the settings state.
        PublishFailed: the broker did not take what was sent.
    """
    await asyncio.to_thread(topic_admin.ensure, settings, INPUTS)
    producer = AIOKafkaProducer(
        bootstrap_servers=settings.broker.split(","),
        client_id=f"{settings.app}-publisher",
        acks="all",
        enable_idempotence=True,
        max_batch_size=BATCH_BYTES,
        max_request_size=REQUEST_BYTES,
        **client_arguments(settings),
    )
    try:
        await producer.start()
        sender = Publisher(settings, producer)
        yield sender
        await sender.flush()
    except KafkaError as error:
        raise _failure(error) from error
    finally:
        await producer.stop()


class _Kind(msgspec.Struct):
    type: Any = None


_kind_of = msgspec.json.Decoder(_Kind).decode


def read_record(content: bytes) -> tuple[str, str, str]:
    """Topic, type and id of a record whose topic only its type tells.

    Raises:
        InvalidRecord: the bytes are no record of any topic.

    >>> read_record(b'{"type": "team", "id": "t-1"}')
    ('sales.reference.v1', 'team', 't-1')
    """
    try:
        kind = _kind_of(content).type
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        kind = None
    topic = TOPIC_OF.get(kind) if isinstance(kind, str) else None
    if topic is None:
        raise _unplaced(content, kind)
    record = decode(topic, content)
    return topic, record.type, record.id


def _unplaced(content: bytes, kind: object) -> InvalidRecord:
    """Why no topic was found; only the type is in question, or all of it."""
    try:
        decode(EVENTS, content)
    except InvalidRecord as error:
        if error.reason != "unknown_type":
            return error
    return InvalidRecord("unknown_type", f"type: expected one of {', '.join(TOPIC_OF)}, got {show_known(kind)}")


def _failure(error: BaseException) -> UpscoreError:
    return PublishFailed(f"Kafka did not take the records: {type(error).__name__}: {error}: publish them again")
