"""What a score is made of: it adds up to the score by hand, and says of each number what the scorer made it of."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from importlib.resources import files
from typing import Any

import pytest

from schemas.records import Rep, Target
from schemas.standing import Standing
from scoring.advice import advice
from scoring.aggregate import aggregate
from scoring.improvement import improvement_part
from scoring.interval import score_interval
from scoring.line import subjects
from scoring.norms_told import correlations_told
from scoring.reference import Reference, Versioned
from scoring.score import Scorer
from scoring.scorecard import parse
from scoring.slope import Slope
from scoring.standing_told import standing_told
from streams.codec import to_json
from tests.unit.scoring.by_hand import assert_adds_up
from tests.unit.scoring.simulated_company import newest_day, simulated_line

DEFAULT = files("scoring").joinpath("scorecards/default.toml").read_text()
SCORECARD = parse(DEFAULT)
CHOSEN = parse(
    DEFAULT.replace("per_day = true\ncapped = true", "per_day = true\ncapped = true\ncap = 1.1\ntarget = 2.0", 1)
    .replace('metric = "csat"', 'metric = "csat"\nmin_n = 3\ntarget = 0.9')
    .replace("coverage_gate = 0.6", "coverage_gate = 0.95")
)
KNOWN_AT = "2026-01-01T00:00:00Z"


def told(subject: str, days_back: int = 0, scorecard: Any = SCORECARD, **line: Any) -> dict[str, Any]:
    """As a reader of the API gets it."""
    made = simulated_line(**line)
    scorer = made.scorer(scorecard, newest_day(made) - days_back)
    answer = to_json(standing_told(scorer, subject, made.panes(subject), KNOWN_AT))
    Standing.model_validate_json(answer)
    found: dict[str, Any] = json.loads(answer)
    return found


def scored(subject: str, days_back: int = 0, scorecard: Any = SCORECARD, **line: Any) -> dict[str, Any]:
    made = simulated_line(**line)
    scores = made.scores(scorecard, newest_day(made) - days_back, KNOWN_AT)
    return next(score for score in scores if f"{score['subject']}:{score['id']}" == subject)


def everybody(**line: Any) -> list[str]:
    made = simulated_line(**line)
    return list(subjects(made.reference, made.reps, made.groups))


@pytest.mark.parametrize("scorecard", [SCORECARD, CHOSEN], ids=["default", "chosen"])
@pytest.mark.parametrize("days_back", [0, 47, 118])
def test_every_score_can_be_computed_by_hand_from_what_is_told(days_back: int, scorecard: Any) -> None:
    everyone = everybody()
    found = [told(subject, days_back, scorecard) for subject in everyone]
    for each in found:
        assert_adds_up(each)
    assert len({each["subject"] for each in found}) > 2


def test_it_is_the_score_that_is_published() -> None:
    for subject in everybody():
        found, score = told(subject), scored(subject)
        names = ("subject", "id", "team_id", "as_of", "scorecard", "norms", "score", "level", "coverage", "status")
        assert {name: found[name] for name in names} == {name: score[name] for name in names}
        ends = (None, None) if found["interval"] is None else (found["interval"]["low"], found["interval"]["high"])
        assert ends == (score["low"], score["high"])
        for name, pillar in found["pillars"].items():
            assert (pillar["u"], pillar["weight"]) == tuple(score["pillars"][name].values())
            if name != "improvement":
                for metric, part in pillar["metrics"].items():
                    shown = (part["known"]["shown"], part["utility"], name)
                    assert shown == tuple(score["metrics"][metric][key] for key in ("shrunk", "utility", "pillar"))


def test_with_too_little_evidence_there_is_no_score_no_interval_and_no_advice() -> None:
    found = told("rep:nobody-knows")
    assert (found["status"], found["coverage"]) == ("insufficient_evidence", 0.0)
    assert [found[name] for name in ("score", "interval", "advice")] == [None, None, None]
    assert all(part["n"] == 0 or part["known"]["kind"] == "sum" for part in _parts(found))


def test_the_window_says_its_days_and_on_how_many_of_them_somebody_was_there() -> None:
    line = simulated_line()
    day = newest_day(line)
    scorer = line.scorer(SCORECARD, day)
    for subject in ("rep:r-1", "team:t-1", "company:company"):
        window = told(subject)["window"]
        assert window["days"] == scorer.horizons.score
        assert window["present"] == scorer.days_present(
            subject, (line.panes(subject) or {}).get(0, {}).get("unrecorded", 0)
        )
        sums = [part for part in _parts(told(subject)) if part["known"] and part["known"]["kind"] == "sum"]
        assert {part["n"] for part in sums} == {window["present"]}


def test_what_nobody_collects_is_named_and_has_no_part() -> None:
    found = told("rep:r-1", without="feedback")
    assert found["not_collected"] == ["csat", "nps"]
    assert not {"csat", "nps"} & {name for pillar in found["pillars"].values() for name in pillar["metrics"]}
    assert_adds_up(found)


def test_a_metric_says_its_target_and_the_unit_in_which_it_is_scored() -> None:
    line = simulated_line()
    day = newest_day(line)
    target = Target(
        type="target",
        id="t",
        subject="rep",
        subject_id="new",
        metric="average_deal_size",
        period_start=date(2025, 1, 1),
        period_end=date(2026, 12, 31),
        value=Decimal(1000),
    )
    reference = _reference(line, target)
    scorer = Scorer(reference, SCORECARD, day, line.norms(SCORECARD, day))
    part = standing_told(scorer, "rep:new", {}, KNOWN_AT)["pillars"]["results"]["metrics"]["average_deal_size"]
    assert part["scored_in"] == "ln USD"
    assert part["known"]["target"] == part["goalposts"]["target"] == pytest.approx(6.907755278982137)
    assert part["value"] is None
    assert part["level"] == part["shrunk"] == part["known"]["peers_level"]


def test_a_rep_is_judged_by_the_others_and_a_group_by_all_even_of_the_same_name() -> None:
    line = simulated_line()
    scorer = line.scorer(SCORECARD, newest_day(line))
    for subject, own in (("rep:r-1", True), ("team:r-1", False)):
        told_ = standing_told(scorer, subject, line.panes("rep:r-1"), KNOWN_AT)
        assert all((part["known"]["own_base"] > 0) is own for part in _parts(told_) if part["known"]["peers"])
        assert_adds_up(json.loads(to_json(told_)))


def test_advice_is_that_of_the_score_with_the_spreads_of_the_norms() -> None:
    line = simulated_line()
    scorer = line.scorer(SCORECARD, newest_day(line))
    standing = scorer.standing("rep:r-1", scorer.seen("rep:r-1", line.panes("rep:r-1")))
    steps = {name: norm.tau_star for name, norm in scorer.norms.metrics.items()}
    expected = advice(standing.breakdown, standing.posts, steps)
    found = told("rep:r-1")["advice"]
    for of in ("levers", "strengths", "weak_spots"):
        assert [(each["metric"], each["per_step"]) for each in found[of]] == [
            (lever.metric, lever.per_step) for lever in getattr(expected, of)
        ]
    assert found["levers"]
    known = {
        name: part["known"]
        for pillar in told("rep:r-1")["pillars"].values()
        for name, part in pillar["metrics"].items()
    }
    for lever in found["levers"]:
        of = known[lever["metric"]]
        assert abs(lever["step"]) == max(of["spread"], of["smallest_spread"])
    assert any(each["spread"] < each["smallest_spread"] for each in known.values())


def test_periods_of_days_that_are_no_longer_kept_say_so() -> None:
    line = simulated_line()
    day = newest_day(line)
    scorer = line.scorer(SCORECARD, day)
    found = standing_told(scorer, "rep:r-1", line.panes("rep:r-1"), KNOWN_AT, first_day=day - 120)["periods"]
    Standing.model_validate_json(to_json(standing_told(scorer, "rep:r-1", {}, KNOWN_AT, first_day=day - 120)))
    assert found["month_to_date"]["reason"] is None
    assert found["year_to_date"]["metrics"]["calls"] is None
    assert (
        found["year_to_date"]["reason"] == f"days before {date.fromordinal(day - 120).isoformat()} are no longer kept"
    )
    assert found["year_to_date"]["metrics"]["cohort_win_rate"] is not None  # it stands on the last day
    assert found["quarter_to_date"]["name"] == "2025Q4"
    assert found["quarter_to_date"]["previous"]["name"] is None


def _parts(found: dict[str, Any]) -> list[dict[str, Any]]:
    return [part for pillar in found["pillars"].values() for part in pillar["metrics"].values()]


def _reference(line: Any, *records: Any) -> Any:
    reference = Reference(line.reference.organisation)
    for record in (*records, Rep(type="rep", id="new", team_id="t")):
        reference.put(record.type, record.id, Versioned(0, 0, record.id, record))
    return reference


def test_a_score_that_disagrees_with_its_status_is_refused() -> None:
    found = told("rep:r-1")
    for change in ({"score": None}, {"interval": None}, {"advice": None}, {"status": "insufficient_evidence"}):
        with pytest.raises(ValueError, match="expected all of them when scored"):
            Standing.model_validate_json(json.dumps(found | change))


def test_the_answer_follows_the_scorer_and_no_state_of_its_own() -> None:
    line = simulated_line()
    scorer = line.scorer(SCORECARD, newest_day(line))
    once = standing_told(scorer, "rep:r-1", line.panes("rep:r-1"), KNOWN_AT)
    assert once == standing_told(replace(scorer), "rep:r-1", line.panes("rep:r-1"), KNOWN_AT)


class Improving(Scorer):
    """A scorer whose standings have an improvement pillar: a metric that gets better, one that gets worse, one not known."""

    __slots__ = ()

    def standing(self, subject: str, seen: Any) -> Any:
        found = Scorer.standing(self, subject, seen)
        tau = {name: norm.tau_star for name, norm in self.norms.metrics.items()}
        b = {name: spread / 26 for name, spread in tau.items()}
        slopes = [
            improvement_part("csat", 0.5, Slope(b["csat"], b["csat"] ** 2, 26), b["csat"] ** 2, tau["csat"]),
            improvement_part(
                "cycle_days",
                0.3,
                Slope(b["cycle_days"], b["cycle_days"] ** 2, 20),
                b["cycle_days"] ** 2,
                tau["cycle_days"],
                -1,
            ),
            improvement_part("calls", 0.2, None, b["calls"] ** 2, tau["calls"]),
        ]
        parts = {pillar.name: pillar.metrics for pillar in found.breakdown.pillars} | {"improvement": slopes}
        breakdown = replace(aggregate(self.scorecard.pillars, parts), coverage=found.breakdown.coverage)
        rho = {(a, b): r for a, others in correlations_told(self.norms, set(tau)).items() for b, r in others.items()}
        return replace(found, breakdown=breakdown, interval=score_interval(breakdown, rho))


def test_an_improvement_pillar_appears_and_the_score_still_adds_up() -> None:
    line = simulated_line()
    plain = line.scorer(SCORECARD, newest_day(line))
    scorer = Improving(plain.reference, plain.scorecard, plain.as_of, plain.norms)
    answer = to_json(standing_told(scorer, "rep:r-1", line.panes("rep:r-1"), KNOWN_AT))
    Standing.model_validate_json(answer)
    found = json.loads(answer)
    assert_adds_up(found)
    slopes = found["pillars"]["improvement"]["metrics"]
    assert list(slopes) == ["csat", "cycle_days", "calls"]
    assert slopes["csat"]["utility"] > 0.5 > slopes["cycle_days"]["utility"]
    assert (slopes["calls"]["n"], slopes["calls"]["value"], slopes["calls"]["utility"]) == (0, None, 0.5)
    assert {part["known"] for part in slopes.values()} == {None}
    assert slopes["calls"]["scored_in"] == "count a day present a week"
    levers = {lever["metric"]: lever["improving"] for lever in found["advice"]["levers"]}
    assert levers["csat"] == slopes["csat"]["utility"]
    assert levers["meetings"] is None
