"""From figures to the score: days present, shrinkage, pillars, coverage."""

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


PRIOR = 50
"""M of the norms that a scorecard states; records of less than a complete week make no others."""
USUAL = 0.7 * 1.645 / 2.487
"""Utility of what is typical: 1.645 spreads above the lower goalpost, which is 2.487 of them below the target."""


THREE = card(
    scored_metric("win_rate", weight=0.75),
    scored_metric("gross_margin_ratio", weight=0.25, typical=0.4),
    scored_metric("csat", "customer", typical=0.8),
    scored_metric("calls", "process", typical=1, spread=1, per_day=True),
)


def test_the_score_is_the_weighted_geometric_mean_of_the_pillars():
    found = of_rep(THREE, closed("won"), closed("lost"), *[activity("call") for _ in range(91)])
    # win_rate 0.5 and calls a day 1 are typical, margin and csat without evidence stand there
    level = 100 * (0.05 + 0.95 * USUAL)
    assert found["level"] == pytest.approx(level)
    # 0.40 * 0.75 for win_rate, 0.20 for calls
    assert found["coverage"] == pytest.approx(0.5)
    assert (found["score"], found["status"]) == (None, "insufficient_evidence")
    assert (found["low"], found["high"]) == (None, None)
    weights = {name: pillar["weight"] for name, pillar in found["pillars"].items()}
    shared = {"results": 0.4 / 0.85, "customer": 0.25 / 0.85, "process": 0.2 / 0.85, "improvement": 0.0}
    assert weights == pytest.approx(shared)
    assert found["pillars"]["results"]["value"] == pytest.approx(USUAL)
    assert found["pillars"]["improvement"]["value"] is None


def test_unequal_pillars_are_weighed_by_their_logarithms():
    won = [closed("won", cost=Decimal(60)) for _ in range(3)]
    found = of_rep(THREE, *won, closed("lost"))
    # 3 of 4 won beside 25 of 50; margin 0.4 is typical. 0.2487 lie between the lower goalpost and the target
    win_rate = (3 + PRIOR * 0.5) / (4 + PRIOR)
    assert found["metrics"]["win_rate"]["shrunk"] == pytest.approx(win_rate)
    assert found["metrics"]["gross_margin_ratio"]["shrunk"] == pytest.approx(0.4)
    u = 0.7 * (win_rate - 0.3355) / 0.2487
    results, other = 0.05 + 0.95 * (0.75 * u + 0.25 * USUAL), 0.05 + 0.95 * USUAL
    assert found["level"] == pytest.approx(100 * exp((0.4 * log(results) + 0.45 * log(other)) / 0.85))


def test_coverage_at_the_gate_is_scored():
    gated = card(*THREE.metrics, gate=0.4)
    found = of_rep(gated, closed("won", cost=Decimal(60)), closed("lost"))
    assert found["coverage"] == pytest.approx(0.4)
    assert found["status"] == "scored"
    assert found["score"] == found["level"]
    assert found["low"] < found["score"] < found["high"]
    assert (found["improvement"], found["norms"]) == (None, None)


def test_a_pillar_without_metrics_leaves_its_weight_to_the_others():
    found = of_rep(card(RATE), closed("won"), closed("lost"))
    assert found["level"] == pytest.approx(100 * (0.05 + 0.95 * USUAL))
    assert found["pillars"]["results"] == {"value": pytest.approx(USUAL), "weight": 1.0}
    assert found["pillars"]["customer"] == {"value": None, "weight": 0.0}


def test_with_weeks_of_an_earlier_quarter_there_are_norms_and_nothing_recorded_is_nought():
    earlier, later = activity("call", days=120), activity("call", "b")
    found = score_objects(card(*THREE.metrics, gate=0.1), earlier, later)
    assert found["rep", "a"]["norms"] == found["rep", "b"]["norms"]
    assert found["rep", "a"]["norms"].startswith("2026Q1@")
    # one call, or none, on 91 days, beside 50 days of 1 a day; too few peers for a level of their own
    assert found["rep", "b"]["metrics"]["calls"]["shrunk"] == pytest.approx((1 + PRIOR) / (91 + PRIOR))
    assert found["rep", "a"]["metrics"]["calls"]["shrunk"] == pytest.approx(PRIOR / (91 + PRIOR))
    assert (found["rep", "a"]["coverage"], found["rep", "b"]["coverage"]) == (
        0.0,
        pytest.approx(0.2 + 0.15 * 0.2 / 0.85),  # of the metrics, and of their slopes
    )
    # nobody won, lost or was asked: the company does not collect that, and calls are all there is
    assert found["rep", "b"]["metrics"]["win_rate"]["pillar"] is None
    assert found["rep", "b"]["pillars"]["process"]["weight"] == pytest.approx(0.2 / 0.35)  # beside improvement


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


CALLS = card(scored_metric("calls", "process", typical=1.645, spread=1, per_day=True))
QUARTER = target("calls", date(2026, 1, 1), date(2026, 3, 31), "90")


def days_counted(*records, subject=("rep", "a"), number=13):
    """By how many days present the calls were divided: shrunk are those of these days together with the prior's."""
    calls = [activity("call") for _ in range(number)]
    found = score_objects(CALLS, *calls, *records)[subject]["metrics"]["calls"]
    total = found["windows"]["91d"]["value"]
    return pytest.approx((total + PRIOR * 1.645) / found["shrunk"] - PRIOR)


def test_a_sum_is_divided_by_the_days_of_its_window():
    assert days_counted(rep()) == 91
    assert days_counted() == 91  # without a record: hired always


def test_absence_hiring_and_leaving_take_days_away():
    # 91 days from 31 December; away 10 days of which 3 twice and 2 before the window: 91 - 8
    away = [absence(date(2025, 12, 29), date(2026, 1, 4)), absence(date(2026, 1, 2), date(2026, 1, 7))]
    assert days_counted(rep(), *away) == 83
    assert days_counted(rep(), absence(T, T)) == 90
    assert days_counted(rep(), absence(T, T, "b")) == 91
    assert days_counted(rep(hired_on=date(2026, 3, 6))) == 26
    assert days_counted(rep(left_on=date(2026, 1, 25))) == 26


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
    assert days_counted(rep(), b, subject=("team", "t-1")) == 91 + 81
    assert days_counted(rep(), b, activity("call", "b"), subject=("team", "t-2")) == 10
    strangers = [activity("email", "c"), activity("email", "d")]
    assert days_counted(rep(), b, *strangers, subject=("company", "company")) == 364
    assert days_counted(*strangers, subject=("team", "unassigned")) == 273


def test_a_parent_team_is_present_with_its_children():
    teams = [SimpleNamespace(type="team", id=id_, parent="top") for id_ in ("t-1", "t-2")]
    assert days_counted(*teams, rep(), rep("b", "t-2"), subject=("team", "top")) == 182


def test_the_daily_target_is_that_of_as_of():
    # typical 1.645 and spread 1: lo = 0, so that utility is 0.7 of what is reached of a target. 13 calls in 91 days present
    reached = (13 + PRIOR * 1.645) / (91 + PRIOR)
    calls = [activity("call") for _ in range(13)]
    march = target("calls", date(2026, 3, 1), date(2026, 3, 31), "62")  # 2 a day, still below hi
    for targets, daily in (([QUARTER], 1), ([QUARTER, march], 2)):
        found = of_rep(CALLS, *calls, rep(), *targets)["metrics"]["calls"]
        assert found["utility"] == pytest.approx(0.7 * reached / daily)


def test_fifty_thousand_records_of_two_hundred_reps_take_less_than_a_minute():
    reps = [rep(f"r-{i}", f"t-{i % 20}") for i in range(200)]
    deals = [closed(("won", "lost")[i % 2], f"r-{i % 200}", i % 364, cost=Decimal(50)) for i in range(25_000)]
    calls = [activity("call", f"r-{i % 200}", i % 364) for i in range(25_000)]
    start = perf_counter()
    found = score_objects(THREE, *reps, *deals, *calls)
    assert perf_counter() - start < 60
    assert found["company", "company"]["metrics"]["calls"]["windows"]["364d"] == {"value": 25_000.0, "n": 25_000}
