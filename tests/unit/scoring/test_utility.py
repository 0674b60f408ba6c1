from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from scoring.scorecard import ScoredMetric
from scoring.utility import utility

UP = ScoredMetric("win_rate", "results", 1.0, 0.5, 0.1, 0.03, False, True, False)
"""Typical 0.5, spread 0.1: goalposts at 0.3355 and 0.6645, target 0.5842."""
DOWN = replace(UP, metric="return_rate", higher_is_better=False)

VALUES = st.floats(-1_000, 1_000)
METRICS = st.builds(
    ScoredMetric,
    metric=st.just("m"),
    pillar=st.just("results"),
    weight=st.just(1.0),
    typical=st.floats(-100, 100),
    spread=st.floats(0, 50),
    smallest_spread=st.floats(0.01, 50),
    per_day=st.just(False),
    higher_is_better=st.booleans(),
    capped=st.just(False),
)
TARGETS = st.none() | st.floats(-1_000, 1_000)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.3355, 0.0),  # the lower goalpost: 0.5 - 1.645 x 0.1
        (0.2, 0.0),
        (0.5842, 0.7),  # the target: 0.5 + 0.842 x 0.1
        (0.6645, 1.0),  # the upper goalpost
        (0.9, 1.0),
        (0.5, 0.7 * 0.1645 / 0.2487),
        (0.62435, 0.85),  # halfway from the target to the upper goalpost
    ],
)
def test_utility_rises_from_the_lower_goalpost_over_the_target_to_the_upper_one(value: float, expected: float) -> None:
    assert utility(UP, value) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("value", "expected"), [(0.6645, 0.0), (0.4158, 0.7), (0.3355, 1.0), (0.1, 1.0), (0.8, 0.0)])
def test_where_lower_is_better_the_scale_is_turned_round(value: float, expected: float) -> None:
    assert utility(DOWN, value) == pytest.approx(expected, abs=1e-12)


def test_a_given_target_takes_the_place_of_the_usual_one() -> None:
    assert utility(UP, 0.5, target=0.5) == pytest.approx(0.7)
    # halfway from 0.3355 to 0.5, and from 0.5 to 0.6645
    assert utility(UP, 0.41775, target=0.5) == pytest.approx(0.35)
    assert utility(UP, 0.58225, target=0.5) == pytest.approx(0.85)
    assert utility(DOWN, 0.45, target=0.45) == pytest.approx(0.7)


def test_a_target_beyond_the_upper_goalpost_moves_it() -> None:
    # target 0.8355 is 0.5 above the lower goalpost: the upper one goes 3/7 of that beyond the target, to 1.0497857...
    assert utility(UP, 0.8355, target=0.8355) == pytest.approx(0.7)
    assert utility(UP, 0.6645, target=0.8355) == pytest.approx(0.7 * 0.329 / 0.5)
    assert utility(UP, 0.8355 + 0.5 * 3 / 14, target=0.8355) == pytest.approx(0.85)
    assert utility(UP, 0.6645, target=0.6645) == pytest.approx(0.7)  # at the goalpost itself


def test_a_target_below_the_lower_goalpost_moves_it() -> None:
    # target 0.2645 is 0.4 below the upper goalpost: the lower one goes 7/3 of that below the target
    assert utility(UP, 0.2645, target=0.2645) == pytest.approx(0.7)
    assert utility(UP, 0.2645 - 0.4 * 7 / 6, target=0.2645) == pytest.approx(0.35)
    assert utility(UP, 0.4645, target=0.2645) == pytest.approx(0.85)
    assert utility(UP, 0.3355, target=0.3355) == pytest.approx(0.7)
    assert utility(UP, 0.6645, target=0.0) == pytest.approx(1.0)


def test_a_spread_too_small_to_matter_is_widened() -> None:
    narrow = replace(UP, spread=0.0001, smallest_spread=0.1)
    assert utility(narrow, 0.55) == utility(UP, 0.55)
    assert utility(replace(UP, spread=0.1, smallest_spread=0.2), 0.55) == utility(replace(UP, spread=0.2), 0.55)


def test_a_capped_metric_earns_nothing_beyond_1_2_times_its_target() -> None:
    calls = ScoredMetric("calls", "process", 1.0, 4.0, 1.5, 0.4, True, True, True)
    # goalposts 4 -/+ 2.4675, target 5: beyond 6 calls a day nothing comes of more, 0.7 + 0.3 x 1 / 1.4675
    assert utility(calls, 6.0, target=5.0) == pytest.approx(0.7 + 0.3 / 1.4675)
    assert utility(calls, 60.0, target=5.0) == utility(calls, 6.0, target=5.0)
    assert utility(calls, 5.5, target=5.0) < utility(calls, 6.0, target=5.0)
    assert utility(replace(calls, capped=False), 60.0, target=5.0) == 1.0


def test_a_target_below_nothing_is_no_cap() -> None:
    nps = ScoredMetric("nps", "customer", 1.0, 0.0, 20.0, 5.0, False, True, True)
    assert utility(nps, -10.0, target=-10.0) == pytest.approx(0.7)
    assert utility(nps, 90.0, target=-10.0) == 1.0


@given(METRICS, TARGETS, VALUES)
def test_utility_lies_between_0_and_1(metric: ScoredMetric, target: float | None, value: float) -> None:
    assert 0.0 <= utility(metric, value, target) <= 1.0


@given(METRICS, TARGETS, st.lists(VALUES, min_size=2, max_size=6))
def test_a_better_value_is_never_worth_less(metric: ScoredMetric, target: float | None, values: list[float]) -> None:
    worst_first = sorted(values, reverse=not metric.higher_is_better)
    for worse, better in pairwise(utility(metric, value, target) for value in worst_first):
        assert worse <= better + 1e-12


@given(METRICS, st.floats(-1_000, 1_000))
def test_the_target_is_always_worth_0_7(metric: ScoredMetric, target: float) -> None:
    assert utility(metric, target, target) == pytest.approx(0.7, abs=1e-9)


@given(METRICS, TARGETS, VALUES)
def test_turning_signs_and_direction_round_changes_nothing(
    metric: ScoredMetric, target: float | None, value: float
) -> None:
    mirrored = replace(metric, typical=-metric.typical, higher_is_better=not metric.higher_is_better)
    assert utility(mirrored, -value, None if target is None else -target) == utility(metric, value, target)


@given(METRICS, TARGETS, VALUES, st.sampled_from([0.25, 2.0, 1024.0]))
def test_the_unit_of_a_metric_does_not_matter(
    metric: ScoredMetric, target: float | None, value: float, times: float
) -> None:
    assume(metric.capped is False)
    scaled = replace(
        metric,
        typical=metric.typical * times,
        spread=metric.spread * times,
        smallest_spread=metric.smallest_spread * times,
    )
    found = utility(scaled, value * times, None if target is None else target * times)
    assert found == pytest.approx(utility(metric, value, target), abs=1e-9)
