"""Rows and messages between our own stages come back as they went out."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.ledger import Entry
from scoring.roster import FOREVER
from streams import codec
from streams.topic_admin import OWN_MESSAGE_BYTES

NUMBERS = st.integers() | st.sampled_from(
    [2**63 - 1, 2**63, 2**64 - 1, 2**64, -(2**63), -(2**63) - 1, 10**40, -(10**40)]
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
SUBJECTS = TEXTS.map("rep:{}".format)
DAYS = st.integers(1, 3_000_000)
AMOUNTS = st.dictionaries(TEXTS, NUMBERS, max_size=5)
FACTS = st.lists(st.tuples(SUBJECTS, DAYS, AMOUNTS), max_size=8)
ENTRIES = st.builds(
    Entry,
    updated_at=st.integers(-1000, 7_258_118_400_000_000),
    version=st.integers(-(2**63), 2**63 - 1),
    facts=FACTS,
    content=st.binary(max_size=16),
)
ROUTES = st.lists(
    st.tuples(DAYS | st.just(FOREVER), st.lists(st.tuples(SUBJECTS, st.integers(-100, 1)), max_size=4).map(tuple)),
    max_size=4,
).map(tuple)


@settings(deadline=None)
@given(ENTRIES)
def test_a_ledger_row_gives_back_the_entry(entry: Entry) -> None:
    assert codec.decode_entry(codec.encode_entry(*entry)) == entry


@settings(deadline=None)
@given(AMOUNTS)
def test_a_pane_row_gives_back_the_sums(amounts: dict[str, int]) -> None:
    decoded = codec.decode_pane(codec.encode_pane(amounts))
    assert decoded == amounts
    assert all(type(amount) is int for amount in decoded.values())


@settings(deadline=None)
@given(ROUTES)
def test_a_route_row_gives_back_the_route(route: tuple) -> None:
    assert codec.decode_route(codec.encode_route(route)) == route


@settings(deadline=None)
@given(FACTS)
def test_messages_give_back_the_facts_in_their_order(facts: list) -> None:
    assert [fact for sent in codec.encode_facts(facts) for fact in codec.decode_facts(sent)] == facts


@settings(deadline=None)
@given(st.dictionaries(TEXTS, st.integers(0, 2**62), max_size=5))
def test_positions_give_back_the_offsets(positions: dict[str, int]) -> None:
    assert codec.unpack(codec.pack(positions)) == positions


def test_no_facts_are_no_message() -> None:
    assert list(codec.encode_facts([])) == []


@settings(deadline=None)
@given(st.lists(st.integers(1, 60), min_size=1, max_size=12), st.sampled_from(["x", "é", "語", "🂡"]))
def test_many_facts_become_messages_below_the_limit_of_our_topics(sizes: list[int], letter: str) -> None:
    names = [letter * 100 + str(measure) for measure in range(60)]
    facts = [
        (f"rep:{number}-{day}", 700_000 + day, dict.fromkeys(names[:size], -(2**62)))
        for number, size in enumerate(sizes)
        for day in range(100)
    ]
    messages = list(codec.encode_facts(facts))
    assert [fact for sent in messages for fact in codec.decode_facts(sent)] == facts
    assert max(map(len, messages)) < OWN_MESSAGE_BYTES


def test_a_message_is_filled_before_the_next_one_begins() -> None:
    facts = [(f"rep:{number}", 738_000, {"calls": 1, "activities": 1}) for number in range(20_000)]
    *full, _last = [codec.decode_facts(message) for message in codec.encode_facts(facts)]
    assert full
    assert {sum(1 + len(amounts) for _, _, amounts in message) for message in full} <= {
        codec.MESSAGE_AMOUNTS,
        codec.MESSAGE_AMOUNTS + 1,
        codec.MESSAGE_AMOUNTS + 2,
    }


def test_scores_are_plain_json() -> None:
    assert (
        codec.to_json({"id": 'r-"é"', "score": None, "value": 0.1})
        == b'{"id":"r-\\"\xc3\xa9\\"","score":null,"value":0.1}'
    )
    assert codec.from_json(b'{"value": 61.4}') == {"value": 61.4}
