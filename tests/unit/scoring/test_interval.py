from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.aggregate import Breakdown, MetricPart, aggregate
from scoring.interval import level_interval, score_interval
from scoring.oracle import interval as oracle
from tests.unit.scoring.breakdowns import BREAKDOWNS, NAMES

PAIRS = sorted(
    {(a, b) for names in NAMES.values() for a in names for others in NAMES.values() for b in others if a < b}
)
CORRELATIONS = st.dictionaries(st.sampled_from(PAIRS), st.floats(-0.3, 0.3))


@given(BREAKDOWNS, CORRELATIONS, st.floats(0, 1))
def test_the_interval_is_that_of_metrics_moved_one_at_a_time(
    breakdown: Breakdown, correlations: dict[tuple[str, str], float], slope_with_metric: float
) -> None:
    unordered = {frozenset(pair): rho for pair, rho in correlations.items()}
    for found, level, score in (
        (score_interval(breakdown, correlations, slope_with_metric), False, breakdown.score),
        (level_interval(breakdown, correlations), True, breakdown.level),
    ):
        # a derivative by differences is good to 1e-6; from the variance on, to the last digits
        expected = oracle.variance(breakdown, unordered, slope_with_metric, level=level)
        assert found.variance == pytest.approx(expected, rel=1e-4, abs=1e-12)
        assert found[:2] == pytest.approx(oracle.bounds(score, found.variance), rel=1e-9)
        assert 5 <= found.low <= score + 1e-9
        assert score - 1e-9 <= found.high <= 100


@given(BREAKDOWNS, CORRELATIONS)
def test_the_order_of_pairs_and_of_their_names_changes_no_digit(
    breakdown: Breakdown, correlations: dict[tuple[str, str], float]
) -> None:
    turned = {(b, a): rho for (a, b), rho in reversed(correlations.items())}
    assert score_interval(breakdown, turned) == score_interval(breakdown, correlations)
    backwards = replace(
        breakdown, pillars=tuple(replace(p, metrics=p.metrics[::-1]) for p in reversed(breakdown.pillars))
    )
    assert score_interval(backwards, correlations) == score_interval(breakdown, correlations)


def _part(name: str, u: float, u_sd: float, weight: float = 0.5) -> MetricPart:
    return MetricPart(name, weight, u, 0.5, 0.5, 10, 20.0, 0.5, 1, 1.0, u_sd)


def test_metrics_that_go_together_widen_it_and_opposed_ones_narrow_it() -> None:
    two = aggregate({"results": 1.0}, {"results": [_part("a", 0.5, 0.1), _part("b", 0.5, 0.1)]})
    g = 0.95 * 0.5 * 0.1 / 0.525
    assert score_interval(two, {}).variance == pytest.approx(2 * g * g)
    assert score_interval(two, {("b", "a"): 0.5}).variance == pytest.approx(3 * g * g)
    assert score_interval(two, {("a", "b"): -1.0}).variance == pytest.approx(0)
    part = two.pillars[0]
    turned = replace(two, pillars=(replace(part, metrics=(part.metrics[0], replace(part.metrics[1], sign=-1))),))
    assert score_interval(turned, {("a", "b"): 0.5}).variance == pytest.approx(g * g)


def test_a_slope_goes_with_its_own_metric() -> None:
    weights = {"results": 0.8, "improvement": 0.2}
    both = aggregate(weights, {"results": [_part("a", 0.5, 0.1)], "improvement": [_part("a", 0.5, 0.2)]})
    g, h = 0.8 * 0.95 * 0.1 / 0.525, 0.2 * 0.95 * 0.2 / 0.525
    assert score_interval(both, {}, 0.61).variance == pytest.approx(g * g + h * h + 2 * 0.61 * g * h)
    level = level_interval(both, {})
    assert level.variance == pytest.approx((0.95 * 0.1 / 0.525) ** 2)
    assert level.low == pytest.approx(both.level * math.exp(-1.2816 * math.sqrt(level.variance)))


def test_what_is_certain_has_no_width_and_the_ends_are_kept() -> None:
    sure = aggregate({"results": 1.0}, {"results": [_part("a", 0.5, 0.0)]})
    assert score_interval(sure, {}) == (sure.score, sure.score, 0.0)
    wide = aggregate({"results": 1.0}, {"results": [_part("a", 0.01, 0.5)]})
    assert score_interval(wide, {})[:2] == (5.0, 100.0)


def test_impossible_correlations_give_no_negative_variance() -> None:
    three = [_part(name, 0.5, 0.1) for name in "abc"]
    pairs = {("a", "b"): -1.0, ("b", "c"): -1.0, ("a", "c"): -1.0}
    assert score_interval(aggregate({"results": 1.0}, {"results": three}), pairs).variance == 0.0
