from __future__ import annotations

import math
import random
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.improvement import improvement_part, improvement_utility
from scoring.oracle import slope as oracle
from scoring.slope import (
    Slope,
    WeekPoint,
    fit,
    slope_spread,
)

LAST = 25 * 7
NEAR = {"rel": 1e-9, "abs": 1e-12}

OBSERVED = st.dictionaries(
    st.integers(0, 25), st.lists(st.integers(-20, 20), min_size=1, max_size=4), min_size=3, max_size=14
).filter(lambda weeks: max(weeks) - min(weeks) >= 12)
"""By week, what single observations were above what was expected."""


def _points(weeks: dict[int, list[int]], expected_n: float = math.inf) -> list[WeekPoint]:
    return [WeekPoint(7 * w, len(seen), 5.0 + sum(seen) / len(seen), 5.0, expected_n) for w, seen in weeks.items()]


@given(OBSERVED, st.integers(1, 30) | st.none(), st.integers(-10, 18), st.fractions(1, 9, max_denominator=9))
def test_a_slope_is_that_of_its_single_observations(
    weeks: dict[int, list[int]], expected_n: int | None, tenths: int, s2: Fraction
) -> None:
    lag = Fraction(tenths, 20)
    behind = math.inf if expected_n is None else expected_n
    slope = fit(_points(weeks, behind), LAST, float(s2), float(lag))
    b, variance = oracle.slope(
        {week: [Fraction(y) for y in seen] for week, seen in weeks.items()},
        s2,
        None if expected_n is None else Fraction(expected_n),
    )
    assert slope is not None
    assert slope.b == pytest.approx(float(b), **NEAR)
    assert slope.se2 == pytest.approx(float(variance * oracle.inflation(lag)), **NEAR)
    assert slope.weeks == len(weeks)


@given(OBSERVED, st.randoms(use_true_random=False))
def test_the_order_of_weeks_changes_no_digit(weeks: dict[int, list[int]], shuffler: random.Random) -> None:
    points = _points(weeks, 7)
    shuffled = points[:]
    shuffler.shuffle(shuffled)
    assert fit(shuffled, LAST, 2.0) == fit(points, LAST, 2.0)


def test_what_lies_outside_the_26_weeks_or_has_no_evidence_does_not_count() -> None:
    weeks = {w: [w % 3, w] for w in range(26)}
    rest = [WeekPoint(-7, 5, 99.0, 0.0), WeekPoint(26 * 7, 5, 99.0, 0.0), WeekPoint(26 * 7 + 7, 0, 0.0, 0.0)]
    assert fit([*_points(weeks), *rest], LAST, 1.0) == fit(_points(weeks), LAST, 1.0)


def test_there_is_no_slope_over_less_than_13_weeks_or_3_points() -> None:
    twelve = {w: [w] for w in range(12)}
    assert fit(_points(twelve), LAST, 1.0) is None
    assert fit(_points(twelve | {12: [1]}), LAST, 1.0) is not None
    assert fit(_points({0: [1, 2], 25: [3]}), LAST, 1.0) is None
    assert fit([], LAST, 1.0) is None


@given(OBSERVED, st.floats(-5, 5), st.floats(-1, 1))
def test_a_line_added_to_the_weeks_is_added_to_the_slope(
    weeks: dict[int, list[int]], height: float, rise: float
) -> None:
    before = fit(_points(weeks), LAST, 1.0)
    lifted = [p._replace(value=p.value + height + rise * p.week / 7) for p in _points(weeks)]
    after = fit(lifted, LAST, 1.0)
    assert before is not None
    assert after is not None
    assert after.b == pytest.approx(before.b + rise, rel=1e-9, abs=1e-9)
    assert after.se2 == before.se2


@given(st.lists(st.tuples(st.integers(-50, 50), st.integers(1, 50)), min_size=1, max_size=20), st.integers(1, 100))
def test_the_spread_of_slopes_is_what_their_noise_does_not_explain(drawn: list[tuple[int, int]], tau_star: int) -> None:
    k = len(drawn)
    slopes = [Slope(b / 10, se2 / 100, 26) for b, se2 in drawn]
    mean = sum(Fraction(b, 10) ** 2 - Fraction(se2, 100) for b, se2 in drawn) / k
    noise = Fraction(sum(se2 for _, se2 in drawn), 100 * k)
    expected = max(float(mean), min(math.sqrt(2 / k) * float(noise), tau_star**2 / 26**2))
    assert slope_spread(slopes, tau_star) == pytest.approx(expected, **NEAR)
    assert slope_spread(slopes[::-1], tau_star) == slope_spread(slopes, tau_star)


SLOPES = st.builds(Slope, st.floats(-1, 1), st.floats(1e-6, 1), st.integers(3, 26))


@given(SLOPES, st.floats(1e-6, 1), st.floats(0.01, 5))
def test_improvement_is_the_change_of_a_quarter_between_its_posts(slope: Slope, tau_b2: float, tau_star: float) -> None:
    part = improvement_part("m", 0.5, slope, tau_b2, tau_star)
    exact = oracle.improvement(Fraction(slope.b), Fraction(slope.se2), Fraction(tau_b2), Fraction(tau_star))
    assert part.u == pytest.approx(float(exact), **NEAR)
    assert part.shrunk == pytest.approx((part.n * slope.b + part.prior * part.norm) / (part.n + part.prior), **NEAR)
    assert part.u_low is not None
    assert part.u_high is not None
    assert part.u_low <= part.u <= part.u_high
    turned = improvement_part("m", 0.5, replace(slope, b=-slope.b), tau_b2, tau_star, -1)
    assert (turned.u, turned.u_low, turned.u_high, turned.du_dx) == (part.u, part.u_low, part.u_high, -part.du_dx)


@given(st.floats(-0.3, 0.3), st.floats(0.01, 5), st.sampled_from([1, -1]))
def test_the_derivative_is_that_of_a_small_step_for_the_better(b: float, tau_star: float, sign: int) -> None:
    direction = 1 if sign == 1 else -1
    step = direction * 1e-7 * tau_star
    part = improvement_part("m", 1.0, Slope(b, 0.0, 26), 1.0, tau_star, direction)
    there = improvement_utility(b + step, tau_star, direction)
    raw = 0.5 + direction * 0.5 * 13 * b / (1.645 * tau_star)
    if abs(raw) > 1e-5 and abs(raw - 1) > 1e-5:  # not across a kink
        assert part.du_dx == pytest.approx((there - part.u) / step, rel=1e-4, abs=1e-6 / tau_star)


def test_a_slope_that_is_not_known_is_flat_and_counts_nothing() -> None:
    part = improvement_part("calls", 0.2, None, 0.04, 4.0)
    assert (part.u, part.shrunk, part.value, part.n) == (0.5, 0.0, None, 0)
    reach = 0.5 * 13 * 1.2816 * 0.2 / (1.645 * 4.0)
    assert (part.u_low, part.u_high) == (pytest.approx(0.5 - reach), pytest.approx(0.5 + reach))


def test_peers_that_do_not_differ_at_all_leave_every_slope_flat() -> None:
    part = improvement_part("calls", 0.2, Slope(0.5, 0.01, 26), 0.0, 4.0)
    assert (part.u, part.u_low, part.u_high, part.prior) == (0.5, 0.5, 0.5, math.inf)
