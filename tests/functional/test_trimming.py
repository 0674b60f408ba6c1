"""Topics of our own are cut below what their readers have committed, and never beyond."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiokafka import TopicPartition as Place

from streams.settings import Settings
from streams.trimming import Trimmer
from tests.functional.brokers import consumer_of, delete_topic
from tests.functional.lane_feed import Running, installation, produce, running
from tests.unit.streams.desks import deal

pytestmark = pytest.mark.kafka


def deals(first: int, count: int) -> list[dict[str, Any]]:
    return [deal(f"d-{number}", rep_id=f"r-{number % 3}") for number in range(first, first + count)]


async def log_starts(settings: Settings, run: Running) -> dict[str, int]:
    places = [Place(topic, 0) for topic in run.lane.sources.own_topics]
    async with consumer_of(settings) as consumer:
        return {place.topic: start for place, start in (await consumer.beginning_offsets(places)).items()}


def test_a_trimmed_lane_goes_on_and_whoever_takes_it_over_sees_no_gap(kafka: Settings) -> None:
    async def run() -> None:
        settings = installation(kafka, transaction_records=50)
        trimmer = Trimmer(settings)
        async with running(settings) as first:
            produce(settings, deals(0, 200))
            await first.reached(200)
            await first.consistent()
            cut = await trimmer.trim([first.lane], enough=1)
            assert {place.topic: offset for place, offset in cut.items()} == {
                topic: first.lane.committed[topic] for topic in (first.desk.names.facts, first.desk.names.pane_changes)
            }
            starts = await log_starts(settings, first)
            assert {place.topic: starts[place.topic] for place in cut} == {p.topic: o for p, o in cut.items()}
            produce(settings, deals(200, 100))
            await first.reached(300)
            await first.consistent()
            assert first.won("company:company") == 300
            produce(settings, deals(300, 100))
            await trimmer.trim([first.lane], enough=1)
        async with running(settings) as second:  # the first one was killed in the midst of its work
            await second.reached(400)
            await second.consistent()
            assert second.won("company:company") == 400
            assert second.counted("upscore_gap_records_total") == 0
            assert second.counted("upscore_seek_backs_total") == 0

    asyncio.run(run())


def test_what_is_computed_but_not_committed_is_not_cut(kafka: Settings) -> None:
    async def run() -> None:
        settings = installation(kafka, transaction_records=50)
        seen: list[tuple[int, int]] = []
        async with running(settings) as lane:
            facts = lane.desk.names.facts

            def look(point: str, _partition: int) -> None:
                if point == "sent" and lane.lane.state is not None:
                    seen.append((lane.lane.committed.get(facts, 0), lane.lane.state.positions.get(facts, 0)))

            lane.desk.passing = look
            produce(settings, deals(0, 200))
            await lane.reached(200)
            await lane.consistent()
            assert any(committed < computed for committed, computed in seen)
            assert all(committed <= computed for committed, computed in seen)

    asyncio.run(run())


def test_little_is_not_worth_a_cut_and_a_refusal_does_no_harm(
    kafka: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    async def run() -> None:
        settings = installation(kafka)
        trimmer = Trimmer(settings)
        async with running(settings) as lane:
            produce(settings, deals(0, 20))
            await lane.reached(20)
            await lane.consistent()
            assert await trimmer.trim([lane.lane]) == {}
        delete_topic(settings, lane.desk.names.facts)
        assert await trimmer.trim([lane.lane], enough=1) == {}
        assert "trying again later" in caplog.text

    asyncio.run(run())
