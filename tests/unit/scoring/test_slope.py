from __future__ import annotations

import math
import random
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.oracle import slope as oracle
from scoring.slope import (
    Slope,
    WeekPoint,
    fit,
    improvement_part,
    improvement_utility,
    lag_one,
    residuals,
    slope_correlation,
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
    assert residuals(shuffled, LAST) == residuals(points, LAST)


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
    assert residuals([], LAST) == []


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
    for (_, old), (_, new) in zip(residuals(_points(weeks), LAST), residuals(lifted, LAST), strict=True):
        assert new == pytest.approx(old, abs=1e-8)


@given(OBSERVED)
def test_residuals_have_neither_height_nor_slope_left(weeks: dict[int, list[int]]) -> None:
    left = residuals(_points(weeks), LAST)
    assert [week for week, _ in left] == sorted(7 * w for w in weeks)
    roots = {7 * w: math.sqrt(len(seen)) for w, seen in weeks.items()}
    assert math.fsum(roots[week] * r for week, r in left) == pytest.approx(0, abs=1e-8)
    assert math.fsum(roots[week] * r * week for week, r in left) == pytest.approx(0, abs=1e-6)


def test_the_lag_is_that_of_neighbouring_weeks_of_all_peers() -> None:
    smooth = [(7 * w, 1.0 if w < 10 else -1.0) for w in range(20)]  # 18 pairs agree, 1 does not
    assert lag_one([smooth]) == pytest.approx(17 / 19)
    assert lag_one([[(7 * w, (-1.0) ** w) for w in range(9)]]) == pytest.approx(-1.0)
    assert lag_one([smooth, [(0, 50.0), (14, 50.0)]]) == pytest.approx(17 / 19)  # two weeks apart says nothing
    assert lag_one([]) == lag_one([[(0, 0.0), (7, 0.0)]]) == 0.0
    series = [smooth, [(0, 0.3), (7, -0.1)], [(7, 2.0), (14, 1.7), (21, 0.1)]]
    assert lag_one(series) == lag_one([one[::-1] for one in reversed(series)])


@given(st.lists(st.tuples(st.integers(-50, 50), st.integers(1, 50)), min_size=1, max_size=20))
def test_the_spread_of_slopes_is_what_their_noise_does_not_explain(given_slopes: list[tuple[int, int]]) -> None:
    k = len(given_slopes)
    slopes = [Slope(b / 10, se2 / 100, 26) for b, se2 in given_slopes]
    mean = sum(Fraction(b, 10) ** 2 - Fraction(se2, 100) for b, se2 in given_slopes) / k
    noise = Fraction(sum(se2 for _, se2 in given_slopes), 100 * k)
    expected = max(float(mean), math.sqrt(2 / k) * float(noise))
    assert slope_spread(slopes) == pytest.approx(expected, **NEAR)
    assert slope_spread(slopes[::-1]) == slope_spread(slopes)


def test_no_peers_have_no_spread_and_half_a_spread_in_a_quarter_is_taken_as_usual() -> None:
    assert slope_spread([]) is None
    alone = improvement_part("csat", 1.0, Slope(0.01, 0.0001, 26), None, 0.26)
    assert alone == improvement_part("csat", 1.0, Slope(0.01, 0.0001, 26), 0.01**2, 0.26)


SLOPES = st.builds(Slope, st.floats(-1, 1), st.floats(1e-6, 1), st.integers(3, 26))


@given(SLOPES, st.floats(1e-6, 1), st.floats(0.01, 5))
def test_improvement_is_the_change_of_a_quarter_between_its_posts(slope: Slope, tau_b2: float, tau_star: float) -> None:
    part = improvement_part("m", 0.5, slope, tau_b2, tau_star)
    exact = oracle.improvement(Fraction(slope.b), Fraction(slope.se2), Fraction(tau_b2), Fraction(tau_star))
    assert part.u == pytest.approx(float(exact), **NEAR)
    assert part.shrunk == pytest.approx((part.n * slope.b + part.prior * part.norm) / (part.n + part.prior), **NEAR)
    assert 0 <= part.u_sd <= 0.5
    turned = improvement_part("m", 0.5, replace(slope, b=-slope.b), tau_b2, tau_star, -1)
    assert (turned.u, turned.u_sd, turned.du_dx) == (part.u, part.u_sd, -part.du_dx)


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
    assert part.u_sd == pytest.approx(0.5 * 13 * 0.2 / (1.645 * 4.0))


def test_peers_that_do_not_differ_at_all_leave_every_slope_flat() -> None:
    part = improvement_part("calls", 0.2, Slope(0.5, 0.01, 26), 0.0, 4.0)
    assert (part.u, part.u_sd, part.prior) == (0.5, 0.0, math.inf)


@pytest.mark.parametrize(("weeks", "window"), [(26, 13), (26, 4), (20, 13), (13, 13), (10, 13)])
def test_a_slope_goes_with_the_mean_of_its_last_weeks_as_far_as_their_weights_do(weeks: int, window: int) -> None:
    centred = [Fraction(t) - Fraction(weeks - 1, 2) for t in range(weeks)]
    last = [Fraction(1, min(window, weeks)) if t >= weeks - window else Fraction(0) for t in range(weeks)]
    both = sum(a * b for a, b in zip(centred, last, strict=True))
    size = math.sqrt(sum(a * a for a in centred)) * math.sqrt(sum(b * b for b in last))
    assert slope_correlation(weeks, window) == pytest.approx(float(both) / size, **NEAR)
