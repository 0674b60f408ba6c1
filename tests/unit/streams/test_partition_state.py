"""Everything a lane knows, as rows; and lanes that exchange their outputs end where one process ends, whatever happens."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import suppress
from importlib.resources import files
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from schemas.currencies import EXPONENTS
from schemas.records import InvalidRecord
from schemas.topics import EVENTS
from scoring.line import Line
from scoring.organisation import Organisation
from scoring.scorecard import parse
from streams.codec import decode_facts, from_json, unpack
from streams.errors import StateMismatch
from streams.frames import Frame
from streams.intake import read
from streams.outbox import Outbox
from streams.partition_state import PartitionState
from streams.tally import Tally
from tests.unit.scoring.crm_records import messages
from tests.unit.streams.desks import NOW_MS, TODAY, deal, desk_at, message, sent
from tests.unit.streams.lane_exchange import Exchange, Lane

SCORECARD = parse(files("scoring").joinpath("scorecards/default.toml").read_text())
ZONE = "America/New_York"
BAD = [b"{", b"null", b'{"type": "deal", "id": "x"}', None]

Delivered = tuple[str, bytes | None, bytes | None, int]
"""Topic, key, value and time of a message."""


def _corpus() -> list[tuple[str, dict[str, Any]]]:
    """Topics and records of all sorts. Drawn once, for a list of records with all their fields is too much for one draw."""
    found: list[tuple[str, dict[str, Any]]] = []

    @settings(max_examples=600, derandomize=True, database=None, phases=[Phase.generate])
    @given(messages())
    def keep(drawn: tuple[str, bytes]) -> None:
        found.append((drawn[0], json.loads(drawn[1])))

    keep()
    return found


CORPUS = _corpus()


@st.composite
def deliveries(draw: st.DrawFn) -> list[Delivered]:
    """Messages in the order of arrival: versions of records that all differ, repeats, tombstones, what is no record."""
    found: list[Delivered] = []
    count = draw(st.integers(0, 40))
    chosen = draw(st.lists(st.integers(0, len(CORPUS) - 1), min_size=count, max_size=count))
    versions = draw(st.permutations(range(len(chosen))))
    for number, version in zip(chosen, versions, strict=True):
        topic, record = CORPUS[number]
        keys = (record["id"], f"{record['type']}:{record['id']}", "elsewhere")
        key = keys[draw(st.integers(0, 2))].encode()
        found.append((topic, key, json.dumps(record | {"version": version}).encode(), NOW_MS))
        match draw(st.integers(0, 14)):
            case 0:
                found.append((topic, key, None, NOW_MS + len(found)))
            case 1:
                found.append((topic, None, draw(st.sampled_from(BAD)), NOW_MS))
            case 2:
                found.append(draw(st.sampled_from(found)))
    return found


def line_of(sent_to_kafka: list[Delivered]) -> tuple[Line, Counter[str]]:
    """One process that takes everything in order, and how many messages are records and how many are not."""
    line, counted = Line(Organisation(ZoneInfo(ZONE), "USD", EXPONENTS)), Counter[str]()
    for topic, key, value, timestamp_ms in sent_to_kafka:
        try:
            for one in read(topic, key, value, timestamp_ms):
                line.take(one.type, one.id, one.updated_at, one.version, one.record)
        except InvalidRecord:
            counted["invalid"] += 1
        else:
            counted["valid"] += 1
    line.panes("company:company")
    return line, counted


def together(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """Parts of a state that no two partitions may share, merged."""
    merged: dict[str, Any] = {}
    for part in parts:
        assert merged.keys().isdisjoint(part)
        merged |= part
    return merged


def everything_in(state: PartitionState) -> dict[str, Any]:
    return {
        "rows": state.ledger.rows,
        "reps": state.reps.book.by_subject,
        "groups": state.groups.book.by_subject,
        "routes": state.reps.routes,
        "shown": state.shown,
        "positions": state.positions,
    }


def assert_equal_to_the_line(exchange: Exchange, line: Line) -> None:
    states = [lane.state for lane in exchange.lanes]
    assert together([state.reps.book.by_subject for state in states]) == line.reps.book.by_subject
    assert together([state.reps.routes for state in states]) == line.reps.routes
    assert together([state.groups.book.by_subject for state in states]) == line.groups.book.by_subject


def assert_rows_give_the_state_back(lane: Lane, exchange: Exchange) -> None:
    restored = PartitionState(lane.partition, lane.worker.desk)
    for _ in restored.restore(exchange.logs.rows(exchange.names.state, lane.partition)):
        pass
    assert everything_in(restored) == everything_in(lane.state)


def published(exchange: Exchange) -> dict[str, Any]:
    newest: dict[str, Any] = {}
    for record in exchange.read(exchange.names.scores):
        subject = record.key.decode()
        newest.pop(subject, None)
        if record.value is not None:
            newest[subject] = from_json(record.value) | {"version": None}
    return newest


def scores_of(line: Line, as_of: int) -> dict[str, Any]:
    scores = line.scores(SCORECARD, as_of, "now")
    return {f"{score['subject']}:{score['id']}": from_json(json.dumps(score)) | {"version": None} for score in scores}


def run_exchange(sent_to_kafka: list[Delivered], seed: int, crashes: float, **options: Any) -> Exchange:
    """Deliver messages in order while lanes step, crash and move between two workers; then let everything arrive."""
    random = Random(seed)
    exchange = Exchange([desk_at(time_zone=ZONE, **options) for _ in range(2)], random)
    for one in sent_to_kafka:
        exchange.deliver(*one)
        while random.random() < 0.6:
            exchange.anything(crashes)
    exchange.until_quiet()
    return exchange


EXCHANGES = settings(max_examples=40, deadline=None)


@EXCHANGES
@given(deliveries(), st.integers(0, 2**32), st.sampled_from([0.0, 0.1, 0.5]), st.integers(1, 3))
def test_lanes_that_crash_and_move_end_where_one_process_ends(
    sent_to_kafka: list[Delivered], seed: int, crashes: float, count: int
) -> None:
    exchange = run_exchange(sent_to_kafka, seed, crashes, partitions=count)
    line, counted = line_of(sent_to_kafka)
    assert_equal_to_the_line(exchange, line)
    for lane in exchange.lanes:
        assert_rows_give_the_state_back(lane, exchange)

    outcomes = Counter(outcome for (_, outcome) in exchange.counted.elements())
    assert outcomes.total() == len(sent_to_kafka)
    assert outcomes["invalid"] == counted["invalid"] == len(exchange.read(exchange.names.dead_letters))
    assert published(exchange) == scores_of(line, TODAY.toordinal())


@settings(EXCHANGES, max_examples=30)
@given(deliveries(), st.integers(0, 2**32), st.sampled_from([0.0, 0.3]))
def test_with_the_events_clock_all_workers_score_the_newest_date_that_counts(
    sent_to_kafka: list[Delivered], seed: int, crashes: float
) -> None:
    exchange = run_exchange(sent_to_kafka, seed, crashes, clock="events")
    line, _ = line_of(sent_to_kafka)
    newest = line.newest_day(TODAY.toordinal())
    assert [worker.desk.as_of.newest for worker in exchange.workers] == [newest, newest]
    assert published(exchange) == scores_of(line, TODAY.toordinal() if newest is None else newest)


def keys_of_records(sent_to_kafka: list[Delivered]) -> list[tuple[str, bytes]]:
    """The topic and the typed key of every record that is sent."""
    found = {}
    for topic, key, value, timestamp_ms in sent_to_kafka:
        with suppress(InvalidRecord):
            found |= {(topic, f"{one.type}:{one.id}".encode()): None for one in read(topic, key, value, timestamp_ms)}
    return list(found)


@settings(EXCHANGES, max_examples=30)
@given(deliveries(), st.integers(0, 2**32))
def test_when_everything_is_deleted_no_pane_no_route_and_no_score_is_left(
    sent_to_kafka: list[Delivered], seed: int
) -> None:
    deletions = [(topic, key, None, NOW_MS + 60_000) for topic, key in keys_of_records(sent_to_kafka)]
    exchange = run_exchange([*sent_to_kafka, *deletions], seed, 0.1)
    for lane in exchange.lanes:
        state = lane.state
        assert (state.reps.book.by_subject, state.groups.book.by_subject, state.reps.routes) == ({}, {}, {})
        assert state.shown == set()
        rows = exchange.logs.rows(exchange.names.state, lane.partition)
        assert {key[:1] for key in rows} <= {b"l", b"m"}
    assert published(exchange) == {}


def take(state: PartitionState, frame: Frame) -> tuple[Outbox, Tally]:
    outbox, tally = Outbox(), Tally()
    for _ in state.take(frame, outbox, tally):
        pass
    return outbox, tally


def frame_of(*values: Any, start: int = 0, end: int | None = None, topic: str = EVENTS, partition: int = 0) -> Frame:
    records = [message(topic, value, offset=start + number, partition=partition) for number, value in enumerate(values)]
    stop = start + len(values) if end is None else end
    return Frame(topic, partition, start, stop, 0, records)


def test_a_frame_moves_the_position_to_its_end_even_if_it_is_empty() -> None:
    state = PartitionState(0, desk_at(partitions=1))
    take(state, frame_of(deal(), end=5))
    assert state.positions == {EVENTS: 5}
    take(state, frame_of(start=5, end=9))
    assert state.positions == {EVENTS: 9}


def test_records_below_the_position_are_passed_over() -> None:
    state = PartitionState(0, desk_at(partitions=1))
    take(state, frame_of(b"{", deal("d-1"), deal("d-2")))
    outbox, tally = take(state, frame_of(b"{", deal("d-1"), deal("d-2"), deal("d-3")))
    assert tally.records == {(EVENTS, "applied"): 1}
    assert sent(outbox) == []
    assert state.positions == {EVENTS: 4}


def test_a_frame_that_lies_below_the_position_whole_does_not_move_it_back() -> None:
    state = PartitionState(0, desk_at(partitions=1))
    take(state, frame_of(deal("d-1"), deal("d-2")))
    _, tally = take(state, frame_of(deal("d-1")))
    assert (state.positions, tally.records) == ({EVENTS: 2}, {})


def test_a_frame_beyond_the_position_is_the_callers_mistake() -> None:
    state = PartitionState(0, desk_at(partitions=1))
    with pytest.raises(ValueError, match="begins at 1; expected <= 0"):
        take(state, frame_of(deal(), start=1))
    assert state.positions == {}


def test_a_gap_of_an_input_is_counted_and_left_behind() -> None:
    desk = desk_at(partitions=1, topic_prefix="eu.")
    state, tally = PartitionState(0, desk), Tally()
    state.skip_to("eu." + EVENTS, 40, tally)
    assert tally.gaps == {EVENTS: 40}
    assert state.positions == {"eu." + EVENTS: 40}


@pytest.mark.parametrize("topic", ["forwarded", "facts", "pane_changes"])
def test_a_gap_of_an_internal_topic_stops_the_worker_and_names_the_way_out(topic: str) -> None:
    desk = desk_at(partitions=1)
    state = PartitionState(0, desk)
    with pytest.raises(StateMismatch, match="UPSCORE_APP"):
        state.skip_to(getattr(desk.names, topic), 1, Tally())
    assert state.positions == {}


def test_facts_go_to_the_homes_of_their_subjects_and_a_transaction_adds_them_up() -> None:
    desk = desk_at(partitions=1)
    state = PartitionState(0, desk)
    outbox, _ = take(state, frame_of(*[deal(f"d-{number}", rep_id=f"r-{number % 2}") for number in range(100)]))
    state.write_down(outbox)
    facts = [fact for one in sent(outbox, desk.names.facts) for fact in decode_facts(one.value)]
    assert sorted(
        (subject, amounts.get("revenue|USD")) for subject, _, amounts in facts if "revenue|USD" in amounts
    ) == [
        ("rep:r-0", 500_000),
        ("rep:r-1", 500_000),
    ]
    assert len(sent(outbox, desk.names.facts)) == 1


def test_facts_of_another_partitions_subject_go_there() -> None:
    desk = desk_at(partitions=8)
    states = {desk.homes.of_ids([f"d-{number}"])[0]: number for number in range(100)}
    partition, number = next(iter(states.items()))
    state = PartitionState(partition, desk)
    outbox, _ = take(
        state,
        frame_of(
            deal(f"d-{number}", splits=[{"rep_id": f"r-{i}", "share": 0.1} for i in range(10)]), partition=partition
        ),
    )
    state.write_down(outbox)
    for one in sent(outbox, desk.names.facts):
        assert {desk.homes.of_subject(subject) for subject, _, _ in decode_facts(one.value)} == {one.partition}
    assert len({one.partition for one in sent(outbox, desk.names.facts)}) > 1


def test_only_what_changed_is_written_down_and_the_positions_always() -> None:
    desk = desk_at(partitions=1)
    state = PartitionState(0, desk)
    outbox, _ = take(state, frame_of(deal("d-1"), deal("d-2")))
    state.write_down(outbox)
    assert {one.key for one in sent(outbox, desk.names.state)} == {b"ldeal:d-1", b"ldeal:d-2", b"m:positions"}
    outbox, _ = take(state, frame_of(deal("d-1"), deal("d-2", version=2, amount=5), start=2))
    state.write_down(outbox)
    assert {one.key for one in sent(outbox, desk.names.state)} == {b"ldeal:d-2", b"m:positions"}
    assert unpack(next(one.value for one in sent(outbox, desk.names.state) if one.key == b"m:positions")) == {EVENTS: 4}


def test_the_reference_position_is_written_down_with_what_it_moved() -> None:
    desk = desk_at(partitions=1)
    state, outbox = PartitionState(0, desk), Outbox()
    state.reroute([], 17)
    state.write_down(outbox)
    [row] = sent(outbox, desk.names.state)
    assert unpack(row.value) == {desk.names.reference: 17}


@pytest.mark.parametrize(
    ("name", "value"), [("time_zone", "Europe/Berlin"), ("partitions", 3), ("partitioner", "crc32")]
)
def test_state_made_under_other_settings_is_refused_by_name(name: str, value: Any) -> None:
    outbox = Outbox()
    PartitionState(0, desk_at()).introduce(outbox)
    rows = {one.key: one.value for one in sent(outbox)}
    list(PartitionState(0, desk_at()).restore(rows))
    with pytest.raises(StateMismatch) as caught:
        list(PartitionState(0, desk_at(**{name: value})).restore(rows))
    assert name in str(caught.value)
    assert repr(value) in str(caught.value)


def test_long_frames_and_long_restorations_pause_now_and_then() -> None:
    desk = desk_at(partitions=1)
    state, outbox = PartitionState(0, desk), Outbox()
    steps = sum(1 for _ in state.take(frame_of(*[deal(f"d-{n}") for n in range(2_000)]), outbox, Tally()))
    assert steps >= 4
    state.write_down(outbox)
    rows = {one.key: one.value for one in sent(outbox, desk.names.state)}
    assert sum(1 for _ in PartitionState(0, desk).restore(rows)) >= 4
