"""Splits, teams and territories: who exists, and whose sum a record is in."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from types import SimpleNamespace
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from scoring.oracle import InForce, scores
from scoring.oracle.credit import WHOLE, largest_remainder, shares
from scoring.scorecard import Scorecard, ScoredMetric

T = date(2026, 3, 31)
PILLARS = {"results": 0.4, "customer": 0.25, "process": 0.2, "improvement": 0.15}
CSAT = ScoredMetric("csat", "customer", 1.0, 0.8, 0.08, 0.03, False, True, False)
CARD = Scorecard("test", 1, 91, 0.6, PILLARS, (CSAT,))
COMPANY = ("company", "company")
_numbers = count()


def ago(days):
    return datetime(2026, 3, 31, 12, tzinfo=UTC) - timedelta(days=days)


def split(**by_rep):
    return [SimpleNamespace(rep_id=rep_id, share=Decimal(share)) for rep_id, share in by_rep.items()]


def won(amount, closed=0, opened=0, **fields):
    stated = {"rep_id": "a", "splits": None, "currency": "USD", "cost": None, "list_price": None, "status": "won"}
    stated |= {"opened_at": ago(opened), "closed_at": ago(closed), "amount": Decimal(amount)}
    return SimpleNamespace(type="deal", id=f"d-{next(_numbers)}", **{**stated, **fields})


def refund(amount, **fields):
    stated = {"rep_id": "a", "splits": None, "currency": "USD", "amount": Decimal(amount), "occurred_at": ago(0)}
    return SimpleNamespace(type="refund", id=f"f-{next(_numbers)}", **{**stated, **fields})


def cost(amount, **fields):
    stated = {"rep_id": None, "team_id": None, "currency": "USD", "amount": Decimal(amount), "occurred_at": ago(0)}
    return SimpleNamespace(type="cost", id=f"c-{next(_numbers)}", category="sales", **{**stated, **fields})


def customer(rep_id, since, churned=None):
    churned_at = None if churned is None else ago(churned)
    fields = {"rep_id": rep_id, "since": ago(since), "churned_at": churned_at, "renewals": None}
    return SimpleNamespace(type="customer", id=f"k-{next(_numbers)}", **fields)


def rep(id_, team_id, territory=None, history=None):
    fields = {"team_id": team_id, "territory": territory, "history": history, "hired_on": None, "left_on": None}
    return SimpleNamespace(type="rep", id=id_, **fields)


def earlier(team_id, until_days_ago, territory=None):
    return SimpleNamespace(team_id=team_id, territory=territory, until=T - timedelta(days=until_days_ago))


def team(id_, parent=None):
    return SimpleNamespace(type="team", id=id_, parent=parent)


def score_objects(*records, as_of=T):
    return scores(
        [InForce(record, 0, 0) for record in records],
        as_of=as_of,
        zone=ZoneInfo("UTC"),
        base_currency="USD",
        exponents={"USD": 2},
        scorecard=CARD,
        known_at="2026-04-01T06:00:00Z",
    )


def figures(metric, *records, window="91d"):
    found = {subject: o["metrics"][metric]["windows"][window] for subject, o in score_objects(*records).items()}
    return {subject: (figure["value"], figure["n"]) for subject, figure in found.items()}


def test_shares_are_scaled_to_a_million_by_largest_remainder_ties_to_the_earlier():
    thirds = SimpleNamespace(rep_id="x", splits=split(a="0.3333", b="0.3333", c="0.3333"))
    assert shares(thirds) == {"a": 333_334, "b": 333_333, "c": 333_333}
    assert list(shares(SimpleNamespace(rep_id="x", splits=split(b="0.5", a="0.5")))) == ["b", "a"]


def test_what_is_left_over_goes_to_the_largest_remainder():
    assert largest_remainder(100, {"a": 1, "b": 2}) == {"a": 33, "b": 67}  # 33.33 and 66.67
    assert largest_remainder(10, {"a": 26, "b": 48, "c": 26}) == {"a": 3, "b": 5, "c": 2}  # 2.6, 4.8, 2.6


def test_a_rep_listed_twice_is_added_up_at_its_first_place():
    twice = [*split(a="0.25", b="0.5"), *split(a="0.25")]
    assert shares(SimpleNamespace(rep_id="x", splits=twice)) == {"a": 500_000, "b": 500_000}


def test_a_share_of_nought_credits_nobody():
    assert shares(SimpleNamespace(rep_id="x", splits=split(a="1", b="0"))) == {"a": WHOLE}
    assert ("rep", "b") not in score_objects(won("5", splits=split(a="1", b="0")))


def test_no_splits_and_empty_splits_credit_the_rep():
    assert (
        shares(SimpleNamespace(rep_id="x", splits=None))
        == shares(SimpleNamespace(rep_id="x", splits=[]))
        == {"x": WHOLE}
    )


@given(st.integers(0, 10**15), st.dictionaries(st.text(max_size=3), st.integers(1, WHOLE), min_size=1, max_size=6))
def test_what_is_divided_sums_to_the_whole_and_strays_less_than_one(total, weights):
    parts = largest_remainder(total, weights)
    assert sum(parts.values()) == total
    assert all(
        abs(parts[name] * sum(weights.values()) - total * w) < sum(weights.values()) for name, w in weights.items()
    )


def test_a_split_over_two_teams_divides_the_deal_and_counts_a_record_in_each():
    records = [rep("a", "t-1"), rep("b", "t-2"), won("100.01", opened=10, splits=split(a="0.5", b="0.5"))]
    assert figures("net_revenue", *records) == {
        ("rep", "a"): (50.01, 1),  # 10,001 cents in halves: the earlier gets the odd one
        ("rep", "b"): (50.0, 1),
        ("team", "t-1"): (50.01, 1),
        ("team", "t-2"): (50.0, 1),
        COMPANY: (100.01, 1),
    }
    assert set(figures("deals_won", *records).values()) == {(0.5, 1), (1.0, 1)}
    assert set(figures("cycle_days", *records).values()) == {(10.0, 1)}


def test_a_split_inside_a_team_counts_whole_and_as_one_record():
    records = [rep("a", "t-1"), rep("b", "t-1"), won("100", splits=split(a="0.3", b="0.7")), won("50", rep_id="b")]
    assert figures("deals_won", *records) == {
        ("rep", "a"): (0.3, 1),
        ("rep", "b"): (1.7, 2),
        ("team", "t-1"): (2.0, 2),
        COMPANY: (2.0, 2),
    }
    assert figures("average_deal_size", *records)["rep", "b"] == (120 / 1.7, 2)  # (70 + 50) / 1.7


def test_splits_replace_the_credit_of_the_rep():
    records = [won("100", rep_id="x", splits=split(a="1")), refund("40", rep_id="x", splits=split(a="0.5", b="0.5"))]
    found = figures("net_revenue", *records)
    assert ("rep", "x") not in found
    assert (found["rep", "a"], found["rep", "b"]) == ((80.0, 2), (-20.0, 1))


def test_a_split_weighs_win_rate_and_return_rate_by_its_share():
    records = [
        won("100", splits=split(a="0.5", b="0.5")),
        won("1", status="lost"),
        refund("1", splits=split(a="0.1", b="0.9")),
    ]
    assert figures("win_rate", *records)["rep", "a"] == (1 / 3, 2)  # 0.5 / 1.5
    assert figures("return_rate", *records)["rep", "a"] == (0.2, 1)  # 0.1 / 0.5
    assert figures("return_rate", *records)["rep", "b"] == (1.8, 1)


def test_a_move_leaves_earlier_facts_with_the_earlier_team():
    moved = rep("a", "t-3", history=[earlier("t-2", 5), earlier("t-1", 20)])  # t-1 until 11 March, t-2 until 26 March
    records = [moved, won("1", 21), won("10", 20), won("100", 6), won("1000", 5)]
    assert figures("net_revenue", *records) == {
        ("rep", "a"): (1111.0, 4),
        ("team", "t-1"): (1.0, 1),
        ("team", "t-2"): (110.0, 2),
        ("team", "t-3"): (1000.0, 1),
        COMPANY: (1111.0, 4),
    }


def test_the_team_shown_is_that_of_as_of():
    records = [rep("a", "t-2", history=[earlier("t-1", 5)]), won("1")]
    assert score_objects(*records)["rep", "a"]["team_id"] == "t-2"
    assert score_objects(*records, as_of=T - timedelta(days=6))["rep", "a"]["team_id"] == "t-1"
    assert score_objects(*records)["team", "t-1"]["team_id"] is None


def test_without_history_the_membership_holds_for_all_dates():
    assert figures("net_revenue", rep("a", "t-1"), won("7", 300), window="364d")["team", "t-1"] == (7.0, 1)


def test_opened_facts_follow_the_opening_day_and_won_facts_the_closing_day():
    records = [rep("a", "t-2", history=[earlier("t-1", 5)]), won("100", closed=1, opened=10)]
    assert figures("deals_won", *records)["team", "t-1"] == (0.0, 0)
    assert figures("deals_won", *records)["team", "t-2"] == (1.0, 1)
    assert figures("cohort_win_rate", *records)["team", "t-1"] == (1.0, 1)
    assert figures("cohort_win_rate", *records)["team", "t-2"] == (None, 0)


def test_churn_counts_where_the_owner_was_on_each_date():
    records = [rep("a", "t-2", history=[earlier("t-1", 5)]), customer("a", 200), customer("a", 200, churned=2)]
    assert figures("churn_rate", *records)["team", "t-1"] == (0.0, 2)
    assert figures("churn_rate", *records)["team", "t-2"] == (None, 0)  # never had a customer at its start


def test_territories_come_with_the_membership():
    records = [rep("a", "t-1", "north", [earlier("t-1", 5, "south")]), won("1", 6), won("10"), won("100", rep_id="b")]
    found = figures("net_revenue", *records)
    assert (found["territory", "south"], found["territory", "north"]) == ((1.0, 1), (10.0, 1))


def test_sums_roll_up_to_parent_teams():
    records = [team("t-1", "region"), team("t-2", "region"), team("region", "world"), rep("a", "t-1"), rep("b", "t-2")]
    found = figures(
        "net_revenue", *records, won("1"), won("10", rep_id="b"), won("100", splits=split(a="0.5", b="0.5"))
    )
    assert found["team", "t-1"] == (51.0, 2)
    assert found["team", "region"] == found["team", "world"] == found[COMPANY] == (111.0, 3)


def test_teams_on_a_cycle_have_no_parents_but_those_below_it_keep_theirs():
    records = [
        team("x", "y"),
        team("y", "x"),
        team("below", "x"),
        team("self", "self"),
        rep("a", "below"),
        rep("b", "self"),
    ]
    found = figures("net_revenue", *records, won("1"), won("10", rep_id="b"))
    assert (found["team", "below"], found["team", "x"], found["team", "y"]) == ((1.0, 1), (1.0, 1), (0.0, 0))
    assert found["team", "self"] == (10.0, 1)


def test_a_rep_without_a_record_is_unassigned():
    found = score_objects(won("5", rep_id="stranger"))
    assert set(found) == {("rep", "stranger"), ("team", "unassigned"), COMPANY}
    assert found["rep", "stranger"]["team_id"] == "unassigned"
    assert found["team", "unassigned"]["metrics"]["net_revenue"]["windows"]["7d"] == {"value": 5.0, "n": 1}


def test_everything_named_by_reps_and_teams_exists_without_a_fact():
    records = [rep("a", "t-1", "north", [earlier("t-0", 9, "south")]), team("t-9", "top")]
    assert set(score_objects(*records)) == {
        ("rep", "a"),
        *(("team", id_) for id_ in ("t-0", "t-1", "t-9", "top")),
        *(("territory", id_) for id_ in ("north", "south")),
        COMPANY,
    }


def test_nothing_exists_without_records_nor_by_rates_alone():
    fx_rate = SimpleNamespace(type="fx_rate", id="x", currency="EUR", date=T, rate=Decimal(1))
    assert score_objects() == score_objects(fx_rate) == {}


def test_a_fact_ahead_of_as_of_makes_its_rep_exist():
    assert ("rep", "a") in score_objects(won("5", closed=-30, opened=-20))


def test_costs_go_to_a_rep_a_team_with_its_parents_or_the_company():
    records = [rep("a", "t-1"), team("t-1", "region"), cost("1", rep_id="a"), cost("10", team_id="t-1"), cost("100")]
    gained = [customer("a", 3)]
    assert figures("acquisition_cost", *records, *gained) == {
        ("rep", "a"): (1.0, 1),
        ("team", "t-1"): (11.0, 1),
        ("team", "region"): (11.0, 1),
        COMPANY: (111.0, 1),
    }


def test_a_cost_makes_its_team_exist():
    assert set(score_objects(cost("10", team_id="t-7"))) == {("team", "t-7"), COMPANY}
    assert set(score_objects(cost("10"))) == {COMPANY}
