from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.currencies import EXPONENTS
from schemas.records import FxRate, Rep, Target
from scoring.aggregate import MetricPart
from scoring.improvement import improvement_part
from scoring.kept_readings import KeptReadings
from scoring.norms import Norms
from scoring.organisation import Organisation
from scoring.panes import PaneBook
from scoring.quarter import quarter_norms
from scoring.reference import Reference, Versioned
from scoring.score import Scorer
from scoring.scorecard import Scorecard, ScoredMetric
from scoring.slope import Slope
from tests.unit.scoring.pane_changes import CHANGES, TODAY, Change, apply, take_all_back

NOW = "2026-01-15T12:00:00Z"
WEIGHTS = {"results": 0.4, "customer": 0.3, "process": 0.3, "improvement": 0.0}
SCORED = (
    ScoredMetric("net_revenue", "results", 1.0, 1000.0, 400.0, 100.0, True, True, False),
    ScoredMetric("average_deal_size", "results", 1.0, 900.0, 0.5, 0.2, False, True, False),
    ScoredMetric("pipeline_value", "results", 1.0, 9000.0, 400.0, 100.0, False, True, False),
    ScoredMetric("cohort_win_rate", "results", 1.0, 0.4, 0.1, 0.05, False, True, False),
    ScoredMetric("gross_margin_ratio", "results", 1.0, 0.4, 0.1, 0.05, False, True, False),
    ScoredMetric("csat", "customer", 1.0, 0.5, 0.1, 0.03, False, True, False),
    ScoredMetric("evaluation_communication", "customer", 1.0, 60.0, 10.0, 5.0, False, True, False),
    ScoredMetric("calls", "process", 1.0, 4.0, 1.5, 0.4, True, True, False),
    ScoredMetric("first_response_seconds", "process", 1.0, 400.0, 150.0, 40.0, False, False, False),
)
SCORECARD = Scorecard("mine", 1, 91, 0.0, WEIGHTS, SCORED)
SUBJECTS = ("rep:a", "rep:b", "team:t")


class Company:
    """Panes and reference records, and scores of them both ways."""

    def __init__(self, most: int = 2) -> None:
        self.book, self.kept = PaneBook(), KeptReadings(most)
        self.reference = Reference(Organisation(UTC, "USD", EXPONENTS))
        self.as_of = TODAY
        self.put(Rep(type="rep", id="a", team_id="t"))

    def put(self, record: Any) -> None:
        newer = self.reference.revision
        self.reference.put(record.type, record.id, Versioned(newer, 0, record.id, record))

    def scorer(self) -> Scorer:
        return Scorer(self.reference, SCORECARD, self.as_of, norms(self.as_of))

    def assert_right(self, scorer: Scorer, *subjects: str) -> None:
        for subject in subjects:
            score = self.kept.score(scorer, subject, self.book, NOW)
            expected = scorer.score(subject, self.book.by_subject.get(subject), NOW)
            assert score == expected
            assert list(score["metrics"]) == list(expected["metrics"])


def norms(as_of: int) -> Norms:
    return quarter_norms(as_of, SCORECARD, {}, {}, SCORECARD.calendar)


def higher(norms: Norms) -> Norms:
    """Norms by which everybody does worse."""
    raised = {name: replace(of, norm=replace(of.norm, level=1.1 * of.norm.level)) for name, of in norms.metrics.items()}
    return replace(norms, first_week=norms.before - 70, metrics=raised)


def sloping(subject: str) -> tuple[MetricPart, ...]:
    """Everybody's slope of calls, another one by subject."""
    return (improvement_part("calls", 1.0, Slope(0.01 * len(subject), 0.0001, 26), 0.0001, 0.2),)


def rate(age: int, value: str) -> FxRate:
    day = date.fromordinal(TODAY - age)
    return FxRate(type="fx_rate", id=f"{age}", currency="EUR", date=day, rate=Decimal(value))


def target(metric: str, value: int) -> Target:
    period = {
        "period_start": date.fromordinal(TODAY) - timedelta(60),
        "period_end": date.fromordinal(TODAY + 30),
    }
    of = {"subject": "rep", "subject_id": "a"}
    return Target(type="target", id=metric, metric=metric, value=Decimal(value), **period, **of)


STEPS = st.lists(
    st.tuples(st.just("change"), st.sampled_from(SUBJECTS), CHANGES)
    | st.tuples(st.just("gone"), st.sampled_from(SUBJECTS))
    | st.tuples(st.just("rate"), st.sampled_from([0, 30, 90]), st.sampled_from(["1.1", "2"]))
    | st.tuples(st.just("target"), st.sampled_from(["net_revenue", "calls", "pipeline_value"]), st.integers(1, 999))
    | st.tuples(st.just("day"), st.sampled_from([-1, 0, 1, 1, 3, 7]))
    | st.tuples(st.just("norms"))
    | st.tuples(st.just("slopes"))
    | st.tuples(st.just("member"), st.sampled_from(["t", "u"])),
    max_size=8,
)


@settings(max_examples=150, deadline=None)
@given(STEPS, st.integers(1, 3), st.integers(0, 99))
def test_a_kept_score_is_the_score_after_whatever_happened(steps: list[Any], most: int, seed: int) -> None:
    company, random = Company(most), Random(seed)
    scorer = company.scorer()
    for kind, *what in steps:
        if kind == "change":
            apply(company.book, *what)
        elif kind == "gone":
            take_all_back(company.book, *what)
        elif kind == "rate":
            company.put(rate(*what))
        elif kind == "target":
            company.put(target(*what))
        elif kind == "member":
            company.put(Rep(type="rep", id="a", team_id=what[0], left_on=date.fromordinal(TODAY - 20)))
        elif kind == "norms":
            scorer = replace(scorer, norms=higher(scorer.norms))
        elif kind == "slopes":
            scorer = replace(scorer, improvement=sloping)
        else:
            company.as_of += what[0]
            scorer = company.scorer()
        company.assert_right(scorer, *random.sample(SUBJECTS, 2))
    company.assert_right(scorer, *SUBJECTS)


@settings(max_examples=60, deadline=None)
@given(CHANGES, CHANGES)
def test_a_score_that_is_out_does_not_change_with_the_next_one(first: list[Change], then: list[Change]) -> None:
    company = Company()
    scorer = company.scorer()
    apply(company.book, "rep:a", first)
    out = company.kept.score(scorer, "rep:a", company.book, NOW)
    before = repr(out)
    apply(company.book, "rep:a", then)
    company.kept.score(scorer, "rep:a", company.book, NOW)
    assert repr(out) == before


def test_a_criterion_comes_and_goes_in_its_place() -> None:
    company = Company()
    scorer = company.scorer()
    company.assert_right(scorer, "rep:a")
    for sign in (1, -1):
        company.book.add("rep:a", TODAY, {"evaluation/accuracy": 7_000_000, "evaluation_n/accuracy": 1}, sign)
        company.assert_right(scorer, "rep:a")
        shown = company.kept.score(scorer, "rep:a", company.book, NOW)["metrics"]
        assert ("evaluation_accuracy" in shown) == (sign > 0)


def test_a_member_without_a_record_changes_what_a_team_is_measured_by() -> None:
    company = Company()
    scorer = company.scorer()
    company.book.add("team:t", TODAY, {"activity/call/": 50})
    company.assert_right(scorer, "team:t")
    company.book.add("team:t", 0, {"unrecorded": 1})
    company.assert_right(scorer, "team:t")


def watched(company: Company) -> list[str]:
    return [subject for subject in SUBJECTS if company.book.take_before(subject) is not None]


def test_no_more_subjects_are_kept_than_told_the_one_scored_longest_ago_goes_first() -> None:
    company = Company(most=2)
    company.assert_right(company.scorer(), "rep:a")
    scorer = company.scorer()
    company.assert_right(scorer, "rep:a", "rep:b", "rep:a", "team:t")
    assert watched(company) == ["rep:a", "team:t"]


def test_those_with_many_sums_leave_room_for_fewer() -> None:
    company = Company(most=3)
    company.kept = KeptReadings(3, most_sums=400)
    scorer = company.scorer()
    company.assert_right(scorer, *SUBJECTS)
    assert watched(company) == list(SUBJECTS)
    criteria = {f"evaluation_n/{number}": 1 for number in range(200)}
    company.book.add("rep:b", TODAY, criteria)
    company.assert_right(scorer, "rep:b")
    assert watched(company) == ["rep:b"]
    company.book.add("rep:b", TODAY, criteria, -1)
    company.assert_right(scorer, "rep:b", "rep:a")
    assert watched(company) == ["rep:a"], "what was taken back is still among its sums, as 0"


def test_an_earlier_date_and_other_rates_begin_anew_and_nothing_is_watched_in_vain() -> None:
    company = Company(most=3)
    scorer = company.scorer()
    company.assert_right(scorer, "rep:a", "rep:b")
    company.put(rate(0, "1.5"))
    company.assert_right(scorer, "rep:b")
    assert watched(company) == ["rep:b"]
    company.as_of -= 1
    company.assert_right(company.scorer(), "team:t")
    assert watched(company) == ["team:t"]
    company.kept.clear()
    assert watched(company) == []


def test_when_the_day_turns_what_is_kept_moves_on() -> None:
    company = Company(most=3)
    for age in (0, 6, 7, 28, 90, 91, 181, 364):
        closing = {f"cohort_won||{TODAY + 1}": 1_000_000, f"pipeline_closed|USD|{TODAY + 2}": 50}
        company.book.add(
            "rep:a", TODAY - age, {"csat": 4, "csat_top": 1, "opened": 2_000_000, "pipeline|USD": 70} | closing
        )
    company.assert_right(company.scorer(), "rep:a", "rep:b")
    for days in (1, 1, 2, 5, 0, 30):
        company.as_of += days
        company.assert_right(company.scorer(), "rep:a")
        assert watched(company) == ["rep:a", "rep:b"]
    company.assert_right(company.scorer(), "rep:b")


def test_other_norms_and_slopes_find_the_sums_added_up_and_other_horizons_do_not() -> None:
    company = Company(most=3)
    company.book.add("rep:a", TODAY, {"csat": 4, "csat_top": 1})
    scorer = company.scorer()
    company.assert_right(scorer, "rep:a", "rep:b")
    company.assert_right(replace(scorer, norms=higher(scorer.norms)), "rep:a")
    company.assert_right(replace(scorer, improvement=sloping), "rep:a")
    assert watched(company) == ["rep:a", "rep:b"]
    ripening = replace(scorer.norms.ripening, won_by_age=(0.0, *scorer.norms.ripening.won_by_age[1:]))
    company.assert_right(replace(scorer, norms=replace(scorer.norms, ripening=ripening)), "rep:a")
    assert watched(company) == ["rep:a", "rep:b"]
    ripening = replace(scorer.norms.ripening, window_days=28)
    company.assert_right(replace(scorer, norms=replace(scorer.norms, ripening=ripening)), "rep:a")
    assert watched(company) == ["rep:a"]


def test_other_panes_of_the_same_subject_are_added_up_anew() -> None:
    company = Company()
    scorer = company.scorer()
    company.book.add("rep:a", TODAY, {"csat": 4, "csat_top": 1})
    company.assert_right(scorer, "rep:a")
    before, company.book = company.book, PaneBook()
    company.book.add("rep:a", TODAY, {"csat": 4, "csat_top": 3})
    company.assert_right(scorer, "rep:a")
    assert before.take_before("rep:a") is None


def test_more_changed_days_than_are_remembered_are_read_from_all_panes() -> None:
    company = Company()
    scorer = company.scorer()
    company.assert_right(scorer, "rep:a")
    for age in range(200):
        company.book.add("rep:a", TODAY - age, {"csat": 4, "csat_top": 1 + age % 3})
    company.assert_right(scorer, "rep:a")
    company.book.add("rep:a", TODAY, {"csat": 4})
    company.assert_right(scorer, "rep:a")


def test_a_failure_half_way_leaves_nothing_half_done() -> None:
    company = Company()
    scorer = company.scorer()
    company.book.add("rep:a", TODAY, {"csat": 4, "csat_top": 1})
    company.assert_right(scorer, "rep:a")
    company.book.add("rep:a", TODAY, {"csat": 4, "pipeline_closed|EUR|never": 1})
    with pytest.raises(ValueError, match="never"):
        company.kept.score(scorer, "rep:a", company.book, NOW)
    company.book.add("rep:a", TODAY, {"pipeline_closed|EUR|never": -1})
    company.assert_right(scorer, "rep:a")
