"""What is refused becomes a dead letter byte for byte, what is misplaced goes home; each is counted once."""

from __future__ import annotations

import json
import tracemalloc
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.dead_letters import HEADERS
from schemas.topics import ACTIVITIES, DEAD_LETTERS, EVENTS, FEEDBACK, REFERENCE
from streams.codec import decode_entry
from streams.desk import Desk
from streams.ledger_keys import ledger_key
from tests.unit.streams.desks import NOW_MS, TODAY, Clock, Sent, deal, desk_at, message, sent
from tests.unit.streams.ledger_at_work import Ledger, negated

ONE_DAY_MS = 86_400_000

BAD = [
    (b"", "not_json"),
    (b"\x00\xff\xfe", "not_json"),
    (b"[]", "not_an_object"),
    (b"null", "not_an_object"),
    (b'{"type": "deal", "id": "x"}', "missing_field"),
    (b'{"type": "feedback", "id": "x"}', "unknown_type"),
    (json.dumps(deal(amount=-1)).encode(), "invalid_field"),
    (b'"' + b"x" * 500_001 + b'"', "too_large"),
    (json.dumps(deal(updated_at="2026-01-16T12:00:01Z")).encode(), "too_far_ahead"),
    (json.dumps(deal(closed_at="2027-03-01T00:00:00Z")).encode(), "too_far_ahead"),
    (json.dumps(deal(opened_at="2020-01-01T00:00:00Z", closed_at="2020-01-01T00:00:00Z")).encode(), "too_old"),
    (None, "missing_field"),
]


@pytest.mark.parametrize(("value", "reason"), BAD)
@pytest.mark.parametrize("key", [b"\xff\x00key", b"", None])
def test_a_bad_record_becomes_a_dead_letter_byte_for_byte(value: bytes | None, reason: str, key: bytes | None) -> None:
    ledger = Ledger()
    taken = message(
        "north.sales.events.v1", value, key=key, offset=41, partition=0, timestamp_ms=NOW_MS - 500 * ONE_DAY_MS
    )
    ledger.stage.take([taken], EVENTS, ledger.outbox, ledger.tally)
    [letter] = ledger.dead_letters()
    assert (letter.topic, letter.partition) == (DEAD_LETTERS, 0)
    assert (letter.key, letter.value) == (key, value)
    headers = dict(letter.headers)
    assert tuple(name for name, _ in letter.headers) == HEADERS
    assert headers["source_topic"] == EVENTS.encode()
    assert (headers["source_partition"], headers["source_offset"]) == (b"0", b"41")
    assert headers["reason"] == reason.encode()
    assert headers["detail"].decode()
    assert ledger.tally.records == {(EVENTS, "invalid"): 1}
    assert ledger.tally.dead_letters == {reason: 1}
    assert ledger.facts() == []
    assert ledger.stage.rows == {}


def test_a_dead_letter_bears_the_time_of_its_rejection() -> None:
    """With the record's own time, retention would delete the letters of a backfill as soon as they are written."""
    ledger = Ledger()
    ledger.take(b"{", timestamp_ms=NOW_MS - 500 * ONE_DAY_MS)
    assert ledger.dead_letters()[0].timestamp_ms is None


def test_the_same_bad_bytes_twice_are_two_dead_letters() -> None:
    ledger = Ledger()
    assert ledger.take(b"{", b"{", deal()) == ["applied", "invalid", "invalid"]
    assert [dict(letter.headers)["source_offset"] for letter in ledger.dead_letters()] == [b"0", b"1"]


def test_a_bad_correction_leaves_the_record_as_it_was() -> None:
    ledger = Ledger()
    ledger.take(deal(version=1))
    ledger.facts()
    rows = dict(ledger.stage.rows)
    assert (
        ledger.take(deal(version=2, amount="x"), deal(version=2, closed_at="2030-01-01T00:00:00Z")) == ["invalid"] * 2
    )
    assert ledger.facts() == []
    assert ledger.stage.rows == rows


OLD = "2020-06-01T00:00:00Z"


@pytest.mark.parametrize(
    ("old", "outcome"),
    [
        (deal(opened_at=OLD, closed_at=OLD, updated_at="2026-01-14T00:00:00Z"), "invalid"),
        (deal(opened_at=OLD, closed_at=OLD, status="open", updated_at="2026-01-14T00:00:00Z"), "applied"),
        (
            {"type": "customer", "id": "d-1", "rep_id": "r", "since": OLD, "updated_at": "2026-01-14T00:00:00Z"},
            "applied",
        ),
        ({"type": "deal", "id": "d-1", "deleted": True, "updated_at": "2020-06-01T00:00:00Z"}, "applied"),
    ],
)
def test_what_is_too_old_is_refused_unless_it_still_says_something(old: dict[str, Any], outcome: str) -> None:
    assert Ledger().take(old) == [outcome]


def test_a_correction_of_a_record_held_is_applied_however_old() -> None:
    ledger = Ledger()
    ledger.take(deal(version=1))
    first = ledger.sums()
    assert ledger.take(deal(opened_at=OLD, closed_at=OLD, version=2)) == ["applied"]
    changed = ledger.sums()
    assert {key: amounts for key, amounts in changed.items() if key in first} == negated(first)


def test_a_deleted_record_is_held_so_an_old_version_of_it_is_a_correction() -> None:
    ledger = Ledger()
    ledger.take({"type": "deal", "id": "d-1", "deleted": True, "updated_at": "2025-01-01T00:00:00Z"})
    assert ledger.take(deal(opened_at=OLD, closed_at=OLD)) == ["applied"]


def test_the_first_day_kept_is_the_retention_back_from_today() -> None:
    ledger = Ledger(retention_days=500)
    for days, outcome in ((500, "applied"), (501, "invalid")):
        day = f"{TODAY - timedelta(days=days)}T12:00:00Z"
        assert ledger.take(deal(f"d-{days}", opened_at=day, closed_at=day)) == [outcome]


def test_with_the_events_clock_nothing_is_too_old() -> None:
    ledger = Ledger(clock="events")
    assert ledger.take(deal(opened_at="1970-01-01T00:00:00Z", closed_at="1970-01-01T00:00:00Z")) == ["applied"]


def misplaced_deal(desk: Desk, partition: int) -> dict[str, Any]:
    """A deal whose home is another partition."""
    ids = (f"d-{number}" for number in range(100))
    return deal(next(one for one in ids if desk.homes.of_ids([one]) != [partition]))


@pytest.mark.parametrize("key", [b"k", None])
def test_a_misplaced_record_is_forwarded_home_as_it_is_and_counted_there_alone(key: bytes | None) -> None:
    desk = desk_at(partitions=2)
    away, home = Ledger(0, desk), Ledger(1, desk)
    record = misplaced_deal(desk, 0)
    arrived = message(
        "sales.events.v1", record, key=key, offset=9, partition=0, timestamp_ms=NOW_MS - 5, headers=[("trace", b"x")]
    )
    away.stage.take([arrived], EVENTS, away.outbox, away.tally)
    assert away.facts() == []
    assert away.tally.records == {}
    assert away.tally.misplaced == {EVENTS: 1}
    [forwarded] = sent(away.outbox)
    assert (forwarded.topic, forwarded.partition) == (desk.names.forwarded, 1)
    assert (forwarded.key, forwarded.value, forwarded.timestamp_ms) == (key, arrived.value, arrived.timestamp)

    home.stage.take_forwarded([deliver(forwarded)], home.outbox, home.tally)
    assert home.tally.records == {(EVENTS, "applied"): 1}
    assert home.tally.misplaced == {}
    there = Ledger(partitions=1)
    there.take(record)
    assert home.sums() == there.sums()


def deliver(forwarded: Sent, offset: int = 0) -> Any:
    """A forwarded message as the lane at home reads it."""
    return message(
        forwarded.topic,
        forwarded.value,
        key=forwarded.key,
        offset=offset,
        partition=forwarded.partition,
        timestamp_ms=forwarded.timestamp_ms or 0,
        headers=forwarded.headers,
    )


def test_a_misplaced_tombstone_keeps_its_version_and_finds_its_record() -> None:
    desk = desk_at(partitions=2)
    away, home = Ledger(0, desk), Ledger(1, desk)
    record = misplaced_deal(desk, 0)
    home.take(record)
    old = home.sums()
    tombstone = message(EVENTS, None, key=record["id"].encode(), partition=0, timestamp_ms=NOW_MS - 7)
    away.stage.take([tombstone], EVENTS, away.outbox, away.tally)
    [forwarded] = sent(away.outbox)
    home.stage.take_forwarded([deliver(forwarded)], home.outbox, home.tally)
    assert home.sums() == negated(old)
    assert decode_entry(home.stage.rows[ledger_key("deal", record["id"])]).updated_at == (NOW_MS - 7) * 1000


def test_a_misplaced_record_refused_at_home_names_where_it_was_first() -> None:
    desk = desk_at(partitions=2)
    away, home = Ledger(0, desk), Ledger(1, desk)
    record = misplaced_deal(desk, 0) | {"closed_at": "2030-01-01T00:00:00Z"}
    arrived = message("sales.events.v1", record, key=b"\xff", offset=77, partition=0)
    away.stage.take([arrived], EVENTS, away.outbox, away.tally)
    [forwarded] = sent(away.outbox)
    assert forwarded.topic == desk.names.forwarded
    home.stage.take_forwarded([deliver(forwarded, offset=3)], home.outbox, home.tally)
    [letter] = home.dead_letters()
    assert (letter.key, letter.value) == (b"\xff", arrived.value)
    headers = dict(letter.headers)
    assert tuple(name for name, _ in letter.headers) == HEADERS
    assert (headers["source_topic"], headers["source_partition"], headers["source_offset"]) == (
        EVENTS.encode(),
        b"0",
        b"77",
    )
    assert home.tally.records == {(EVENTS, "invalid"): 1}


def test_the_clock_is_read_for_each_frame() -> None:
    clock = Clock(TODAY)
    ledger = Ledger(desk=desk_at(clock, partitions=1))
    ledger.stage.look_at_the_clock(NOW_MS * 1000)
    late = deal(opened_at="2027-02-25T00:00:00Z", closed_at="2027-02-25T00:00:00Z")
    assert ledger.take(late) == ["invalid"]
    clock.today += timedelta(days=30)
    ledger.stage.look_at_the_clock(NOW_MS * 1000)
    assert ledger.take(late) == ["applied"]


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([EVENTS, ACTIVITIES, FEEDBACK, REFERENCE]),
            st.none()
            | st.binary(max_size=40)
            | st.recursive(st.none() | st.text(), st.lists).map(lambda v: json.dumps(v).encode()),
            st.none() | st.binary(max_size=20),
            st.integers(0, 4_102_444_800_000),
        ),
        max_size=8,
    )
)
def test_whatever_comes_is_counted_once_and_nothing_is_raised(deliveries: list) -> None:
    ledger = Ledger()
    for offset, (topic, value, key, timestamp_ms) in enumerate(deliveries):
        taken = message(topic, value, key=key, offset=offset, timestamp_ms=timestamp_ms)
        ledger.stage.take([taken], topic, ledger.outbox, ledger.tally)
    assert sum(ledger.tally.records.values()) == len(deliveries)
    rejected = sum(count for (_, outcome), count in ledger.tally.records.items() if outcome == "invalid")
    assert rejected == len(ledger.dead_letters()) == ledger.tally.dead_letters.total()


def test_one_tombstone_with_a_very_long_key_does_not_cost_memory() -> None:
    ledger = Ledger()
    taken = [message(EVENTS, deal(f"d-{number}"), offset=number) for number in range(499)]
    taken.append(message(EVENTS, None, key=b"k" * 900_000, offset=499))
    tracemalloc.start()
    try:
        ledger.stage.take(taken, EVENTS, ledger.outbox, ledger.tally)
        assert tracemalloc.get_traced_memory()[1] < 50_000_000
    finally:
        tracemalloc.stop()
    assert ledger.tally.records == {(EVENTS, "applied"): 499, (EVENTS, "invalid"): 1}
