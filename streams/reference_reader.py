"""Reference reader: follows the internal reference topic and the shared date, whole, on every worker."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from schemas.records import InvalidRecord, decode
from schemas.topics import REFERENCE
from scoring.reference import Effect, Versioned
from streams.desk import Desk
from streams.kafka_clients import follow, read_to_end, reader

log = logging.getLogger(__name__)

_WAIT_AFTER_ERROR_SECONDS = 1.0
_BREATH = 200


class ReferenceReader:
    """Keeps `Desk.reference` and `Desk.as_of` up to date. `caught_up` is set once both topics were read to their end."""

    def __init__(self, desk: Desk, changed: Callable[[str, str, Effect], None], woken: Callable[[], None]) -> None:
        """Set up; `run` makes it live.

        Args:
            desk: what to keep up to date.
            changed: called with type and id of every reference record that came in, and what it may change.
            woken: called when the newest business date changed.
        """
        self.caught_up = asyncio.Event()
        self._desk = desk
        self._changed = changed
        self._woken = woken
        self._reference = TopicPartition(desk.names.reference, 0)
        self._clock = TopicPartition(desk.names.clock, 0)
        self._clock_position = 0

    async def run(self) -> None:
        """Follow until cancelled; while the broker is away, try again."""
        while True:
            try:
                async with reader(self._desk.settings, [self._reference, self._clock]) as consumer:
                    await self._follow(consumer)
            except (KafkaError, OSError) as error:
                log.warning("reading reference records: %r; trying again", error)
                await asyncio.sleep(_WAIT_AFTER_ERROR_SECONDS)

    async def _follow(self, consumer: AIOKafkaConsumer) -> None:
        if not self.caught_up.is_set():
            async for records in read_to_end(consumer, [self._reference, self._clock]):
                await self._take(records)
            self._desk.reference_position = self._desk.reference_read = await consumer.position(self._reference)
            self.caught_up.set()
        else:
            consumer.seek(self._reference, self._desk.reference_position)
            consumer.seek(self._clock, self._clock_position)
        follow(consumer)
        while True:
            for records in (await consumer.getmany(timeout_ms=1000)).values():
                await self._take(records)
            self._desk.reference_read = await consumer.position(self._reference)

    async def _take(self, records: list[ConsumerRecord[Any, Any]]) -> None:
        for count, record in enumerate(records, start=1):
            if record.topic == self._clock.topic:
                self._desk.as_of.newest = int(record.value) if record.value else None
                self._clock_position = record.offset + 1
                self._woken()
            elif record.offset >= self._desk.reference_position:
                self._take_reference(record)
            if count % _BREATH == 0:
                await asyncio.sleep(0)
        if records:
            place = records[-1].topic, records[-1].partition
            self._desk.backlog.has_read(place, records[-1].offset + 1)

    def _take_reference(self, record: ConsumerRecord[Any, Any]) -> None:
        record_type, _, record_id = record.key.decode().partition(":")
        headers = dict(record.headers)
        held = None
        if record.value is not None:
            try:
                newest = decode(REFERENCE, record.value)
            except InvalidRecord as invalid:  # it was valid for the worker that wrote it: an older or newer one
                log.warning("reference record %s is not valid for this version: %s", record.key, invalid.reason)
                return
            held = Versioned(int(headers["updated_at"]), int(headers["version"]), record_id, newest)
        effect = self._desk.reference.put(record_type, record_id, held)
        self._desk.reference_position = record.offset + 1
        self._changed(record_type, record_id, effect)
