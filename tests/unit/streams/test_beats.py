"""Beats: who looks as often looks at the same moments."""

from __future__ import annotations

import asyncio
from itertools import pairwise

from streams.beats import next_beat


def test_tasks_that_begin_at_different_moments_wake_at_the_same() -> None:
    async def woken_after(seconds: float) -> float:
        await asyncio.sleep(seconds)
        await next_beat(0.2)
        return asyncio.get_running_loop().time()

    async def scenario() -> list[float]:
        loop = asyncio.get_running_loop()
        await next_beat(0.2)  # so that all of what follows lies in one beat
        begun = loop.time()
        return [moment - begun for moment in await asyncio.gather(*map(woken_after, (0, 0.03, 0.06)))]

    first, *others = asyncio.run(scenario())
    assert first > 0.1
    assert all(abs(moment - first) < 0.02 for moment in others)


def test_a_beat_is_not_missed_and_none_comes_twice() -> None:
    async def scenario() -> list[float]:
        moments = []
        for _ in range(5):
            await next_beat(0.05)
            moments.append(asyncio.get_running_loop().time())
        return moments

    moments = asyncio.run(scenario())
    assert all(later - earlier > 0.01 for earlier, later in pairwise(moments))
