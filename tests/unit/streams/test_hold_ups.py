"""Hold-ups of an event loop are seen, and forgotten after a minute."""

from __future__ import annotations

import asyncio
import time

from streams.hold_ups import HoldUps


def test_work_that_holds_the_loop_is_seen_about_as_long_as_it_was() -> None:
    async def scenario() -> tuple[float, float]:
        held = HoldUps()
        looking = asyncio.create_task(held.run())
        await asyncio.sleep(0.1)
        before, end = held.longest(), time.monotonic() + 0.4
        while time.monotonic() < end:  # without giving anybody a turn
            pass
        await asyncio.sleep(0.1)
        looking.cancel()
        return before, held.longest()

    before, after = asyncio.run(scenario())
    assert 0.3 < after < before + 3
