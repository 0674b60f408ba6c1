"""The pace of a demo: history at once, live days at the speed asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from streams.demo.pacing import Player
from streams.demo.scene import Day, Outgoing, Scene
from streams.local.waiting import wait_until

FIRST = date(2026, 1, 1)
SECONDS = 20.0


class Recording:
    """Notes what is sent and when; nothing is delivered before it is flushed."""

    def __init__(self) -> None:
        self.sent: list[tuple[float, str]] = []
        self.delivered = 0

    async def send(self, topic: str, record_id: str, value: bytes) -> None:
        assert (topic, value) == ("a topic", b"{}")
        self.sent.append((asyncio.get_running_loop().time(), record_id))

    async def flush(self) -> None:
        self.delivered = len(self.sent)


def scene_of(days: int, history: int, records: int) -> Scene:
    def play() -> Iterator[Day]:
        for n in range(days):
            yield Day(FIRST + timedelta(days=n), [Outgoing("a topic", f"{n}-{m}", b"{}") for m in range(records)])

    last = FIRST + timedelta(days=days - 1)
    return Scene(
        title="", first=FIRST, last=last, live_from=FIRST + timedelta(days=history), days=play(), names={}, watched={}
    )


def test_the_history_is_delivered_at_once_and_the_live_days_wait_to_be_let_go() -> None:
    async def scenario() -> None:
        player, sender = Player(scene_of(days=6, history=4, records=5), speed=100.0), Recording()
        playing = asyncio.create_task(player.play(sender))
        assert (player.phase, player.sent) == ("history", 0)
        assert await asyncio.to_thread(wait_until, lambda: player.phase == "catching up", SECONDS)
        assert (player.day, player.sent, sender.delivered) == (FIRST + timedelta(days=3), 20, 20)
        player.go_live()
        await playing
        assert (player.phase, player.day, player.sent) == ("over", FIRST + timedelta(days=5), 30)
        assert sender.delivered == 30
        assert [record_id for _, record_id in sender.sent] == [f"{n}-{m}" for n in range(6) for m in range(5)]

    asyncio.run(scenario())


def test_live_days_take_their_time_and_their_records_are_spread_over_it() -> None:
    async def scenario() -> None:
        player, sender = Player(scene_of(days=3, history=0, records=4), speed=5.0), Recording()
        player.go_live()
        began = asyncio.get_running_loop().time()
        await player.play(sender)
        assert asyncio.get_running_loop().time() - began == pytest.approx(0.6, abs=0.3)
        times = [moment - began for moment, _ in sender.sent]
        # Two portions a day, so a day's first and last record are half a day of 0.2 s apart.
        assert [times[4 * day + 3] - times[4 * day] > 0.05 for day in range(3)] == [True, True, True]

    asyncio.run(scenario())


def test_a_speed_beyond_the_machine_still_sends_everything() -> None:
    async def scenario() -> None:
        player, sender = Player(scene_of(days=300, history=1, records=2), speed=1e9), Recording()
        player.go_live()
        await player.play(sender)
        assert (player.sent, sender.delivered) == (600, 600)

    asyncio.run(scenario())
