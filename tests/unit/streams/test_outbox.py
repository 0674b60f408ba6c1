"""What a transaction will send, in order."""

from __future__ import annotations

from streams.outbox import Outbox, Outgoing
from tests.unit.streams.desks import Sent, sent


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
