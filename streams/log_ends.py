"""Log ends: asks the broker where partitions end, in the background, for lanes that must not wait."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from streams.kafka_clients import reader
from streams.settings import Settings
from streams.stalls import Place

log = logging.getLogger(__name__)

_PAUSE_SECONDS: Final = 0.1
"""Between two questions, so that those of several lanes become one."""
_ANSWER_SECONDS: Final = 5.0
_WAIT_AFTER_ERROR_SECONDS: Final = 1.0


class Asked:
    """Where some partitions ended at a moment after the asking; `ends` is None until it is answered."""

    def __init__(self, places: Iterable[Place], least: Mapping[Place, int] | None = None) -> None:
        """Not answered yet. `least`: earlier ends of the same places; the smaller ones hold, for topics may be made anew."""
        self.places = tuple(places)
        self.ends: Mapping[Place, int] | None = None
        self.at = time.monotonic()
        self._least = least or {}

    def answer(self, ends: Mapping[Place, int]) -> None:
        """Take the ends of these places, among others."""
        self.ends = {place: min(ends[place], self._least.get(place, ends[place])) for place in self.places}


Ask = Callable[[Iterable[Place], Mapping[Place, int] | None], Asked]
"""Asks for the ends of places; the second is `Asked`'s `least`."""


class LogEnds:
    """Ends of everything written, that of open transactions too: a marker may arrive later than another of its transaction."""

    def __init__(self, settings: Settings, answered: Callable[[], None]) -> None:
        """Set up; `run` makes it live. `answered` is called after each answer."""
        self._settings = settings
        self._answered = answered
        self._waiting: list[Asked] = []
        self._wanted = asyncio.Event()

    def ask(self, places: Iterable[Place], least: Mapping[Place, int] | None = None) -> Asked:
        """Have it asked soon."""
        asked = Asked(places, least)
        self._waiting.append(asked)
        self._wanted.set()
        return asked

    async def run(self) -> None:
        """Ask until cancelled; while the broker is away, try again."""
        while True:
            try:
                async with reader(self._settings, [], isolation_level="read_uncommitted") as client:
                    while True:
                        await self._wanted.wait()
                        await self._answer(client)
                        await asyncio.sleep(_PAUSE_SECONDS)
            except (KafkaError, OSError, TimeoutError) as error:
                log.debug("asking where logs end: %r; trying again", error)
                await asyncio.sleep(_WAIT_AFTER_ERROR_SECONDS)

    async def _answer(self, client: Any) -> None:
        waiting = list(self._waiting)  # who comes while the broker answers must be asked for anew
        places = {place for asked in waiting for place in asked.places}
        found = await asyncio.wait_for(
            client.end_offsets([TopicPartition(*place) for place in places]), _ANSWER_SECONDS
        )
        ends = {(tp.topic, tp.partition): end for tp, end in found.items()}
        for asked in waiting:
            asked.answer(ends)
        self._waiting = self._waiting[len(waiting) :]
        if not self._waiting:
            self._wanted.clear()
        self._answered()
