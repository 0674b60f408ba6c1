"""What is an instant, a date, a number, a share, and what only looks like one."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic_core import SchemaValidator, ValidationError

from schemas.records import InvalidRecord, decode
from schemas.records.common import _ANY_INSTANT, _INSTANT
from schemas.topics import EVENTS, REFERENCE

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
    return refused.value


def amount_of(number):
    return decode(EVENTS, deal().replace(b'"amount": 1', b'"amount": ' + number.encode())).amount


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-01-01T10:00:00Z", datetime(2026, 1, 1, 10, tzinfo=UTC)),
        ("2026-01-01t10:00:00z", datetime(2026, 1, 1, 10, tzinfo=UTC)),
        ("2026-01-01T10:00:00+01:00", datetime(2026, 1, 1, 9, tzinfo=UTC)),
        ("2026-01-01T10:00:00-00:00", datetime(2026, 1, 1, 10, tzinfo=UTC)),
        ("2026-01-01T10:00:00-23:59", datetime(2026, 1, 2, 9, 59, tzinfo=UTC)),
        ("2026-01-01T10:00:00.5Z", datetime(2026, 1, 1, 10, 0, 0, 500_000, tzinfo=UTC)),
        ("2026-01-01T10:00:00.123456999999999Z", datetime(2026, 1, 1, 10, 0, 0, 123_456, tzinfo=UTC)),
        ("1970-01-01T00:00:00Z", datetime(1970, 1, 1, tzinfo=UTC)),
        ("2199-12-31T23:59:59.999999Z", datetime(2199, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)),
    ],
)
def test_rfc_3339_with_offset_is_an_aware_instant(text, instant):
    opened_at = decode(EVENTS, deal(opened_at=text)).opened_at

    assert opened_at == instant
    assert opened_at.utcoffset() is not None


TWO_DIGITS = st.integers(0, 61).map("{:02}".format)
INSTANTS = st.builds(
    "{}-{}-{}{}{}:{}:{}{}{}".format,
    st.sampled_from(["1969", "1970", "1999", "2000", "2024", "2026", "2099", "2100", "2199", "2200"]),
    st.integers(0, 13).map("{:02}".format),
    st.integers(0, 32).map("{:02}".format),
    st.sampled_from("Tt "),
    st.integers(0, 24).map("{:02}".format),
    TWO_DIGITS,
    TWO_DIGITS,
    st.sampled_from(["", ".", ".5", ".123456", ".1234567", ".999999999"]),
    st.sampled_from(
        ["Z", "z", "", "+00:00", "-00:00", "+14:00", "-14:59", "+15:00", "+23:59", "+24:00", "+05:99", "+0100"]
    ),
)


@settings(max_examples=2_000)
@given(INSTANTS)
def test_the_fast_way_takes_no_other_texts_and_makes_no_other_moments(text):
    fast, exact = (SchemaValidator(schema).validate_python for schema in (_INSTANT, _ANY_INSTANT))
    try:
        expected = exact(text)
    except ValidationError:
        with pytest.raises(ValidationError):
            fast(text)
    else:
        found = fast(text)
        assert (found, found.utcoffset()) == (expected, expected.utcoffset())


@pytest.mark.parametrize(
    "text",
    [
        *(1767225600, 1767225600.5, "1767225600", "1767225600000", "1767225600.000000000000000Z", True, {}, []),
        *("", "now", "2026-01-01", "2026-01-01T10:00:00", "2026-01-01 10:00:00Z", "2026-01-01_10:00:00Z"),
        *("2026-01-01T10:00Z", "2026-01-01T10:00:00+0100", "2026-01-01T10:00:00+01", "2026-01-01T10:00:00.Z"),
        *("2026-1-1T10:00:00Z", "20260101T100000Z", "2026-01-01T10:00:00+24:00", "2026-01-01T10:00:00\u221201:00"),
        *("2026-02-29T10:00:00Z", "2026-13-01T10:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T10:00:60Z"),
        *("1970-01-01T00:00:00+01:00", "2200-01-01T00:00:00Z", "0000-01-01T00:00:00Z", "2026-01-01T10:00:00Z\n"),
        *(" 2026-01-01T10:00:00Z", "\u0662026-01-01T10:00:00Z", "2026-01-01T10:00:00." + "1" * 100 + "Z"),
    ],
)
def test_anything_else_is_no_instant(text):
    assert refusal(EVENTS, deal(opened_at=text)).detail.startswith("deal.opened_at: expected an RFC 3339")


@pytest.mark.parametrize("text", ["2026-1-1", "2026-02-30", "20260101", "1969-12-31", "2200-01-01", 20454, "20454", ""])
def test_a_date_is_year_month_day_and_nothing_else(text):
    assert refusal(EVENTS, deal(expected_close_on=text)).detail.startswith("deal.expected_close_on: expected a date")
    assert decode(EVENTS, deal(expected_close_on="2028-02-29")).expected_close_on == date(2028, 2, 29)


@pytest.mark.parametrize(
    "number",
    [
        *("0", "0.1", "0.30000000000000004", "19.990000000000002", "123456789012.123456789012", "1000000000000"),
        *("0.10000000000000000555", "0.1234567890123456789012345678", "100.000000000000000001", "0.50000000000000001"),
    ],
)
def test_a_json_number_is_the_decimal_that_was_written(number):
    assert amount_of(number) == Decimal(number)
    assert amount_of(f'"{number}"') == Decimal(number)


@pytest.mark.parametrize(
    "number",
    [
        *(
            "-0.01",
            "1000000000000.01",
            "1e13",
            "1e400",
            "1e999999999999",
            "9" * 300,
            "0." + "3" * 29,
            "true",
            "[]",
            "{}",
        ),
        *(
            '"1_000"',
            '" 1"',
            '"1 "',
            '"+1"',
            '"1,5"',
            '"0x1"',
            '"NaN"',
            '"Infinity"',
            '""',
            '"."',
            '"\u0661"',
            '"1e9999"',
        ),
        *('"1000000000000.01"', '"-1"', '"1e-400"', '"' + "1" * 400 + '"'),
    ],
)
def test_what_is_no_amount_is_refused(number):
    value = deal().replace(b'"amount": 1', b'"amount": ' + number.encode())

    assert refusal(EVENTS, value).detail.startswith("deal.amount: expected a number or decimal string from 0 to 1e12")


def test_long_digits_in_a_text_do_not_change_the_record():
    digits = "1234.567890123456789"

    assert decode(EVENTS, deal(product=digits)).product == digits


def test_long_number_does_not_loosen_the_other_fields():
    value = deal(version="@").replace(b'"@"', b"1.00000000000000000001")

    assert refusal(EVENTS, value).detail.startswith("deal.version")


@pytest.mark.parametrize("share", ["0.4999", "0.5001", 0.4999, 0.5001])
def test_shares_within_the_tolerance_of_one_are_accepted(share):
    splits = [{"rep_id": "a", "share": 0.5}, {"rep_id": "b", "share": share}]

    assert [split.share for split in decode(EVENTS, deal(splits=splits)).splits] == [
        Decimal("0.5"),
        Decimal(str(share)),
    ]


@pytest.mark.parametrize("share", ["0.49989999", "0.50010001", -0.5])
def test_shares_beyond_the_tolerance_are_refused(share):
    splits = [{"rep_id": "a", "share": 0.5}, {"rep_id": "b", "share": share}]

    assert refusal(EVENTS, deal(splits=splits)).detail.startswith("deal.splits")


@pytest.mark.parametrize(
    ("rate", "accepted"), [("1e-28", True), ("1e-29", False), ("1e-300", False), ("1e-400", False)]
)
def test_a_rate_is_never_smaller_than_its_scale(rate, accepted):
    fields = '{"type": "fx_rate", "id": "1", "currency": "EUR", "date": "2026-01-01", "rate": %s}'

    for token in (rate, f'"{rate}"'):
        if accepted:
            assert decode(REFERENCE, (fields % token).encode()).rate == Decimal(rate)
        else:
            assert refusal(REFERENCE, (fields % token).encode()).detail.startswith("fx_rate.rate")
