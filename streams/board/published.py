"""Published: what all workers together say of all subjects - the newest score of each, and alerts - followed on the topics.

It runs on the web server's loop, from the first time that a board is asked for until nobody has looked at one for a while.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any, Final

import msgspec
from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from streams.board.alert_book import AlertBook, Entry
from streams.board.summaries import Told, read_score
from streams.errors import UpscoreError
from streams.kafka_clients import partitions_of, read_to_end, reader
from streams.settings import Settings

__all__ = ["IDLE_SECONDS", "NotRead", "Published"]

log = logging.getLogger(__name__)

IDLE_SECONDS: Final = 900.0
"""So long after the last question the topics are followed no more."""
_PATIENCE_SECONDS: Final = 20.0
_WAIT_AFTER_ERROR_SECONDS: Final = 1.0
_LOOK_SECONDS: Final = 30.0
_BREATH: Final = 100
"""Messages after which others of the loop get a turn: two milliseconds."""

Changed = Callable[[str, Told | None], None]
Told_ = Callable[[Entry], None]


class NotRead(UpscoreError):
    """The topics have not been read yet, or the broker is away."""


class Published:
    """The newest scores and the alerts. Everything is called on one event loop.

    Attributes:
        scores: by subject key.
        alerts: of all subjects.
        revision: another one whenever a score has changed.
    """

    def __init__(self, settings: Settings, scores: str, alerts: str, changed: Changed, told: Told_) -> None:
        """Nothing is read before `ready`.

        Args:
            settings: where the broker is.
            scores: the topic's name on the broker.
            alerts: likewise.
            changed: called with each score that comes in once all were read, None where it was withdrawn.
            told: called with each alert, likewise.
        """
        self.scores: dict[str, Told] = {}
        self.alerts = AlertBook()
        self.revision = 0
        self._settings = settings
        self._topics = (scores, alerts)
        self._changed, self._told = changed, told
        self._asked_at = 0.0
        self._caught_up = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._trouble = ""
        self._positions: dict[TopicPartition, int] = {}

    async def ready(self) -> None:
        """Return once everything that was published before has been read.

        Raises:
            NotRead: that takes longer than a reader should wait.
        """
        self._asked_at = time.monotonic()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())
        try:
            await asyncio.wait_for(self._caught_up.wait(), _PATIENCE_SECONDS)
        except TimeoutError:
            why = f": {self._trouble}" if self._trouble else ""
            raise NotRead(f"scores are still being read from {self._settings.broker}{why}; try again") from None

    async def stop(self) -> None:
        """Follow no more, and forget."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._forget()

    def _forget(self) -> None:
        self.scores, self.alerts, self._positions = {}, AlertBook(), {}
        self._caught_up.clear()

    async def _run(self) -> None:
        try:
            while self._is_wanted():
                try:
                    async with reader(self._settings, []) as consumer:
                        await self._follow(consumer)
                except (KafkaError, UpscoreError, OSError) as error:
                    self._trouble = str(error)
                    log.debug("reading scores for the board: %r; trying again", error)
                    await asyncio.sleep(_WAIT_AFTER_ERROR_SECONDS)
        except Exception:
            log.exception("the board's reader met a bug; it begins anew when it is asked")
        self._forget()

    def _is_wanted(self) -> bool:
        return time.monotonic() - self._asked_at < IDLE_SECONDS

    async def _follow(self, consumer: Any) -> None:
        partitions = await partitions_of(consumer, [*self._topics], self._settings.broker)
        consumer.assign(partitions)
        if not self._caught_up.is_set():
            self._forget()
            async for records in read_to_end(consumer, partitions):
                await self._take(records, tell=False)
            self._caught_up.set()
            self._trouble = ""
        for partition in partitions:
            consumer.seek(partition, self._positions.get(partition, 0))
        while self._is_wanted():
            for records in (await consumer.getmany(timeout_ms=int(_LOOK_SECONDS * 1000))).values():
                await self._take(records, tell=True)

    def keep(self) -> None:
        """Somebody looks on: do not end yet."""
        self._asked_at = time.monotonic()

    async def _take(self, records: list[ConsumerRecord[Any, Any]], *, tell: bool) -> None:
        for count, record in enumerate(records, start=1):
            self._positions[TopicPartition(record.topic, record.partition)] = record.offset + 1
            try:
                self._take_one(record, tell=tell)
            except (msgspec.MsgspecError, UnicodeDecodeError) as error:  # another version of upscore wrote it
                log.warning("%s[%d]@%d: %s", record.topic, record.partition, record.offset, error)
            if count % _BREATH == 0:
                await asyncio.sleep(0)
        self.revision += 1

    def _take_one(self, record: ConsumerRecord[Any, Any], *, tell: bool) -> None:
        if record.topic == self._topics[1]:
            if record.value is not None:
                entry = self.alerts.take(record.value, record.timestamp)
                if tell:
                    self._told(entry)
            return
        subject = record.key.decode()
        told = None if record.value is None else read_score(record.value)
        if told is None:
            self.scores.pop(subject, None)
        else:
            self.scores[subject] = told
        if tell:
            self._changed(subject, told)
