from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.evidence import Evidence, of_mean, of_rate, of_sum, pooled
from scoring.expectation import Expected, baseline, expected, parts, rest_of
from scoring.oracle import expectation as oracle

RATES = st.floats(0.01, 0.99)
RATIOS = st.floats(0.2, 5.0)
MARKETS = st.floats(20.0, 300.0)
WINS = st.lists(st.sampled_from([0.0, 1.0]), max_size=6)
AMOUNTS = st.lists(st.integers(-2_000, 9_000).map(float), max_size=6)
NAMES = ["ann", "bob", "cy", "dan", "eve"]


def _weeks(of: st.SearchStrategy[list[float]]) -> st.SearchStrategy[dict[str, list[float]]]:
    return st.fixed_dictionaries(dict.fromkeys(NAMES, of))


TEAMS = st.sets(st.sampled_from(NAMES)).map(lambda team: team | {"ann"})


def _rate(observed: Sequence[float]) -> Evidence:
    return of_rate(len(observed), sum(observed))


def _evidence(week: dict[str, list[float]], team: set[str], *, company: bool) -> tuple[Evidence, Evidence]:
    """The rest of ann's team, and the company beyond it."""
    in_team = pooled(of_mean(len(o), sum(o), 0.0) for name, o in week.items() if name in team)
    whole = pooled(of_mean(len(o), sum(o), 0.0) for o in week.values())
    own = of_mean(len(week["ann"]), sum(week["ann"]), 0.0)
    return rest_of(in_team, own), rest_of(whole, in_team) if company else Evidence()


@given(RATES, RATIOS, MARKETS, _weeks(WINS), TEAMS, st.booleans())
def test_a_rate_is_what_the_oracle_counts_one_by_one(
    norm: float,
    phase: float,
    market: float,
    week: dict[str, list[float]],
    team: set[str],
    company: bool,  # noqa: FBT001 - drawn
) -> None:
    rest, beyond = _evidence(week, team, company=company)
    found = expected("rate", baseline("rate", norm, phase, market), rest, beyond)
    told = oracle.expected_rate(norm, phase, market, week, "ann", team, company=company)
    assert found.value == pytest.approx(float(told), rel=1e-9)
    assert found.rest == sum(len(week[name]) for name in team if name != "ann")


@given(st.floats(1.0, 1e5), RATIOS, MARKETS, _weeks(AMOUNTS), TEAMS, st.booleans())
def test_a_sum_is_what_the_oracle_counts_one_by_one(
    norm: float,
    phase: float,
    market: float,
    week: dict[str, list[float]],
    team: set[str],
    company: bool,  # noqa: FBT001 - drawn
) -> None:
    rest, beyond = _evidence(week, team, company=company)
    found = expected("sum", baseline("sum", norm, phase, market), rest, beyond)
    told = oracle.expected_sum(norm, phase, market, week, "ann", team, company=company)
    assert found.value == pytest.approx(float(told), rel=1e-9)


@given(st.floats(-100, 100), st.floats(-5, 5), _weeks(AMOUNTS), TEAMS, st.booleans())
def test_a_mean_is_what_the_oracle_counts_one_by_one(
    norm: float,
    phase: float,
    week: dict[str, list[float]],
    team: set[str],
    company: bool,  # noqa: FBT001 - drawn
) -> None:
    rest, beyond = _evidence(week, team, company=company)
    found = expected("mean", baseline("mean", norm, phase, 40.0), rest, beyond)
    told = oracle.expected_mean(norm, phase, week, "ann", team, company=company)
    assert found.value == pytest.approx(float(told), rel=1e-9, abs=1e-9)


@given(RATES, RATIOS, MARKETS)
def test_the_baseline_of_a_rate_moves_by_logarithms_of_its_odds(norm: float, phase: float, market: float) -> None:
    e0 = baseline("rate", norm, phase, market)
    logit = math.log(norm / (1 - norm)) + math.log(phase) + math.log(market / 100)
    assert math.log(e0 / (1 - e0)) == pytest.approx(logit, abs=1e-9)


@given(RATES, _weeks(WINS), st.permutations(NAMES))
def test_the_order_of_the_team_changes_no_byte(norm: float, week: dict[str, list[float]], order: list[str]) -> None:
    shares = {name: Evidence(n / 3, sum(week[name]) / 3, n / 3) for name, n in ((m, len(week[m])) for m in NAMES)}

    def found(names: Sequence[str]) -> Expected:
        return expected("rate", norm, rest_of(pooled(shares[name] for name in names), shares["ann"]))

    assert repr(found(order)) == repr(found(NAMES))


@given(RATES, _weeks(WINS))
def test_what_is_expected_of_a_rep_does_not_depend_on_the_rep(norm: float, week: dict[str, list[float]]) -> None:
    team = pooled(map(_rate, week.values()))
    without = pooled(_rate(observed) for name, observed in week.items() if name != "ann")
    assert expected("rate", norm, rest_of(team, _rate(week["ann"]))) == expected("rate", norm, without)


@given(RATES, st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_rate_stays_within_its_bounds(norm: float, won: int, lost: int) -> None:
    assert 0.02 <= expected("rate", norm, of_rate(won + lost, won)).value <= 0.98


def test_alone_in_a_team_the_norm_is_expected() -> None:
    own = of_rate(5, 1)
    assert expected("rate", 0.4, rest_of(own, own)) == Expected(0.4, 0.0)


def test_a_share_that_rounding_leaves_over_is_no_team() -> None:
    own = Evidence(0.1 + 0.2, 0.1, 0.1 + 0.2)
    assert rest_of(Evidence(0.3, 0.1, 0.3), own) == Evidence()


def test_a_team_whose_refunds_exceed_its_sales_lets_expect_a_tenth() -> None:
    assert expected("sum", 100.0, of_sum(20, -1e6)).value == 10.0
    assert expected("sum", 100.0, of_sum(20, 1e9)).value == 1000.0
    assert expected("sum", -5.0, of_sum(20, -300.0)).value == -10.0  # of a norm below 0 there are no times


def test_a_positive_mean_moves_in_proportion_and_stays_above_0() -> None:
    assert baseline("mean", 40.0, 0.5, positive=True) == 20.0
    assert expected("mean", 20.0, of_mean(30, 0.0, 0.0), positive=True).value == 8.0
    assert expected("mean", 20.0, of_mean(1000, 0.0, 0.0), positive=True).value == 2.0


def test_a_ratio_of_money_weighs_its_team_by_observations() -> None:
    rest = Evidence(20, 300.0, 1000.0)  # 20 deals with a margin of 300 in 1000
    assert expected("ratio", 0.5, rest).value == pytest.approx(0.4)


@given(RATES, st.integers(0, 9), st.integers(1, 9), st.floats(0.02, 0.98))
def test_the_three_numbers_add_up_to_the_raw_value(norm: float, won: int, lost: int, e: float) -> None:
    shown = parts(norm, of_rate(won + lost, won), Expected(e, 20))
    assert shown.raw is not None
    assert shown.rep is not None
    assert norm + shown.market + shown.rep == pytest.approx(shown.raw, abs=1e-12)


def test_without_evidence_there_is_no_rep_part() -> None:
    assert parts(0.5, Evidence(), Expected(0.6, 20)) == (None, pytest.approx(0.1), None)


@pytest.mark.parametrize(
    ("kind", "norm", "phase", "market"),
    [("rate", 0.0, 1.0, 100.0), ("rate", 1.0, 1.0, 100.0), ("rate", 0.5, 0.0, 100.0), ("sum", 5.0, None, 0.0)],
)
def test_what_has_no_odds_is_refused(kind: str, norm: float, phase: float | None, market: float) -> None:
    with pytest.raises(ValueError, match="expected"):
        baseline(kind, norm, phase, market)  # type: ignore[arg-type]
