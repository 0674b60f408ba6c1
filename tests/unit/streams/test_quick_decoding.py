from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from schemas.records import Deletion, InvalidRecord, decode
from schemas.topics import ACTIVITIES, EVENTS, INPUTS
from scoring.organisation import microseconds
from streams.moments import NEVER
from streams.quick_decoding import QuickDecoder
from tests.fuzz.mutations import mutated, seeds

CALL = b'{"type":"activity","id":"a","rep_id":"r","kind":"call","occurred_at":"2026-01-31T09:30:00Z","duration_seconds":30%s}'


DECODERS = {spec.name: QuickDecoder(spec.name) for spec in INPUTS}


def same(quick: Any, moment_us: dict[str, int], record: Any) -> bool:
    """Whether a quick record says what the validator's does; dates are texts there."""
    for name in quick.__struct_fields__:
        said, expected = getattr(quick, name), getattr(record, name)
        if name in moment_us and said is not None:
            moments = [microseconds(moment) for moment in (expected if isinstance(expected, list) else [expected])]
            said, expected = moment_us[name], max(moments, default=NEVER)
        elif isinstance(said, float):
            said = Decimal(repr(said))
        elif isinstance(said, dict):
            said = {of: Decimal(repr(number)) for of, number in said.items()}
        elif name == "splits" and said is not None:
            said, expected = ([(split.rep_id, split.share) for split in splits] for splits in (said, expected))
            assert all(isinstance(share, Decimal) for _, share in said)
        elif hasattr(expected, "isoformat"):
            expected = expected.isoformat()
        if said != expected and not (name == "deleted" and not said and not expected):
            return False
    return True


def compared(topic: str, values: list[bytes]) -> Counter[str]:
    """How many of the values were quick, among how many valid ones; each the same as by the validator."""
    found: Counter[str] = Counter()
    groups, others = DECODERS[topic].decode(values)
    for group in groups:
        for at, (place, quick) in enumerate(zip(group.places, group.records, strict=True)):
            record = decode(topic, values[place])
            assert not isinstance(record, Deletion)
            assert record.type == group.type
            assert same(quick, {name: int(column[at]) for name, column in group.instants.items()}, record), values[
                place
            ]
            found["quick"] += 1
    assert sorted([*others, *(place for group in groups for place in group.places)]) == list(range(len(values)))
    for value in values:
        try:
            decode(topic, value)
            found["valid"] += 1
        except InvalidRecord:
            found["invalid"] += 1
    return found


@pytest.mark.parametrize("at_once", [1, 50])
def test_whatever_is_quick_is_what_the_validator_has(at_once: int) -> None:
    waiting: dict[str, list[bytes]] = {spec.name: [] for spec in INPUTS}
    found: Counter[str] = Counter()
    for sent in mutated(3_000, seed=at_once, large_every=1_500):
        if sent.value is not None:
            waiting[sent.topic].append(sent.value)
            if len(waiting[sent.topic]) >= at_once:
                found += compared(sent.topic, waiting[sent.topic])
                waiting[sent.topic] = []
    assert found["quick"] > 100
    assert found["invalid"] > 200


def test_most_golden_examples_are_quick() -> None:
    found: Counter[str] = Counter()
    for spec in INPUTS:
        found += compared(spec.name, [value for topic, value in seeds() if topic == spec.name])
    assert found["quick"] > found["valid"] / 2


@pytest.mark.parametrize(
    "field",
    [
        b',"deleted":true',
        b',"event_id":"\\u0000"',
        b',"event_id":"\x7f"',
        b',"event_id":"\xc2\x85"',
        b',"outcome":"gone"',
        b',"version":1.0',
        b',"version":9223372036854775808',
        b',"duration_seconds":-1',
        b',"duration_seconds":"30"',
        b',"type":"evaluation"',
        b',"unknown":"\xff"',
        b',"unknown":NaN',
        b',"unknown":' + b"[" * 300 + b"]" * 300,
        b',"unknown":' + b"9" * 4_400,
        b',"lead_id":"%s"' % (b"x" * 201),
        b',"updated_at":"2026-01-31"',
        b'},{"type":"activity"',
    ],
)
def test_what_is_not_surely_valid_is_left_to_the_validator(field: bytes) -> None:
    plain = CALL % b""
    groups, others = QuickDecoder(ACTIVITIES).decode([plain, CALL % field, plain])
    assert [group.places for group in groups] == [[0, 2]]
    assert others == [1]


def test_a_record_that_breaks_a_rule_between_fields_is_left_to_the_validator() -> None:
    deal = b'{"type":"deal","id":"d","rep_id":"r","status":"won","opened_at":"2026-01-31T09:30:00Z","amount":12.5%s}'
    closed = deal % b',"currency":"EUR","closed_at":"2026-02-01T09:30:00Z","expected_close_on":"%s"'
    groups, others = QuickDecoder(EVENTS).decode([deal % b"", closed % b"2026-02-28", closed % b"2026-02-30"])
    assert [(group.type, group.places) for group in groups] == [("deal", [1])]
    assert others == [0, 2]


def test_each_of_several_instants_is_looked_at() -> None:
    customer = b'{"type":"customer","id":"c","rep_id":"r","since":"2026-01-31T09:30:00Z","renewals":%s}'
    lists = [
        b'["2026-03-01T00:00:00Z","2026-02-01T00:00:00Z"]',
        b"[]",
        b"null",
        b'["2026-02-01T00:00:00Z","2026-02-30T00:00:00Z"]',
    ]
    [group], others = QuickDecoder(EVENTS).decode([customer % each for each in lists])
    assert (group.places, others) == ([0, 1, 2], [3])
    assert group.instants["renewals"].tolist() == [microseconds(datetime(2026, 3, 1, tzinfo=UTC)), NEVER, NEVER]


def test_a_topic_of_one_type_asks_for_it_all_the_same() -> None:
    untyped = (CALL % b"").replace(b'"type":"activity",', b"")
    assert QuickDecoder(ACTIVITIES).decode([untyped]) == ([], [0])


def test_nothing_is_quick_among_nothing() -> None:
    assert QuickDecoder(ACTIVITIES).decode([]) == ([], [])
    assert QuickDecoder(ACTIVITIES).decode([b""]) == ([], [0])


def test_splits_and_marks_are_quick_and_their_rules_hold() -> None:
    deal = (
        b'{"type":"deal","id":"d","rep_id":"r","status":"open","opened_at":"2026-01-31T09:30:00Z","splits":['
        b'{"rep_id":"a","share":0.7},{"rep_id":"b","share":%s}]}'
    )
    assert compared(EVENTS, [deal % b"0.3", deal % b"0.30005"]) == {"quick": 2, "valid": 2}
    assert compared(EVENTS, [deal % share for share in (b"0.31", b'"0.3"', b"null", b'0.3,"note":"x"')]) == {
        "quick": 1,
        "valid": 2,
        "invalid": 2,
    }
    marks = b'{"type":"evaluation","id":"e","rep_id":"r","occurred_at":"2026-01-31T09:30:00Z","criteria":{%s}}'
    fine = [
        b"",
        b'"tone":76',
        b'"tone":76.1,"pace":0,"tone":3',
        b",".join(b'"c%d":%d' % (at % 99, at) for at in range(101)),
    ]
    assert compared(ACTIVITIES, [marks % each for each in fine]) == {"quick": 4, "valid": 4}
    wrong = [b'"tone":101', b'"":1', b'"tone":"76"', b",".join(b'"c%d":1' % at for at in range(101))]
    assert compared(ACTIVITIES, [marks % each for each in wrong]) == {"invalid": 4}
