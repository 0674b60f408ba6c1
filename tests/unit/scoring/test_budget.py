from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.budget import false_alarms_a_year, order, points_a_year, run_length, threshold_for
from scoring.oracle import budget as oracle

CHARTS = st.integers(0, 500)
POINTS = st.floats(0.0, 53.0)
BUDGETS = st.floats(0.05, 50.0)


@given(CHARTS, POINTS, BUDGETS)
def test_the_threshold_is_the_first_that_the_oracle_finds(charts: int, points: float, budget: float) -> None:
    assert threshold_for(charts, points, budget) == float(oracle.threshold(charts, points, budget))


@given(CHARTS, POINTS, BUDGETS)
def test_the_budget_is_kept_and_nothing_is_given_away(charts: int, points: float, budget: float) -> None:
    h = threshold_for(charts, points, budget)
    assert false_alarms_a_year(charts, points, h) <= budget
    assert h == 5.0 or false_alarms_a_year(charts, points, h - 0.01) > budget


@given(CHARTS, POINTS, BUDGETS, BUDGETS)
def test_a_smaller_budget_never_lowers_the_threshold(charts: int, points: float, one: float, other: float) -> None:
    assert threshold_for(charts, points, min(one, other)) >= threshold_for(charts, points, max(one, other))


def test_run_lengths_are_those_of_a_random_walk() -> None:
    # 4,000 charts of independent normal z, run until they alarm at h = 3: 2(e^4.166 - 5.166) = 118.5
    rng = np.random.default_rng(20261127)
    c, lived = np.zeros(4_000), np.zeros(4_000)
    alive = np.ones(4_000, dtype=bool)
    while alive.any():
        lived += alive
        c = np.maximum(0, c - rng.normal(size=c.size) - 0.5)
        alive &= c <= 3
    assert lived.mean() == pytest.approx(run_length(3.0), rel=0.06)


def test_a_block_is_whole_weeks() -> None:
    year = 365.25 / 7
    assert points_a_year(8.0) == year
    assert points_a_year(7.9) == year / 2
    assert points_a_year(0.5, block=5.0) == year / 10


def test_the_surest_alert_comes_first() -> None:
    assert sorted([4.2, 6.0, 5.1], key=order) == [6.0, 5.1, 4.2]
    assert order(1.0) == pytest.approx(math.exp(-1.583))


@pytest.mark.parametrize("budget", [0.0, -1.0, math.nan])
def test_a_budget_of_nothing_is_refused(budget: float) -> None:
    with pytest.raises(ValueError, match="expected more than 0"):
        threshold_for(10, 26.0, budget)
