"""Shared reader: follows the week rows, the lanes' readiness beside them, and the norms, whole, on every worker."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from streams.desk import Desk
from streams.kafka_clients import follow, read_to_end, reader
from streams.ready_days import is_ready_key

log = logging.getLogger(__name__)

_WAIT_AFTER_ERROR_SECONDS = 1.0
_BREATH = 500


class SharedReader:
    """Keeps `Desk.weeks`, `Desk.ready` and `Desk.norms` up to date. `caught_up` is set once all was read to its end."""

    def __init__(self, desk: Desk, norms_changed: Callable[[], None], woken: Callable[[], None]) -> None:
        """Set up; `run` makes it live.

        Args:
            desk: what to keep up to date.
            norms_changed: called when a score may have changed by new norms.
            woken: called when lanes may have become ready for more.
        """
        self.caught_up = asyncio.Event()
        self._desk = desk
        self._norms_changed = norms_changed
        self._woken = woken
        self._norms = TopicPartition(desk.names.norms, 0)
        weeks = [TopicPartition(desk.names.weeks, number) for number in range(desk.settings.partitions)]
        self._positions: dict[TopicPartition, int] = dict.fromkeys([*weeks, self._norms], 0)

    async def run(self) -> None:
        """Follow until cancelled; while the broker is away, try again."""
        while True:
            try:
                async with reader(self._desk.settings, list(self._positions)) as consumer:
                    await self._follow(consumer)
            except (KafkaError, OSError) as error:
                log.warning("reading week rows and norms: %r; trying again", error)
                await asyncio.sleep(_WAIT_AFTER_ERROR_SECONDS)

    async def _follow(self, consumer: AIOKafkaConsumer) -> None:
        if not self.caught_up.is_set():
            async for records in read_to_end(consumer, list(self._positions)):
                await self._take(records)
            self.caught_up.set()
        for partition, position in self._positions.items():
            consumer.seek(partition, position)
        follow(consumer)
        while True:
            fetched = await consumer.getmany(timeout_ms=1000)
            # Norms last: they are made of week rows that the other partitions may have brought with them.
            for place in sorted(fetched, key=lambda place: place == self._norms):
                await self._take(fetched[place])

    async def _take(self, records: list[ConsumerRecord[Any, Any]]) -> None:
        for count, record in enumerate(records, start=1):
            if record.topic == self._norms.topic:
                self._desk.norms_read = record.offset + 1
                if self._desk.norms.put(record.key, record.value):
                    self._norms_changed()
            elif is_ready_key(record.key):
                self._desk.ready.put(record.key, record.value)
                self._woken()
            else:
                self._desk.weeks.put(record.key, record.value)
            self._positions[TopicPartition(record.topic, record.partition)] = record.offset + 1
            if count % _BREATH == 0:
                await asyncio.sleep(0)
        if records:
            place = records[-1].topic, records[-1].partition
            self._desk.backlog.has_read(place, records[-1].offset + 1)
