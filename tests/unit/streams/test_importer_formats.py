"""How exports write numbers, times and dates."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.importer.formats import parse_date, parse_flag, parse_number, parse_time, slug

BERLIN = ZoneInfo("Europe/Berlin")
UTC = ZoneInfo("UTC")
MIDNIGHT = time(0)


@pytest.mark.parametrize(
    ("text", "form", "number"),
    [
        ("1054", {}, "1054"),
        ("-0.5", {}, "-0.5"),
        ("$ 1,234.50", {"thousands": ","}, "1234.50"),
        ("1.234,50 €", {"decimal": ",", "thousands": "."}, "1234.50"),
        ("1 234,50", {"decimal": ",", "thousands": " "}, "1234.50"),
        ("1\u202f234\u00a0567", {"thousands": " "}, "1234567"),
        ("CHF 1'234.50", {"thousands": "'", "strip": ["CHF"]}, "1234.50"),
        ("1,00,000", {"thousands": ","}, "100000"),
        ("(1,200)", {"thousands": ","}, "-1200"),
        ("12.50-", {}, "-12.50"),
        ("\u221212", {}, "-12"),
        ("12 %", {"strip": ["%"]}, "12"),
    ],
)
def test_a_number_is_read_exactly_as_it_is_written(text, form, number):
    assert str(parse_number(text, **form)) == number


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("", {}),
        ("n/a", {}),
        ("1,5", {}),
        ("1,5", {"thousands": ","}),
        ("1 2", {}),
        ("1,23,4", {"thousands": ","}),
        ("1.2.3", {}),
        ("12 USD", {}),
        ("NaN", {}),
        ("Infinity", {}),
        ("٣", {}),
    ],
)
def test_a_number_that_could_mean_something_else_is_refused(text, form):
    with pytest.raises(ValueError, match="expected a number such as"):
        parse_number(text, **form)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**12), max_value=10**12))
def test_grouped_numbers_of_any_size_come_back(number):
    assert parse_number(f"{number:,}", thousands=",") == number
    european = f"{number:,}".translate(str.maketrans(",.", ".,"))
    assert parse_number(european, decimal=",", thousands=".") == number


@pytest.mark.parametrize(
    ("text", "form", "zone", "instant"),
    [
        ("20-10-16", "%d-%m-%y", UTC, "2016-10-20T00:00:00+00:00"),
        ("20-10-16", "%d-%m-%y", BERLIN, "2016-10-19T22:00:00+00:00"),
        ("10/20/2016 03:30 PM", "%m/%d/%Y %I:%M %p", BERLIN, "2016-10-20T13:30:00+00:00"),
        ("2026-01-31T09:30:00+05:30", "iso", BERLIN, "2026-01-31T04:00:00+00:00"),
        ("2026-01-31 09:30:00.25", "iso", UTC, "2026-01-31T09:30:00.250000+00:00"),
        ("1767225600", "unix", BERLIN, "2026-01-01T00:00:00+00:00"),
        ("1767225600123", "unix_ms", BERLIN, "2026-01-01T00:00:00.123000+00:00"),
        # The clocks go back at 03:00: this hour comes twice, and the first one is meant.
        ("2026-10-25T02:30:00", "iso", BERLIN, "2026-10-25T00:30:00+00:00"),
        # They go forward at 02:00: this hour never comes.
        ("2026-03-29T02:30:00", "iso", BERLIN, "2026-03-29T01:30:00+00:00"),
    ],
)
def test_a_time_without_offset_is_one_of_the_stated_zone(text, form, zone, instant):
    assert parse_time(text, (form,), zone, MIDNIGHT).isoformat() == instant


def test_a_date_alone_is_taken_at_the_stated_time_of_day():
    noon = parse_time("2026-06-01", ("iso",), BERLIN, time(12))
    assert noon.isoformat() == "2026-06-01T10:00:00+00:00"
    assert parse_time("2026-06-01T08:00", ("iso",), BERLIN, time(12)).isoformat() == "2026-06-01T06:00:00+00:00"


def test_the_first_format_that_fits_wins():
    formats = ("%d.%m.%Y", "%Y/%m/%d")
    assert parse_date("2026/02/01", formats, UTC) == parse_date("01.02.2026", formats, UTC) == date(2026, 2, 1)


@pytest.mark.parametrize("text", ["31.02.2026", "yesterday", "17672256.5", "99999999999999999"])
def test_what_is_no_time_is_refused_with_the_formats_that_were_tried(text):
    with pytest.raises(ValueError, match=r"expected a date or time as %d\.%m\.%Y or unix"):
        parse_time(text, ("%d.%m.%Y", "unix"), UTC, MIDNIGHT)


def test_a_date_of_a_time_with_offset_is_the_one_of_the_zone():
    assert parse_date("2026-01-31T23:30:00+00:00", ("iso",), BERLIN) == date(2026, 2, 1)
    assert parse_date("2026-01-31T23:30:00", ("iso",), BERLIN) == date(2026, 1, 31)


def test_yes_and_no_are_read_in_the_usual_words_alone():
    assert [parse_flag(word) for word in ("TRUE", "y", "1")] == [True] * 3
    assert [parse_flag(word) for word in ("False", "No", "0")] == [False] * 3
    with pytest.raises(ValueError, match="use a map"):
        parse_flag("ja")


def test_numbers_keep_all_their_digits():
    assert parse_number("0.1234567890123456789012345") == Decimal("0.1234567890123456789012345")


@given(st.text(max_size=40))
def test_a_slug_of_a_slug_is_itself(text):
    assert slug(slug(text)) == slug(text)
