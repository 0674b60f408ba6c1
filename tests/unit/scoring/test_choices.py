"""What a business may choose: defaults of the method, bounds, and refusals that name the place."""

from __future__ import annotations

import math
import tomllib
from dataclasses import fields
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.choices import TABLES, USUAL, Choices, ScoreWindow, choices_of
from scoring.fiscal import FiscalCalendar
from scoring.flags import FlagLimits
from scoring.presence import Holidays
from scoring.scorecard_values import InvalidScorecard
from scoring.shrinkage import Limits


def _read(text: str) -> Choices:
    return choices_of(tomllib.loads(text))


def test_what_is_left_out_is_as_the_method_has_it() -> None:
    usual = _read("")
    assert usual == USUAL
    # method.md section 2
    assert (usual.score_window.shortest_days, usual.score_window.longest_days, usual.score_window.cycles) == (28, 91, 2)
    # section 4, but for the least: docs/method/prior_weight.py
    assert (usual.shrinkage.least, usual.shrinkage.most, usual.shrinkage.without_peers) == (1, 500, 50)
    assert Limits() == (usual.shrinkage.least, usual.shrinkage.most, usual.shrinkage.without_peers)
    assert (usual.shrinkage.fewest_peers, usual.shrinkage.least_signal) == (8, 0.2)
    # section 7
    assert (usual.improvement.weeks, usual.improvement.fewest_weeks) == (26, 13)
    assert usual.people.ramp == (0.25, 0.5, 0.75, 1.0)
    # section 8
    assert (usual.drops.size_gate_points, usual.drops.warning, usual.drops.alarm) == (5, 4, 5)
    assert (usual.drops.block_deals, usual.drops.block_answers, usual.drops.one_alert_days) == (8, 5, 14)
    # sections 2, 6 and 10
    assert (usual.calendar, usual.people.peer_share, usual.people.holidays) == (FiscalCalendar(), 0.5, Holidays())
    assert usual.flags == FlagLimits()


@pytest.mark.parametrize("table", TABLES)
def test_an_empty_table_changes_nothing(table: str) -> None:
    assert _read(f"[{table}]") == USUAL


def test_tables_are_the_fields_of_the_choices() -> None:
    assert tuple(field.name for field in fields(Choices)) == TABLES


@pytest.mark.parametrize("table", ["score_window", "shrinkage", "improvement", "drops", "flags"])
def test_every_number_may_be_stated_and_is_taken(table: str) -> None:
    usual = getattr(USUAL, table)
    for field in fields(usual):
        value = getattr(usual, field.name)
        # a little less than usual, or more where less would cross its partner
        for other in (
            value - 1 if isinstance(value, int) else value * 0.9,
            value + 1 if isinstance(value, int) else value * 1.1,
        ):
            try:
                found = getattr(_read(f"[{table}]\n{field.name} = {other!r}"), table)
            except InvalidScorecard:
                continue
            assert getattr(found, field.name) == other
            assert type(getattr(found, field.name)) is type(value)
            break
        else:
            pytest.fail(f"{table}.{field.name} could not be stated")


def test_a_business_writes_its_calendar_and_its_holidays() -> None:
    found = _read(
        """
        [calendar]
        first_month = 2
        layout = "4-5-4"
        named_by = "start"
        [people]
        ramp = [0.5, 1]
        peer_share = 0.6
        days_off = ["sunday", "saturday"]
        yearly_holidays = ["12-25", "02-29"]
        holidays = [2026-04-03]
        """
    )
    assert found.calendar == FiscalCalendar(2, "4-5-4", "start")
    assert (found.people.ramp, found.people.peer_share) == ((0.5, 1.0), 0.6)
    assert found.people.holidays == Holidays([5, 6], [(12, 25), (2, 29)], [date(2026, 4, 3).toordinal()])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("drops = 5", ["[drops]", "5", "a table"]),
        ("[drops]\nalarms = 5", ["[drops]", "unknown ['alarms']", "'alarm'"]),
        ("[drops]\nalarm = '5'", ["[drops] alarm", "'5'", "a number"]),
        ("[drops]\nalarm = nan", ["[drops] alarm", "nan"]),
        ("[drops]\nalarm = true", ["[drops] alarm", "True"]),
        ("[drops]\nfalse_alerts = 0", ["false_alerts", "at least 0.01"]),
        ("[drops]\nblock_deals = 0", ["block_deals", "at least 1"]),
        ("[drops]\nblock_deals = 8.5", ["block_deals", "8.5", "a whole number"]),
        ("[drops]\nwarning = 6", ["[drops] warning is 6", "alarm, which is 5"]),
        ("[score_window]\nshortest_days = 92", ["shortest_days is 92", "longest_days, which is 91"]),
        ("[score_window]\nlongest_days = 365", ["longest_days", "at most 364"]),
        ("[shrinkage]\nleast = 501", ["[shrinkage] least is 501", "most, which is 500"]),
        ("[shrinkage]\nfewest_peers = 3", ["fewest_peers", "at least 4"]),
        ("[improvement]\nweeks = 12", ["fewest_weeks is 13", "weeks, which is 12"]),
        ("[flags]\nlate_share = 1.5", ["[flags] late_share", "at most 1"]),
        ("calendar = []", ["[calendar]", "a table"]),
        ("[calendar]\nmonth = 1", ["[calendar]", "month", "first_month"]),
        ("[calendar]\nfirst_month = 0", ["first_month", "0", "at least 1"]),
        ("[calendar]\nfirst_month = 13", ["first_month", "13", "at most 12"]),
        ("[calendar]\nlayout = '4-4-4'", ["layout", "4-4-4", "'4-4-5'"]),
        ("[calendar]\nlayout = 445", ["layout", "445", "'4-4-5'"]),
        ("[calendar]\nnamed_by = 'middle'", ["named_by", "'end'", "'start'"]),
        ("people = 1", ["[people]", "a table"]),
        ("[people]\nramps = [1]", ["[people]", "unknown ['ramps']"]),
        ("[people]\nramp = []", ["[people] ramp", "end with 1"]),
        ("[people]\nramp = 1", ["[people] ramp", "a list"]),
        ("[people]\nramp = [0.5]", ["[people] ramp", "[0.5]", "end with 1"]),
        ("[people]\nramp = [0.5, 0.4, 1]", ["[people] ramp", "never fall"]),
        ("[people]\nramp = [0, 1]", ["[people] ramp", "at least 0.01"]),
        ("[people]\nramp = ['1']", ["[people] ramp", "'1'", "a number"]),
        ("[people]\npeer_share = 0", ["peer_share", "at least 0.01"]),
        ("[people]\ndays_off = 'sunday'", ["days_off", "a list"]),
        ("[people]\ndays_off = ['Sunday']", ["days_off", "'Sunday'", "'sunday'"]),
        (
            "[people]\ndays_off = ['monday','tuesday','wednesday','thursday','friday','saturday','sunday']",
            ["days_off", "all days of the week"],
        ),
        ("[people]\nholidays = ['2026-12-25']", ["holidays", "'2026-12-25'", "without quotation marks"]),
        ("[people]\nholidays = [2026-12-25T00:00:00]", ["holidays", "a date"]),
        ("[people]\nholidays = 2026-12-25", ["holidays", "a list"]),
        ("[people]\nyearly_holidays = ['25-12']", ["yearly_holidays", "'25-12'", "'12-25'"]),
        ("[people]\nyearly_holidays = ['12-32']", ["yearly_holidays", "'12-32'"]),
        ("[people]\nyearly_holidays = ['1225']", ["yearly_holidays", "'1225'"]),
        ("[people]\nyearly_holidays = [1225]", ["yearly_holidays", "1225"]),
        ("[people]\nyearly_holidays = '12-25'", ["yearly_holidays", "a list"]),
    ],
)
def test_a_mistake_is_refused_with_its_place_and_what_was_expected(text: str, words: list[str]) -> None:
    with pytest.raises(InvalidScorecard) as refused:
        _read(text)
    assert [word for word in words if word not in str(refused.value)] == [], str(refused.value)


@given(st.floats(0, 1000), st.integers(7, 364), st.integers(7, 364), st.floats(0.1, 10))
def test_the_score_window_is_so_many_cycles_within_its_bounds(
    cycle: float, one: int, other: int, cycles: float
) -> None:
    window = ScoreWindow(min(one, other), max(one, other), cycles)
    days = window.days(cycle)
    assert window.shortest_days <= days <= window.longest_days
    if window.shortest_days < days < window.longest_days:
        assert days - 1 < cycles * cycle <= days
    assert days >= min(math.floor(cycles * cycle), window.longest_days)


def test_choices_are_what_they_are_by_value() -> None:
    def choice(**tables: Any) -> Choices:
        return choices_of(tables)

    assert choice(people={"days_off": ["sunday"]}) == choice(people={"days_off": ["sunday", "sunday"]})
    assert hash(choice()) == hash(USUAL)
