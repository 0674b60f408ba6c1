"""Beats: tasks that look at something now and then look at the same moments, so that an idle worker wakes once for all."""

from __future__ import annotations

import asyncio


async def next_beat(seconds: float) -> None:
    """Sleep until the loop's clock next is a multiple of `seconds`: so long at most, half of it at first on average."""
    await asyncio.sleep(seconds - asyncio.get_running_loop().time() % seconds)
