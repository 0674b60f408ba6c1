"""Days present, ramp and peers, against a walk over every day."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.oracle import presence as oracle
from scoring.presence import (
    Attendance,
    Holidays,
    days_present,
    days_present_by_week,
    is_peer,
    ramp_end,
    ramp_factor,
    ramped_days,
)

START = date(2024, 1, 1).toordinal()  # a leap year
DAYS = st.integers(START, START + 500)
OFF = {
    "weekdays": st.sets(st.integers(0, 6), max_size=6),
    "yearly": st.sets(st.sampled_from([(2, 29), (12, 25), (1, 1), (6, 15), (3, 1)])),
    "dates": st.sets(DAYS, max_size=20),
}
OFFS = st.fixed_dictionaries(OFF)
REPS = st.fixed_dictionaries(
    {"hired": st.none() | DAYS, "left": st.none() | DAYS, "absences": st.lists(st.tuples(DAYS, DAYS), max_size=6)}
)
RAMPS = st.lists(st.sampled_from([0.25, 0.5, 0.75, 1.0]), max_size=4).map(lambda factors: [*sorted(factors), 1.0])


@given(OFFS, DAYS, DAYS)
def test_working_days_are_those_that_are_not_off(off, first: int, last: int) -> None:
    holidays = Holidays(**off)
    expected = [day for day in range(first, last + 1) if oracle.working(day, **off)]
    assert holidays.working_days(first, last) == len(expected)
    assert [day for day in range(first, last + 1) if not holidays.is_off(day)] == expected


@given(REPS, OFFS, DAYS, DAYS)
def test_days_present_are_the_working_days_on_which_the_rep_was_there(rep, off, first: int, last: int) -> None:
    expected = sum(oracle.working(day, **off) and oracle.there(day, **rep) for day in range(first, last + 1))
    assert days_present(Attendance(**rep), first, last, Holidays(**off)) == expected


@given(REPS, DAYS, DAYS)
def test_stretches_are_all_days_there_in_order_with_gaps_between_them(rep, first: int, last: int) -> None:
    stretches = Attendance(**rep).stretches(first, last)
    days = [day for start, end in stretches for day in range(start, end + 1)]
    assert days == [day for day in range(first, last + 1) if oracle.there(day, **rep)]
    assert all(after[0] > earlier[1] + 1 for earlier, after in pairwise(stretches))


@given(REPS, OFFS, RAMPS, DAYS, DAYS)
def test_ramped_days_weigh_each_day_by_what_is_expected_of_it(rep, off, ramp, first: int, last: int) -> None:
    exact = [Fraction(factor) for factor in ramp]
    expected = sum(
        oracle.expectation(day, rep["hired"], exact)
        for day in range(first, last + 1)
        if oracle.working(day, **off) and oracle.there(day, **rep)
    )
    assert ramped_days(Attendance(**rep), first, last, Holidays(**off), ramp) == pytest.approx(
        float(expected), rel=1e-9
    )


@given(st.none() | DAYS, RAMPS, DAYS)
def test_the_ramp_of_a_day_is_that_of_its_quarter_of_tenure(hired, ramp, day: int) -> None:
    exact = [Fraction(factor) for factor in ramp]
    assert ramp_factor(hired, day, ramp) == oracle.expectation(day, hired, exact)
    if hired is None or day >= hired:
        assert (day < ramp_end(hired, ramp)) == oracle.ramping(day, hired, exact)


@given(REPS, OFFS, RAMPS, DAYS, DAYS)
def test_a_peer_was_there_and_settled_on_half_of_the_working_days(rep, off, ramp, first: int, last: int) -> None:
    exact = [Fraction(factor) for factor in ramp]
    working = [day for day in range(first, last + 1) if oracle.working(day, **off)]
    settled = [day for day in working if oracle.there(day, **rep) and not oracle.ramping(day, rep["hired"], exact)]
    expected = bool(settled) and 2 * len(settled) >= len(working)
    assert is_peer(Attendance(**rep), first, last, Holidays(**off), ramp) == expected


@given(REPS, OFFS, DAYS, DAYS, st.randoms(use_true_random=False))
def test_the_order_of_absences_and_their_repetition_do_not_matter(rep, off, first: int, last: int, dice) -> None:
    shuffled = rep["absences"] * 2
    dice.shuffle(shuffled)
    again = Attendance(rep["hired"], rep["left"], shuffled)
    holidays = Holidays(**off)
    assert days_present(again, first, last, holidays) == days_present(Attendance(**rep), first, last, holidays)


@given(REPS, OFFS, DAYS, st.integers(0, 60))
def test_days_present_week_by_week_are_those_of_each_week(rep, off, first: int, count: int) -> None:
    weeks, attendance, holidays = range(first, first + 7 * count, 7), Attendance(**rep), Holidays(**off)
    found = days_present_by_week([Attendance(), attendance], weeks, holidays)
    assert found == [
        [days_present(each, week, week + 6, holidays) for week in weeks] for each in (Attendance(), attendance)
    ]


@given(REPS, OFFS, DAYS, DAYS, DAYS)
def test_days_present_of_two_stretches_add_up(rep, off, first: int, middle: int, last: int) -> None:
    first, middle, last = sorted((first, middle, last))
    attendance, holidays = Attendance(**rep), Holidays(**off)
    parts = [days_present(attendance, *part, holidays) for part in ((first, middle), (middle + 1, last))]
    assert sum(parts) == days_present(attendance, first, last, holidays)


def test_hiring_and_leaving_days_count() -> None:
    assert days_present(Attendance(hired=5, left=5), 1, 9) == 1
    assert days_present(Attendance(hired=9, left=5), 1, 9) == 0
    assert days_present(Attendance(), 9, 1) == 0


def test_a_window_inside_of_a_quarter_of_tenure_is_expected_to_give_that_part() -> None:
    assert [ramped_days(Attendance(hired=1000), first, first + 9) for first in (990, 991, 1000, 1086, 1500)] == [
        0.0,
        0.25,
        2.5,
        5 * 0.25 + 5 * 0.5,
        10.0,
    ]


def test_exactly_half_of_the_window_is_enough_for_a_peer() -> None:
    assert is_peer(Attendance(left=4), 0, 9)
    assert not is_peer(Attendance(left=3), 0, 9)
    assert is_peer(Attendance(left=3), 0, 9, least_share=0.4)


def test_a_holiday_on_a_free_day_of_the_week_is_no_second_day_off() -> None:
    # the 25th of December 2027 is a Saturday
    week = date(2027, 12, 20).toordinal(), date(2027, 12, 26).toordinal()
    assert Holidays([5, 6], [(12, 25)], [week[0] + 5]).working_days(*week) == 5


def test_a_window_of_holidays_alone_has_no_peers() -> None:
    saturday = date(2026, 1, 3).toordinal()
    assert not is_peer(Attendance(), saturday, saturday + 1, Holidays([5, 6]))


def test_holidays_are_compared_by_what_they_are() -> None:
    assert Holidays([6, 5], [(1, 1)], [9, 8]) == Holidays([5, 6], [(1, 1), (1, 1)], [8, 9, 9])
    assert len({Holidays([5]), Holidays([5]), Holidays([6])}) == 2
    assert Holidays() != 5
    assert repr(Holidays([5], [(1, 1)], [9])) == "Holidays(weekdays=[5], yearly=((1, 1),), dates=(9,))"


@pytest.mark.parametrize(
    "wrong",
    [{"weekdays": range(7)}, {"weekdays": [7]}, {"yearly": [(2, 30)]}, {"yearly": [(13, 1)]}],
)
def test_what_leaves_no_day_or_names_none_is_refused(wrong) -> None:
    with pytest.raises(ValueError, match=r"days off are|must be in|out of range"):
        Holidays(**wrong)
