"""Paced consumer: one of aiokafka whose fetches rest as a pace says, and are asked in sessions."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from aiokafka import AIOKafkaConsumer

from streams.fetch_session import in_sessions
from streams.pace import Pace


class PacedConsumer(AIOKafkaConsumer):  # type: ignore[misc]  # aiokafka has no types
    """Rests before it asks, not at the broker: what comes after a while of nothing is there at once."""

    def __init__(self, *arguments: Any, pace: Pace, **settings: Any) -> None:
        """All but `pace` as aiokafka has it."""
        super().__init__(*arguments, **settings)
        self._pace = pace

    async def start(self) -> None:
        """Connect, and let every fetch from the first on rest before it is sent."""
        await super().start()
        # aiokafka makes its fetcher itself, and begins to fetch when partitions have been assigned.
        self._fetcher._proc_fetch_request = _rested(self._pace, self._fetcher._proc_fetch_request)  # noqa: SLF001
        self._client.send = in_sessions(self._client.send)


def _rested(pace: Pace, fetch: Callable[..., Awaitable[bool]]) -> Callable[..., Awaitable[bool]]:
    """The same after the rest; like aiokafka's, it brings nothing where it is cancelled."""

    async def rested(*request: Any) -> bool:
        if rest := pace.rest():
            try:
                await asyncio.sleep(rest)
            except asyncio.CancelledError:
                return False
        return await fetch(*request)

    return rested
