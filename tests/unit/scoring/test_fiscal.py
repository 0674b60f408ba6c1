"""Fiscal calendars: against a walk over every day, and the years whose ends companies have published."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import product
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.fiscal import FiscalCalendar, Layout, Period, before, complete_weeks, monday_of
from scoring.oracle.fiscal import days_of

LAYOUTS = get_args(Layout)
CALENDARS = st.builds(FiscalCalendar, st.integers(1, 12), st.sampled_from(LAYOUTS), st.sampled_from(["end", "start"]))
DAYS = st.dates(date(1970, 1, 1), date(2199, 12, 31)).map(date.toordinal)


def _ends(period: Period) -> tuple[str, str, str]:
    return period.name, date.fromordinal(period.first).isoformat(), date.fromordinal(period.last).isoformat()


def _day(text: str) -> int:
    return date.fromisoformat(text).toordinal()


@pytest.mark.parametrize(("month", "layout"), [*product((1, 2, 10), LAYOUTS)])
def test_every_day_of_sixteen_years_is_named_as_by_a_walk_over_them(month: int, layout: Layout) -> None:
    for naming in ("end", "start"):
        calendar = FiscalCalendar(month, layout, naming)  # type: ignore[arg-type]
        for day, named in days_of(calendar, 2017, 2032).items():
            ordinal = day.toordinal()
            assert calendar.year(ordinal).name == f"{named.year}", day
            assert calendar.quarter(ordinal).name == f"{named.year}Q{named.quarter}", day
            assert calendar.month(ordinal).name == f"{named.year}M{named.month:02d}", day
            assert calendar.third(ordinal) == (named.month - 1) % 3, day


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_ends_of_a_period_are_the_first_and_the_last_day_of_its_name(layout: Layout) -> None:
    calendar = FiscalCalendar(2, layout)
    named = days_of(calendar, 2018, 2026)
    for day in named:
        ordinal = day.toordinal()
        for period, same in (
            (calendar.year(ordinal), [d for d in named if named[d].year == named[day].year]),
            (calendar.quarter(ordinal), _alike(named, day, "quarter")),
            (calendar.month(ordinal), _alike(named, day, "month")),
        ):
            assert (period.first, period.last) == (same[0].toordinal(), same[-1].toordinal()), day
        if day > date(2019, 3, 1):
            break


def _alike(named, day, part):
    own = named[day]
    return [d for d in named if named[d].year == own.year and getattr(named[d], part) == getattr(own, part)]


@given(CALENDARS, DAYS)
def test_a_day_lies_in_its_month_which_lies_in_its_quarter_which_lies_in_its_year(
    calendar: FiscalCalendar, day: int
) -> None:
    month, quarter, year = calendar.month(day), calendar.quarter(day), calendar.year(day)
    assert year.first <= quarter.first <= month.first <= day <= month.last <= quarter.last <= year.last
    assert quarter.name.startswith(year.name + "Q")
    assert month.name.startswith(year.name + "M")
    assert calendar.quarter(quarter.first) == calendar.quarter(quarter.last) == quarter
    assert calendar.quarter(quarter.last + 1).first == quarter.last + 1
    assert calendar.quarter_named(quarter.name) == quarter


@given(CALENDARS, DAYS, st.sampled_from(["month", "quarter", "year"]))
def test_a_period_to_date_begins_with_the_period_and_ends_with_the_day(calendar, day, span) -> None:
    whole = getattr(calendar, span)(day)
    so_far = calendar.to_date(span, day)
    assert so_far == Period(whole.name, whole.first, day)
    assert before(so_far).days == so_far.days
    assert before(so_far).last == so_far.first - 1


@given(st.integers(1, 12), st.sampled_from(LAYOUTS[1:]), st.integers(1975, 2190))
def test_years_of_weeks_begin_on_the_nearest_monday_and_have_52_or_53_weeks(month, layout, year) -> None:
    calendar = FiscalCalendar(month, layout, "start")
    found = calendar.year(date(year, month, 5).toordinal())
    start = date.fromordinal(found.first)
    assert start.isoweekday() == 1
    assert abs(start - date(year, month, 1)) <= timedelta(days=3)
    assert found.days in {52 * 7, 53 * 7}
    quarters = [calendar.quarter(found.first + 7 * week).days // 7 for week in (0, 13, 26, 39)]
    assert quarters == [13, 13, 13, found.days // 7 - 39]


@pytest.mark.parametrize("year", range(1990, 2060))
def test_years_of_weeks_from_january_are_those_of_iso_8601(year: int) -> None:
    found = FiscalCalendar(1, "4-4-5").year(date(year, 6, 1).toordinal())
    assert found.first == date.fromisocalendar(year, 1, 1).toordinal()
    assert found.days == 7 * date(year, 12, 28).isocalendar().week


def test_the_53rd_week_belongs_to_the_last_month() -> None:
    calendar = FiscalCalendar(1, "4-4-5")
    # 2026 has 53 weeks by ISO 8601, as any year that begins on a Thursday
    assert _ends(calendar.month(_day("2026-12-31"))) == ("2026M12", "2026-11-23", "2027-01-03")
    assert _ends(calendar.quarter(_day("2027-01-04"))) == ("2027Q1", "2027-01-04", "2027-04-04")
    assert calendar.third(_day("2027-01-03")) == 2
    assert FiscalCalendar(1, "5-4-4").month(_day("2027-01-03")).days == 5 * 7
    assert FiscalCalendar(1, "4-5-4").month(_day("2027-01-03")).days == 5 * 7


def test_fiscal_years_are_named_by_their_end_or_by_their_beginning() -> None:
    # the United States' government: fiscal year 2026 runs from October 2025 to September 2026
    assert _ends(FiscalCalendar(10).year(_day("2025-10-01"))) == ("2026", "2025-10-01", "2026-09-30")
    # the United Kingdom's companies: 2025 is April 2025 to March 2026 to some
    assert FiscalCalendar(4, named_by="start").quarter(_day("2026-03-31")).name == "2025Q4"
    assert FiscalCalendar(1, named_by="start").quarter(_day("2026-03-31")).name == "2026Q1"


def test_leap_days_belong_to_february() -> None:
    assert _ends(FiscalCalendar().month(_day("2028-02-29"))) == ("2028M02", "2028-02-01", "2028-02-29")
    assert FiscalCalendar(3).year(_day("2028-02-29")).days == 366


@given(DAYS, st.integers(0, 100))
def test_complete_weeks_are_all_those_that_fit(first: int, days: int) -> None:
    last = first + days - 1
    fitting = [
        day
        for day in range(first - 7, last + 8)
        if day >= first and day + 6 <= last and date.fromordinal(day).weekday() == 0
    ]
    assert list(complete_weeks(first, last)) == fitting


@given(DAYS)
def test_the_monday_of_a_day_is_at_most_six_days_ago(day: int) -> None:
    assert date.fromordinal(monday_of(day)).weekday() == 0
    assert 0 <= day - monday_of(day) <= 6


@pytest.mark.parametrize(
    "name",
    [
        "",
        "2026",
        "2026Q0",
        "2026Q5",
        "2026q1",
        "Q1",
        "2026Q11",
        "02026Q1",
        "-1Q1",
        "²Q1",
        "0000Q1",
        "2026Q1\n",
        "2²26Q1",
        "9" * 99 + "Q1",
    ],
)
def test_what_names_no_quarter_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="expected a name such as '2026Q1'"):
        FiscalCalendar().quarter_named(name)


@pytest.mark.parametrize(
    ("choices", "words"),
    [
        ((0,), "first_month is 0"),
        ((13,), "first_month is 13"),
        ((1, "4-4-4"), "4-4-4"),
        ((1, "months", "middle"), "middle"),
    ],
)
def test_what_is_no_calendar_is_refused(choices, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        FiscalCalendar(*choices)
