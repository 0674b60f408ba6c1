from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import UTC, date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.currencies import EXPONENTS
from schemas.records import Absence, FxRate, Membership, Rep, Target, Team
from scoring.evidence import Evidence, of_rate
from scoring.kpi import CATALOGUE
from scoring.norms import Norms
from scoring.organisation import Organisation
from scoring.quarter import Rows, quarter_norms
from scoring.reference import Reference, Versioned
from scoring.score import Scorer
from scoring.scorecard import PILLARS, Scorecard, ScoredMetric
from scoring.weekly import WeekRow
from scoring.weeks import Opened

T = date(2026, 3, 31)
DAY = T.toordinal()
KNOWN_AT = "2026-04-01T06:00:00Z"
WEIGHTS = {"results": 0.4, "customer": 0.25, "process": 0.2, "improvement": 0.15}
WINDOWS = ("7d", "28d", "91d", "364d")

CSAT = ScoredMetric("csat", "customer", 1.0, 0.5, 0.1, 0.03, False, True, False)
CALLS = ScoredMetric("calls", "process", 1.0, 4.0, 1.5, 0.4, True, True, False)
REVENUE = ScoredMetric("net_revenue", "results", 1.0, 1000.0, 400.0, 100.0, True, True, False)

PRIOR = 50
"""M of the norms that a scorecard states: so many observations at `typical` stand beside a rep's own."""
USUAL = 0.7 * 1.645 / (1.645 + 0.842)
"""Utility of what is typical: 1.645 spreads above the lower goalpost, 0.842 below the target."""
MANY = 10**9
"""Observations beside which the prior's 50 are nothing."""


def _reference(*records: Any, base: str = "USD") -> Reference:
    reference = Reference(Organisation(UTC, base, EXPONENTS))
    for newer, record in enumerate(records):
        reference.put(record.type, record.id, Versioned(newer, 0, record.id, record))
    return reference


def _score(
    panes: dict[int, dict[str, int]] | None,
    *records: Any,
    scored: tuple[ScoredMetric, ...] = (CSAT,),
    subject: str = "rep:a",
    gate: float = 0.25,
    window: int = 91,
    base: str = "USD",
    rows: Rows | None = None,
) -> dict[str, Any]:
    scorecard = Scorecard("mine", 7, window, gate, WEIGHTS, scored)
    norms = _norms(scorecard, DAY, rows)
    return Scorer(_reference(*records, base=base), scorecard, DAY, norms).score(subject, panes, KNOWN_AT)


def _norms(scorecard: Scorecard, as_of: int, rows: Rows | None = None) -> Norms:
    return quarter_norms(as_of, scorecard, rows or {}, {}, scorecard.calendar)


def _target(metric: str, start: int, end: int, value: str, subject: tuple[str, str] = ("rep", "a")) -> Target:
    """A target from `start` to `end` days before the date."""
    period = {"period_start": T - timedelta(days=start), "period_end": T - timedelta(days=end)}
    kind, subject_id = subject
    fields = {"subject": kind, "subject_id": subject_id, "metric": metric, "value": Decimal(value)}
    return Target(type="target", id=f"{metric}{start}{end}{value}", **period, **fields)


def _rep(**fields: Any) -> Rep:
    return Rep(**{"type": "rep", "id": "a", "team_id": "t", **fields})


def test_the_object_has_the_fields_of_the_contract_in_their_order() -> None:
    found = _score({DAY: {"csat": 4, "csat_top": 2}}, _rep())
    assert list(found) == [
        *("subject", "id", "team_id", "as_of", "scorecard", "norms", "score", "low", "high", "level", "improvement"),
        *("coverage", "status", "pillars", "metrics", "unrated", "version"),
    ]
    assert (found["subject"], found["id"], found["team_id"], found["as_of"]) == ("rep", "a", "t", "2026-03-31")
    assert (found["scorecard"], found["version"]) == ("mine@7", {"known_at": KNOWN_AT})
    assert all(found[name] is None for name in ("norms", "improvement"))
    assert found["low"] < found["score"] < found["high"]
    assert list(found["pillars"]) == list(PILLARS)
    assert list(found["metrics"])[: len(CATALOGUE)] == [kpi.name for kpi in CATALOGUE]
    assert list(found["metrics"])[-1] == "target_attainment"
    metric = found["metrics"]["csat"]
    assert list(metric) == ["unit", "windows", "target", "shrunk", "utility", "pillar"]
    assert metric["windows"] == {name: {"value": 0.5, "n": 4} for name in WINDOWS}
    assert (metric["unit"], metric["shrunk"], metric["pillar"]) == ("ratio", 0.5, "customer")
    assert [found["metrics"]["nps"][name] for name in ("shrunk", "utility", "pillar")] == [None, None, None]


def test_a_metric_is_scored_by_what_is_left_of_it_beside_the_prior() -> None:
    # 4 of 5 satisfied beside 50 answers of which half are: 29 of 55
    found = _score({DAY: {"csat": 5, "csat_top": 4}})["metrics"]["csat"]
    assert found["windows"]["91d"] == {"value": 0.8, "n": 5}
    assert found["shrunk"] == pytest.approx(29 / 55)
    assert found["utility"] == pytest.approx(0.7 * (29 / 55 - 0.3355) / 0.2487)


def test_deal_sizes_are_scored_by_their_logarithms_and_shown_in_money() -> None:
    size = ScoredMetric("average_deal_size", "results", 1.0, 5000.0, 1500.0, 500.0, False, True, False)
    ln, typical = math.log(800), math.log(5000)
    deals = {"revenue|USD": 2 * 80_000, "won|USD": 2_000_000, "won_n|USD": 2, "ln_won|USD": 2_000_000}
    logs = {"ln|USD": round(2e6 * ln), "ln_squares|USD": round(2e6 * ln * ln)}
    found = _score({DAY: {**deals, **logs}}, scored=(size,))["metrics"]["average_deal_size"]
    shrunk = (2 * ln + PRIOR * typical) / (2 + PRIOR)
    assert found["windows"]["91d"] == {"value": 800.0, "n": 2}
    assert found["shrunk"] == pytest.approx(math.exp(shrunk), rel=1e-6)
    # a spread of 1,500 about 5,000 is one of 0.3 of the logarithm
    low = typical - 1.645 * 0.3
    assert found["utility"] == pytest.approx(0.7 * (shrunk - low) / (2.487 * 0.3), rel=1e-6)
    goal = _target("average_deal_size", 0, 0, "5000")
    assert _score(None, goal, scored=(size,))["metrics"]["average_deal_size"]["utility"] == pytest.approx(0.7)
    nothing = _target("average_deal_size", 0, 0, "0")  # has no logarithm: none was given
    assert _score(None, nothing, scored=(size,))["metrics"]["average_deal_size"]["utility"] == pytest.approx(USUAL)


def test_a_level_is_the_weighted_geometric_mean_of_the_pillars() -> None:
    # 30 of 50 satisfied and the prior's 25 of 50 are 0.55, the target: 0.7, V = 0.05 + 0.95 x 0.7 = 0.715. No call of very
    # many connected: 0.0, V = 0.05
    found = _score(
        {DAY: {"csat": 50, "csat_top": 30, "calls_with_outcome": MANY}},
        _target("csat", 0, 0, "0.55"),
        scored=(CSAT, ScoredMetric("connect_ratio", "process", 1.0, 0.5, 0.1, 0.03, False, True, False)),
    )
    assert found["pillars"]["customer"]["value"] == pytest.approx(0.7)
    assert found["pillars"]["process"]["value"] == 0.0
    # weights .25 and .20 of pillars with metrics: 5/9 and 4/9
    assert found["level"] == pytest.approx(100 * (0.715**0.25 * 0.05**0.2) ** (1 / 0.45))
    assert found["score"] == found["level"]
    weights = {name: pillar["weight"] for name, pillar in found["pillars"].items()}
    assert weights == {
        "results": 0.0,
        "customer": pytest.approx(5 / 9),
        "process": pytest.approx(4 / 9),
        "improvement": 0.0,
    }
    assert found["pillars"]["results"]["value"] is found["pillars"]["improvement"]["value"] is None


def test_a_pillar_is_the_weighted_mean_of_its_metrics() -> None:
    answers = {"csat": MANY, "csat_top": MANY, "nps": MANY, "nps_detractors": MANY}
    nps = ScoredMetric("nps", "customer", 0.2, 30.0, 15.0, 5.0, False, True, False)
    csat = ScoredMetric("csat", "customer", 0.6, 0.5, 0.1, 0.03, False, True, False)
    found = _score({DAY: answers}, scored=(csat, nps))
    # all satisfied is worth 1, all detractors 0: 0.6 of 0.8
    assert found["pillars"]["customer"]["value"] == pytest.approx(0.75)
    assert (found["metrics"]["csat"]["utility"], found["metrics"]["nps"]["utility"]) == (1.0, 0.0)


@pytest.mark.parametrize("value", [0, 1])
def test_the_score_lies_between_5_and_100(value: int) -> None:
    found = _score({DAY: {"csat": MANY, "csat_top": value * MANY}})
    assert found["score"] == pytest.approx((5.0, 100.0)[value])
    assert 5.0 <= found["low"] <= found["score"] <= found["high"] <= 100.0


def test_without_evidence_a_metric_is_typical_and_adds_nothing_to_coverage() -> None:
    found = _score(None)
    assert found["metrics"]["csat"]["shrunk"] == 0.5
    assert found["metrics"]["csat"]["utility"] == pytest.approx(USUAL)
    assert found["level"] == pytest.approx(100 * (0.05 + 0.95 * USUAL))
    assert (found["coverage"], found["score"], found["status"]) == (0.0, None, "insufficient_evidence")
    assert (found["low"], found["high"]) == (None, None)
    assert _score({})["metrics"] == found["metrics"]


def test_evidence_outside_the_score_window_is_no_evidence() -> None:
    panes = {DAY - 28: {"csat": 1, "csat_top": 1}}
    assert _score(panes, window=28)["coverage"] == 0.0
    assert _score(panes, window=91)["coverage"] == 0.25
    assert _score({DAY + 1: {"csat": 1}})["coverage"] == 0.0


def test_coverage_at_the_gate_is_enough() -> None:
    panes = {DAY: {"csat": 1}}
    assert _score(panes, gate=0.25)["status"] == "scored"
    found = _score(panes, gate=0.2500001)
    assert (found["status"], found["score"]) == ("insufficient_evidence", None)
    assert (found["low"], found["high"]) == (None, None)
    assert found["level"] is not None


def test_sums_are_compared_by_the_day_present() -> None:
    # hired on the 22nd: 10 days, 4 away: 6 days. 24 calls are 4 a day, the typical number; 80 with the prior's 200 are 280 / 56
    hired = _rep(hired_on=T - timedelta(days=9))
    away = Absence(type="absence", id="x", rep_id="a", start=T - timedelta(days=3), end=T)
    found = _score({DAY: {"calls": 24}}, hired, away, scored=(CALLS,), gate=0.2)
    assert found["metrics"]["calls"]["utility"] == pytest.approx(USUAL)
    found = _score({DAY: {"calls": 80}}, hired, away, scored=(CALLS,), gate=0.2)
    assert found["metrics"]["calls"]["shrunk"] == pytest.approx(5.0)
    # 6.4675 = 4 + 1.645 x 1.5 a day is the upper goalpost: 5,263 and 200 in 57 days are beyond it
    found = _score({DAY: {"calls": 5_263}}, _rep(hired_on=T - timedelta(days=999)), scored=(CALLS,), window=7)
    assert found["metrics"]["calls"]["windows"]["7d"]["value"] == 5_263.0  # never divided where shown
    assert found["metrics"]["calls"]["utility"] == 1.0


def test_a_sum_that_the_scorecard_states_for_the_window_is_compared_by_the_day_too() -> None:
    whole = ScoredMetric("calls", "process", 1.0, 28 * 4.0, 28 * 1.5, 28 * 0.4, False, True, False)
    for panes in (None, {DAY: {"calls": 500}}):
        by_window, by_day = (_score(panes, scored=(each,), window=28)["metrics"]["calls"] for each in (whole, CALLS))
        assert by_window["shrunk"] == pytest.approx(by_day["shrunk"])
        assert by_window["utility"] == pytest.approx(by_day["utility"])


def test_the_pipeline_is_there_whole_on_every_day() -> None:
    pipeline = ScoredMetric("pipeline_value", "results", 1.0, 9000.0, 3000.0, 900.0, False, True, False)
    deals = {DAY: {"pipeline|USD": 1_200_000, "pipeline_n|USD": 2}}
    found = _score(deals, scored=(pipeline,))["metrics"]["pipeline_value"]
    shrunk = (91 * 12_000 + PRIOR * 9000) / (91 + PRIOR)
    assert found["shrunk"] == pytest.approx(shrunk)
    assert found["utility"] == pytest.approx(0.7 * (shrunk - 9000 + 1.645 * 3000) / (2.487 * 3000))
    met = _target("pipeline_value", 59, 0, str(shrunk))  # whole as well
    assert _score(deals, met, scored=(pipeline,))["metrics"]["pipeline_value"]["utility"] == pytest.approx(0.7)
    # two members with that together have half of it each
    team = _score(deals, _rep(), _rep(id="b"), scored=(pipeline,), subject="team:t")["metrics"]["pipeline_value"]
    assert team["shrunk"] == pytest.approx((182 * 6000 + PRIOR * 9000) / (182 + PRIOR))


def _week_rows(reps: int, calls: float) -> Rows:
    """So many reps with so many calls in each of the last 13 weeks before the quarter."""
    quarter = date(2026, 1, 1).toordinal()
    monday = quarter - 3 - 7  # of the last week that is over before it, a Thursday
    row = WeekRow({"calls": Evidence(total=calls)}, {})
    return {f"r{number}": {monday - 7 * back: row for back in range(13)} for number in range(reps)}


def test_without_norms_of_weeks_nothing_recorded_says_nothing_and_with_them_it_says_nought() -> None:
    unknown = _score({DAY: {}}, scored=(CALLS,))
    assert unknown["metrics"]["calls"]["shrunk"] == 4.0
    assert unknown["norms"] is None
    known = _score({DAY: {}}, scored=(CALLS,), rows=_week_rows(2, 28.0))  # two peers are too few: level and M as before
    assert known["metrics"]["calls"]["shrunk"] == pytest.approx(PRIOR * 4.0 / (91 + PRIOR))
    assert known["norms"].startswith("2026Q1@")
    assert unknown["coverage"] == known["coverage"] == 0.0  # no record is behind it


def test_a_metric_that_the_company_does_not_collect_gives_its_weight_to_the_others_of_its_pillar() -> None:
    calls = replace(CALLS, weight=0.75)
    emails = ScoredMetric("emails", "process", 0.25, 9.0, 3.0, 1.0, True, True, False)
    found = _score({DAY: {"calls": 91 * 4}}, scored=(calls, emails), rows=_week_rows(2, 28.0), gate=0.15)
    assert [found["metrics"]["emails"][name] for name in ("shrunk", "utility", "pillar")] == [None, None, None]
    assert found["pillars"]["process"]["value"] == pytest.approx(USUAL)  # 4 calls a day, and nothing else
    assert found["coverage"] == pytest.approx(0.2 * 0.75)  # by the scorecard's own weights
    assert found["status"] == "scored"


@pytest.mark.parametrize(("cycle", "window"), [(5, 28), (20, 40), (300, 91)])
def test_with_norms_the_score_window_is_two_median_cycles_and_no_longer_the_scorecards(cycle: int, window: int) -> None:
    monday = date(2026, 1, 1).toordinal() - 3 - 7 * 50
    rows = {"r": {monday: WeekRow({"csat": of_rate(9, 5)}, {monday: Opened(30.0, {cycle: 30.0})})}}
    for days_back, covered in ((window - 1, 0.25), (window, 0.0)):
        found = _score({DAY - days_back: {"csat": 1, "csat_top": 1}}, window=364, rows=rows)
        assert found["coverage"] == covered
        assert found["metrics"]["csat"]["windows"]["364d"]["n"] == 1


def test_a_sum_of_somebody_who_was_never_there_is_no_evidence() -> None:
    gone = _rep(left_on=T - timedelta(days=200))
    found = _score({DAY: {"calls": 24}}, gone, scored=(CALLS,), gate=0.2)
    assert (found["coverage"], found["status"]) == (0.0, "insufficient_evidence")
    assert found["metrics"]["calls"]["windows"]["91d"] == {"value": 24.0, "n": 24}
    assert found["metrics"]["calls"]["utility"] == pytest.approx(USUAL)


def test_a_group_is_compared_by_the_days_of_all_its_members() -> None:
    panes = {DAY: {"calls": 91 * 4 * 3}, 0: {"unrecorded": 2}}
    found = _score(panes, _rep(team_id="unassigned"), scored=(CALLS,), subject="team:unassigned")
    # one member and two reps without a record: 3 x 91 days, 4 calls on each
    assert found["metrics"]["calls"]["utility"] == pytest.approx(USUAL)
    assert found["team_id"] is None


def test_a_rep_without_a_record_does_not_count_itself_twice() -> None:
    found = _score({DAY: {"calls": 91 * 4}, 0: {"unrecorded": 1}}, scored=(CALLS,))
    assert found["team_id"] == "unassigned"
    assert found["metrics"]["calls"]["utility"] == pytest.approx(USUAL)


def test_the_team_is_that_of_the_date() -> None:
    until = T + timedelta(days=1)
    assert _score(None, _rep(history=[Membership(team_id="old", until=until)]))["team_id"] == "old"
    assert _score(None, _rep(history=[Membership(team_id="old", until=T)]))["team_id"] == "t"


def test_targets_of_sums_are_shown_over_the_score_window_and_others_as_they_stand() -> None:
    targets = [
        _target("calls", 119, 30, "90"),  # 1 a day; 61 of its days lie in the 91 days, 0 in the last 28
        _target("csat", 5, -5, "0.9"),
        _target("pipeline_value", 5, -5, "1000"),
        _target("win_rate", 50, 1, "0.4"),  # over since yesterday
    ]
    metrics = _score(None, *targets)["metrics"]
    shown = {name: metric["target"] for name, metric in metrics.items() if metric["target"] is not None}
    assert shown == {"calls": 61.0, "csat": 0.9, "pipeline_value": 1000.0}
    assert _score(None, *targets, window=28)["metrics"]["calls"]["target"] is None


def test_a_given_target_is_worth_0_7() -> None:
    # 15 of 50 and the prior's 25 of 50
    found = _score({DAY: {"csat": 50, "csat_top": 15}}, _target("csat", 0, 0, "0.4"))
    assert found["metrics"]["csat"]["utility"] == pytest.approx(0.7)


def test_the_target_of_a_sum_is_scored_by_its_daily_part_on_the_date() -> None:
    # 300 over 60 days are 5 a day; 505 calls in 91 days present and the prior's 200 in 50 are 705 in 141
    found = _score({DAY: {"calls": 505}}, _rep(), _target("calls", 59, 0, "300"), scored=(CALLS,))
    assert found["metrics"]["calls"]["utility"] == pytest.approx(0.7)
    assert found["metrics"]["calls"]["target"] == 300.0


def test_target_attainment_is_revenue_over_what_is_due_in_each_window() -> None:
    panes = {DAY: {"revenue|USD": 70_000, "won_n|USD": 1}, DAY - 20: {"refunded|USD": 7_000, "refunds_n|USD": 1}}
    windows = _score(panes, _target("net_revenue", 13, 0, "1400"))["metrics"]["target_attainment"]["windows"]
    # 100 a day for 14 days: 700 of 700 in a week, then 630 of 1,400
    assert windows["7d"] == {"value": 1.0, "n": 1}
    assert windows["28d"] == windows["91d"] == windows["364d"] == {"value": 0.45, "n": 2}


@pytest.mark.parametrize("value", ["0", "-5", "1E-300", "5E-324"])
def test_there_is_no_attainment_of_a_target_of_nothing_or_less(value: str) -> None:
    panes = {DAY: {"revenue|USD": 10**14, "won_n|USD": 1}}
    found = _score(panes, _target("net_revenue", 90, 0, value))["metrics"]["target_attainment"]
    assert found["windows"]["91d"] == {"value": None, "n": 0}


def test_there_is_no_attainment_without_a_target_or_without_records() -> None:
    nothing = {name: {"value": None, "n": 0} for name in WINDOWS}
    panes = {DAY: {"revenue|USD": 10, "won_n|USD": 1}}
    assert _score(panes)["metrics"]["target_attainment"]["windows"] == nothing
    assert _score(None, _target("net_revenue", 9, 0, "5"))["metrics"]["target_attainment"]["windows"] == nothing
    attained = _score(panes, _target("target_attainment", 9, 0, "0.95"))["metrics"]["target_attainment"]
    assert attained["target"] == 0.95


def test_unrated_money_is_in_major_units_of_its_own_currency() -> None:
    panes = {DAY: {"revenue|JPY": 1_200, "costs|EUR": 1_250, "refunded|KWD": 1_250, "revenue|USD": 5}}
    found = _score(panes)
    assert list(found["unrated"].items()) == [("EUR", 12.5), ("JPY", 1200.0), ("KWD", 1.25)]


def test_money_is_shown_in_the_base_currency() -> None:
    rate = FxRate(type="fx_rate", id="x", currency="USD", date=T - timedelta(days=7), rate=Decimal("150.5"))
    found = _score({DAY: {"revenue|USD": 200, "won_n|USD": 1}}, rate, base="JPY")
    assert found["metrics"]["net_revenue"]["unit"] == "JPY"
    assert found["metrics"]["net_revenue"]["windows"]["7d"] == {"value": 301.0, "n": 1}
    units = {metric["unit"] for metric in found["metrics"].values()}
    assert units == {"JPY", "count", "ratio", "days", "seconds", "points"}


def test_every_criterion_ever_used_is_shown_with_the_usual_ones() -> None:
    panes = {DAY - 5_000: {"evaluation_n/a|b/c": 1, "evaluation/a|b/c": 5}}
    metrics = _score(panes)["metrics"]
    criteria = [name for name in metrics if name.startswith("evaluation_")]
    assert criteria == ["evaluation_active_listening", "evaluation_a|b/c", "evaluation_communication"]
    assert metrics["evaluation_a|b/c"]["windows"]["364d"] == {"value": None, "n": 0}


def test_odd_ids_are_kept_as_they_are() -> None:
    found = _score(None, Team(type="team", id='a:b|"/'), subject='team:a:b|"/')
    assert (found["subject"], found["id"]) == ("team", 'a:b|"/')


def test_a_leap_day_is_a_day() -> None:
    scorecard = Scorecard("mine", 1, 7, 0.0, WEIGHTS, (CALLS,))
    leap_day = date(2024, 2, 29).toordinal()
    panes = {leap_day - 6: {"calls": 1}, leap_day: {"calls": 1}, leap_day + 1: {"calls": 1}}
    for as_of, calls in ((leap_day, 2.0), (leap_day + 1, 2.0), (leap_day - 1, 1.0)):
        found = Scorer(_reference(), scorecard, as_of, _norms(scorecard, as_of)).score("rep:a", panes, KNOWN_AT)
        assert found["metrics"]["calls"]["windows"]["7d"]["value"] == calls
        assert found["as_of"] == date.fromordinal(as_of).isoformat()


AMOUNTS = st.dictionaries(
    st.sampled_from(["csat", "csat_top", "calls", "revenue|USD", "won_n|USD", "revenue|EUR", "refunded|USD"]),
    st.integers(0, 10**16),
    max_size=5,
)


@settings(max_examples=60)
@given(
    st.dictionaries(st.integers(DAY - 500, DAY + 5), AMOUNTS, max_size=5),
    st.lists(
        st.tuples(
            st.sampled_from(["calls", "csat", "net_revenue"]),
            st.integers(0, 200),
            st.decimals(-(10**12), 10**12, places=3) | st.just(Decimal("1E-300")),
        ),
        max_size=3,
    ),
)
def test_whatever_is_in_the_panes_the_score_is_finite_and_within_its_bounds(panes: dict, targets: list) -> None:
    records = [_target(metric, days, 0, str(value)) for metric, days, value in targets]
    found = _score(panes, *records, scored=(CSAT, CALLS, REVENUE))
    json.dumps(found, allow_nan=False)
    assert 5 - 1e-9 <= found["level"] <= 100 + 1e-9
    assert 0 <= found["coverage"] <= 0.85 + 1e-9
    assert (found["score"] is not None) == (found["status"] == "scored") == (found["coverage"] >= 0.25)
    assert found["score"] is None or 5 <= found["low"] <= found["score"] <= found["high"] <= 100
    expected = math.fsum(
        WEIGHTS[m.pillar] for m in (CSAT, CALLS, REVENUE) if found["metrics"][m.metric]["windows"]["91d"]["n"]
    )
    assert found["coverage"] == pytest.approx(expected)
