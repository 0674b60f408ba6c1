"""Lanes that crash, move and exchange their outputs end where one process ends, whatever the order of things."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import suppress
from importlib.resources import files
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from schemas.currencies import EXPONENTS
from schemas.records import InvalidRecord
from scoring.line import Line
from scoring.organisation import Organisation
from scoring.scorecard import parse
from streams.codec import from_json
from streams.intake import read
from streams.partition_state import PartitionState
from tests.unit.scoring.crm_records import messages
from tests.unit.streams.desks import NOW_MS, TODAY, desk_at
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


EXCHANGES = settings(max_examples=80, deadline=None)


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
