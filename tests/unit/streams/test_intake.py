"""What a message of an input topic says, before anything is known about the record."""

from __future__ import annotations

import json
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from schemas.currencies import EXPONENTS
from schemas.records import InvalidRecord
from schemas.topics import ACTIVITIES, EVENTS, FEEDBACK, REFERENCE
from scoring.facts import facts_of
from scoring.organisation import Organisation
from streams.intake import AHEAD_DAYS, Delivery, check_not_ahead, is_too_old, newest_day, read
from tests.unit.streams.desks import NOW_MS, TODAY, deal

ORGANISATION = Organisation(ZoneInfo("UTC"), "USD", EXPONENTS)
NOW_US = NOW_MS * 1000
DAY_US = 86_400_000_000


def sent(**fields: object) -> bytes:
    return json.dumps(fields).encode()


def delivery_of(topic: str, **fields: object) -> tuple[Delivery, list]:
    [delivery] = read(topic, b"key", sent(**fields), NOW_MS)
    return delivery, facts_of(delivery.record, ORGANISATION)


def reason_of(topic: str, key: bytes | None, value: bytes | None) -> str:
    with pytest.raises(InvalidRecord) as caught:
        read(topic, key, value, NOW_MS)
    assert caught.value.detail
    return caught.value.reason


def test_a_record_states_its_own_version() -> None:
    [delivery] = read(EVENTS, None, sent(**deal(version=7)), NOW_MS)
    assert (delivery.type, delivery.id, delivery.updated_at, delivery.version) == (
        "deal",
        "d-1",
        1_768_046_400_000_000,
        7,
    )
    assert delivery.record.rep_id == "r-1"


def test_without_updated_at_the_kafka_timestamp_is_the_version() -> None:
    record = deal()
    del record["updated_at"]
    [delivery] = read(EVENTS, None, sent(**record), 1_700_000_000_123)
    assert (delivery.updated_at, delivery.version) == (1_700_000_000_123_000, 0)


def test_microseconds_of_a_version_are_kept() -> None:
    first, second = (
        read(EVENTS, None, sent(**deal(updated_at=f"2026-01-10T12:00:00.00000{digit}+01:00")), 0)[0].updated_at
        for digit in (1, 2)
    )
    assert second - first == 1


@pytest.mark.parametrize("key", [b"d-1", b"deal:d-1", b"refund:d-1", b"anything", b"\xff", b"", None])
def test_the_key_of_a_record_with_a_value_does_not_matter(key: bytes | None) -> None:
    [delivery] = read(EVENTS, key, sent(**deal()), NOW_MS)
    assert (delivery.type, delivery.id) == ("deal", "d-1")


def test_a_deleted_record_is_a_delivery_without_a_record() -> None:
    [delivery] = read(EVENTS, None, b'{"type": "deal", "id": "d-1", "deleted": true, "version": 3}', 5)
    assert delivery == Delivery("deal", "d-1", 5000, 3, None)


def test_a_typed_tombstone_deletes_that_record() -> None:
    assert read(EVENTS, b"refund:x-1", None, 5) == [Delivery("refund", "x-1", 5000, 0, None)]


def test_a_bare_tombstone_deletes_the_id_in_every_type_of_the_topic() -> None:
    expected = {EVENTS: 5, ACTIVITIES: 2, FEEDBACK: 1, REFERENCE: 7}
    for topic, count in expected.items():
        deliveries = read(topic, b"x-1", None, 5)
        assert {delivery.id for delivery in deliveries} == {"x-1"}
        assert len({delivery.type for delivery in deliveries}) == len(deliveries) == count
        assert all((d.updated_at, d.version, d.record) == (5000, 0, None) for d in deliveries)


@pytest.mark.parametrize(
    ("key", "types", "record_id"),
    [
        ("deal:a:b", {"deal"}, "a:b"),
        ("deal:deal:1", {"deal"}, "deal:1"),
        ("a:b", {"deal", "lead", "customer", "refund", "cost"}, "a:b"),
        (":b", {"deal", "lead", "customer", "refund", "cost"}, ":b"),
        ("deal:", {"deal", "lead", "customer", "refund", "cost"}, "deal:"),
        ("rep:r-1", {"deal", "lead", "customer", "refund", "cost"}, "rep:r-1"),
        ("Deal:1", {"deal", "lead", "customer", "refund", "cost"}, "Deal:1"),
    ],
)
def test_a_tombstones_key_is_typed_only_by_a_type_of_its_topic(key: str, types: set[str], record_id: str) -> None:
    deliveries = read(EVENTS, key.encode(), None, 5)
    assert {delivery.type for delivery in deliveries} == types
    assert {delivery.id for delivery in deliveries} == {record_id}


@pytest.mark.parametrize("key", [None, b"", b"\xff\xfe", b"deal:\xc3"])
def test_a_tombstone_that_names_no_record_is_invalid(key: bytes | None) -> None:
    assert reason_of(EVENTS, key, None) == "missing_field"


@pytest.mark.parametrize("key", [b"k" * 201, b"deal:" + b"k" * 201, "é".encode() * 201, b"k" * 900_000])
def test_a_tombstone_for_an_id_that_no_record_can_have_is_invalid(key: bytes) -> None:
    assert reason_of(EVENTS, key, None) == "invalid_field"


@pytest.mark.parametrize("key", [b"k" * 200, b"deal:" + b"k" * 200, "語".encode() * 200])
def test_a_tombstone_for_the_longest_id_is_taken(key: bytes) -> None:
    assert len(read(EVENTS, key, None, 5)[0].id) == 200


def test_the_text_null_is_no_tombstone() -> None:
    assert reason_of(EVENTS, b"d-1", b"null") == "not_an_object"
    assert reason_of(EVENTS, b"d-1", b"") == "not_json"


def test_a_type_of_another_topic_is_invalid() -> None:
    assert reason_of(ACTIVITIES, None, sent(**deal())) == "unknown_type"


def days_from_today(days: int) -> str:
    return f"{TODAY + timedelta(days=days)}T12:00:00Z"


def test_an_update_up_to_24_hours_ahead_is_taken() -> None:
    delivery = Delivery("deal", "d", NOW_US + DAY_US, 0, None)
    check_not_ahead(delivery, 0, NOW_US, TODAY.toordinal())
    delivery.updated_at += 1
    with pytest.raises(InvalidRecord) as caught:
        check_not_ahead(delivery, 0, NOW_US, TODAY.toordinal())
    assert caught.value.reason == "too_far_ahead"


@pytest.mark.parametrize(
    ("topic", "fields"),
    [
        (EVENTS, {"type": "lead", "rep_id": "r", "created_at": days_from_today(-5)}),
        (EVENTS, {"type": "customer", "rep_id": "r", "since": days_from_today(-5)}),
        (ACTIVITIES, {"type": "activity", "rep_id": "r", "kind": "call"}),
        (FEEDBACK, {"type": "feedback", "rep_id": "r", "scale": "csat_5", "value": 5}),
    ],
)
def test_any_business_date_over_400_days_ahead_is_too_far(topic: str, fields: dict[str, object]) -> None:
    name = {"lead": "converted_at", "customer": "churned_at"}.get(str(fields["type"]), "occurred_at")
    delivery, facts = delivery_of(topic, id="x", **fields, **{name: days_from_today(AHEAD_DAYS)})
    check_not_ahead(delivery, newest_day(facts), NOW_US, TODAY.toordinal())
    delivery, facts = delivery_of(topic, id="x", **fields, **{name: days_from_today(AHEAD_DAYS + 1)})
    with pytest.raises(InvalidRecord) as caught:
        check_not_ahead(delivery, newest_day(facts), NOW_US, TODAY.toordinal())
    assert caught.value.reason == "too_far_ahead"


def test_the_expected_closing_and_reference_dates_are_no_business_dates() -> None:
    delivery, facts = delivery_of(
        EVENTS,
        type="deal",
        id="d",
        rep_id="r",
        status="open",
        opened_at=days_from_today(0),
        expected_close_on="2199-12-31",
    )
    check_not_ahead(delivery, newest_day(facts), NOW_US, TODAY.toordinal())
    delivery, facts = delivery_of(REFERENCE, type="market", id="m", date="2199-12-31", index=100)
    check_not_ahead(delivery, newest_day(facts), NOW_US, TODAY.toordinal())


FIRST_DAY = date(2024, 1, 1).toordinal()


@pytest.mark.parametrize(
    ("topic", "fields", "old"),
    [
        (EVENTS, deal(opened_at="2023-01-01T00:00:00Z", closed_at="2023-12-31T23:59:59Z"), True),
        (EVENTS, deal(opened_at="2023-01-01T00:00:00Z", closed_at="2024-01-01T00:00:00Z"), False),
        (EVENTS, deal(opened_at="2024-01-01T00:00:00Z", closed_at="2023-12-31T00:00:00Z"), False),
        (EVENTS, deal(status="lost", opened_at="2023-01-01T00:00:00Z", closed_at="2023-12-31T00:00:00Z"), True),
        (EVENTS, deal(status="open", opened_at="1990-01-01T00:00:00Z", closed_at="1990-01-02T00:00:00Z"), False),
        (EVENTS, {"type": "customer", "id": "c", "rep_id": "r", "since": "1990-01-01T00:00:00Z"}, False),
        (EVENTS, {"type": "lead", "id": "l", "rep_id": "r", "created_at": "2023-12-31T00:00:00Z"}, True),
        (
            EVENTS,
            {
                "type": "lead",
                "id": "l",
                "rep_id": "r",
                "created_at": "2023-12-31T00:00:00Z",
                "converted_at": "2024-01-01T00:00:00Z",
            },
            False,
        ),
        (
            ACTIVITIES,
            {"type": "activity", "id": "a", "rep_id": "r", "kind": "call", "occurred_at": "2023-12-31T00:00:00Z"},
            True,
        ),
        (REFERENCE, {"type": "fx_rate", "id": "f", "currency": "EUR", "date": "1990-01-01", "rate": 1}, False),
    ],
)
def test_too_old_is_what_says_nothing_about_any_day_kept(topic: str, fields: dict[str, object], old: bool) -> None:  # noqa: FBT001
    delivery, facts = delivery_of(topic, **fields)
    assert is_too_old(delivery, newest_day(facts), FIRST_DAY) is old


def test_a_deletion_is_never_too_old() -> None:
    assert not is_too_old(Delivery("deal", "d", 0, 0, None), 0, FIRST_DAY)
