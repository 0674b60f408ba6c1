"""Paced: activities sent at a steady rate, beside which something else is measured."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from typing import Final

from confluent_kafka import Producer

from schemas.topics import ACTIVITIES
from streams.settings import Settings
from tests.side_thread import side_thread

_TICK_SECONDS: Final = 0.005
_NUMBERS = count()
"""Of records, so that each has an id of its own, whoever sends it."""


def call(number: int, rep: str) -> bytes:
    """A call of a rep, just now."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return (
        f'{{"type":"activity","id":"{rep}-{number}","updated_at":"{now}","rep_id":"{rep}","kind":"call",'
        f'"outcome":"connected","occurred_at":"{now}","duration_seconds":{number % 3600}}}'
    ).encode()


class Sender:
    """Sends calls to the topic of activities."""

    def __init__(self, settings: Settings) -> None:
        self._producer = Producer(
            {
                "bootstrap.servers": settings.broker,
                "partitioner": "murmur2_random",
                "linger.ms": 2,
                "acks": "all",
                "queue.buffering.max.messages": 1_000_000,
            }
        )
        self._topic = settings.topic_prefix + ACTIVITIES

    def send(self, rep: str) -> None:
        """One call of a rep; it is on its way."""
        number = next(_NUMBERS)
        self._producer.produce(self._topic, call(number, rep), f"{rep}-{number}")
        self._producer.poll(0)

    def flush(self) -> None:
        """Wait until all of it is there."""
        self._producer.flush(30)


@contextmanager
def flowing(settings: Settings, rate: float, reps: int) -> Iterator[list[int]]:
    """Records at so many a second, over so many reps, while the block lasts; how many were sent stands in the list."""
    sent = [0]
    stopping = threading.Event()

    def flow() -> None:
        sender = Sender(settings)
        started = time.perf_counter()
        while not stopping.wait(_TICK_SECONDS):
            due = int((time.perf_counter() - started) * rate)
            for number in range(sent[0], due):
                sender.send(f"r-{number % reps}")
            sent[0] = max(sent[0], due)
        sender.flush()

    with side_thread(flow, stopping):
        yield sent
