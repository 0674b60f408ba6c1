"""Every metric of the table on a few records, worked out by hand beside the assertion."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from types import SimpleNamespace
from zoneinfo import ZoneInfo

from scoring.oracle import InForce, scores
from scoring.scorecard import Scorecard, ScoredMetric

T = date(2026, 3, 31)
NOON = datetime(2026, 3, 31, 12, tzinfo=UTC)
PILLARS = {"results": 0.4, "customer": 0.25, "process": 0.2, "improvement": 0.15}
CSAT = ScoredMetric("csat", "customer", 1.0, 0.8, 0.08, 0.03, False, True, False)
CARD = Scorecard("test", 1, 91, 0.6, PILLARS, (CSAT,))
_numbers = count()

OPTIONAL = {
    "deal": "closed_at amount currency cost list_price splits",
    "lead": "converted_at",
    "customer": "churned_at renewals",
    "refund": "splits",
    "cost": "rep_id team_id",
    "activity": "outcome first_response_seconds",
}


def ago(days):
    return NOON - timedelta(days=days)


def make(type_, **fields):
    """A record with the optional fields of its type, None where not given; of rep r-1 unless said otherwise."""
    stated = dict.fromkeys(OPTIONAL.get(type_, "").split())
    if type_ != "cost":
        stated["rep_id"] = "r-1"
    return SimpleNamespace(type=type_, id=f"{type_}-{next(_numbers):03}", **{**stated, **fields})


def money(text):
    amount, currency = text.split()
    return {"amount": Decimal(amount), "currency": currency}


def won(price, closed=0, opened=10, **fields):
    prices = {name: Decimal(fields.pop(name)) for name in ("cost", "list_price") if name in fields}
    dates = {"opened_at": ago(opened), "closed_at": ago(closed)}
    return make("deal", status="won", **{**dates, **money(price), **prices, **fields})


def lost(closed=0, opened=10, **fields):
    return make("deal", status="lost", opened_at=ago(opened), closed_at=ago(closed), **fields)


def opened(days, **fields):
    return make("deal", status="open", opened_at=ago(days), **fields)


def refund(price, days=0, **fields):
    return make("refund", occurred_at=ago(days), **money(price), **fields)


def cost(price, days=0, **fields):
    return make("cost", occurred_at=ago(days), category="marketing", **money(price), **fields)


def activity(kind, days=0, **fields):
    return make("activity", kind=kind, occurred_at=ago(days), **fields)


def feedback(scale, *values):
    return [make("feedback", scale=scale, value=value, occurred_at=ago(0)) for value in values]


def customer(since, **fields):
    return make("customer", since=ago(since), **fields)


def score_object(*records, subject=("rep", "r-1"), as_of=T, zone="UTC", exponents=None):
    held = [record if isinstance(record, InForce) else InForce(record, 0, 0) for record in records]
    return scores(
        held,
        as_of=as_of,
        zone=ZoneInfo(zone),
        base_currency="USD",
        exponents=exponents or {"USD": 2, "EUR": 2, "JPY": 0},
        scorecard=CARD,
        known_at="2026-04-01T06:00:00Z",
    )[subject]


def figure(metric, *records, window="91d", **how):
    found = score_object(*records, **how)["metrics"][metric]["windows"][window]
    return found["value"], found["n"]


def test_windows_hold_their_first_day_and_as_of():
    deals = [won("1 USD", 0), won("10 USD", 6), won("100 USD", 7), won("1000 USD", 27), won("10000 USD", 28)]
    deals += [won("100000 USD", 363, 363), won("1000000 USD", 364, 364), won("5 USD", -1)]
    assert figure("net_revenue", *deals, window="7d") == (11.0, 2)
    assert figure("net_revenue", *deals, window="28d") == (1111.0, 4)
    assert figure("net_revenue", *deals, window="91d") == (11111.0, 5)
    assert figure("net_revenue", *deals, window="364d") == (111111.0, 6)


def test_a_fact_belongs_to_the_local_date_of_the_organisation():
    deal = won("5 USD", opened=3)
    deal.closed_at = datetime(2026, 4, 1, 3, tzinfo=UTC)  # 23:00 of 31 March in New York
    assert figure("net_revenue", deal, zone="America/New_York") == (5.0, 1)
    assert figure("net_revenue", deal) == (0.0, 0)


def test_net_revenue_is_won_less_refunds_by_their_own_dates():
    records = [won("1000 USD", 20), refund("150.50 USD", 2)]
    assert figure("net_revenue", *records) == (849.5, 2)
    assert figure("net_revenue", *records, window="7d") == (-150.5, 1)


def test_no_evidence_is_nought_for_sums_and_null_for_the_rest():
    metrics = score_object(opened(400))["metrics"]
    sums = ["net_revenue", "deals_won", "deals_lost", "leads_created", "calls", "meetings", "emails", "feedback_count"]
    for name, metric in metrics.items():
        expected = 0.0 if name in [*sums, "pipeline_value"] else None
        assert set(metric["windows"]) == {"7d", "28d", "91d", "364d"}
        assert all(window == {"value": expected, "n": 0} for window in metric["windows"].values()), name


def test_every_metric_of_the_table_is_there_in_its_order_with_its_unit():
    metrics = score_object(won("1 USD"), make("evaluation", occurred_at=ago(500), criteria={"objections": 50.0}))[
        "metrics"
    ]
    assert {name: metric["unit"] for name, metric in metrics.items()} == {
        "net_revenue": "USD",
        "deals_won": "count",
        "deals_lost": "count",
        "leads_created": "count",
        "calls": "count",
        "meetings": "count",
        "emails": "count",
        "feedback_count": "count",
        "average_deal_size": "USD",
        "win_rate": "ratio",
        "cohort_win_rate": "ratio",
        "cycle_days": "days",
        "gross_margin_ratio": "ratio",
        "discount_ratio": "ratio",
        "refund_ratio": "ratio",
        "return_rate": "ratio",
        "lead_conversion_ratio": "ratio",
        "connect_ratio": "ratio",
        "first_response_seconds": "seconds",
        "csat": "ratio",
        "nps": "points",
        "ces": "points",
        "churn_rate": "ratio",
        "retention_rate": "ratio",
        "acquisition_cost": "USD",
        "lifetime_value": "USD",
        "roi": "ratio",
        "pipeline_value": "USD",
        "evaluation_active_listening": "points",
        "evaluation_communication": "points",
        "evaluation_objections": "points",
        "target_attainment": "ratio",
    }
    assert list(metrics)[:9] == [
        *("net_revenue", "deals_won", "deals_lost", "leads_created", "calls", "meetings", "emails", "feedback_count"),
        "average_deal_size",
    ]
    assert list(metrics)[-4:] == [
        *("evaluation_active_listening", "evaluation_communication", "evaluation_objections", "target_attainment"),
    ]


def test_deals_are_counted_by_closing_date_and_averaged_over_what_has_a_rate():
    records = [won("100 USD"), won("50 USD"), won("7 EUR"), lost(), opened(3)]
    assert figure("deals_won", *records) == (3.0, 3)
    assert figure("deals_lost", *records) == (1.0, 1)
    assert figure("win_rate", *records) == (0.75, 4)
    assert figure("average_deal_size", *records) == (75.0, 2)  # the EUR deal has no rate


def test_cycle_is_the_mean_in_fractional_days_and_never_below_nought():
    short, backwards = won("1 USD", 0, 1), won("1 USD", 5, 3)
    short.closed_at += timedelta(hours=6)
    assert figure("cycle_days", short) == (1.25, 1)
    assert figure("cycle_days", short, backwards) == (0.625, 2)
    assert figure("cycle_days", won("1 EUR", 0, 4)) == (4.0, 1)  # needs no rate


def test_margin_and_discount_count_only_deals_that_state_them():
    records = [
        won("200 USD", cost="50"),
        won("100 USD", list_price="125"),
        won("300 USD", cost="150", list_price="375"),
    ]
    assert figure("gross_margin_ratio", *records) == (0.6, 2)  # 1 - 200/500
    assert figure("discount_ratio", *records) == (0.2, 2)  # 1 - 400/500
    assert figure("gross_margin_ratio", won("0 USD", cost="5")) == (None, 0)


def test_refunds_are_weighed_against_won_deals():
    records = [won("400 USD"), won("100 USD"), refund("50 USD"), refund("50 USD"), refund("9 EUR")]
    assert figure("refund_ratio", *records) == (0.2, 2)
    assert figure("return_rate", *records) == (1.5, 2)  # three refunds, rated or not, of two deals
    assert figure("refund_ratio", refund("50 USD")) == (None, 0)
    assert figure("average_deal_size", *records) == (250.0, 2)


def test_leads_convert_by_their_own_dates():
    records = [
        make("lead", created_at=ago(2)),
        make("lead", created_at=ago(3), converted_at=ago(1)),
        make("lead", created_at=ago(60), converted_at=ago(4)),
    ]
    assert figure("leads_created", *records, window="7d") == (2.0, 2)
    assert figure("lead_conversion_ratio", *records, window="7d") == (1.0, 2)  # two converted, two created
    assert figure("lead_conversion_ratio", *records) == (2 / 3, 3)


def test_activities_count_by_exactly_their_kind():
    calls = [activity("call", outcome="connected"), activity("call", outcome="no_answer"), activity("call")]
    others = [activity("meeting", outcome="held"), activity("demo"), activity("email", first_response_seconds=30.25)]
    records = [*calls, activity("other", outcome="connected", first_response_seconds=90), *others]
    assert figure("calls", *records) == (3.0, 3)
    assert figure("meetings", *records) == (1.0, 1)
    assert figure("emails", *records) == (1.0, 1)
    assert figure("connect_ratio", *records) == (0.5, 2)
    assert figure("first_response_seconds", *records) == (60.125, 2)


def test_satisfaction_is_the_share_of_happy_answers_on_three_scales():
    records = [
        *feedback("csat_5", 3, 4, 5),
        *feedback("stars_5", 1, 5),
        *feedback("thumbs", 0, 1),
        *feedback("ces_7", 4),
    ]
    assert figure("csat", *records) == (4 / 7, 7)
    assert figure("feedback_count", *records) == (8.0, 8)


def test_promoters_less_detractors_and_mean_effort():
    assert figure("nps", *feedback("nps_11", 9, 10, 10, 7, 8, 6, 0, 9)) == (25.0, 8)  # 100 * (4 - 2) / 8
    assert figure("ces", *feedback("ces_7", 1, 7, 6)) == (14 / 3, 3)


def test_churn_is_of_the_customers_at_the_start_of_the_window():
    records = [customer(200), customer(150, churned_at=ago(100)), customer(120, churned_at=ago(5)), customer(95)]
    records += [customer(50, churned_at=ago(3))]
    # 91 days: four since before, one of them gone before: 3 active; two churned in it
    assert figure("churn_rate", *records) == (2 / 3, 3)
    # 7 days: five since before, one gone before: 4 active
    assert figure("churn_rate", *records, window="7d") == (0.5, 4)
    assert figure("churn_rate", *records, window="364d") == (None, 0)


def test_a_customer_gained_on_the_first_day_is_not_active_at_its_start():
    assert figure("churn_rate", customer(90, churned_at=ago(1))) == (None, 0)
    assert figure("churn_rate", customer(91, churned_at=ago(1))) == (1.0, 1)


def test_customers_who_left_before_they_came_are_no_negative_evidence():
    odd = [customer(10, churned_at=ago(200)), customer(300, churned_at=ago(150)), customer(50, churned_at=ago(3))]
    assert figure("churn_rate", *odd) == (None, 0)  # 91 days: 1 came, 2 left before: -1 active


def test_retention_is_renewals_of_all_decisions():
    records = [customer(300, renewals=[ago(1), ago(30), ago(200)]), customer(300, churned_at=ago(40))]
    assert figure("retention_rate", *records) == (2 / 3, 3)
    assert figure("retention_rate", *records, window="7d") == (1.0, 1)


def test_costs_are_weighed_against_customers_gained_and_margin():
    records = [cost("60 USD", rep_id="r-1"), cost("40 USD", 9, rep_id="r-1"), cost("5 EUR", rep_id="r-1")]
    records += [customer(3), customer(80), won("300 USD", cost="50"), won("1000 USD")]
    assert figure("acquisition_cost", *records) == (50.0, 2)
    assert figure("roi", *records) == (1.5, 2)  # (250 - 100) / 100
    assert figure("roi", won("300 USD", cost="50")) == (None, 0)
    assert figure("acquisition_cost", customer(3)) == (0.0, 1)
    assert figure("acquisition_cost", cost("60 USD", rep_id="r-1")) == (None, 0)


def test_lifetime_value_is_the_year_s_margin_over_customers_churned_in_every_window():
    records = [customer(400), customer(400), customer(400, churned_at=ago(200)), won("900 USD", 300, 310, cost="300")]
    for window in ("7d", "364d"):  # (600 / 3) / (1 / 3)
        assert figure("lifetime_value", *records, window=window) == (600.0, 3)
    assert figure("lifetime_value", customer(400), won("900 USD", cost="300")) == (None, 0)
    assert figure("lifetime_value", customer(100, churned_at=ago(5)), won("900 USD", cost="300")) == (None, 0)


def test_cohort_win_rate_is_of_the_deals_opened_in_91_days_in_every_window():
    records = [won("1 USD", 5, 90), won("1 USD", 5, 91), lost(5, 20), opened(10), opened(0), opened(-1)]
    records += [won("1 USD", -1, 10)]  # closes tomorrow: not won yet
    for window in ("7d", "91d"):
        assert figure("cohort_win_rate", *records, window=window) == (0.2, 5)


def test_the_pipeline_holds_priced_deals_opened_in_182_days_and_not_yet_closed():
    records = [
        opened(0, **money("1 USD")),
        opened(181, **money("10 USD")),
        opened(182, **money("100 USD")),
        opened(-1, **money("1000 USD")),
        opened(5, amount=Decimal(10000)),
        won("100000 USD", -1, 5),
        won("1000000 USD", 0, 5),
        opened(5, **money("10000000 USD"), closed_at=ago(2)),
    ]
    for window in ("7d", "364d"):
        assert figure("pipeline_value", *records, window=window) == (10100011.0, 4)
    assert score_object(*records)["unrated"] == {}  # an amount without a currency is no money


def test_evaluations_are_means_by_criterion():
    records = [
        make("evaluation", occurred_at=ago(2), criteria={"communication": 80.5, "closing": 60}),
        make("evaluation", occurred_at=ago(20), criteria={"communication": 70.0}),
    ]
    assert figure("evaluation_communication", *records, window="28d") == (75.25, 2)
    assert figure("evaluation_closing", *records, window="28d") == (60.0, 1)
    assert figure("evaluation_active_listening", *records) == (None, 0)
    assert figure("evaluation_closing", *records, as_of=date(2026, 8, 1), window="7d") == (None, 0)
