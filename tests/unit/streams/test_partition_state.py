"""Everything a lane knows, as rows: what a frame changes is written down, and read back. Many lanes: test_lane_exchange.py."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.topics import EVENTS
from streams.codec import decode_facts, pack, unpack
from streams.cutting import Frame
from streams.errors import StateMismatch
from streams.outbox import Outbox
from streams.partition_state import PartitionState
from streams.rows_made_under import ROWS_VERSION
from streams.tally import Tally
from tests.unit.streams.desks import deal, desk_at, message, sent


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


@pytest.mark.parametrize(
    ("version", "said"),
    [
        (ROWS_VERSION + 1, f"newer upscore.*version {ROWS_VERSION + 1}, this one knows {ROWS_VERSION}. Upgrade"),
        (
            ROWS_VERSION - 1,
            f"older upscore.*version {ROWS_VERSION - 1}.*UPSCORE_GENERATION=2.*rebuild switch.*docs/rebuild",
        ),
        (None, "older upscore.*version None"),
    ],
)
def test_rows_of_another_version_are_not_read_and_the_way_out_is_named(version: int | None, said: str) -> None:
    desk = desk_at()
    about = {"time_zone": "UTC", "partitions": 2, "partitioner": "murmur2"}
    if version is not None:
        about["rows_version"] = version
    state = PartitionState(0, desk)
    with pytest.raises(StateMismatch, match=said):
        list(state.restore({b"m:about": pack(about), b"p1:rep:a": b"rows of a kind that nobody knows"}))
    assert state.reps.book.by_subject == {}


def test_long_frames_and_long_restorations_pause_now_and_then() -> None:
    desk = desk_at(partitions=1)
    state, outbox = PartitionState(0, desk), Outbox()
    steps = sum(1 for _ in state.take(frame_of(*[deal(f"d-{n}") for n in range(2_000)]), outbox, Tally()))
    assert steps >= 4
    state.write_down(outbox)
    rows = {one.key: one.value for one in sent(outbox, desk.names.state)}
    assert sum(1 for _ in PartitionState(0, desk).restore(rows)) >= 4
