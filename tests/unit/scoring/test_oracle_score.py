"""From figures to the score: days present, utility, pillars, coverage."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from math import exp, log
from time import perf_counter
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from scoring.oracle import InForce, scores
from scoring.oracle.utility import utility
from scoring.scorecard import Scorecard, ScoredMetric

T = date(2026, 3, 31)
PILLARS = {"results": 0.4, "customer": 0.25, "process": 0.2, "improvement": 0.15}
_numbers = count()


def scored_metric(metric, pillar="results", weight=1.0, typical=0.5, spread=0.1, **fields):
    stated = {"smallest_spread": 0.03, "per_day": False, "higher_is_better": True, "capped": False}
    return ScoredMetric(metric, pillar, weight, typical, spread, **{**stated, **fields})


def card(*metrics, gate=0.6):
    return Scorecard("test", 3, 91, gate, PILLARS, metrics)


def ago(days):
    return datetime(2026, 3, 31, 12, tzinfo=UTC) - timedelta(days=days)


def closed(status, rep_id="a", days=0, amount="100", cost=None):
    fields = {"splits": None, "currency": "USD", "cost": cost, "list_price": None, "amount": Decimal(amount)}
    dates = {"opened_at": ago(days), "closed_at": ago(days)}
    return SimpleNamespace(type="deal", id=f"d-{next(_numbers)}", rep_id=rep_id, status=status, **fields, **dates)


def activity(kind, rep_id="a", days=0):
    fields = {"occurred_at": ago(days), "outcome": None, "first_response_seconds": None}
    return SimpleNamespace(type="activity", id=f"y-{next(_numbers)}", kind=kind, rep_id=rep_id, **fields)


def rep(id_="a", team_id="t-1", **fields):
    stated = {"territory": None, "history": None, "hired_on": None, "left_on": None}
    return SimpleNamespace(type="rep", id=id_, team_id=team_id, **{**stated, **fields})


def absence(start, end, rep_id="a"):
    return SimpleNamespace(type="absence", id=f"o-{next(_numbers)}", rep_id=rep_id, start=start, end=end)


def target(metric, start, end, value):
    fields = {"subject": "rep", "subject_id": "a", "period_start": start, "period_end": end, "value": Decimal(value)}
    return SimpleNamespace(type="target", id=f"g-{next(_numbers)}", metric=metric, **fields)


def score_objects(scorecard, *records):
    return scores(
        [InForce(record, 0, 0) for record in records],
        as_of=T,
        zone=ZoneInfo("UTC"),
        base_currency="USD",
        exponents={"USD": 2},
        scorecard=scorecard,
        known_at="2026-04-01T06:00:00Z",
    )


def of_rep(scorecard, *records):
    return score_objects(scorecard, *records)["rep", "a"]


# m = 0.5, tau = 0.1: lo = 0.3355, hi = 0.6645, t = 0.5842
RATE = scored_metric("win_rate")


def test_the_target_is_worth_seven_tenths_and_the_rest_lies_on_two_lines():
    assert utility(RATE, 0.5842, None) == pytest.approx(0.7)
    assert utility(RATE, 0.5, None) == pytest.approx(0.7 * 0.1645 / 0.2487)
    assert utility(RATE, 0.62435, None) == pytest.approx(0.85)  # halfway from t to hi
    assert (utility(RATE, 0.3, None), utility(RATE, 0.9, None)) == (0.0, 1.0)


def test_a_given_target_replaces_the_peers():
    assert utility(RATE, 0.6, 0.6) == 0.7
    assert utility(RATE, 0.46775, 0.6) == pytest.approx(0.35)  # halfway from lo to t


def test_a_target_above_the_goalposts_moves_the_upper_one():
    # t = 0.8 >= hi: hi = 0.8 + 3/7 * (0.8 - 0.3355), so the line goes straight on: 0.3 for 3/7 of what 0.7 took
    assert utility(RATE, 0.8, 0.8) == 0.7
    assert utility(RATE, 0.8 + (3 / 14) * 0.4645, 0.8) == pytest.approx(0.85)


def test_a_target_below_the_goalposts_moves_the_lower_one():
    # t = 0.2 <= lo: lo = 0.2 - 7/3 * (0.6645 - 0.2)
    assert utility(RATE, 0.2, 0.2) == 0.7
    assert utility(RATE, 0.2 - (7 / 6) * 0.4645, 0.2) == pytest.approx(0.35)


def test_a_spread_that_does_not_matter_is_widened():
    narrow = scored_metric("win_rate", spread=0.001, smallest_spread=0.1)
    assert utility(narrow, 0.55, None) == utility(RATE, 0.55, None)


def test_lower_is_better_turns_the_scale_round():
    days = scored_metric("cycle_days", typical=50, spread=10, higher_is_better=False)
    # -m = -50, lo = -66.45, hi = -33.55, t = -41.58
    assert utility(days, 41.58, None) == pytest.approx(0.7)
    assert utility(days, 54.015, None) == pytest.approx(0.35)
    assert utility(days, 45, 45) == 0.7
    assert (utility(days, 70, None), utility(days, 30, None)) == (0.0, 1.0)


def test_a_capped_metric_earns_nothing_past_a_fifth_over_its_target():
    calls = scored_metric("calls", typical=10, spread=5, capped=True)
    # hi = 18.225, t = 10: at 12 and beyond 0.7 + 0.3 * 2 / 8.225
    assert utility(calls, 12, 10) == utility(calls, 500, 10) == pytest.approx(0.7 + 0.6 / 8.225)
    assert utility(calls, 11, 10) < utility(calls, 12, 10)


THREE = card(
    scored_metric("win_rate", weight=0.75),
    scored_metric("gross_margin_ratio", weight=0.25, typical=0.4),
    scored_metric("csat", "customer", typical=0.8),
    scored_metric("calls", "process", typical=1, spread=1, per_day=True),
)


def test_the_score_is_the_weighted_geometric_mean_of_the_pillars():
    found = of_rep(THREE, closed("won"), closed("lost"), *[activity("call") for _ in range(91)])
    # win_rate 0.5 and calls a day 1 are typical, margin and csat without evidence stand there: u = 0.7 * 1.645 / 2.487
    u = 0.7 * 1.645 / 2.487
    level = 100 * (0.05 + 0.95 * u)
    assert found["level"] == pytest.approx(level)
    # 0.40 * 0.75 for win_rate, 0.20 for calls
    assert found["coverage"] == pytest.approx(0.5)
    assert (found["score"], found["status"]) == (None, "insufficient_evidence")
    assert found["pillars"]["results"] == {"value": pytest.approx(u), "weight": 0.4}
    assert found["pillars"]["improvement"] == {"value": None, "weight": 0.15}


def test_unequal_pillars_are_weighed_by_their_logarithms():
    won = [closed("won", cost=Decimal(60)) for _ in range(3)]
    found = of_rep(THREE, *won, closed("lost"))
    # win_rate 0.75 is past hi: 1; margin 0.4 is typical: u; results (0.75 * 1 + 0.25 * u)
    u = 0.7 * 1.645 / 2.487
    results, other = 0.05 + 0.95 * (0.75 + 0.25 * u), 0.05 + 0.95 * u
    assert found["level"] == pytest.approx(100 * exp((0.4 * log(results) + 0.45 * log(other)) / 0.85))


def test_coverage_at_the_gate_is_scored():
    gated = card(*THREE.metrics, gate=0.4)
    found = of_rep(gated, closed("won", cost=Decimal(60)), closed("lost"))
    assert found["coverage"] == pytest.approx(0.4)
    assert found["status"] == "scored"
    assert found["score"] == found["level"]
    assert (found["low"], found["high"], found["improvement"], found["norms"]) == (None, None, None, None)


def test_a_pillar_without_metrics_leaves_its_weight_to_the_others():
    found = of_rep(card(RATE), closed("won"), closed("lost"))
    assert found["level"] == pytest.approx(100 * (0.05 + 0.95 * 0.7 * 1.645 / 2.487))
    assert found["pillars"]["customer"] == {"value": None, "weight": 0.25}


def test_a_scorecard_without_metrics_gives_no_level():
    found = of_rep(card(), closed("won"))
    assert (found["level"], found["score"], found["coverage"]) == (None, None, 0.0)


def test_the_object_has_its_keys_in_order():
    found = of_rep(THREE, closed("won"))
    assert list(found) == [
        *("subject", "id", "team_id", "as_of", "scorecard", "norms", "score", "low", "high", "level", "improvement"),
        *("coverage", "status", "pillars", "metrics", "unrated", "version"),
    ]
    assert (found["subject"], found["id"], found["as_of"], found["scorecard"]) == ("rep", "a", "2026-03-31", "test@3")
    assert found["version"] == {"known_at": "2026-04-01T06:00:00Z"}
    assert list(found["metrics"]["win_rate"]) == ["unit", "windows", "target", "shrunk", "utility", "pillar"]
    assert found["metrics"]["win_rate"]["pillar"] == "results"
    assert found["metrics"]["net_revenue"]["pillar"] is found["metrics"]["net_revenue"]["utility"] is None


# t = 1 a day, lo = 0: u = 0.7 * calls a day, so that utilities show days present
CALLS = card(scored_metric("calls", "process", typical=1.645, spread=1, per_day=True))
QUARTER = target("calls", date(2026, 1, 1), date(2026, 3, 31), "90")


def calls_utility(*records, subject=("rep", "a"), number=13):
    calls = [activity("call") for _ in range(number)]
    return score_objects(CALLS, *calls, *records)[subject]["metrics"]["calls"]["utility"]


def test_a_sum_is_divided_by_the_days_of_its_window():
    assert calls_utility(rep(), QUARTER) == pytest.approx(0.7 * 13 / 91)
    assert calls_utility(QUARTER) == pytest.approx(0.7 * 13 / 91)  # without a record: hired always


def test_absence_hiring_and_leaving_take_days_away():
    # 91 days from 31 December; away 10 days of which 3 twice and 2 before the window: 91 - 8
    away = [absence(date(2025, 12, 29), date(2026, 1, 4)), absence(date(2026, 1, 2), date(2026, 1, 7))]
    assert calls_utility(rep(), QUARTER, *away) == pytest.approx(0.7 * 13 / 83)
    assert calls_utility(rep(), QUARTER, absence(T, T)) == pytest.approx(0.7 * 13 / 90)
    assert calls_utility(rep(), QUARTER, absence(T, T, "b")) == pytest.approx(0.7 * 13 / 91)
    assert calls_utility(rep(hired_on=date(2026, 3, 6)), QUARTER) == pytest.approx(0.7 * 13 / 26)
    assert calls_utility(rep(left_on=date(2026, 1, 25)), QUARTER) == pytest.approx(0.7 * 13 / 26)


def test_a_rep_never_present_has_no_evidence_of_sums():
    found = of_rep(CALLS, activity("call"), rep(hired_on=T + timedelta(days=1)), QUARTER)
    # stands at typical 1.645, past the target 1: 0.7 + 0.3 * 0.645 / (3.29 - 1)
    assert found["metrics"]["calls"]["utility"] == pytest.approx(0.7 + 0.1935 / 2.29)
    assert found["coverage"] == 0.0


def test_a_sum_of_nought_has_no_evidence():
    found = of_rep(CALLS, activity("email"), rep())
    assert found["coverage"] == 0.0


def test_a_group_is_present_as_long_as_its_members_are():
    history = [SimpleNamespace(team_id="t-1", territory=None, until=T - timedelta(days=9))]
    b = rep("b", "t-2", history=history)  # 81 days in t-1, 10 in t-2
    goal = target("calls", date(2026, 1, 1), date(2026, 3, 31), "90")
    goal.subject, goal.subject_id = "team", "t-1"
    assert calls_utility(rep(), b, goal, subject=("team", "t-1")) == pytest.approx(0.7 * 13 / (91 + 81))
    goal.subject_id = "t-2"
    assert calls_utility(rep(), b, goal, activity("call", "b"), subject=("team", "t-2")) == pytest.approx(0.7 / 10)
    goal.subject = goal.subject_id = "company"
    strangers = [activity("email", "c"), activity("email", "d")]
    assert calls_utility(rep(), b, goal, *strangers, subject=("company", "company")) == pytest.approx(0.7 * 13 / 364)
    goal.subject, goal.subject_id = "team", "unassigned"
    assert calls_utility(goal, *strangers, subject=("team", "unassigned")) == pytest.approx(0.7 * 13 / 273)


def test_a_parent_team_is_present_with_its_children():
    teams = [SimpleNamespace(type="team", id=id_, parent="top") for id_ in ("t-1", "t-2")]
    goal = target("calls", date(2026, 1, 1), date(2026, 3, 31), "90")
    goal.subject, goal.subject_id = "team", "top"
    assert calls_utility(*teams, rep(), rep("b", "t-2"), goal, subject=("team", "top")) == pytest.approx(0.7 * 13 / 182)


def test_the_daily_target_is_that_of_as_of():
    march = target("calls", date(2026, 3, 1), date(2026, 3, 31), "62")  # 2 a day, still below hi
    assert calls_utility(rep(), QUARTER, march) == pytest.approx(0.7 * (13 / 91) / 2)


def test_fifty_thousand_records_of_two_hundred_reps_take_less_than_a_minute():
    reps = [rep(f"r-{i}", f"t-{i % 20}") for i in range(200)]
    deals = [closed(("won", "lost")[i % 2], f"r-{i % 200}", i % 364, cost=Decimal(50)) for i in range(25_000)]
    calls = [activity("call", f"r-{i % 200}", i % 364) for i in range(25_000)]
    start = perf_counter()
    found = score_objects(THREE, *reps, *deals, *calls)
    assert perf_counter() - start < 60
    assert found["company", "company"]["metrics"]["calls"]["windows"]["364d"] == {"value": 25_000.0, "n": 25_000}
