"""From bytes to a record: what is no JSON, what is deleted, what is null, what the words of a refusal say."""

import json
from datetime import UTC, datetime

import pytest

from schemas.dead_letters import REASONS
from schemas.records import MAX_RECORD_BYTES, TYPES, Deletion, InvalidRecord, decode
from schemas.topics import ACTIVITIES, EVENTS, FEEDBACK, RECORD_TYPES, REFERENCE

DEAL = {
    "type": "deal",
    "id": "d-1",
    "rep_id": "r-1",
    "status": "won",
    "opened_at": "2026-01-01T10:00:00Z",
    "closed_at": "2026-01-02T10:00:00Z",
    "amount": 1,
    "currency": "EUR",
}


def deal(**fields):
    return json.dumps(DEAL | fields).encode()


def refusal(topic, value):
    with pytest.raises(InvalidRecord) as refused:
        decode(topic, value)
    assert refused.value.reason in REASONS
    return refused.value


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b" ",
        b"{",
        b"\xff\xfe",
        b"\xef\xbb\xbf{}",
        b'{"type": "deal"} {}',
        b"{'type': 'deal'}",
        b'{"type": "deal", "note": "\\ud800"}',
        b'{"type": "deal", "note": "\xed\xa0\x80"}',
        b'{"type": "deal", "x": NaN}',
        b'{"type": "deal", "x": [1, -Infinity]}',
        b"[" * 100_000,
        b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
        b'{"type": "deal", "x": ' + b"9" * 10_000 + b"}",
    ],
)
def test_what_is_no_json_is_refused_as_such(value):
    assert refusal(EVENTS, value).reason == "not_json"


@pytest.mark.parametrize("value", [b"null", b"[]", b'"deal"', b"5", b"true", b'[{"type": "deal"}]'])
@pytest.mark.parametrize("topic", RECORD_TYPES)
def test_json_that_is_no_object_is_refused_as_such(topic, value):
    assert refusal(topic, value).reason == "not_an_object"


def test_nan_and_infinity_inside_texts_are_texts():
    assert decode(EVENTS, deal(product="NaN", stage="-Infinity", source='"NaN')).product == "NaN"


def test_nan_in_an_unknown_field_is_no_json():
    assert refusal(EVENTS, deal(unknown=float("nan"))).reason == "not_json"


@pytest.mark.parametrize("topic", RECORD_TYPES)
@pytest.mark.parametrize("kind", [*sum(RECORD_TYPES.values(), ()), "opportunity", "", "Deal", None, 5, ["deal"], {}])
def test_a_type_is_accepted_in_its_own_topic_alone(topic, kind):
    reason = refusal(topic, json.dumps({"type": kind}).encode()).reason

    assert reason == ("missing_field" if isinstance(kind, str) and kind in TYPES[topic] else "unknown_type")


def test_unknown_topic_is_a_bug_and_no_invalid_record():
    with pytest.raises(KeyError):
        decode("sales.events.v2", deal())


def test_record_longer_than_the_limit_is_too_large_and_one_of_the_limit_is_not():
    padding = MAX_RECORD_BYTES - len(deal(padding=""))

    assert decode(EVENTS, deal(padding="x" * padding)).id == "d-1"
    assert refusal(EVENTS, deal(padding="x" * (padding + 1))).reason == "too_large"


def test_of_a_field_given_twice_the_last_one_holds():
    twice = b'{"type": "lead", "id": "1", "id": "2", "type": "team"}'

    assert decode(REFERENCE, twice).id == "2"


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"rep_id": 5, "status": "archived", "opened_at": "yesterday", "amount": "much", "event_id": {"a": 1}},
        {"splits": [{}], "closed_at": None, "amount": 1e300},
    ],
)
def test_deleted_record_needs_type_and_id_alone(fields):
    value = json.dumps({"type": "deal", "id": "d-1", "deleted": True} | fields).encode()

    assert decode(EVENTS, value) == Deletion(type="deal", id="d-1")


def test_valid_record_that_is_deleted_is_a_deletion_with_its_version():
    value = deal(deleted=True, updated_at="2026-03-01T00:00:00+01:00", version=7, event_id="e")

    assert decode(EVENTS, value) == Deletion(
        type="deal", id="d-1", updated_at=datetime(2026, 2, 28, 23, tzinfo=UTC), version=7, event_id="e"
    )


@pytest.mark.parametrize(
    ("fields", "reason", "field"),
    [
        ({"id": ""}, "invalid_field", "id"),
        ({"id": None}, "invalid_field", "id"),
        ({"updated_at": "2026-03-01"}, "invalid_field", "updated_at"),
        ({"version": 1.5}, "invalid_field", "version"),
        ({"type": "rep"}, "unknown_type", "type"),
        ({"type": None}, "unknown_type", "type"),
    ],
)
def test_deletion_that_does_not_say_what_or_when_is_refused(fields, reason, field):
    value = json.dumps({"type": "deal", "id": "d-1", "deleted": True} | fields).encode()

    refused = refusal(EVENTS, value)

    assert (refused.reason, refused.detail.split(":")[0]) == (reason, field)


@pytest.mark.parametrize("deleted", ["true", 1, 0, "", [], {}])
def test_deleted_must_be_true_or_false(deleted):
    assert refusal(EVENTS, deal(deleted=deleted)).detail.startswith("deal.deleted: expected true or false")


@pytest.mark.parametrize("deleted", [False, None])
def test_record_that_is_not_deleted_is_itself(deleted):
    assert decode(EVENTS, deal(deleted=deleted)).deleted is False


def test_null_is_absent_in_every_optional_field():
    optional = ("updated_at", "version", "event_id", "cost", "list_price", "stage", "expected_close_on", "splits")

    assert decode(EVENTS, deal(**dict.fromkeys(optional))) == decode(EVENTS, deal())


@pytest.mark.parametrize("field", ["id", "rep_id", "status", "opened_at"])
def test_null_is_invalid_in_every_required_field(field):
    refused = refusal(EVENTS, deal(**{field: None}))

    assert refused.reason == "invalid_field"
    assert refused.detail.startswith(f"deal.{field}: expected")
    assert refused.detail.endswith("got null")


@pytest.mark.parametrize(
    ("topic", "fields"),
    [
        (FEEDBACK, {"type": "feedback", "scale": "csat_5", "value": 9, "comment": "SECRET"}),
        (FEEDBACK, {"type": "feedback", "scale": "csat_5", "value": 3, "comment": ["SECRET"]}),
        (FEEDBACK, {"type": "feedback", "scale": "csat_5", "value": 3, "comment": "SECRET" * 2_000}),
        (ACTIVITIES, {"type": "evaluation", "criteria": {}, "evaluator": {"name": "SECRET"}}),
        (ACTIVITIES, {"type": "evaluation", "criteria": {"SECRET" * 20: 5}}),
        (REFERENCE, {"type": "rep", "name": ["SECRET"], "manager": "SECRET" * 100}),
        (REFERENCE, {"type": "rep", "id": "SECRET\n", "team_id": "SECRET\u0000"}),
        (REFERENCE, {"type": "intervention", "note": {"SECRET": "SECRET"}, "kind": "coaching"}),
    ],
)
def test_a_refusal_never_repeats_what_may_be_personal(topic, fields):
    value = json.dumps({"id": "x", "rep_id": "r", "occurred_at": "2026-01-01T10:00:00Z"} | fields).encode()

    refused = refusal(topic, value)

    assert "SECRET" not in refused.detail
    assert refused.__cause__ is None
    assert refused.__suppress_context__


def test_a_refusal_shows_at_most_sixty_characters_of_a_value_and_three_faults():
    refused = refusal(EVENTS, deal(status="s" * 1_000, currency="c" * 1_000, opened_at=5, rep_id=5, version="x"))

    assert len(refused.detail) < 500
    assert "and 2 more" in refused.detail
    assert refused.detail.encode().decode() == refused.detail


def test_a_refusal_shows_no_number_of_hundreds_of_digits():
    assert len(refusal(EVENTS, deal(version=10**300)).detail) < 200
