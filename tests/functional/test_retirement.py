"""A lane of a real Kafka lets go what is out of retention when the day turns, and nobody who recovers it sees it again."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from streams.as_of import AsOf
from streams.errors import StateMismatch
from streams.settings import Settings
from tests.functional.brokers import wait_for
from tests.functional.lane_feed import Running, committed, installation, produce, running
from tests.unit.streams.desks import deal

pytestmark = pytest.mark.kafka

RETENTION = 480


def move_clock(run: Running, days: int) -> None:
    run.desk.as_of = AsOf("wall", UTC, lambda: time.time() + days * 86_400)
    run.lane.wake()


def deals(count: int, ago: int, **fields: Any) -> list[dict[str, Any]]:
    """Deals won so many days ago."""
    day = (datetime.now(UTC) - timedelta(days=ago)).date()
    at = dict.fromkeys(("updated_at", "opened_at", "closed_at"), f"{day}T00:00:00Z")
    return [deal(f"d-{ago}-{number}", rep_id=f"r-{number % 3}", **at, **fields) for number in range(count)]


def test_when_days_pass_rows_go_and_those_that_still_count_stay(kafka: Settings) -> None:
    async def run() -> None:
        settings = installation(kafka, clock="wall", retention_days=RETENTION)
        still_open = {"type": "deal", "id": "open", "rep_id": "r-0", "status": "open"}
        still_open |= {name: deals(1, 400)[0][name] for name in ("updated_at", "opened_at")}
        records = [*deals(100, 400), *deals(100, 10), still_open]
        produce(settings, records)
        async with running(settings) as first:
            await first.reached(len(records))
            await first.consistent()
            assert first.lane.state is not None
            ledger = first.lane.state.ledger.rows
            assert len(ledger) == 201
            move_clock(first, 100)
            await wait_for(lambda: len(ledger) == 101, "the older rows to go")
            assert b"ldeal:open" in ledger
            await wait_for(lambda: first.won("company:company") == 100, "the older panes to go")
            await first.consistent()
            move_clock(first, 1_000)
            await wait_for(lambda: list(ledger) == [b"ldeal:open"], "all but the open deal to go")
            await wait_for(lambda: first.won("company:company") == 0, "all panes to go")
            await first.consistent()
            assert set(first.lane.publications.scores.scores) >= {"rep:r-0", "rep:r-1", "rep:r-2", "company:company"}
            kept = first.lane.state.reps.book.by_subject
            assert {day for panes in kept.values() for day in panes} == {0, 1}
        rows = {record.key: record.value for record in await committed(settings, first.desk.names.state)}
        assert sum(key.startswith(b"ldeal") and value is not None for key, value in rows.items()) == 1
        async with running(settings) as second:  # by a clock that is a thousand days behind
            with pytest.raises(StateMismatch, match="clock"):
                await second.task

    asyncio.run(run())
