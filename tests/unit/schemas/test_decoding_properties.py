"""Whatever the bytes: a record, a deletion or an InvalidRecord, and numbers as they were written."""

import json
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import schemas
from schemas.dead_letters import REASONS
from schemas.records import CLASSES, Deletion, InvalidRecord, decode
from schemas.topics import ACTIVITIES, EVENTS, FEEDBACK, RECORD_TYPES, REFERENCE

EXAMPLES = Path(schemas.__file__).parent / "examples"
GOLDEN = [(topic, path.read_bytes()) for topic in RECORD_TYPES for path in sorted((EXAMPLES / topic).glob("*.json"))]
FIELDS = sorted({field for _, value in GOLDEN for field in json.loads(value)})
RECORDS = (*CLASSES.values(), Deletion)

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=-(10**400), max_value=10**400),
    st.floats(),
    st.text(),
    st.sampled_from(["won", "EUR", "2026-01-01", "2026-01-01T00:00:00Z", "1e5", "0.1", "NaN", "\ud800", "x" * 1_000]),
)
TREES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4), max_leaves=12
)
TYPES = st.sampled_from([kind for kinds in RECORD_TYPES.values() for kind in kinds])
OBJECTS = st.dictionaries(st.sampled_from(FIELDS), TREES, max_size=12)
TOPICS = st.sampled_from(sorted(RECORD_TYPES))


def outcome_of(topic, value):
    try:
        return decode(topic, value)
    except InvalidRecord as refused:
        return refused


def is_record_or_invalid(topic, value):
    outcome = outcome_of(topic, value)
    if isinstance(outcome, InvalidRecord):
        assert outcome.reason in REASONS
        assert outcome.detail.encode()
    else:
        assert type(outcome) in RECORDS
        assert outcome.type in RECORD_TYPES[topic]
        assert 1 <= len(outcome.id) <= 200


@given(topic=TOPICS, value=st.binary(max_size=200))
def test_any_bytes_are_a_record_or_invalid(topic, value):
    is_record_or_invalid(topic, value)


@given(topic=TOPICS, tree=TREES)
def test_any_json_is_a_record_or_invalid(topic, tree):
    is_record_or_invalid(topic, json.dumps(tree).encode())


@given(topic=TOPICS, kind=TYPES, fields=OBJECTS, deleted=st.sampled_from([None, True, False, "true"]))
def test_any_fields_are_a_record_or_invalid(topic, kind, fields, deleted):
    is_record_or_invalid(topic, json.dumps({"id": "x", "deleted": deleted} | fields | {"type": kind}).encode())


@settings(max_examples=400)
@given(golden=st.sampled_from(GOLDEN), data=st.data())
def test_a_golden_record_with_one_field_changed_is_a_record_or_invalid(golden, data):
    topic, value = golden
    fields = json.loads(value)
    fields[data.draw(st.sampled_from(sorted(fields)))] = data.draw(TREES)

    is_record_or_invalid(topic, json.dumps(fields).encode())


@settings(max_examples=400)
@given(golden=st.sampled_from(GOLDEN), data=st.data())
def test_a_golden_record_with_bytes_changed_is_a_record_or_invalid(golden, data):
    topic, value = golden
    start = data.draw(st.integers(0, len(value)))
    end = data.draw(st.integers(start, min(len(value), start + 20)))
    patch = data.draw(st.binary(max_size=4) | st.sampled_from([b"NaN", b"1e999", b'"', b"\\ud800", b"[" * 300, b"-0"]))

    is_record_or_invalid(topic, value[:start] + patch + value[end:])


@pytest.mark.parametrize("kind", CLASSES)
@pytest.mark.parametrize("depth", [10, 190, 250, 5_000])
def test_deep_nesting_in_any_field_is_a_record_or_invalid(kind, depth):
    topic = next(topic for topic, kinds in RECORD_TYPES.items() if kind in kinds)
    deep = "[" * depth + "]" * depth

    for field in FIELDS:
        is_record_or_invalid(topic, f'{{"id": "x", "deleted": true, "{field}": {deep}, "type": "{kind}"}}'.encode())


AMOUNTS = st.decimals(min_value=0, max_value=10**12, places=12, allow_nan=False, allow_infinity=False)
RATES = st.integers(1, 10**28 - 1).flatmap(lambda n: st.integers(19, 28).map(lambda places: Decimal(n).scaleb(-places)))


@settings(max_examples=300)
@given(amount=AMOUNTS | st.decimals(min_value=0, max_value=10**9, places=2))
def test_an_amount_survives_exactly_as_number_and_as_text(amount):
    written = f"{amount:f}"
    template = '{"type": "refund", "id": "1", "rep_id": "r", "occurred_at": "2026-01-01T00:00:00Z", "currency": "EUR", '

    for token in (written, f'"{written}"'):
        assert decode(EVENTS, f'{template}"amount": {token}}}'.encode()).amount == amount


@settings(max_examples=300)
@given(rate=RATES)
def test_a_rate_survives_exactly_as_number_and_as_text(rate):
    template = '{"type": "fx_rate", "id": "1", "currency": "EUR", "date": "2026-01-01", '

    for token in (f"{rate:f}", f'"{rate:f}"'):
        assert decode(REFERENCE, f'{template}"rate": {token}}}'.encode()).rate == rate


@given(seconds=st.decimals(min_value=0, max_value=10**8, places=6))
def test_seconds_survive_to_the_microsecond(seconds):
    value = (
        '{"type": "activity", "id": "1", "rep_id": "r", "occurred_at": "2026-01-01T00:00:00Z", "kind": "call", '
        f'"duration_seconds": {seconds:f}}}'
    )

    assert decode(ACTIVITIES, value.encode()).duration_seconds == seconds


@given(text=st.text(max_size=300))
def test_a_comment_comes_out_as_it_went_in_whatever_way_it_is_escaped(text):
    fields = {"type": "feedback", "id": "1", "rep_id": "r", "occurred_at": "2026-01-01T00:00:00Z"}
    fields |= {"scale": "thumbs", "value": 1, "comment": text}

    for ascii_only in (True, False):
        value = json.dumps(fields, ensure_ascii=ascii_only).encode()
        assert decode(FEEDBACK, value).comment == text
