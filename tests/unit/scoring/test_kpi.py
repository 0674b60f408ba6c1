from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.kpi import BY_NAME, CATALOGUE, USUAL_CRITERIA, evaluation_kpi
from scoring.money import BASE_SCALE, WHOLE

UNIT = BASE_SCALE
DAY_US = 86_400_000_000


@pytest.mark.parametrize(
    ("name", "sums", "value", "n"),
    [
        ("net_revenue", {"revenue": 100 * UNIT, "refunded": 30 * UNIT, "won_n": 2, "refunds_n": 1}, 70.0, 3),
        ("net_revenue", {"refunded": 5 * UNIT, "refunds_n": 1}, -5.0, 1),
        ("deals_won", {"won": 1_500_000, "won_n": 2, "won_unrated": WHOLE, "won_n_unrated": 1}, 2.5, 3),
        ("deals_lost", {"lost": 333_333, "lost_n": 1}, 0.333333, 1),
        ("leads_created", {"leads": 4}, 4.0, 4),
        ("calls", {"calls": 4, "calls_with_outcome": 1}, 4.0, 4),
        ("meetings", {"meetings": 4}, 4.0, 4),
        ("emails", {"emails": 4}, 4.0, 4),
        ("feedback_count", {"feedback": 4}, 4.0, 4),
        # 100 for a deal and a half; the unrated deal is in neither
        ("average_deal_size", {"revenue": 150 * UNIT, "won": 1_500_000, "won_n": 2, "won_unrated": WHOLE}, 100.0, 2),
        ("average_deal_size", {"won_unrated": WHOLE, "won_n_unrated": 1}, None, 0),
        (
            "win_rate",
            {"won": WHOLE, "won_unrated": 500_000, "lost": 500_000, "won_n": 1, "won_n_unrated": 1, "lost_n": 1},
            0.75,
            3,
        ),
        ("win_rate", {"lost": WHOLE, "lost_n": 1}, 0.0, 1),
        ("cohort_win_rate", {"cohort_won": WHOLE, "cohort_opened": 4 * WHOLE, "cohort_opened_n": 5}, 0.25, 5),
        # 30 days of a deal and a half
        (
            "cycle_days",
            {"cycle": 30 * DAY_US, "won": WHOLE, "won_unrated": 500_000, "won_n": 1, "won_n_unrated": 1},
            20.0,
            2,
        ),
        ("gross_margin_ratio", {"margin_revenue": 80 * UNIT, "margin_cost": 20 * UNIT, "margin_n": 1}, 0.75, 1),
        ("gross_margin_ratio", {"margin_revenue": 10 * UNIT, "margin_cost": 20 * UNIT, "margin_n": 1}, -1.0, 1),
        ("gross_margin_ratio", {"margin_cost": 20 * UNIT, "margin_n": 1}, None, 0),
        ("discount_ratio", {"list_price": 80 * UNIT, "list_revenue": 60 * UNIT, "list_n": 2}, 0.25, 2),
        ("refund_ratio", {"refunded": 5 * UNIT, "revenue": 20 * UNIT, "won_n": 3, "refunds_n": 1}, 0.25, 3),
        ("refund_ratio", {"refunded": 5 * UNIT, "refunds_n": 1}, None, 0),
        (
            "return_rate",
            {"refunds": 3 * WHOLE, "won": WHOLE, "won_unrated": WHOLE, "won_n": 1, "won_n_unrated": 1},
            1.5,
            2,
        ),
        ("lead_conversion_ratio", {"leads_converted": 1, "leads": 4}, 0.25, 4),
        ("lead_conversion_ratio", {"leads_converted": 1}, None, 0),
        ("connect_ratio", {"calls": 9, "calls_connected": 1, "calls_with_outcome": 4}, 0.25, 4),
        ("first_response_seconds", {"first_response": 5_000_001, "first_response_n": 2}, 2.5000005, 2),
        ("csat", {"csat_top": 3, "csat": 4}, 0.75, 4),
        ("nps", {"nps_promoters": 1, "nps_detractors": 2, "nps": 4}, -25.0, 4),
        ("ces", {"ces": 11, "ces_n": 2}, 5.5, 2),
        ("churn_rate", {"customers_churned": 1, "active": 4}, 0.25, 4),
        ("churn_rate", {"customers_churned": 1, "active": 0}, None, 0),
        ("churn_rate", {"customers_churned": 1, "active": -2}, None, 0),
        ("retention_rate", {"renewals": 3, "customers_churned": 1}, 0.75, 4),
        ("acquisition_cost", {"costs": 100 * UNIT, "costs_n": 1, "customers_new": 4}, 25.0, 4),
        ("acquisition_cost", {"costs": 100 * UNIT, "costs_n": 1}, None, 0),
        ("acquisition_cost", {"customers_new": 4}, 0.0, 4),
        ("lifetime_value", {"year_margin": 100 * UNIT, "year_churned": 4, "year_active": 10}, 25.0, 10),
        ("lifetime_value", {"year_margin": 100 * UNIT, "year_active": 10}, None, 0),
        ("lifetime_value", {"year_margin": 100 * UNIT, "year_churned": 4}, None, 0),
        ("roi", {"margin_revenue": 90 * UNIT, "margin_cost": 40 * UNIT, "costs": 20 * UNIT, "costs_n": 3}, 1.5, 3),
        ("roi", {"costs": 20 * UNIT, "costs_n": 3}, -1.0, 3),
        ("roi", {"margin_revenue": 90 * UNIT, "costs_n": 1}, None, 0),
        ("pipeline_value", {"pipeline": 1250 * UNIT, "pipeline_n": 2}, 1250.0, 2),
        (
            "evaluation_communication",
            {"evaluation/communication": 121_000_000, "evaluation_n/communication": 2},
            60.5,
            2,
        ),
    ],
)
def test_a_figure_is_what_a_hand_would_work_out(name: str, sums: dict[str, int], value: float | None, n: int) -> None:
    assert BY_NAME[name].value(sums) == (value, n)


def test_every_metric_of_the_catalogue_is_worked_out_above() -> None:
    (worked_out,) = [
        mark for mark in test_a_figure_is_what_a_hand_would_work_out.pytestmark if mark.name == "parametrize"
    ]
    assert {case[0] for case in worked_out.args[1]} >= {kpi.name for kpi in CATALOGUE}


def test_a_criterion_may_have_any_name() -> None:
    kpi = evaluation_kpi("a|b/c")
    assert (kpi.name, kpi.unit, kpi.is_sum) == ("evaluation_a|b/c", "points", False)
    assert kpi.value({"evaluation/a|b/c": 50_000_000, "evaluation_n/a|b/c": 1}) == (50.0, 1)
    assert set(BY_NAME) - {kpi.name for kpi in CATALOGUE} == {f"evaluation_{name}" for name in USUAL_CRITERIA}


def test_a_value_is_rounded_once() -> None:
    # 0.1 + 0.2 in cents is 30 cents, and 30/100 is 0.3 to the last bit, not 0.30000000000000004
    assert BY_NAME["net_revenue"].value({"revenue": 30 * UNIT // 100, "won_n": 2}) == (0.3, 2)
    third = BY_NAME["csat"].value({"csat_top": 1, "csat": 3})[0]
    assert third == 1 / 3


@given(st.integers(-(10**60), 10**60), st.integers(1, 10**60))
def test_a_ratio_of_huge_sums_is_the_nearest_float(numerator: int, denominator: int) -> None:
    sums = {"margin_revenue": denominator, "margin_cost": denominator - numerator, "margin_n": 1}
    exact = Fraction(numerator, denominator)
    assert BY_NAME["gross_margin_ratio"].value(sums) == (exact.numerator / exact.denominator, 1)


@given(st.sampled_from(CATALOGUE), st.data())
def test_a_ratio_does_not_change_when_everything_comes_twice(kpi: object, data: st.DataObject) -> None:
    measures = sorted({*kpi.numerator, *kpi.denominator, *kpi.n})
    sums = {name: data.draw(st.integers(0, 10**12), name) for name in measures}
    value, n = kpi.value(sums)
    twice = kpi.value({name: 2 * amount for name, amount in sums.items()})
    assert twice == ((2 * value if kpi.is_sum else value), 2 * n)
