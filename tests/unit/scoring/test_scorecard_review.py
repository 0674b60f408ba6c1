"""Review of a scorecard: what it leaves out, chooses, and may not have meant."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scoring.choices import Choices, Drops, People, choices_of
from scoring.fiscal import FiscalCalendar
from scoring.kpi import BY_NAME
from scoring.presence import Holidays
from scoring.scorecard import Scorecard, ScoredMetric
from scoring.scorecard_review import ACTIVITIES, LESS_IS_BETTER, chosen, left_out, notes, reachable_coverage
from scoring.wording import never_said

CSAT = ScoredMetric("csat", "customer", 1.0, 0.8, 0.08, 0.03, False, True, False)
REVENUE = ScoredMetric("net_revenue", "results", 1.0, 1000.0, 400.0, 100.0, True, True, False)
CALLS = ScoredMetric("calls", "process", 1.0, 4.0, 1.5, 0.4, True, True, True)
PILLARS = {"results": 0.4, "customer": 0.25, "process": 0.2, "improvement": 0.15}
SOUND = Scorecard("mine", 1, 91, 0.4, PILLARS, (REVENUE, CSAT, CALLS))


def _with(metric: ScoredMetric) -> Scorecard:
    return replace(SOUND, metrics=(*(m for m in SOUND.metrics if m.pillar != metric.pillar), metric))


def test_a_sound_scorecard_raises_no_question() -> None:
    assert notes(SOUND) == ()
    assert chosen(SOUND) == ()


def test_what_is_left_out_is_all_of_the_catalogue_that_is_not_scored() -> None:
    out = left_out(SOUND)
    assert set(out) | {"csat", "net_revenue", "calls"} == set(BY_NAME)
    assert len(out) == len(BY_NAME) - 3
    assert list(out) == [name for name in BY_NAME if name in out]


def test_coverage_can_reach_the_weights_of_the_pillars_with_metrics() -> None:
    assert reachable_coverage(SOUND) == pytest.approx(0.85)


def test_a_gate_that_nobody_reaches_is_told() -> None:
    (told,) = notes(replace(SOUND, coverage_gate=0.86))
    assert "0.86" in told
    assert "0.85" in told
    assert "nobody can have a score" in told
    assert not any("nobody" in told for told in notes(replace(SOUND, coverage_gate=0.85)))


def test_weights_written_as_decimal_fractions_reach_their_sum() -> None:
    tenths = tuple(replace(REVENUE, metric=f"m{i}", weight=0.1, per_day=False) for i in range(10))
    whole = {"results": 1.0, "customer": 0.0, "process": 0.0, "improvement": 0.0}
    told = notes(replace(SOUND, pillars=whole, coverage_gate=1.0, metrics=tenths))
    assert sum(0.1 for _ in range(10)) < 1.0
    assert not any("nobody can have a score" in line for line in told)


def test_metrics_without_which_nobody_has_a_score_are_told() -> None:
    (told,) = notes(replace(SOUND, coverage_gate=0.5))
    assert "net_revenue has no score" in told
    (told,) = notes(replace(SOUND, coverage_gate=0.66))
    assert "net_revenue, csat, calls" in told


@pytest.mark.parametrize(
    ("metric", "words"),
    [
        (replace(CALLS, per_day=False), "calls: a sum without per_day"),
        (replace(CSAT, per_day=True), "csat: per_day = true is for sums"),
        (
            replace(CSAT, metric="pipeline_value", per_day=True, typical=9.0),
            "pipeline_value: per_day = true is for sums",
        ),
        (replace(CSAT, metric="churn_rate"), "churn_rate: usually less is better"),
        (replace(CSAT, higher_is_better=False), "csat: usually more is better"),
        (replace(CALLS, capped=False), "calls: an activity without capped"),
        (replace(CSAT, typical=80.0), "csat: ratios are written 0.45, not 45"),
        (replace(CSAT, target=90.0), "csat: ratios are written 0.45, not 45"),
        (replace(CALLS, target=6.5), "calls: fewer than one rep in twenty"),
        (replace(CALLS, target=1.5), "calls: more than nineteen reps in twenty"),
        (
            replace(CSAT, metric="cycle_days", typical=45.0, higher_is_better=False, target=46.0, spread=0.1),
            "more than nineteen",
        ),
    ],
)
def test_what_a_metric_may_not_mean_is_asked(metric: ScoredMetric, words: str) -> None:
    assert any(words in told for told in notes(_with(metric))), notes(_with(metric))


@pytest.mark.parametrize(
    "metric",
    [
        replace(CSAT, metric="pipeline_value", typical=9e5, spread=1e5),
        replace(CSAT, metric="roi", typical=2.5),
        replace(CSAT, metric="churn_rate", higher_is_better=False),
        replace(CALLS, target=6.4),
        replace(CALLS, metric="deals_won", pillar="results", capped=False),
        replace(CSAT, metric="karma"),
    ],
)
def test_what_is_as_usual_is_not_asked(metric: ScoredMetric) -> None:
    assert notes(_with(metric)) == ()


def test_metrics_that_say_the_same_twice_are_told() -> None:
    half = replace(CSAT, weight=0.5)
    pair = (replace(half, metric="win_rate"), replace(half, metric="cohort_win_rate"))
    told = notes(replace(SOUND, metrics=(REVENUE, *pair, CALLS)))
    assert any("win_rate and cohort_win_rate" in line for line in told)
    assert any("closing date" in line for line in told)
    assert len(told) == 2


def test_pillars_without_metrics_and_metrics_without_weight_are_told() -> None:
    told = notes(replace(SOUND, metrics=(REVENUE, CSAT)))
    assert any("pillar process has no metric: its 20 % goes to the other pillars" in line for line in told)
    weightless = {**PILLARS, "results": 0.6, "process": 0.0}
    told = notes(replace(SOUND, pillars=weightless))
    assert any("pillar process weighs nothing: calls" in line for line in told)


def test_choices_that_are_not_usual_are_told_beside_the_usual_ones() -> None:
    choices = Choices(
        drops=Drops(false_alerts=2.5),
        calendar=FiscalCalendar(2, "4-4-5"),
        people=People(ramp=(0.5, 1.0), holidays=Holidays([5, 6], [(12, 25)], [739709])),
    )
    assert chosen(replace(SOUND, choices=choices)) == (
        "drops.false_alerts = 2.5 (usual: 1)",
        "calendar.first_month = 2 (usual: 1)",
        "calendar.layout = 4-4-5 (usual: months)",
        "people.ramp = 0.5 1 (usual: 0.25 0.5 0.75 1)",
        "people.holidays = Sat Sun 12-25 2026-04-03 (usual: none)",
    )
    restated = choices_of({"drops": {"false_alerts": 1, "alarm": 5.0}, "people": {"ramp": [0.25, 0.5, 0.75, 1]}})
    assert chosen(replace(SOUND, choices=restated)) == ()


def test_names_here_are_metrics_of_the_catalogue() -> None:
    assert set(BY_NAME) >= LESS_IS_BETTER | ACTIVITIES


def test_questions_judge_nobody() -> None:
    for metric in (replace(CALLS, target=6.5, capped=False, per_day=False), replace(CSAT, target=90.0, per_day=True)):
        assert [never_said(line) for line in notes(_with(metric)) if never_said(line)] == []
