"""What a transaction will send, in order."""

from __future__ import annotations

import time
from itertools import pairwise

from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.record.memory_records import MemoryRecords
from hypothesis import given
from hypothesis import strategies as st

from streams.long_rows import Row
from streams.outbox import Outbox, Outgoing, batches_of
from tests.unit.streams.desks import Sent, messages_in, sent


def test_an_outbox_is_false_until_something_is_put_into_it() -> None:
    outbox = Outbox()
    assert not outbox
    outbox.put("facts", 1, Outgoing(None, b"x"))
    assert outbox


def test_messages_keep_their_order_within_a_partition() -> None:
    outbox = Outbox()
    outbox.put("state", 0, Outgoing(b"a", b"1"))
    outbox.put("state", 1, Outgoing(b"a", b"other"))
    outbox.put_rows("state", 0, [(b"a", b"2"), (b"b", None)])
    outbox.put("state", 0, Outgoing(b"a", None))
    assert [(row.key, row.value) for row in sent(outbox, "state") if row.partition == 0] == [
        (b"a", b"1"),
        (b"a", b"2"),
        (b"b", None),
        (b"a", None),
    ]


def test_a_message_keeps_its_time_and_headers_and_a_row_has_none() -> None:
    outbox = Outbox()
    outbox.put("forwarded", 0, Outgoing(b"k", b"v", 123, [("source_topic", b"x")]))
    outbox.put("forwarded", 0, Outgoing(b"k", b"v"))
    outbox.put_rows("state", 0, [(b"k", b"v")])
    assert sent(outbox) == [
        Sent("forwarded", 0, b"k", b"v", 123, [("source_topic", b"x")]),
        Sent("forwarded", 0, b"k", b"v", None, []),
        Sent("state", 0, b"k", b"v", None, []),
    ]


def test_headers_of_one_message_are_not_those_of_the_next() -> None:
    outbox = Outbox()
    outbox.put("a", 0, Outgoing(b"1", b"v", headers=[("h", b"1")]))
    outbox.put("a", 0, Outgoing(b"2", b"v"))
    assert [row.headers for row in sent(outbox)] == [[("h", b"1")], []]


_BATCH_BYTES = 2_000


def _batch() -> BatchBuilder:
    return BatchBuilder(_BATCH_BYTES, 0, is_transactional=1)


def _read(batch: BatchBuilder) -> list[tuple[int, bytes | None, bytes | None, int, list[tuple[str, bytes]]]]:
    memory = MemoryRecords(bytes(batch._build()))
    read = [(each.offset, each.key, each.value, each.timestamp, list(each.headers)) for each in memory.next_batch()]
    assert not memory.has_next()
    return read


_BYTES = st.one_of(st.none(), st.binary(max_size=20), st.integers(0, 1_500).map(bytes))
_ROWS = st.lists(st.tuples(st.binary(min_size=1, max_size=9), _BYTES), max_size=40)
_MESSAGES = st.builds(
    Outgoing, _BYTES, _BYTES, st.integers(1, 2**41), st.lists(st.tuples(st.text(max_size=3), st.binary(max_size=9)))
)


@given(st.lists(st.one_of(_MESSAGES, _ROWS), max_size=6))
def test_batches_hold_all_messages_in_their_order_each_as_full_as_it_can_be(parts: list[Outgoing | list[Row]]) -> None:
    earliest_ms = time.time_ns() // 1_000_000
    batches = batches_of(parts, _batch)
    sizes, counts = [batch.size() for batch in batches], [batch.record_count() for batch in batches]
    read = [_read(batch) for batch in batches]
    expected = messages_in(parts)
    told = [message for batch in read for message in batch]
    assert [message[1:3] for message in told] == [each[:2] for each in expected]
    assert [message[4] for message in told] == [each.headers for each in expected]
    for (_, _, _, timestamp, _), each in zip(told, expected, strict=True):
        assert timestamp == each.timestamp_ms or (each.timestamp_ms is None and timestamp >= earliest_ms)
    assert [[message[0] for message in batch] for batch in read] == [list(range(count)) for count in counts]
    assert all(size <= _BATCH_BYTES or count == 1 for size, count in zip(sizes, counts, strict=True))
    for full, following in pairwise(read):
        first = following[0]
        again = _batch()
        for _, key, value, timestamp, headers in [*full, first]:
            fits = again.append(timestamp=timestamp, key=key, value=value, headers=headers)
        assert fits is None
