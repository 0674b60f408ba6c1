"""Lanes of a worker that stops."""

from __future__ import annotations

import asyncio
from pathlib import Path

from faust.types import TP

from streams.app import create_app
from tests.unit.streams.desks import desk_at


def test_a_rebalance_that_ends_while_the_worker_stops_begins_no_lane(tmp_path: Path) -> None:
    async def scenario() -> None:
        desk = desk_at()
        _, lanes = create_app(desk, str(tmp_path))
        await lanes.stop()
        await lanes.assigned({TP(topic, 0) for topic in desk.names.inputs})
        assert lanes.obstacles() == ["reading reference records"]
        assert not lanes._lanes
        assert not lanes._tasks

    asyncio.run(scenario())
