"""A lane on a real Kafka: what it commits it commits once, whoever else writes, whatever is lost on the way."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterable
from typing import Any

import pytest
from aiokafka.errors import ProducerFenced

from schemas.topics import EVENTS
from streams import topic_admin
from streams.cutting import Frame
from streams.desk import Desk
from streams.errors import StateMismatch
from streams.kafka_clients import transactional_producer
from streams.lane import Lane
from streams.log_ends import Asked
from streams.outbox import Outbox, Outgoing
from streams.program_metrics import ProgramMetrics
from streams.scorecard_file import load_scorecard
from streams.settings import Settings
from streams.topic_names import TopicNames
from tests.functional.brokers import delete_records, delete_topic, wait_for
from tests.functional.lane_feed import Running, committed, facts_sent, installation, produce, running
from tests.unit.streams.desks import deal, message

pytestmark = pytest.mark.kafka


def deals(first: int, count: int) -> list[dict[str, Any]]:
    return [deal(f"d-{number}", rep_id=f"r-{number % 3}") for number in range(first, first + count)]


def everything(run: Running) -> dict[str, Any]:
    state = run.lane.state
    assert state is not None
    return {
        "rows": dict(state.ledger.rows),
        "reps": {subject: dict(panes) for subject, panes in state.reps.book.by_subject.items()},
        "groups": {subject: dict(panes) for subject, panes in state.groups.book.by_subject.items()},
        "routes": dict(state.reps.routes),
        "shown": set(state.shown),
        "positions": dict(state.positions),
    }


def test_a_new_lane_recovers_exactly_what_the_last_one_committed(kafka: Settings) -> None:
    async def run() -> None:
        settings = installation(kafka)
        produce(settings, [*deals(0, 200), b"{", *deals(100, 200)])
        async with running(settings) as first:
            await first.reached(401)
            await first.consistent()
            await wait_for(lambda: "company:company" in first.lane.publications.scores.scores, "scores")
            await first.consistent()
            before = everything(first)
            assert first.won("company:company") == 300
        async with running(settings) as second:
            recovered = everything(second)
            assert recovered == before
            await second.consistent()
            assert everything(second) == before
            assert second.counted("upscore_records_total", topic=EVENTS, outcome="applied") == 0
            await wait_for(lambda: len(second.lane.publications.scores.scores) == 5, "every score, published again")
        assert len(await committed(settings, second.desk.names.dead_letters)) == 1

    asyncio.run(run())


def test_what_a_zombie_had_not_committed_is_neither_recovered_nor_read(kafka: Settings) -> None:
    async def run() -> None:
        settings = installation(kafka)
        zombie = transactional_producer(settings, 0)
        await zombie.start()
        names = TopicNames.of(settings)
        garbage = Outbox()
        garbage.put(names.state, 0, Outgoing(b"ldeal:d-1", b"garbage"))
        garbage.put(names.facts, 0, Outgoing(None, b"garbage"))
        await zombie.begin_transaction()
        await garbage.send(zombie)
        try:
            produce(settings, deals(0, 10))
            async with running(settings) as lane:
                await lane.reached(10)
                await lane.consistent()
                assert lane.won("company:company") == 10
                with pytest.raises(ProducerFenced):
                    await zombie.commit_transaction()
                assert b"garbage" not in [record.value for record in await committed(settings, names.state)]
                assert b"garbage" not in [record.value for record in await committed(settings, names.facts)]
        finally:
            await zombie.stop()

    asyncio.run(run())


def test_a_lane_that_was_overtaken_commits_nothing_more(kafka: Settings) -> None:
    async def run() -> None:
        settings = installation(kafka)
        async with running(settings) as old:
            produce(settings, deals(0, 20))
            await old.reached(20)
            await old.consistent()
            async with running(settings) as new:
                produce(settings, [*deals(20, 300), b"{"])
                await new.reached(321)
                await new.consistent()
                await wait_for(
                    lambda: old.counted("upscore_transactions_total", outcome="fenced"), "the old lane to notice"
                )
                assert old.lane.state is None
                old.lane.end()
                assert new.won("company:company") == 320
                assert old.counted("upscore_records_total", topic=EVENTS, outcome="applied") == 20
                assert new.counted("upscore_records_total", topic=EVENTS, outcome="applied") == 300
                assert new.counted("upscore_transactions_total", outcome="fenced") == 0
                assert (await facts_sent(settings, new.desk))["won_n|USD"] == 320
                assert len(await committed(settings, new.desk.names.dead_letters)) == 1

    asyncio.run(run())


def test_frames_that_are_lost_on_the_way_are_read_again(kafka: Settings) -> None:
    async def run() -> None:
        settings = installation(kafka, transaction_records=200)
        rng = random.Random(5)
        dropped: set[tuple[str, int]] = set()

        def lose_each_once_in_three(frame: Frame) -> bool:
            place = (frame.topic, frame.end)
            if place in dropped or rng.random() > 0.35:
                return True
            dropped.add(place)
            return False

        async with running(settings, lose_each_once_in_three) as lane:
            last = 0
            for first in range(0, 600, 50):
                produce(settings, deals(first, 50))
                await asyncio.sleep(0.03)
                last = first + 50
            lane.keep = lambda _: True
            produce(settings, deals(last, 1))  # a lost last frame has no successor that tells of it
            await lane.reached(last + 1)
            produce(settings, deals(last + 1, 1))
            await lane.reached(last + 2)
            await lane.consistent()
            assert dropped
            assert lane.counted("upscore_seek_backs_total") > 0
            assert lane.won("company:company") == last + 2
            assert lane.counted("upscore_records_total", topic=EVENTS, outcome="applied") == last + 2
            assert lane.counted("upscore_records_total", topic=EVENTS, outcome="unchanged") == 0

    asyncio.run(run())


def test_records_deleted_before_they_were_read_are_counted_and_the_lane_goes_on(kafka: Settings) -> None:
    async def run() -> None:
        settings = installation(kafka)
        produce(settings, deals(0, 30))
        async with running(settings) as first:
            await first.reached(30)
            await first.consistent()
        produce(settings, deals(30, 30))
        delete_records(settings, settings.topic_prefix + EVENTS, 0, 42)
        async with running(settings) as second:
            await second.reached(60)
            await second.consistent()
            assert second.counted("upscore_gap_records_total", topic=EVENTS) == 12
            assert second.won("company:company") == 48

    asyncio.run(run())


def test_deleted_records_of_our_own_topics_stop_the_lane_and_say_what_to_do(kafka: Settings) -> None:
    async def run() -> None:
        settings = installation(kafka)
        produce(settings, deals(0, 30))
        async with running(settings, lambda frame: not frame.topic.endswith("-facts")) as first:
            await first.reached(30)
            facts = first.desk.names.facts
        delete_records(settings, facts, 0, 1)
        async with running(settings) as second:
            await wait_for(second.task.done, "the lane to stop")
            error = second.task.exception()
        assert isinstance(error, StateMismatch)
        assert facts in str(error)
        assert "UPSCORE_APP" in str(error)

    asyncio.run(run())


@pytest.mark.parametrize("name", ["events", "facts"])
def test_an_old_frame_that_tells_of_an_older_end_of_the_log_is_only_dropped(kafka: Settings, name: str) -> None:
    async def run() -> None:
        settings = installation(kafka)
        produce(settings, deals(0, 30))
        async with running(settings) as lane:
            await lane.reached(30)
            await lane.consistent()
            topic = settings.topic_prefix + EVENTS if name == "events" else lane.desk.names.facts
            before = everything(lane) | {"shown": None}  # scores go out in their own time
            await lane.lane.submit(Frame(topic, 0, 0, 1, 0, []))
            await wait_for(lambda: lane.lane.is_idle, "the lane to be idle")
            await asyncio.sleep(0.1)
            assert not lane.task.done()
            assert everything(lane) | {"shown": None} == before

    asyncio.run(run())


@pytest.mark.parametrize("records", [8, 50])
def test_an_input_that_was_made_anew_is_read_from_its_start(kafka: Settings, records: int) -> None:
    """Whether it is shorter than the old one or has grown beyond its end."""

    async def run() -> None:
        settings = installation(kafka)
        produce(settings, deals(0, 30))
        async with running(settings) as first:
            await first.reached(30)
            await first.consistent()
        delete_topic(settings, settings.topic_prefix + EVENTS)
        topic_admin.ensure(settings)
        produce(settings, deals(25, records))
        async with running(settings) as second:
            await wait_for(lambda: second.position() == records, "the new topic to be read")
            await second.consistent()
            assert second.won("company:company") == 25 + records

    asyncio.run(run())


def test_an_input_made_anew_under_a_lane_at_work_is_read_from_its_start(kafka: Settings) -> None:
    async def run() -> None:
        settings = installation(kafka)
        produce(settings, deals(0, 30))
        async with running(settings) as lane:
            await lane.reached(30)
            await lane.consistent()
            delete_topic(settings, settings.topic_prefix + EVENTS)
            topic_admin.ensure(settings)
            produce(settings, deals(25, 50))
            lane.desk.topic_ids = topic_admin.topic_ids(settings)
            lane.lane.start_over()
            await wait_for(lambda: lane.won("company:company") == 75 if lane.lane.state else None, "the new topic")
            await lane.consistent()
            assert lane.won("company:company") == 75

    asyncio.run(run())


def test_an_internal_topic_that_was_made_anew_stops_the_lane(kafka: Settings) -> None:
    async def run() -> None:
        settings = installation(kafka)
        facts = TopicNames.of(settings).facts
        for first, last in ((0, 30), (30, 31)):
            produce(settings, deals(first, last - first))
            async with running(settings) as lane:
                if first:
                    await wait_for(lane.task.done, "the lane to stop")
                    error = lane.task.exception()
                    assert isinstance(error, StateMismatch)
                    assert "UPSCORE_APP" in str(error)
                    return
                await lane.reached(last)
                await lane.consistent()
            delete_topic(settings, facts)
            topic_admin.ensure(settings)

    asyncio.run(run())


def idle_lane(settings: Settings) -> Lane:
    """A lane that was not started."""

    async def nowhere(_topic: str, _partition: int, _offset: int) -> None:
        raise AssertionError("nothing to seek")

    async def nothing(_topics: Iterable[str], _partition: int) -> dict[str, tuple[int, int]]:
        raise AssertionError("nothing to ask")

    desk = Desk.of(settings, load_scorecard(None), ProgramMetrics(), lambda _: None, lambda _: None)
    return Lane(0, desk, nowhere, nothing, Asked)


def test_a_lane_that_ends_lets_go_whoever_waits_for_room(kafka: Settings) -> None:
    async def run() -> None:
        async with running(installation(kafka)) as lane:
            many = [message(EVENTS, b"{}", offset=number) for number in range(60_000)]
            topic = lane.desk.names.facts
            full = Frame(topic, 0, 10**6, 10**6 + 60_000, 0, many)
            await lane.lane.submit(full)
            waiting = asyncio.create_task(lane.lane.submit(full))
            lane.lane.end()
            await asyncio.wait_for(waiting, 5)
            await asyncio.wait_for(lane.task, 5)
            assert lane.lane.is_idle

    asyncio.run(run())


def test_a_lane_that_recovers_holds_nobody_back(kafka: Settings) -> None:
    async def run() -> None:
        lane = idle_lane(kafka)
        many = [message(EVENTS, b"{}", offset=number) for number in range(60_000)]
        for turn in range(3):
            await asyncio.wait_for(lane.submit(Frame(EVENTS, 0, turn, turn + 1, 0, many)), 1)
        assert lane.is_idle

    asyncio.run(run())


def test_sums_of_other_lanes_wait_by_what_the_worker_has_before_it(kafka: Settings) -> None:
    lane = idle_lane(kafka)
    lane.sources._sums_taken_at = time.monotonic()
    assert lane.sources.seconds_until_sums() == 0
    lane._desk.backlog.waits(1, 25_000, frames=False)
    assert 0.3 < lane.sources.seconds_until_sums() <= 0.5
    lane._desk.backlog.waits(1, 1_000_000, frames=False)
    assert 1.8 < lane.sources.seconds_until_sums() <= 2
