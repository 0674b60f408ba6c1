"""Lanes let go what is out of retention: each in its own time, with crashes in between, and end where one process ends."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.topics import ACTIVITIES
from streams.cutting import Frame
from streams.errors import StateMismatch
from streams.outbox import Outbox
from streams.partition_state import PartitionState
from streams.retirement import Retirement
from streams.tally import Tally
from tests.unit.scoring.test_retention import midnight_us, without_forgotten_criteria
from tests.unit.streams.desks import TODAY, Clock, desk_at, message, sent
from tests.unit.streams.lane_exchange import Exchange
from tests.unit.streams.test_lane_exchange import (
    ZONE,
    Delivered,
    assert_equal_to_the_line,
    assert_rows_give_the_state_back,
    deliveries,
    line_of,
    published,
    scores_of,
)

RETENTION = 800


def run_past_retention(sent_to_kafka: list[Delivered], seed: int, crashes: float, later: date) -> Exchange:
    """Deliver everything, then let the workers' clocks jump, the last day apart, facts still on their way."""
    random = Random(seed)
    clocks = [Clock(TODAY), Clock(TODAY)]
    exchange = Exchange(
        [desk_at(clock, time_zone=ZONE, partitions=2, retention_days=RETENTION) for clock in clocks], random
    )
    for one in sent_to_kafka:
        exchange.deliver(*one)
        exchange.anything(crashes)
    names = exchange.names
    inputs = (*names.inputs, names.forwarded)
    while any(
        lane.state.positions.get(t, 0) < exchange.logs.ends[t, lane.partition]
        for lane in exchange.lanes
        for t in inputs
    ):
        random.choice(exchange.lanes).step()
    for clock in clocks:
        clock.today = later - timedelta(days=1)
    for clock in clocks:
        clock.today = later
        for _ in range(random.randint(0, 8)):
            exchange.anything(crashes)
            random.choice(exchange.lanes).retire(random.randint(1, 5), crashing=random.random() < crashes)
    while sum(lane.retire(3) for lane in exchange.lanes):
        exchange.until_quiet()
    exchange.until_quiet()
    return exchange


@settings(max_examples=60)
@given(deliveries(), st.integers(0, 2**32), st.sampled_from([0.0, 0.3]), st.sampled_from([500, 620, 780, 2_000]))
def test_lanes_that_retire_each_in_its_own_time_end_where_one_process_ends(
    sent_to_kafka: list[Delivered], seed: int, crashes: float, days: int
) -> None:
    later = TODAY + timedelta(days=days)
    exchange = run_past_retention(sent_to_kafka, seed, crashes, later)
    line, _ = line_of(sent_to_kafka)
    expected = {name: without_forgotten_criteria(score) for name, score in scores_of(line, later.toordinal()).items()}
    found = {name: without_forgotten_criteria(score) for name, score in published(exchange).items()}
    assert found == expected

    first_day = later.toordinal() - RETENTION
    line.retire(first_day, midnight_us(first_day))
    line.panes("company:company")
    assert_equal_to_the_line(exchange, line)
    held = {key for lane in exchange.lanes for key in lane.state.ledger.rows if not key.startswith((b"lrep", b"lteam"))}
    for key in held:
        record_type, _, record_id = key.decode()[1:].partition(":")
        assert line.holds(record_type, record_id)
    for lane in exchange.lanes:
        assert_rows_give_the_state_back(lane, exchange)
        assert lane.state.reps.first_day == first_day


def activities(first: int, day: date, count: int = 50) -> list[dict[str, object]]:
    return [
        {
            "type": "activity",
            "id": f"a-{number}",
            "updated_at": "2026-01-01T00:00:00Z",
            "rep_id": f"r-{number % 5}",
            "kind": "call",
            "occurred_at": f"{day}T12:00:00Z",
        }
        for number in range(first, first + count)
    ]


def test_a_state_that_takes_the_same_every_day_stops_growing_and_an_idle_one_shrinks_to_its_subjects() -> None:
    clock = Clock(TODAY)
    desk = desk_at(clock, partitions=1, retention_days=480)
    state, retirement, outbox = PartitionState(0, desk), Retirement(desk), Outbox()
    sizes, offset = [], 0
    for passed in range(0, 1_100, 10):
        clock.today = TODAY + timedelta(days=passed)
        if passed < 600:
            records = [
                message(ACTIVITIES, one, offset=offset + n) for n, one in enumerate(activities(offset, clock.today))
            ]
            list(state.take(Frame(ACTIVITIES, 0, offset, offset + 50, 0, records), Outbox(), Tally()))
            offset += 50
            facts = state.ledger.facts.take()
            state.reps.apply(facts)
            state.groups.apply(state.reps.take_outgoing())
        while retirement.is_due():
            list(retirement.some(state))
        state.groups.apply(state.reps.take_outgoing())
        state.write_down(outbox)
        panes = sum(map(len, (*state.reps.book.by_subject.values(), *state.groups.book.by_subject.values())))
        sizes.append((len(state.ledger.rows), panes))
    held = (480 // 10 + 1) * 50
    assert sizes[49] == sizes[54] == sizes[59], "the retention's records, whatever comes"
    assert sizes[59][0] == held
    subjects = len(state.reps.book.by_subject) + len(state.groups.book.by_subject)
    assert sizes[-1] == (0, 2 * subjects), "day 0 and the past of each"
    assert max(rows for rows, _ in sizes) == held


def test_a_longer_retention_does_not_take_facts_of_days_that_are_gone_and_the_events_clock_retires_nothing() -> None:
    state = PartitionState(0, desk_at(partitions=1))
    assert state.retire_before(TODAY.toordinal() - 366)
    assert not state.retire_before(TODAY.toordinal() - 800)
    assert state.reps.first_day == state.groups.first_day == TODAY.toordinal() - 366
    assert not Retirement(desk_at(clock="events")).is_due()


def test_a_state_that_has_let_days_go_is_refused_under_the_events_clock_which_may_ask_for_them() -> None:
    written, outbox = PartitionState(0, desk_at(partitions=1)), Outbox()
    written.retire_before(TODAY.toordinal() - 800)
    written.introduce(outbox)
    written.write_down(outbox)
    rows = {message.key: message.value for message in sent(outbox)}
    list(PartitionState(0, desk_at(partitions=1)).restore(rows))
    with pytest.raises(StateMismatch, match="UPSCORE_CLOCK=wall"):
        list(PartitionState(0, desk_at(partitions=1, clock="events")).restore(rows))
