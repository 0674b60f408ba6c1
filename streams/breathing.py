"""Breathing: long work on the event loop, with turns for everybody else."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Final

LONGEST_SECONDS: Final = 0.02
"""How long the loop is held: heartbeats and HTTP wait no longer, or the session would be lost."""


async def breathing(steps: Iterator[None]) -> None:
    """Run through steps, giving the event loop a turn whenever they have held it for a while."""
    since = time.monotonic()
    for _ in steps:
        if time.monotonic() - since > LONGEST_SECONDS:
            await asyncio.sleep(0)
            since = time.monotonic()
