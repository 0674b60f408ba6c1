"""A subject's standing: metrics shrunk, placed and weighed, and the interval about the score."""

from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from math import exp, log
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.evidence import Evidence, of_mean, of_rate, of_sum
from scoring.norming import norms
from scoring.norms import MetricNorm, Norms
from scoring.oracle import aggregate as by_products
from scoring.oracle import goalposts as by_corners
from scoring.oracle import interval as by_ends
from scoring.quarter import quarter_norms, rules_of
from scoring.scorecard import Scorecard, ScoredMetric
from scoring.standing import Seen, Standing, stand

PILLARS = {"results": 0.4, "customer": 0.25, "process": 0.2, "improvement": 0.15}
CSAT = ScoredMetric("csat", "customer", 0.7, 0.8, 0.08, 0.03, False, True, False)
NPS = ScoredMetric("nps", "customer", 0.3, 30.0, 15.0, 5.0, False, True, False)
CALLS = ScoredMetric("calls", "process", 0.4, 4.0, 1.5, 0.4, True, True, True)
CYCLE = ScoredMetric("cycle_days", "process", 0.6, 45.0, 12.0, 4.5, False, False, False)
MARGIN = ScoredMetric("gross_margin_ratio", "results", 1.0, 0.45, 0.08, 0.03, False, True, False)
CARD = Scorecard("test", 1, 91, 0.6, PILLARS, (MARGIN, CSAT, NPS, CALLS, CYCLE))

STATED = quarter_norms(739_999, CARD, {}, {}, CARD.calendar)
"""The scorecard's own: M is 50."""
PRIOR = 50


def _norms_of_peers() -> Norms:
    """Norms of twelve peers who differ, with weeks that go together: who calls more makes customers happier, and slower deals."""
    draw = np.random.default_rng(5)
    weekly: dict[str, dict[int, dict[str, Evidence]]] = {}
    for number in range(12):
        for week in range(1, 1 + 7 * 26, 7):
            push = float(draw.normal())
            days = [float(day) for day in draw.poisson(max(1.0, 40 + number + 4 * push), 3)]
            points = [float(each) for each in draw.choice([-100, 0, 100], 4, p=[0.2, 0.3, 0.5])]
            sold = [float(each) for each in draw.uniform(50, 150, 3)]
            left = [amount * (0.4 + 0.01 * number + 0.05 * float(draw.normal())) for amount in sold]
            weekly.setdefault(f"r-{number}", {})[week] = {
                "csat": of_rate(6, int(draw.binomial(6, min(0.95, max(0.05, 0.6 + 0.02 * number + 0.1 * push))))),
                "nps": of_mean(4, sum(points), sum(point * point for point in points)),
                "calls": of_sum(7, float(draw.poisson(max(1.0, 25 + 2 * number + 5 * push)))),
                "cycle_days": of_mean(3, sum(days), sum(day * day for day in days)),
                "gross_margin_ratio": Evidence(
                    3,
                    sum(left),
                    sum(sold),
                    sum(y * y for y in left),
                    sum(y * d for y, d in zip(left, sold, strict=True)),
                    sum(d * d for d in sold),
                ),
            }
    return norms("2026Q1", 1 + 7 * 26, rules_of(CARD), weekly)


PEERS = _norms_of_peers()


def _evidence(metric: str, n: float, value: float) -> Evidence:
    """So many observations of that value, all alike."""
    if metric == "csat":
        return of_rate(n, n * value)
    return Evidence(n, n * value, n, n * value * value, n * value, n)


VALUES = {
    "csat": st.floats(0, 1),
    "nps": st.floats(-100, 100),
    "calls": st.floats(0, 20),
    "cycle_days": st.floats(0, 300),
    "gross_margin_ratio": st.floats(-2, 1),
}


@st.composite
def _seen(draw: Any) -> dict[str, Seen]:
    """What is known of a rep: of any metric nothing, little or much, with or without a target."""
    found = {}
    for metric, values in VALUES.items():
        n = draw(st.sampled_from([None, 0, 1, 7, 91, 4000]))
        if n is not None:
            evidence = Evidence() if n == 0 else _evidence(metric, float(n), draw(values))
            found[metric] = Seen(evidence, draw(st.none() | values), draw(st.integers(0, n)))
    return found


OF = {"stated": STATED, "peers": PEERS}
NORMS = st.sampled_from(sorted(OF))
REPS = st.sampled_from([None, "r-3", "new"])


def u_of(standing: Standing) -> dict[str, float]:
    return {part.name: part.u for pillar in standing.breakdown.pillars for part in pillar.metrics}


def test_a_standing_by_hand() -> None:
    # 9 of 10 satisfied beside 40 of 50; the rest is typical. lo = 0.8 - 1.645 x 0.08, t = 0.8 + 0.842 x 0.08
    found = stand(CARD, STATED, {"csat": Seen(of_rate(10, 9), None, 10)})
    usual = 0.7 * 1.645 / 2.487
    csat = 0.7 * (49 / 60 - 0.8 + 1.645 * 0.08) / (2.487 * 0.08)
    assert found.shrunk["csat"].value == pytest.approx(49 / 60)
    assert u_of(found) == pytest.approx(
        {"csat": csat, "nps": usual, "calls": usual, "cycle_days": usual, MARGIN.metric: usual}
    )
    customer, other = 0.05 + 0.95 * (0.7 * csat + 0.3 * usual), 0.05 + 0.95 * usual
    assert found.breakdown.score == pytest.approx(100 * exp((0.25 * log(customer) + 0.6 * log(other)) / 0.85))
    assert found.breakdown.coverage == pytest.approx(0.25 * 0.7)


@given(NORMS, _seen(), REPS)
def test_score_and_coverage_are_those_by_brute_force(norms_of: str, seen: dict[str, Seen], rep: str | None) -> None:
    found = stand(CARD, OF[norms_of], seen, rep)
    parts: dict[str, list[tuple[str, Fraction, Fraction, bool]]] = {}
    for scored in CARD.metrics:
        norm, of = OF[norms_of].metrics[scored.metric], seen.get(scored.metric, Seen())
        own_n, own_total, own_base = norm.own.get(rep or "", (0.0, 0.0, 0.0))
        assert own_n == 0 or rep == "r-3"
        others = Fraction(norm.norm.base) - Fraction(own_base)
        total = Fraction(norm.norm.total) - Fraction(own_total)
        level = Fraction(norm.norm.level)
        if others > 0:  # the peers but this one, a rate with half a success and half a failure more
            level = (total + Fraction(1, 2)) / (others + 1) if scored.metric == "csat" else total / others
        n, prior = Fraction(of.evidence.n), Fraction(norm.norm.weight)
        raw = Fraction(of.evidence.total) / Fraction(of.evidence.base) if n else level
        value = (n * raw + prior * level) / (n + prior)
        assert found.shrunk[scored.metric].value == pytest.approx(float(value), rel=1e-9, abs=1e-9)
        sign = 1 if scored.higher_is_better else -1
        line = by_corners.corners(norm.norm.level, max(norm.norm.spread, norm.smallest_spread), of.target, sign)
        u = by_corners.utility(line, float(value), sign, capped=scored.capped)
        parts.setdefault(scored.pillar, []).append((scored.metric, Fraction(scored.weight), u, of.records > 0))
    weights = {pillar: Fraction(weight) for pillar, weight in PILLARS.items()}
    score = by_products.score(weights, parts, frozenset(), level=False)
    assert found.breakdown.score == pytest.approx(score, rel=1e-6)
    assert found.breakdown.level == found.breakdown.score  # there is no improvement yet
    assert found.breakdown.coverage == pytest.approx(
        float(by_products.coverage(weights, parts, frozenset())), abs=1e-12
    )


@given(NORMS, _seen(), REPS)
def test_the_interval_is_that_of_scores_recomputed_at_the_ends(
    norms_of: str, seen: dict[str, Seen], rep: str | None
) -> None:
    found = stand(CARD, OF[norms_of], seen, rep)
    names = sorted(VALUES)
    together = {frozenset((one, other)): OF[norms_of].correlation(one, other) for one in names for other in names}
    expected = by_ends.ends(found.breakdown, together, 0.61, level=True)
    assert found.interval.low == pytest.approx(expected.low, rel=1e-9)
    assert found.interval.high == pytest.approx(expected.high, rel=1e-9)
    assert found.interval.variance == pytest.approx(expected.variance, rel=1e-9, abs=1e-15)


def _without_correlations(of: Norms) -> Norms:
    return replace(of, rho=tuple(tuple(float(row == column) for column in range(5)) for row in range(5)))


def test_metrics_that_go_together_widen_the_interval() -> None:
    apart = _without_correlations(PEERS)
    assert PEERS.correlation("calls", "csat") > 0.1
    happy_callers = replace(CARD, metrics=(replace(CSAT, weight=1.0), replace(CALLS, weight=1.0)))
    with_rho, without = stand(happy_callers, PEERS, {}).interval, stand(happy_callers, apart, {}).interval
    assert with_rho.low < without.low < without.high < with_rho.high


def test_metrics_of_which_one_gets_worse_as_the_other_gets_better_narrow_it() -> None:
    assert PEERS.correlation("calls", "cycle_days") > 0.3  # who calls more needs more days: better, and worse
    process = replace(CARD, metrics=(CALLS, CYCLE))
    with_rho, without = (stand(process, given, {}).interval for given in (PEERS, _without_correlations(PEERS)))
    assert without.low < with_rho.low < with_rho.high < without.high


@given(NORMS, _seen(), REPS)
def test_low_score_and_high_are_in_this_order_within_5_and_100(
    norms_of: str, seen: dict[str, Seen], rep: str | None
) -> None:
    found = stand(CARD, OF[norms_of], seen, rep)
    assert 5 <= found.interval.low <= found.breakdown.score <= found.interval.high <= 100
    assert found.interval.variance >= 0


@given(NORMS, _seen(), REPS, st.integers(0, 2**32))
@settings(deadline=None)
def test_the_order_of_what_is_seen_changes_no_digit_and_that_of_metrics_hardly_one(
    norms_of: str, seen: dict[str, Seen], rep: str | None, seed: int
) -> None:
    shuffle = random.Random(seed).sample
    card = replace(CARD, metrics=tuple(shuffle(CARD.metrics, len(CARD.metrics))))
    found = stand(CARD, OF[norms_of], seen, rep)
    turned = dict(shuffle(list(seen.items()), len(seen)))
    assert stand(CARD, OF[norms_of], turned, rep) == found
    other = stand(card, OF[norms_of], turned, rep)
    assert other.breakdown.score == pytest.approx(found.breakdown.score, rel=1e-12)
    assert other.breakdown.coverage == pytest.approx(found.breakdown.coverage, rel=1e-12)
    assert other.interval == pytest.approx(found.interval, rel=1e-9, abs=1e-12)
    assert u_of(other) == u_of(found)
    assert other.shrunk == found.shrunk


@given(NORMS, st.sampled_from(sorted(VALUES)), st.lists(st.integers(1, 10**6), min_size=2, max_size=5, unique=True))
def test_more_evidence_of_the_same_narrows_the_interval(norms_of: str, metric: str, counts: list[int]) -> None:
    # Of what is typical, so that the score itself stays where it is; and of metrics that have nothing to do with each other, for
    # what is known of one alone no longer makes up for what is not known of the other.
    given_norms = _without_correlations(OF[norms_of])
    level = given_norms.metrics[metric].norm.level
    found = [
        stand(CARD, given_norms, {metric: Seen(_evidence(metric, float(n), level), None, n)}) for n in sorted(counts)
    ]
    for widths in (
        [each.interval.high - each.interval.low for each in found],
        [each.shrunk[metric].high - each.shrunk[metric].low for each in found],
    ):
        assert all(wider > narrower - 1e-12 for wider, narrower in pairwise(widths))
        assert widths[0] > widths[-1]
    assert all(each.breakdown.score == pytest.approx(found[0].breakdown.score) for each in found)


@given(NORMS, st.fixed_dictionaries(VALUES))
def test_with_evidence_without_end_nothing_is_drawn_anywhere_and_nothing_uncertain(
    norms_of: str, values: dict[str, float]
) -> None:
    found = stand(
        CARD, OF[norms_of], {name: Seen(_evidence(name, 1e15, value), None, 9) for name, value in values.items()}
    )
    for name, value in values.items():
        assert found.shrunk[name].value == pytest.approx(value, rel=1e-9, abs=1e-9)
    assert found.interval.high - found.interval.low < 1e-3


@given(NORMS, _seen(), REPS)
def test_each_metric_lies_between_its_own_value_and_the_level(
    norms_of: str, seen: dict[str, Seen], rep: str | None
) -> None:
    for shrunk in stand(CARD, OF[norms_of], seen, rep).shrunk.values():
        raw = shrunk.level if shrunk.raw is None else shrunk.raw
        assert min(raw, shrunk.level) - 1e-9 <= shrunk.value <= max(raw, shrunk.level) + 1e-9


def test_a_peers_own_part_is_left_out_of_the_level_it_is_drawn_to() -> None:
    seen = {"csat": Seen(of_rate(6, 3), None, 6)}
    group, peer, other = (stand(CARD, PEERS, seen, rep).shrunk["csat"] for rep in (None, "r-11", "new"))
    assert group == other
    assert peer.level < group.level  # the best of the peers is not among its own peers


def test_records_count_for_the_coverage_whether_or_not_there_is_a_value() -> None:
    days_without_a_call = Seen(of_sum(91, 0.0), None, 0)
    assert stand(CARD, PEERS, {"calls": days_without_a_call}).breakdown.coverage == 0.0
    assert stand(CARD, PEERS, {"calls": days_without_a_call}).shrunk["calls"].value < PEERS.metrics["calls"].norm.level
    no_value = Seen(Evidence(), None, 4)  # such as 4 deals too young for any to be won
    assert stand(CARD, PEERS, {"calls": no_value}).breakdown.coverage == pytest.approx(0.2 * 0.4)


def _uncollected(*names: str) -> Norms:
    metrics: dict[str, MetricNorm] = {
        name: replace(each, collected=name not in names) for name, each in PEERS.metrics.items()
    }
    return replace(PEERS, metrics=metrics)


def test_a_metric_that_is_not_collected_gives_its_weight_to_its_pillars_others() -> None:
    seen = {name: Seen(_evidence(name, 20.0, value), None, 20) for name, value in (("csat", 0.9), ("nps", 50.0))}
    found, usual = stand(CARD, _uncollected("nps"), seen).breakdown, stand(CARD, PEERS, seen).breakdown
    pillars = {pillar.name: pillar for pillar in found.pillars}
    assert [(part.name, part.weight) for part in pillars["customer"].metrics] == [("csat", 1.0)]
    assert pillars["customer"].weight == {pillar.name: pillar for pillar in usual.pillars}["customer"].weight
    assert (found.coverage, usual.coverage) == (pytest.approx(0.25 * 0.7), pytest.approx(0.25))


def test_a_pillar_of_which_nothing_is_collected_gives_its_weight_to_the_other_pillars() -> None:
    found = stand(CARD, _uncollected("nps", "csat"), {}).breakdown
    assert {pillar.name: pillar.weight for pillar in found.pillars} == pytest.approx(
        {"results": 2 / 3, "process": 1 / 3}
    )


def test_where_nothing_that_weighs_is_collected_everything_counts() -> None:
    card = replace(CARD, pillars={**PILLARS, "results": 0.0, "process": 0.0, "customer": 0.85})
    nothing = stand(card, _uncollected("csat", "nps"), {"csat": Seen(of_rate(5, 5), None, 5)})
    assert nothing.breakdown == stand(card, PEERS, {"csat": Seen(of_rate(5, 5), None, 5)}).breakdown


def test_a_target_moves_the_goalposts_and_not_the_value() -> None:
    found, given_one = (stand(CARD, STATED, {"csat": Seen(of_rate(10, 9), target, 10)}) for target in (None, 49 / 60))
    assert found.shrunk == given_one.shrunk
    assert u_of(given_one)["csat"] == pytest.approx(0.7)
    assert u_of(found)["csat"] != pytest.approx(0.7, abs=0.01)


def test_a_scorecard_without_a_metric_that_weighs_has_no_score() -> None:
    for metrics in ((), (CSAT, NPS)):
        with pytest.raises(ValueError, match="no metric is left in a pillar of weight above 0"):
            stand(replace(CARD, pillars={**PILLARS, "customer": 0.0}, metrics=metrics), STATED, {})
