from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.aggregate import Breakdown, MetricPart, aggregate, geometric
from scoring.oracle import aggregate as oracle
from tests.unit.scoring.breakdowns import BREAKDOWNS, WEIGHTS, inputs

Given = tuple[dict[str, float], dict[str, list[MetricPart]]]
NEAR = {"rel": 1e-9}
UNCOLLECTED = st.frozensets(st.sampled_from(["cohort_win_rate", "csat", "return_rate", "calls", "cycle_days"]))


def _exactly(metrics: dict[str, list[MetricPart]]) -> dict[str, list[oracle.Metric]]:
    return {
        pillar: [(part.name, Fraction(part.weight), Fraction(part.u), part.n > 0) for part in inside]
        for pillar, inside in metrics.items()
    }


def _part(name: str, u: float, weight: float = 1.0, n: float = 10) -> MetricPart:
    return MetricPart(name, weight, u, 0.5, 0.5 if n else None, n, 20.0, 0.5, 1, 1.0)


@given(inputs(), UNCOLLECTED)
def test_score_level_and_coverage_are_those_of_the_definition(drawn: Given, uncollected: frozenset[str]) -> None:
    weights, metrics = drawn
    found = aggregate(weights, metrics, uncollected)
    exact = {pillar: Fraction(weight) for pillar, weight in weights.items()}
    assert found.score == pytest.approx(oracle.score(exact, _exactly(metrics), uncollected, level=False), **NEAR)
    assert found.level == pytest.approx(oracle.score(exact, _exactly(metrics), uncollected, level=True), **NEAR)
    assert found.coverage == pytest.approx(float(oracle.coverage(exact, _exactly(metrics), uncollected)), **NEAR)


@given(BREAKDOWNS)
def test_a_breakdown_adds_up_to_its_score(breakdown: Breakdown) -> None:
    assert 5 - 1e-9 <= breakdown.score <= 100 + 1e-9
    assert 0 <= breakdown.coverage <= 1
    assert math.fsum(pillar.weight for pillar in breakdown.pillars) == pytest.approx(1)
    for pillar in breakdown.pillars:
        assert math.fsum(part.weight for part in pillar.metrics) == pytest.approx(1)
        assert pillar.value == pytest.approx(math.fsum(part.weight * part.u for part in pillar.metrics))
        assert pillar.v == 0.05 + 0.95 * pillar.value
    assert breakdown.score == pytest.approx(100 * math.prod(p.v**p.weight for p in breakdown.pillars), **NEAR)


@given(inputs(), st.sampled_from(["net_revenue", "csat", "calls"]), st.floats(0, 1))
def test_a_better_metric_never_lowers_the_score(drawn: Given, name: str, rise: float) -> None:
    weights, metrics = drawn
    better = {
        pillar: [replace(part, u=min(1.0, part.u + rise)) if part.name == name else part for part in inside]
        for pillar, inside in metrics.items()
    }
    before, after = aggregate(weights, metrics), aggregate(weights, better)
    assert after.score >= before.score - 1e-9
    assert after.level >= before.level - 1e-9


@given(inputs())
def test_the_order_of_metrics_changes_no_more_than_the_last_digits(drawn: Given) -> None:
    weights, metrics = drawn
    turned = aggregate(dict(reversed(weights.items())), {pillar: inside[::-1] for pillar, inside in metrics.items()})
    found = aggregate(weights, metrics)
    expected = (found.score, found.level, found.coverage)
    assert (turned.score, turned.level, turned.coverage) == pytest.approx(expected, **NEAR)


def test_a_strong_pillar_cannot_buy_off_a_failed_one() -> None:
    even = aggregate(WEIGHTS, {"results": [_part("a", 0.5)], "customer": [_part("b", 0.5)]})
    uneven = aggregate(
        WEIGHTS, {"results": [_part("a", 0.8125)], "customer": [_part("b", 0.0)]}
    )  # the same weighted mean
    assert uneven.score < 0.65 * even.score


def test_a_metric_that_is_not_collected_gives_its_weight_to_its_pillar() -> None:
    inside = [_part("csat", 0.9, 0.6), _part("nps", 0.1, 0.2), _part("return_rate", 0.3, 0.2)]
    without = aggregate({"customer": 1.0}, {"customer": inside}, frozenset({"nps"}))
    assert [part.weight for part in without.pillars[0].metrics] == pytest.approx([0.75, 0.25])
    assert without.score == pytest.approx(100 * (0.05 + 0.95 * (0.75 * 0.9 + 0.25 * 0.3)))
    assert without.coverage == pytest.approx(0.8)  # of the weight that the business gave


def test_a_pillar_without_a_metric_gives_its_weight_to_the_others() -> None:
    two = {"results": [_part("a", 0.5)], "process": [_part("b", 1.0)]}
    found = aggregate(WEIGHTS, two)
    assert [(pillar.name, pillar.weight) for pillar in found.pillars] == [
        ("results", pytest.approx(2 / 3)),
        ("process", pytest.approx(1 / 3)),
    ]
    assert found.score == found.level == pytest.approx(100 * 0.525 ** (2 / 3))
    assert found.coverage == pytest.approx(0.6)
    assert aggregate(WEIGHTS, {**two, "customer": [_part("csat", 0.2)]}, frozenset({"csat"})).score == found.score


def test_a_metric_without_evidence_keeps_its_weight_and_counts_nothing() -> None:
    found = aggregate({"results": 1.0}, {"results": [_part("a", 1.0, 0.5), _part("b", 0.4, 0.5, n=0)]})
    assert found.score == pytest.approx(100 * (0.05 + 0.95 * 0.7))
    assert (found.coverage, found.covered(0.6), found.covered(0.5)) == (0.5, False, True)


def test_the_level_leaves_improvement_out() -> None:
    flat = {"results": [_part("a", 0.4)], "customer": [_part("b", 0.6)], "process": [_part("c", 0.5)]}
    rising = aggregate(WEIGHTS, {**flat, "improvement": [_part("a", 0.9)]})
    assert rising.level == pytest.approx(aggregate(WEIGHTS, flat).score)
    by_hand = 100 * 0.43 ** (0.4 / 0.85) * 0.62 ** (0.25 / 0.85) * 0.525 ** (0.2 / 0.85)
    assert rising.level == pytest.approx(by_hand)
    assert rising.score > rising.level


def test_the_gate_is_not_missed_by_a_rounding_error() -> None:
    tenths = aggregate({"results": 1.0}, {"results": [_part(f"m{i}", 0.5, 0.1, n=int(i < 6)) for i in range(10)]})
    assert tenths.covered(0.6)


def test_nothing_to_score_is_refused() -> None:
    with pytest.raises(ValueError, match="no metric is left"):
        aggregate(WEIGHTS, {"customer": [_part("csat", 0.5)]}, frozenset({"csat"}))
    with pytest.raises(ValueError, match="no metric is left"):
        aggregate(WEIGHTS, {"improvement": [_part("csat", 0.5)]})
    with pytest.raises(ValueError, match=r"pillars \['morale'\]"):
        aggregate(WEIGHTS, {"morale": [_part("csat", 0.5)]})


def test_the_ends_are_5_and_100() -> None:
    assert geometric([(0.4, 0.05), (0.6, 0.05)]) == pytest.approx(5)
    assert geometric([(0.4, 1.0), (0.6, 1.0)]) == 100
