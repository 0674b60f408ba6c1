"""Money of other currencies, and targets, worked out by hand beside the assertion."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from types import SimpleNamespace
from zoneinfo import ZoneInfo

from scoring.oracle import InForce, scores
from scoring.scorecard import Scorecard, ScoredMetric

T = date(2026, 3, 31)
PILLARS = {"results": 0.4, "customer": 0.25, "process": 0.2, "improvement": 0.15}
CSAT = ScoredMetric("csat", "customer", 1.0, 0.8, 0.08, 0.03, False, True, False)
CARD = Scorecard("test", 1, 91, 0.6, PILLARS, (CSAT,))
_numbers = count()


def ago(days):
    return datetime(2026, 3, 31, 12, tzinfo=UTC) - timedelta(days=days)


def money_of_rep(type_, price, **fields):
    """A record of rep r-1 with a price such as `10 EUR`."""
    amount, currency = price.split()
    stated = {"rep_id": "r-1", "splits": None, "amount": Decimal(amount), "currency": currency, **fields}
    return SimpleNamespace(type=type_, id=f"{type_}-{next(_numbers):03}", **stated)


def won(price, closed=0, opened=400):
    dates = {"opened_at": ago(opened), "closed_at": ago(closed)}
    return money_of_rep("deal", price, status="won", cost=None, list_price=None, **dates)


def opened(days, price):
    return money_of_rep("deal", price, status="open", opened_at=ago(days), closed_at=None)


def refund(price):
    return money_of_rep("refund", price, occurred_at=ago(0))


def cost(price):
    return money_of_rep("cost", price, occurred_at=ago(0), team_id=None)


def rate(currency, days, value, id_="x"):
    """A rate of so many days ago; ids of rates are unique in a CRM, but do not matter where dates differ."""
    date_, id_ = T - timedelta(days=days), f"{id_}-{currency}-{days}"
    return SimpleNamespace(type="fx_rate", id=id_, currency=currency, date=date_, rate=Decimal(value))


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


def test_money_takes_the_newest_rate_of_the_last_seven_days():
    rates = [rate("EUR", 9, "3"), rate("EUR", 7, "2"), rate("EUR", 3, "1.5"), rate("EUR", -1, "9")]
    assert figure("net_revenue", won("10 EUR", 0), *rates) == (15.0, 1)
    assert figure("net_revenue", won("10 EUR", 4), *rates) == (20.0, 1)
    assert figure("net_revenue", won("10 EUR", 0), rate("EUR", 7, "2")) == (20.0, 1)
    assert figure("net_revenue", won("10 EUR", 0), rate("EUR", 8, "2")) == (0.0, 0)
    assert figure("net_revenue", won("10 USD", 0), rate("USD", 0, "2")) == (10.0, 1)


def test_of_two_rates_for_a_date_the_newest_version_then_the_greater_id_counts():
    deal = won("10 EUR")
    older, newer = InForce(rate("EUR", 0, "2", "z"), 5, 9), InForce(rate("EUR", 0, "3", "a"), 6, 0)
    assert figure("net_revenue", deal, newer, older) == figure("net_revenue", deal, older, newer) == (30.0, 1)
    first, last = rate("EUR", 0, "2", "a"), rate("EUR", 0, "3", "b")
    assert figure("net_revenue", deal, last, first) == figure("net_revenue", deal, first, last) == (30.0, 1)


def test_money_is_rounded_to_minor_units_half_to_even_and_the_sum_only_once():
    assert figure("net_revenue", won("0.125 USD"), won("0.135 USD")) == (0.26, 2)
    assert figure("net_revenue", won("2.5 JPY"), rate("JPY", 0, "0.01")) == (0.02, 1)
    assert figure("net_revenue", *[won("0.1 USD") for _ in range(10)]) == (1.0, 10)  # 0.1 summed as floats is less
    assert figure("net_revenue", won("1 EUR"), rate("EUR", 0, "1.000000000001")) == (1.000000000001, 1)


def test_money_without_a_rate_is_listed_in_its_own_currency():
    records = [
        won("1000 EUR", 363),
        refund("200.5 EUR"),
        cost("7 GBP"),
        opened(5, "50 GBP"),
        opened(5, "3 USD"),
        won("9 GBP", 364, 364),
        won("0 CHF"),
        won("500 JPY", 2),
    ]
    unrated = score_object(*records, rate("JPY", 5, "0.01"))["unrated"]
    assert unrated == {"EUR": 1200.5, "GBP": 57.0}
    assert list(unrated) == ["EUR", "GBP"]
    assert score_object(won("1 USD"))["unrated"] == {}


def target(metric, period, value, id_="g-1"):
    dates = {"period_start": period[0], "period_end": period[1]}
    fields = {"subject": "rep", "subject_id": "r-1", "metric": metric, "value": Decimal(value)}
    return SimpleNamespace(type="target", id=id_, **fields, **dates)


QUARTER = (date(2026, 1, 1), date(2026, 3, 31))  # 90 days
MARCH = (date(2026, 3, 1), date(2026, 3, 31))  # 31 days


def test_attainment_is_revenue_over_the_target_s_days_in_the_window():
    quarter = target("net_revenue", QUARTER, "9000")
    assert figure("target_attainment", won("350 USD"), quarter, window="7d") == (0.5, 1)  # 7 * 100
    assert figure("target_attainment", won("4500 USD"), quarter, window="364d") == (0.5, 1)  # 90 * 100
    assert figure("target_attainment", won("350 USD")) == (None, 0)
    assert figure("target_attainment", won("350 USD"), target("net_revenue", QUARTER, "0")) == (None, 0)


def test_attainment_has_no_value_without_a_record_behind_it():
    assert figure("target_attainment", opened(300, "1 USD"), target("net_revenue", QUARTER, "9000")) == (None, 0)


def test_the_shortest_of_nested_periods_counts_on_each_day():
    records = [
        opened(300, "1 USD"),
        target("net_revenue", QUARTER, "9000"),
        target("net_revenue", MARCH, "6200", "g-0"),
    ]
    # 91 days hold 59 days of the quarter at 100 and 31 days of March at 200; 31 December has none
    assert score_object(*records)["metrics"]["net_revenue"]["target"] == 59 * 100 + 31 * 200


def test_of_two_targets_for_a_period_the_newest_version_then_the_greater_id_counts():
    def shown(*targets):
        return score_object(opened(300, "1 USD"), *targets)["metrics"]["win_rate"]["target"]

    low, high = target("win_rate", MARCH, "0.3", "a"), target("win_rate", MARCH, "0.4", "b")
    assert shown(low, high) == shown(high, low) == 0.4
    assert shown(InForce(low, 2, 0), InForce(high, 1, 5)) == 0.3


def test_targets_of_sums_are_prorated_and_those_of_ratios_are_not():
    records = [opened(300, "1 USD"), target("calls", MARCH, "310"), target("win_rate", MARCH, "0.4", "g-2")]
    metrics = score_object(*records)["metrics"]
    assert metrics["calls"]["target"] == 310.0
    assert metrics["win_rate"]["target"] == 0.4
    assert metrics["emails"]["target"] is None
    in_april = score_object(*records, as_of=date(2026, 4, 1))["metrics"]
    assert in_april["calls"]["target"] == 310.0  # March still lies in the score window
    assert in_april["win_rate"]["target"] is None
