"""Pacing: a scene's history as fast as it goes, then its live days at a pace that a person can follow."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date
from math import ceil
from typing import Final, Literal, Protocol

from streams.demo.scene import Day, Outgoing, Scene

__all__ = ["Phase", "Player", "Sender"]

Phase = Literal["history", "catching up", "live", "over"]

SLICE_SECONDS: Final = 0.1
"""A day's records go out in portions of about so long, so that figures move and do not jump."""
FORGIVEN_SECONDS: Final = 1.0
"""What is later than this (a laptop that slept, a speed beyond the machine) is not made up for."""


class Sender(Protocol):
    """Takes records: a `Publisher`."""

    async def send(self, topic: str, record_id: str, value: bytes) -> None:
        """Take a record."""

    async def flush(self) -> None:
        """Return once everything sent is delivered."""


class Player:
    """Publishes a scene.

    Args:
        scene: what is played; its days are used up.
        speed: live days a second, above 0.

    Attributes:
        phase: `history`, then `catching up` until `go_live` is called, then `live`, and `over` at the end.
        day: the day being published; None before the first.
        sent: records given to Kafka so far.
    """

    def __init__(self, scene: Scene, speed: float) -> None:
        self.phase: Phase = "history"
        self.day: date | None = None
        self.sent = 0
        self._scene = scene
        self._seconds_a_day = 1 / speed
        self._live = asyncio.Event()
        self._due = 0.0

    def go_live(self) -> None:
        """Begin with the live days: the history has arrived."""
        self._live.set()

    async def play(self, sender: Sender) -> None:
        """Publish everything; returns when the last day is delivered.

        Raises:
            PublishFailed: the broker did not take what was sent.
        """
        # In a thread: making the days of a large company must not hold up what is shown.
        while (day := await asyncio.to_thread(next, self._scene.days, None)) is not None:
            if day.date < self._scene.live_from:
                self.day = day.date
                await self._send(sender, day.records)
            else:
                await self._play_live(sender, day)
        await sender.flush()
        self.phase = "over"

    async def _play_live(self, sender: Sender, day: Day) -> None:
        loop = asyncio.get_running_loop()
        if self.phase != "live":
            await sender.flush()
            self.phase = "catching up"
            await self._live.wait()
            self.phase = "live"
            self._due = loop.time()
        self.day = day.date
        self._due = max(self._due, loop.time() - FORGIVEN_SECONDS)
        portions = max(1, ceil(self._seconds_a_day / SLICE_SECONDS))
        for n in range(portions):
            count = len(day.records)
            await self._send(sender, day.records[count * n // portions : count * (n + 1) // portions])
            await sender.flush()
            self._due += self._seconds_a_day / portions
            await asyncio.sleep(max(0.0, self._due - loop.time()))

    async def _send(self, sender: Sender, records: Sequence[Outgoing]) -> None:
        for record in records:
            await sender.send(record.topic, record.id, record.value)
            self.sent += 1
