"""Generation reader: follows which generation speaks, on every worker."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from streams.desk import Desk
from streams.kafka_clients import follow, read_to_end, reader

log = logging.getLogger(__name__)

_WAIT_AFTER_ERROR_SECONDS = 1.0


class GenerationReader:
    """Keeps `Desk.generations` up to date. `caught_up` is set once the topic was read to its end."""

    def __init__(self, desk: Desk, woken: Callable[[], None]) -> None:
        """Set up; `run` makes it live. `woken` is called when lanes may have to begin to speak, or to cease."""
        self.caught_up = asyncio.Event()
        self._desk = desk
        self._woken = woken
        self._place = TopicPartition(desk.names.generation, 0)

    async def run(self) -> None:
        """Follow until cancelled; while the broker is away, try again."""
        while True:
            try:
                async with reader(self._desk.settings, [self._place]) as consumer:
                    await self._follow(consumer)
            except (KafkaError, OSError) as error:
                log.warning("reading which generation speaks: %r; trying again", error)
                await asyncio.sleep(_WAIT_AFTER_ERROR_SECONDS)

    async def _follow(self, consumer: AIOKafkaConsumer) -> None:
        generations = self._desk.generations
        async for records in read_to_end(consumer, [self._place]):  # whole, after each error: it is short
            for record in records:
                generations.put(record.key, record.value)
        self.caught_up.set()
        self._woken()
        follow(consumer)
        while True:
            for records in (await consumer.getmany(timeout_ms=1000)).values():
                for record in records:
                    generations.put(record.key, record.value)
                self._woken()
