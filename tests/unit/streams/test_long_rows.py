"""Rows of any size are written in messages below 1 MB, and read back as they were."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.topics import ACTIVITIES
from streams import codec
from streams.cutting import Frame
from streams.errors import StateMismatch
from streams.long_rows import PART_BYTES, LongRows
from streams.outbox import Outbox
from streams.partition_state import PartitionState
from streams.tally import Tally
from tests.unit.streams.desks import desk_at, message, sent

BROKER_BYTES = 1_000_000
KEYS = st.sampled_from([b"p1:rep:a", b"p1:rep:b", b"lcustomer:+0:p1:rep:a"])
SIZES = st.sampled_from([0, 1, PART_BYTES - 1, PART_BYTES, PART_BYTES + 1, 2 * PART_BYTES, 5 * PART_BYTES + 7])
ROWS = st.none() | st.builds(
    lambda size, filling: codec.pack(filling * size), SIZES, st.sampled_from([b"a", b"+", b"\xc1"])
)


def compacted(log: dict[bytes, bytes], written: object) -> None:
    """What a compacted topic holds after these messages."""
    for key, row in written:  # type: ignore[attr-defined]
        if row is None:
            log.pop(key, None)
        else:
            log[key] = row


@settings(max_examples=60)
@given(st.lists(st.lists(st.tuples(KEYS, ROWS), max_size=3, unique_by=lambda row: row[0]), max_size=6), st.data())
def test_rows_come_back_whole_however_they_grew_and_shrank_and_whoever_wrote_them(
    transactions: list[list[tuple[bytes, bytes | None]]], data: st.DataObject
) -> None:
    log: dict[bytes, bytes] = {}
    expected: dict[bytes, bytes] = {}
    writer = LongRows()
    for rows in transactions:
        written = writer.written(rows)
        assert max((len(key) + len(row or b"") for key, row in written), default=0) < BROKER_BYTES / 2
        compacted(log, written)
        compacted(expected, rows)
        if data.draw(st.booleans(), label="killed"):
            writer = LongRows()
            assert writer.joined(log) == expected
    assert LongRows().joined(log) == expected
    parts = sum(-(-len(row) // PART_BYTES) for row in expected.values() if len(row) > PART_BYTES)
    assert len(log) == len(expected) + parts, "parts that nobody needs were left behind"


def test_usual_rows_are_handed_on_as_they_are() -> None:
    rows = [(b"p1:rep:a", b"row"), (b"p2:rep:a", None)]
    assert LongRows().written(rows) == rows
    held = {b"p1:rep:a": b"row"}
    assert LongRows().joined(held) is held


def test_a_part_that_is_missing_stops_the_worker_and_says_so() -> None:
    log: dict[bytes, bytes] = {}
    compacted(log, LongRows().written([(b"p1:rep:a", b"x" * 3 * PART_BYTES)]))
    del log[b"+1:p1:rep:a"]
    with pytest.raises(StateMismatch, match=r"lacks part 1 of 3.*UPSCORE_APP"):
        LongRows().joined(log)


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.integers(1, 800).map(lambda length: "split:" + "語" * length * 20),
            st.integers(1, 9),
            st.integers(1, 4_000).map(lambda count: {"evaluation/" + "é" * 90 + str(n): 2**62 for n in range(count)}),
        ),
        max_size=3,
    )
)
def test_facts_of_any_size_go_over_in_messages_below_1_mb(facts: list[tuple[str, int, dict[str, int]]]) -> None:
    messages = list(codec.encode_facts(facts))
    assert max(map(len, messages), default=0) <= codec.MESSAGE_BYTES
    sums: dict[tuple[str, int], dict[str, int]] = {}
    for one in messages:
        for subject, day, amounts in codec.decode_facts(one):
            cell = sums.setdefault((subject, day), {})
            assert cell.keys().isdisjoint(amounts) or len(facts) > 1
            for measure, amount in amounts.items():
                cell[measure] = cell.get(measure, 0) + amount
    expected: dict[tuple[str, int], dict[str, int]] = {}
    for subject, day, amounts in facts:
        cell = expected.setdefault((subject, day), {})
        for measure, amount in amounts.items():
            cell[measure] = cell.get(measure, 0) + amount
    assert sums == expected


def test_a_pane_of_thousands_of_criteria_is_written_in_parts_and_restored() -> None:
    desk = desk_at(partitions=1)
    state, outbox = PartitionState(0, desk), Outbox()
    values = [
        {
            "type": "evaluation",
            "id": f"e-{number}",
            "updated_at": "2026-01-10T12:00:00Z",
            "rep_id": "r-1",
            "occurred_at": "2026-01-10T12:00:00Z",
            "criteria": {f"{number}-{criterion}-" + "語" * 85: 50 for criterion in range(100)},
        }
        for number in range(40)
    ]
    records = [message(ACTIVITIES, value, offset=offset) for offset, value in enumerate(values)]
    list(state.take(Frame(ACTIVITIES, 0, 0, len(records), 0, records), outbox, Tally()))
    state.write_down(outbox)
    facts = [message(desk.names.facts, one.value, offset=n) for n, one in enumerate(sent(outbox, desk.names.facts))]
    assert len(facts) > 2
    list(state.take(Frame(desk.names.facts, 0, 0, len(facts), 0, facts), outbox, Tally()))
    state.write_down(outbox)
    assert max(len(one.value or b"") for one in sent(outbox)) < BROKER_BYTES
    [pane] = [pane for day, pane in state.reps.book.by_subject["rep:r-1"].items() if day]
    assert len(pane) == 12_001  # of 4,000 criteria sum, count and squares; and the evaluations

    rows: dict[bytes, bytes] = {}
    compacted(rows, [(one.key, one.value) for one in sent(outbox, desk.names.state)])
    restored = PartitionState(0, desk)
    list(restored.restore(rows))
    assert restored.reps.book.by_subject == state.reps.book.by_subject
    assert restored.ledger.rows == state.ledger.rows
