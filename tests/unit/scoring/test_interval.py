from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.aggregate import Breakdown, MetricPart, aggregate
from scoring.interval import PairedCorrelations, level_interval, score_interval
from scoring.oracle import interval as oracle
from tests.unit.scoring.breakdowns import BREAKDOWNS, NAMES

PAIRS = sorted(
    {(a, b) for names in NAMES.values() for a in names for others in NAMES.values() for b in others if a < b}
)
CORRELATIONS = st.tuples(*[st.just(0.0) | st.floats(-0.3, 0.3)] * len(PAIRS)).map(
    lambda found: {pair: r for pair, r in zip(PAIRS, found, strict=True) if r}
)


@given(BREAKDOWNS, CORRELATIONS, st.floats(0, 1))
def test_the_interval_is_that_of_metrics_moved_one_at_a_time(
    breakdown: Breakdown, correlations: dict[tuple[str, str], float], slope_with_metric: float
) -> None:
    unordered = {frozenset(pair): rho for pair, rho in correlations.items()}
    for found, level, score in (
        (score_interval(breakdown, correlations, slope_with_metric), False, breakdown.score),
        (level_interval(breakdown, correlations), True, breakdown.level),
    ):
        expected = oracle.ends(breakdown, unordered, slope_with_metric, level=level)
        # a difference of two logarithms of scores is good to 1e-15, its square to 1e-30, whose root is 1e-15 again
        assert found == pytest.approx((expected.low, expected.high, expected.variance), rel=1e-9, abs=1e-12)
        assert 5 <= found.low <= score + 1e-9
        assert score - 1e-9 <= found.high <= 100


@given(BREAKDOWNS, CORRELATIONS)
def test_the_order_of_pairs_and_of_their_names_changes_no_digit_and_that_of_metrics_hardly_one(
    breakdown: Breakdown, correlations: dict[tuple[str, str], float]
) -> None:
    turned = {(b, a): rho for (a, b), rho in reversed(correlations.items())}
    assert score_interval(breakdown, turned) == score_interval(breakdown, correlations)
    backwards = replace(
        breakdown, pillars=tuple(replace(p, metrics=p.metrics[::-1]) for p in reversed(breakdown.pillars))
    )
    expected = score_interval(breakdown, correlations)
    assert score_interval(backwards, correlations) == pytest.approx(expected, rel=1e-9, abs=1e-12)
    assert score_interval(breakdown, PairedCorrelations(correlations)) == expected


def _part(name: str, low: float, u: float, high: float, weight: float = 0.5) -> MetricPart:
    return MetricPart(name, weight, u, 0.5, 0.5, 10, 20.0, 0.5, 1, 1.0, low, high)


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_what_one_metric_decides_is_as_certain_as_that_metric(a: float, b: float, c: float) -> None:
    low, u, high = sorted((a, b, c))
    found = score_interval(aggregate({"results": 1.0}, {"results": [_part("a", low, u, high)]}), {})
    assert found[:2] == pytest.approx((100 * (0.05 + 0.95 * low), 100 * (0.05 + 0.95 * high)), rel=1e-9)


def test_metrics_that_go_together_widen_it_and_opposed_ones_narrow_it() -> None:
    two = aggregate({"results": 1.0}, {"results": [_part("a", 0.4, 0.5, 0.6), _part("b", 0.4, 0.5, 0.6)]})
    down = math.log(0.525 / (0.525 - 0.95 * 0.5 * 0.1))
    assert score_interval(two, {}).low == pytest.approx(two.score * math.exp(-math.sqrt(2) * down))
    assert score_interval(two, {("b", "a"): 0.5}).low == pytest.approx(two.score * math.exp(-math.sqrt(3) * down))
    assert score_interval(two, {("a", "b"): -1.0}) == pytest.approx((two.score, two.score, 0.0), abs=1e-12)
    part = two.pillars[0]
    turned = replace(two, pillars=(replace(part, metrics=(part.metrics[0], replace(part.metrics[1], sign=-1))),))
    assert score_interval(turned, {("a", "b"): 0.5}).low == pytest.approx(two.score * math.exp(-down))


def test_a_slope_goes_with_its_own_metric() -> None:
    weights = {"results": 0.8, "improvement": 0.2}
    both = aggregate(weights, {"results": [_part("a", 0.4, 0.5, 0.6)], "improvement": [_part("a", 0.3, 0.5, 0.7)]})
    up, rise = 0.8 * math.log(0.62 / 0.525), 0.2 * math.log(0.715 / 0.525)
    found = score_interval(both, {}, 0.61)
    assert found.high == pytest.approx(both.score * math.exp(math.sqrt(up**2 + rise**2 + 2 * 0.61 * up * rise)))
    assert score_interval(both, {}).high == pytest.approx(found.high, rel=1e-3)  # 26 weeks and the last 13: 0.613
    level = level_interval(both, {})
    assert level[:2] == pytest.approx((43.0, 62.0))


def test_a_slope_goes_with_another_metric_as_far_as_their_weeks_do() -> None:
    weights = {"results": 0.8, "improvement": 0.2}
    both = aggregate(weights, {"results": [_part("a", 0.4, 0.5, 0.6)], "improvement": [_part("b", 0.3, 0.5, 0.7)]})
    up, rise = 0.8 * math.log(0.62 / 0.525), 0.2 * math.log(0.715 / 0.525)
    found = score_interval(both, {("a", "b"): 0.5}, 0.61)
    assert found.high == pytest.approx(both.score * math.exp(math.sqrt(up**2 + rise**2 + 0.61 * up * rise)))


def test_what_is_certain_has_no_width_and_the_ends_are_kept() -> None:
    part = replace(_part("a", 0.5, 0.5, 0.5), u_low=None, u_high=None)
    sure = aggregate({"results": 1.0}, {"results": [part]})
    assert score_interval(sure, {}) == (sure.score, sure.score, 0.0)
    wide = aggregate({"results": 1.0}, {"results": [_part("a", 0.0, 0.0, 1.0), _part("b", 0.0, 0.0, 1.0)]})
    assert score_interval(wide, {("a", "b"): 1.0})[:2] == pytest.approx((5.0, 100.0))


def test_impossible_correlations_give_no_negative_variance() -> None:
    three = [_part(name, 0.4, 0.5, 0.6) for name in "abc"]
    pairs = {("a", "b"): -1.0, ("b", "c"): -1.0, ("a", "c"): -1.0}
    found = score_interval(aggregate({"results": 1.0}, {"results": three}), pairs)
    assert found.variance == 0.0
    assert found.low == found.high == pytest.approx(52.5)
