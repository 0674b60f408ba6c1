"""What a scorecard chooses beside its metrics and weights, seen in the scores and norms that it makes."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from schemas.currencies import EXPONENTS
from schemas.records import Absence, Rep, Target
from scoring.choices import Choices, People, ScoreWindow, Shrinkage
from scoring.evidence import Evidence, of_rate
from scoring.norms import Norms
from scoring.organisation import Organisation
from scoring.presence import Attendance, Holidays
from scoring.quarter import Rows, quarter_norms
from scoring.reference import Reference, Versioned
from scoring.score import Scorer
from scoring.scorecard import Scorecard, ScoredMetric
from scoring.weekly import WeekRow
from scoring.weeks import Opened

T = date(2026, 3, 31)
DAY = T.toordinal()
QUARTER = date(2026, 1, 1).toordinal()
LAST_MONDAY = QUARTER - 3 - 7
"""Of the last week that is over before the quarter, which begins on a Thursday."""

CSAT = ScoredMetric("csat", "customer", 1.0, 0.5, 0.1, 0.03, False, True, False)
CALLS = ScoredMetric("calls", "process", 1.0, 4.0, 1.5, 0.4, True, True, False)
SIZE = ScoredMetric("average_deal_size", "results", 1.0, 5000.0, 1500.0, 500.0, False, True, False)
WEEKENDS = People(holidays=Holidays(weekdays=[5, 6], dates=[DAY]))


def _card(*scored: ScoredMetric, choices: Choices = Choices()) -> Scorecard:  # noqa: B008 - frozen
    return Scorecard(
        "mine", 1, 91, 0.0, {"results": 0.4, "customer": 0.25, "process": 0.2, "improvement": 0.15}, scored, choices
    )


def _norms(card: Scorecard, rows: Rows | None = None, attendances: dict[str, Attendance] | None = None) -> Norms:
    return quarter_norms(DAY, card, rows or {}, attendances or {}, card.calendar)


def _score(
    card: Scorecard, panes: dict[int, dict[str, int]], *records: Any, rows: Rows | None = None, subject: str = "rep:a"
) -> dict[str, Any]:
    reference = Reference(Organisation(UTC, "USD", EXPONENTS))
    for newer, record in enumerate(records):
        reference.put(record.type, record.id, Versioned(newer, 0, record.id, record))
    return Scorer(reference, card, DAY, _norms(card, rows)).score(subject, panes, "")


def _target(metric: str, days: int, value: str) -> Target:
    period = {"period_start": T - timedelta(days=days - 1), "period_end": T}
    fields = {"subject": "rep", "subject_id": "a", "metric": metric, "value": Decimal(value)}
    return Target(type="target", id=f"{metric}{value}", **period, **fields)


def test_fewer_records_than_min_n_do_not_count_in_the_coverage_but_in_the_value() -> None:
    for answers, coverage in ((0, 0.0), (4, 0.0), (5, 0.25)):
        found = _score(_card(replace(CSAT, min_n=5)), {DAY: {"csat": answers, "csat_top": answers}})
        assert found["coverage"] == coverage
        assert found["metrics"]["csat"]["shrunk"] == pytest.approx((answers + 25) / (answers + 50))


@pytest.mark.parametrize(
    ("scored", "panes"),
    [
        (replace(CSAT, target=0.4), {DAY: {"csat": 50, "csat_top": 15}}),  # 15 of 50, and 25 of 50
        (replace(CALLS, target=5.0), {DAY: {"calls": 505}}),  # in 91 days, and 200 in 50: 5 a day
        (replace(SIZE, target=5000 * math.exp(0.1)), {}),
    ],
)
def test_the_scorecards_target_is_worth_0_7_where_nobody_set_one(scored: ScoredMetric, panes: dict) -> None:
    found = _score(_card(scored), panes)["metrics"][scored.metric]
    if panes:
        assert found["utility"] == pytest.approx(0.7)
    else:  # no deal: typical, a third of a spread below the target
        spread, goal = 0.3, 0.1
        assert found["utility"] == pytest.approx(0.7 * 1.645 * spread / (1.645 * spread + goal))


def test_a_target_of_a_record_goes_before_the_scorecards() -> None:
    panes = {DAY: {"csat": 50, "csat_top": 15, "calls": 505}}
    card = _card(replace(CSAT, target=0.9), replace(CALLS, target=99.0))
    found = _score(card, panes, _target("csat", 5, "0.4"), _target("calls", 60, "300"))["metrics"]
    assert [found[name]["utility"] for name in ("csat", "calls")] == pytest.approx([0.7, 0.7])
    assert [found[name]["target"] for name in ("csat", "calls")] == [0.4, 300.0]


def test_the_scorecards_target_is_shown_a_sums_over_the_days_present() -> None:
    hired = Rep(type="rep", id="a", team_id="t", hired_on=T - timedelta(days=9))
    found = _score(_card(replace(CSAT, target=0.9), replace(CALLS, target=2.5)), {}, hired)["metrics"]
    assert (found["csat"]["target"], found["calls"]["target"], found["emails"]["target"]) == (0.9, 25.0, None)


def test_what_goes_beyond_cap_times_the_target_earns_nothing() -> None:
    capped = replace(CALLS, capped=True, target=4.0)
    best = {cap: _score(_card(replace(capped, cap=cap)), {DAY: {"calls": 10**9}}) for cap in (1.0, 1.2, 10.0)}
    high = 4.0 + 1.645 * 1.5
    expected = {1.0: 0.7, 1.2: 0.7 + 0.3 * 0.8 / (high - 4.0), 10.0: 1.0}
    for cap, found in best.items():
        assert found["metrics"]["calls"]["utility"] == pytest.approx(expected[cap])


def test_days_off_are_no_days_present_of_a_rep_or_a_group() -> None:
    # of the 91 days up to Tuesday, 65 are weekdays; the last is a holiday. 4 calls on each of 64
    card = _card(CALLS, choices=Choices(people=WEEKENDS))
    typical = 0.7 * 1.645 / (1.645 + 0.842)
    found = _score(card, {DAY: {"calls": 4 * 64}})
    assert found["metrics"]["calls"]["utility"] == pytest.approx(typical)
    team = _score(card, {DAY: {"calls": 4 * 128}, 0: {"unrecorded": 2}}, subject="team:unassigned")
    assert team["metrics"]["calls"]["utility"] == pytest.approx(typical)
    away = Absence(type="absence", id="x", rep_id="a", start=T - timedelta(days=7), end=T)  # five of them at work
    found = _score(card, {DAY: {"calls": 4 * 59}}, away)
    assert found["metrics"]["calls"]["utility"] == pytest.approx(typical)


def test_a_target_of_a_sum_is_due_on_its_working_days() -> None:
    # 14 days, 9 of them at work: 45 are 5 on each; 64 days of 5, and the prior's 50 of 4: a record that reaches it
    card = _card(CALLS, choices=Choices(people=WEEKENDS))
    found = _score(card, {DAY: {"calls": 64 * 5 + 50}}, _target("calls", 14, "45"))
    assert found["metrics"]["calls"]["utility"] == pytest.approx(0.7)
    of_a_holiday = _score(card, {DAY: {"calls": 4 * 64}}, _target("calls", 1, "45"))  # nobody is expected to
    assert of_a_holiday["metrics"]["calls"]["utility"] == pytest.approx(0.7 * 1.645 / (1.645 + 0.842))


def _rows(reps: int, **weekly: Any) -> Rows:
    """So many reps, each a little better than the one before, 13 weeks before the quarter."""
    return {
        f"r{number}": {
            LAST_MONDAY - 7 * back: WeekRow({"csat": of_rate(20, 8 + number % 5), **weekly}, {}) for back in range(13)
        }
        for number in range(reps)
    }


def test_norms_take_as_many_peers_as_the_scorecard_asks_for() -> None:
    for fewest, peers in ((5, 6), (6, 6), (7, 0)):
        card = _card(CSAT, choices=Choices(shrinkage=Shrinkage(fewest_peers=fewest, without_peers=33.0)))
        norm = _norms(card, _rows(6)).metrics["csat"].norm
        assert norm.peers == peers
        assert (norm.weight == 33.0) is (peers == 0)


def test_the_prior_weighs_no_less_and_no_more_than_the_scorecard_says() -> None:
    usual = _norms(_card(CSAT), _rows(10)).metrics["csat"].norm.weight
    assert 1 < usual < 500
    for shrinkage, weight in (
        (Shrinkage(least=usual + 9), usual + 9),
        (Shrinkage(most=usual / 2), usual / 2),
        (Shrinkage(least=usual / 2, most=usual * 2), usual),
    ):
        card = _card(CSAT, choices=Choices(shrinkage=shrinkage))
        assert _norms(card, _rows(10)).metrics["csat"].norm.weight == weight


@pytest.mark.parametrize(
    ("window", "cycle", "days"),
    [
        (ScoreWindow(10, 50, 0.5), 60, 30),
        (ScoreWindow(10, 50, 0.5), 4, 10),
        (ScoreWindow(10, 50, 0.5), 300, 50),
        (ScoreWindow(7, 364, 3.0), 33, 99),
    ],
)
def test_the_score_window_is_as_many_cycles_as_the_scorecard_says_within_its_bounds(
    window: ScoreWindow, cycle: int, days: int
) -> None:
    monday = LAST_MONDAY - 7 * 49
    rows = {"r": {monday: WeekRow({"csat": of_rate(9, 5)}, {monday: Opened(30.0, {cycle: 30.0})})}}
    card = _card(CSAT, choices=Choices(score_window=window))
    for days_back, coverage in ((days - 1, 0.25), (days, 0.0)):
        assert _score(card, {DAY - days_back: {"csat": 1}}, rows=rows)["coverage"] == coverage


def test_until_the_cycle_is_known_the_score_window_is_the_scorecards_own() -> None:
    card = replace(_card(CSAT, choices=Choices(score_window=ScoreWindow(10, 50))), score_window_days=364)
    for rows in (None, _rows(10)):  # without any week, and with weeks but without deals won
        assert _norms(card, rows).ripening.window_days is None
        assert _score(card, {DAY - 363: {"csat": 1}}, rows=rows)["coverage"] == 0.25
        assert _score(card, {DAY - 364: {"csat": 1}}, rows=rows)["coverage"] == 0.0


def test_who_is_a_peer_is_as_the_scorecard_says() -> None:
    hired = {"r0": Attendance(hired=QUARTER - 50), "r1": Attendance(hired=QUARTER - 140)}
    rows = _rows(10)

    def peers(people: People) -> set[str]:
        card = _card(CSAT, choices=Choices(people=people))
        return set(_norms(card, rows, hired).metrics["csat"].own)

    everybody = set(rows)
    assert peers(People()) == everybody - {"r0", "r1"}  # both still ramp
    assert peers(People(ramp=(1.0,))) == everybody
    assert peers(People(ramp=(0.5, 1.0))) == everybody - {"r0"}  # r1 for 49 of 91 days past its ramp
    assert peers(People(ramp=(0.5, 1.0), peer_share=0.6)) == everybody - {"r0", "r1"}
    assert peers(People(ramp=(1.0,), peer_share=0.6)) == everybody - {"r0"}


def test_weeks_of_sums_have_their_working_days() -> None:
    rows = _rows(10, calls=Evidence(total=20.0))
    card = _card(CALLS, CSAT, choices=Choices(people=WEEKENDS))
    norm = _norms(card, rows).metrics["calls"]
    assert norm.norm.level == pytest.approx(4.0)
    assert {n for n, _, _ in norm.own.values()} == {13 * 5.0}
