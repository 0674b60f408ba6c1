from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from scoring.goalposts import Goalposts, default_smallest_spread, goalposts
from scoring.oracle import goalposts as oracle

LEVELS = st.floats(-1000, 1000)
SPREADS = st.floats(0, 50)
SMALLEST = st.floats(0.01, 50)
TARGETS = st.none() | st.floats(-2000, 2000)
VALUES = st.floats(-3000, 3000)


def sign(higher) -> int:
    return 1 if higher else -1


@given(LEVELS, SPREADS, SMALLEST, TARGETS, VALUES, st.booleans(), st.booleans())
def test_utility_lies_on_the_line_through_the_exact_corners(
    level, spread, smallest, target, value, higher, capped
) -> None:
    posts = goalposts(level, spread, smallest, target, higher_is_better=higher, capped=capped and higher)
    line = oracle.corners(level, max(spread, smallest), target, sign(higher))
    width = float(line[2][0] - line[0][0])
    for found, (corner, _) in zip((posts.worst, posts.target, posts.best), line, strict=True):
        assert sign(higher) * found == pytest.approx(float(corner), rel=1e-9, abs=1e-9 * width)
    assume(min(float(right - left) for (left, _), (right, _) in pairwise(line)) > 1e-3 * width)
    expected = oracle.utility(line, value, sign(higher), capped=capped and higher)
    assert posts.utility(value) == pytest.approx(float(expected), rel=1e-9, abs=1e-9)


@given(LEVELS, SPREADS, SMALLEST, TARGETS, VALUES, st.booleans())
def test_utility_is_0_to_1_and_0_7_at_the_target(level, spread, smallest, target, value, higher) -> None:
    posts = goalposts(level, spread, smallest, target, higher_is_better=higher)
    assert 0 <= posts.utility(value) <= 1
    assert posts.utility(posts.target) == 0.7
    assert posts.utility(posts.worst) == 0
    assert posts.utility(posts.best) == pytest.approx(1, abs=1e-9)
    assert (posts.worst < posts.target < posts.best) is higher
    if target is not None:
        assert posts.target == target


@given(LEVELS, SPREADS, SMALLEST, TARGETS, VALUES, VALUES, st.booleans(), st.booleans())
def test_better_never_counts_less(level, spread, smallest, target, one, other, higher, capped) -> None:
    posts = goalposts(level, spread, smallest, target, higher_is_better=higher, capped=capped)
    worse, better = sorted((one, other), key=lambda value: sign(higher) * value)
    assert posts.utility(worse) <= posts.utility(better) + 1e-12


@given(LEVELS, SPREADS, SMALLEST, TARGETS, st.floats(-0.5, 1.5), st.booleans(), st.booleans())
def test_the_slope_is_what_a_little_better_gains(level, spread, smallest, target, place, higher, capped) -> None:
    posts = goalposts(level, spread, smallest, target, higher_is_better=higher, capped=capped)
    value = posts.worst + place * (posts.best - posts.worst)
    step = 1e-4 * (posts.best - posts.worst)
    corners = [posts.worst, posts.target, posts.best, *([] if posts.cap is None else [posts.cap])]
    assume(all(abs(value - corner) > 2 * abs(step) for corner in corners))
    gained = (posts.utility(value + step) - posts.utility(value)) / step
    assert posts.slope(value) == pytest.approx(gained, rel=1e-6, abs=1e-7 / abs(step))
    assert posts.slope(value) * sign(higher) >= 0


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
def test_utility_rises_from_the_lower_goalpost_over_the_target_to_the_upper_one(value, expected) -> None:
    assert goalposts(0.5, 0.1, 0.03).utility(value) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("value", "expected"), [(0.6645, 0.0), (0.4158, 0.7), (0.3355, 1.0), (0.1, 1.0), (0.8, 0.0)])
def test_where_lower_is_better_the_scale_is_turned_round(value, expected) -> None:
    assert goalposts(0.5, 0.1, 0.03, higher_is_better=False).utility(value) == pytest.approx(expected, abs=1e-12)


def test_a_given_target_takes_the_place_of_the_usual_one() -> None:
    # halfway from 0.3355 to 0.5, and from 0.5 to 0.6645
    given = goalposts(0.5, 0.1, 0.03, 0.5)
    assert [given.utility(x) for x in (0.41775, 0.5, 0.58225)] == pytest.approx([0.35, 0.7, 0.85])


@given(LEVELS, SPREADS, SMALLEST, TARGETS, VALUES, st.booleans())
def test_turning_signs_and_direction_round_changes_nothing(level, spread, smallest, target, value, higher) -> None:
    posts = goalposts(level, spread, smallest, target, higher_is_better=higher)
    turned = None if target is None else -target
    mirrored = goalposts(-level, spread, smallest, turned, higher_is_better=not higher)
    assert mirrored.utility(-value) == posts.utility(value)


@given(LEVELS, SPREADS, SMALLEST, TARGETS, VALUES, st.sampled_from([0.25, 2.0, 1024.0]))
def test_the_unit_of_a_metric_does_not_matter(level, spread, smallest, target, value, times) -> None:
    posts = goalposts(level, spread, smallest, target)
    scaled = goalposts(level * times, spread * times, smallest * times, None if target is None else target * times)
    assert scaled.utility(value * times) == pytest.approx(posts.utility(value), abs=1e-9)


def test_a_target_beyond_a_goalpost_moves_it_and_keeps_the_slope() -> None:
    far = goalposts(0.5, 0.1, 0.03, 0.9)
    assert far.worst == pytest.approx(0.3355)
    assert (far.best - far.target) / (far.target - far.worst) == pytest.approx(3 / 7)
    easy = goalposts(0.5, 0.1, 0.03, 0.2)
    assert easy.best == pytest.approx(0.6645)
    assert (easy.best - easy.target) / (easy.target - easy.worst) == pytest.approx(3 / 7)
    at_the_post = goalposts(0.5, 0.1, 0.03, 0.6645)
    assert at_the_post.best > 0.6645


@given(LEVELS, SPREADS, SMALLEST, TARGETS, VALUES, st.floats(1, 10))
def test_no_more_than_cap_times_the_target_counts(level, spread, smallest, target, value, cap) -> None:
    posts = goalposts(level, spread, smallest, target, capped=True, cap=cap)
    line = oracle.corners(level, max(spread, smallest), target, 1)
    width = float(line[2][0] - line[0][0])
    assume(min(float(right - left) for (left, _), (right, _) in pairwise(line)) > 1e-3 * width)
    expected = oracle.utility(line, value, 1, capped=True, cap=cap)
    assert posts.utility(value) == pytest.approx(float(expected), rel=1e-9, abs=1e-9)


def test_more_than_1_2_times_the_target_gains_nothing_where_it_is_capped() -> None:
    posts = goalposts(4.0, 1.5, 0.4, 2.0, capped=True)
    assert posts.cap == pytest.approx(2.4)
    assert posts.utility(2.4) == posts.utility(9.0) < 1
    assert posts.slope(2.3) > 0
    assert posts.slope(2.4) == posts.slope(3.0) == 0
    assert goalposts(4.0, 1.5, 0.4, -2.0, capped=True).cap is None
    assert goalposts(-4.0, 1.5, 0.4, -2.0, capped=True, higher_is_better=False).cap is None


def test_at_its_corners_the_slope_is_the_one_ahead() -> None:
    up, down = Goalposts(2.0, 4.0, 5.0), Goalposts(5.0, 4.0, 2.0)
    assert [up.slope(x) for x in (1.9, 2.0, 4.0, 5.0)] == pytest.approx([0, 0.35, 0.3, 0])
    assert [down.slope(x) for x in (5.1, 5.0, 4.0, 2.0)] == pytest.approx([0, -0.7, -0.15, 0])


def test_the_smallest_spread_that_matters_widens_goalposts_between_equal_reps() -> None:
    assert goalposts(0.5, 0.001, 0.03) == goalposts(0.5, 0.03, 0.0)
    assert goalposts(1e15, 0.0, 0.0).best > 1e15
    with pytest.raises(ValueError, match="expected one above 0"):
        goalposts(0.0, 0.0, 0.0)


def test_the_smallest_spread_has_a_default_by_what_is_measured() -> None:
    assert default_smallest_spread(0.3, rate=True) == 0.03
    assert default_smallest_spread(8.0, logarithm=True) == 0.1
    assert default_smallest_spread(1000.0) == default_smallest_spread(-1000.0) == 100
