"""A ratio of money on a chart: each week as certain as its amounts let it be."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.chart import chart
from scoring.chart_rule import ChartRule, starting_precision
from scoring.evidence import Evidence, pooled
from scoring.oracle import ratio as oracle
from scoring.oracle.residuals import squares_and_freedom
from scoring.ratio_week import alike, deals_alike, ratio_variance, ratio_week

MONDAY = 738_004
Deals = list[oracle.Deal]
deals = st.lists(st.tuples(st.floats(1, 1e6), st.floats(-1e6, 1e6)), max_size=8)


def evidence(of: Sequence[oracle.Deal]) -> Evidence:
    return pooled([Evidence(1.0, y, d, y * y, y * d, d * d) for d, y in of])


@given(deals, deals, deals, st.floats(-1, 1))
def test_a_week_is_what_the_oracle_makes_of_its_single_deals(own: Deals, team: Deals, others: Deals, e0: float) -> None:
    inside, company = evidence([*own, *team]), evidence([*own, *team, *others])
    found = ratio_week(MONDAY, evidence(own), inside, company, e0, 0.01)
    assert found.n == pytest.approx(oracle.alike(own), rel=1e-9)
    assert found.base == found.n
    if own:
        told = oracle.week(own, team, others, e0)
        large = 1e6 * max((d for d, _ in [*own, *team, *others]), default=1) ** 2  # the rest is a difference of sums
        assert found.total / found.base == pytest.approx(told.ratio, rel=1e-9)
        if min((d for d, _ in [*team, *others]), default=large) ** 2 > 1e-3 * large / 1e6:
            assert found.rest == pytest.approx(told.rest, rel=1e-6)
            assert found.expected == pytest.approx(told.expected, rel=1e-5, abs=1e-5)


@given(deals, st.floats(0.01, 100))
def test_amounts_in_another_currency_say_the_same(of: Deals, rate: float) -> None:
    other = [(d * rate, y * rate) for d, y in of]
    assert deals_alike(evidence(other)) == pytest.approx(deals_alike(evidence(of)), rel=1e-9)
    assert alike(evidence(other)).total == pytest.approx(alike(evidence(of)).total, rel=1e-9, abs=1e-9)
    assert deals_alike(evidence(of)) <= len(of) * (1 + 1e-12)


def drawn(rng: random.Random, sigma: float, scatter: float, level: float) -> Deals:
    amounts = [rng.lognormvariate(8, sigma) for _ in range(rng.randint(0, 6))]
    return [(d, d * rng.gauss(level, scatter)) for d in amounts]


@pytest.mark.parametrize("sigma", [0.0, 0.8, 1.3])
def test_the_variance_of_a_deal_is_found_however_unlike_the_amounts_are(sigma: float) -> None:
    rng = random.Random(7)
    weekly = {
        f"r-{rep}": {7 * week: evidence(drawn(rng, sigma, 0.1, 0.3 + 0.01 * rep)) for week in range(26)}
        for rep in range(30)
    }
    found = ratio_variance(weekly)
    assert found is not None
    assert math.sqrt(found) == pytest.approx(0.1, rel=0.06)
    backwards = {rep: dict(reversed(weekly[rep].items())) for rep in reversed(weekly)}
    assert ratio_variance(backwards) == found


def test_the_variance_is_what_exact_fractions_leave() -> None:
    rng, weekly, cells = random.Random(1), dict[str, dict[int, Evidence]](), {}
    for rep in "abc":
        for week in range(4):
            if of := drawn(rng, 0.8, 0.1, 0.4):
                weekly.setdefault(rep, {})[week] = evidence(of)
                ratio = sum(y for _, y in of) / sum(d for d, _ in of)
                cells[rep, week] = Fraction(oracle.alike(of)), Fraction(ratio)
    left, freedom = squares_and_freedom(cells)
    expected = sum(cells[cell][0] * value * value for cell, value in left.items()) / freedom
    assert freedom >= 4
    assert ratio_variance(weekly) == pytest.approx(float(expected), rel=1e-9)


def test_without_weeks_to_spare_nothing_is_said_of_the_variance() -> None:
    assert ratio_variance({}) is None
    assert ratio_variance({"a": {0: evidence([(10, 4)])}}) is None


def test_a_large_deal_alone_alarms_no_more_than_a_small_one() -> None:
    rule = ChartRule("ratio", starting_precision("ratio", 0.4, 0.05))

    def highest(amount: float) -> float:
        weeks = []
        for week in range(20):
            own = [(100.0, 40.0 + (-1) ** nth * 5) for nth in range(8)]
            if week == 10:
                own[0] = (amount, 0.2 * amount)  # half of the usual margin
            weeks.append(ratio_week(MONDAY + 7 * week, evidence(own), evidence(own), evidence(own), 0.4, 0.01))
        return max(point.c for point in chart(rule, weeks))

    assert highest(100.0) < 1
    assert highest(1e6) < 2
    assert all(highest(10**k) < 2.5 for k in range(2, 7))


def test_a_margin_that_falls_for_good_is_found() -> None:
    rng, rule = random.Random(3), ChartRule("ratio", starting_precision("ratio", 0.4, 0.05))
    weeks = []
    for week in range(40):
        own = drawn(rng, 0.8, 0.1, 0.4 if week < 20 else 0.3)
        others = [deal for _ in range(9) for deal in drawn(rng, 0.8, 0.1, 0.4)]
        both = evidence([*own, *others])
        weeks.append(ratio_week(MONDAY + 7 * week, evidence(own), both, both, 0.4, 0.01))
    points = chart(rule, weeks)
    assert not any(point.alarmed for point in points if point.week < MONDAY + 7 * 20)
    assert any(point.alarmed for point in points)
