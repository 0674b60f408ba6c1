"""Hold-ups of an event loop are seen, and forgotten after a minute."""

from __future__ import annotations

import asyncio
import time

from streams.hold_ups import HoldUps, noting


def test_work_that_holds_the_loop_is_seen_as_long_as_it_was() -> None:
    async def scenario() -> tuple[float, float]:
        held = HoldUps()
        held.watch(asyncio.get_running_loop())
        await asyncio.sleep(0)
        before, end = held.longest(), time.monotonic() + 0.4
        while time.monotonic() < end:  # without giving anybody a turn
            pass
        await asyncio.sleep(0)
        return before, held.longest()

    before, after = asyncio.run(scenario())
    assert 0.4 <= after < before + 3


def test_a_wait_that_comes_back_too_late_is_a_hold_up_and_one_that_ends_in_time_is_none() -> None:
    moments = iter([0.0, 0.001, 5.001, 5.002, 5.2, 5.2, 6.7])  # of the wrapping, then before and after each wait
    noted: list[float] = []
    select = noting(lambda _: [], noted.append, lambda: next(moments))

    select(5.0)
    select(0.5)
    assert noted == []
    select(0.25)
    assert [round(seconds, 3) for seconds in noted] == [1.25]


def test_a_wait_without_an_end_is_no_hold_up_however_long_it_is() -> None:
    moments = iter([0.0, 0.0, 3600.0])
    noted: list[float] = []

    noting(lambda _: [], noted.append, lambda: next(moments))(None)

    assert noted == []
