"""What waits for a lane: bounded, in order, and nobody is left waiting when it closes."""

from __future__ import annotations

import asyncio

import pytest

from schemas.topics import EVENTS
from streams.cutting import Frame
from streams.frame_queue import FrameQueue
from tests.unit.streams.desks import message

RECORDS = [message(EVENTS, b"{}", offset=number) for number in range(60_000)]


def frame(start: int, records: int) -> Frame:
    return Frame(EVENTS, 0, start, start + max(1, records), 0, RECORDS[:records])


def opened() -> FrameQueue:
    queue = FrameQueue(asyncio.Event())
    queue.open()
    return queue


def test_frames_come_out_in_the_order_in_which_they_came_in() -> None:
    async def run() -> None:
        queue = opened()
        assert not queue
        for start in range(3):
            await queue.put(frame(start, 1))
        assert queue
        assert queue.filled.is_set()
        assert [queue.take().start for _ in range(3)] == [0, 1, 2]
        assert not queue
        with pytest.raises(IndexError):
            queue.take()

    asyncio.run(run())


def test_a_closed_queue_drops_what_it_is_given_and_makes_nobody_wait() -> None:
    async def run() -> None:
        queue = FrameQueue(asyncio.Event())
        for start in range(3):
            await asyncio.wait_for(queue.put(frame(start, 60_000)), 1)
        assert not queue
        assert not queue.filled.is_set()

    asyncio.run(run())


def test_a_full_queue_makes_its_sources_wait_until_there_is_room() -> None:
    async def run() -> None:
        queue = opened()
        await queue.put(frame(0, 30_000))
        await queue.put(frame(1, 30_000))
        waiting = asyncio.create_task(queue.put(frame(2, 1)))
        await asyncio.sleep(0)
        assert not waiting.done()
        queue.take()
        await asyncio.wait_for(waiting, 1)
        assert [queue.take().start, queue.take().start] == [1, 2]

    asyncio.run(run())


def test_closing_lets_go_whoever_waits_and_their_frames_are_dropped() -> None:
    async def run() -> None:
        queue = opened()
        await queue.put(frame(0, 60_000))
        waiting = [asyncio.create_task(queue.put(frame(start, 1))) for start in (1, 2)]
        await asyncio.sleep(0)
        assert not any(task.done() for task in waiting)
        queue.close()
        await asyncio.wait_for(asyncio.gather(*waiting), 1)
        assert not queue
        queue.open()
        await asyncio.wait_for(queue.put(frame(3, 1)), 1)
        assert queue.take().start == 3

    asyncio.run(run())


def test_empty_frames_wait_too_for_they_move_positions() -> None:
    async def run() -> None:
        queue = opened()
        await queue.put(frame(5, 0))
        assert queue
        assert (queue.take().end, bool(queue)) == (6, False)

    asyncio.run(run())


def test_a_few_large_records_fill_a_queue_as_many_small_ones_do() -> None:
    async def run() -> None:
        queue = opened()
        for start in range(16):
            await asyncio.wait_for(queue.put(Frame(EVENTS, 0, start, start + 1, 0, RECORDS[:1], size=1_000_000)), 1)
        waiting = asyncio.create_task(queue.put(frame(16, 1)))
        await asyncio.sleep(0)
        assert not waiting.done()
        queue.take()
        await asyncio.wait_for(waiting, 1)
        queue.close()
        queue.open()
        await asyncio.wait_for(queue.put(frame(0, 1)), 1)

    asyncio.run(run())
