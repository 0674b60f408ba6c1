from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.evidence import Evidence, of_rate
from scoring.mix import Segments, SegmentShift, ratio_shifts, sum_shifts

BASES = st.sampled_from([0.0, 1.0, 7.0]) | st.floats(0.01, 1e4)
SEGMENTS = st.dictionaries(
    st.sampled_from(["Platform", "Add-on", "Support", None]),
    st.builds(lambda base, rate: Evidence(n=base, total=base * rate, base=base), BASES, st.floats(-10, 10)),
    max_size=4,
)
VALUES = st.floats(-10, 10)


def by_name(shifts: list[SegmentShift]) -> dict[str | None, tuple[float, float]]:
    return {shift.segment: (shift.mix, shift.rate) for shift in shifts}


@given(SEGMENTS, SEGMENTS, VALUES, VALUES)
def test_mix_and_rate_sum_to_the_change_whatever_value_is_given(
    before: Segments, after: Segments, first: float, second: float
) -> None:
    shifts = ratio_shifts(before, after, (first, second))

    if shifts:
        assert math.fsum(shift.mix + shift.rate for shift in shifts) == pytest.approx(second - first, abs=1e-12)
    else:
        assert not any(evidence.base > 0 for evidence in (*before.values(), *after.values()))


def test_a_segment_that_entered_is_mix_alone_and_its_records_are_told_there() -> None:
    before = {"Platform": of_rate(10, 6)}
    after = {"Platform": of_rate(10, 6), "Add-on": of_rate(10, 2)}

    shifts = ratio_shifts(before, after, (0.6, 0.4))

    # half of the business is new; beside the mean of 0.5 it goes 0.3 worse, and Platform, which lost half its share, 0.1 better
    assert by_name(shifts) == {
        "Add-on": pytest.approx((-0.15, 0.0)),
        "Platform": pytest.approx((-0.05, 0.0)),
    }
    assert [shift.leaf for shift in shifts] == ["mix", "rate"]
    records = [shifts[0].of_record(1.0, 1.0)] * 2 + [shifts[0].of_record(0.0, 1.0)] * 8
    assert math.fsum(records) == pytest.approx(-0.15)


def test_a_segment_that_left_is_mix_alone_and_its_records_are_told_there() -> None:
    before = {"Platform": of_rate(10, 6), "Add-on": of_rate(10, 2)}
    after = {"Platform": of_rate(10, 6), "Add-on": Evidence()}

    shifts = ratio_shifts(before, after, (0.4, 0.6))

    assert by_name(shifts) == {"Add-on": pytest.approx((0.15, 0.0)), "Platform": pytest.approx((0.05, 0.0))}
    records = [shifts[0].of_record(-1.0, -1.0)] * 2 + [shifts[0].of_record(0.0, -1.0)] * 8
    assert math.fsum(records) == pytest.approx(0.15)


def test_a_date_without_any_base_has_the_others_shares_and_stands_at_its_value_throughout() -> None:
    after = {"Platform": of_rate(30, 15), "Add-on": of_rate(10, 1)}

    shifts = ratio_shifts({}, after, (0.3, 0.4))

    assert by_name(shifts) == {"Add-on": pytest.approx((0.0, -0.05)), "Platform": pytest.approx((0.0, 0.15))}
    assert shifts[0].of_record(1.0, 10.0) == pytest.approx(-0.05)


def test_what_the_market_moved_moves_all_segments_alike() -> None:
    segments = {"Platform": of_rate(10, 6), "Add-on": of_rate(10, 2)}

    shifts = ratio_shifts(segments, segments, (0.5, 0.4))

    assert by_name(shifts) == {"Add-on": pytest.approx((0.0, -0.05)), "Platform": pytest.approx((0.0, -0.05))}


def test_a_base_below_0_is_refused() -> None:
    with pytest.raises(ValueError, match=r"segments \['Platform'\] have a base below 0"):
        ratio_shifts({"Platform": Evidence(base=-1.0)}, {}, (0.0, 0.0))


@given(SEGMENTS, SEGMENTS, st.floats(1, 91), st.floats(1, 91))
def test_segments_of_a_sum_add_up_to_its_change_a_day(
    before: Segments, after: Segments, first: float, second: float
) -> None:
    values = (
        math.fsum(evidence.total for evidence in before.values()) / first,
        math.fsum(evidence.total for evidence in after.values()) / second,
    )
    shifts = sum_shifts(before, after, values, (first, second))

    assert math.fsum(shift.rate for shift in shifts) == pytest.approx(values[1] - values[0], rel=1e-9, abs=1e-7)
    assert all(shift.mix == 0 for shift in shifts)


def test_a_market_that_fell_takes_from_each_segment_of_a_sum_in_proportion() -> None:
    segments = {"Platform": Evidence(total=300.0), "Add-on": Evidence(total=100.0)}

    shifts = sum_shifts(segments, segments, (16.0, 20.0), (20.0, 20.0))

    assert by_name(shifts) == {"Add-on": pytest.approx((0.0, 1.0)), "Platform": pytest.approx((0.0, 3.0))}


def test_without_days_on_one_date_a_sum_has_no_segments_to_compare() -> None:
    assert sum_shifts({}, {"Platform": Evidence(total=300.0)}, (16.0, 15.0), (0.0, 20.0)) == []
