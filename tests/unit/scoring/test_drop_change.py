"""What became of a score between two days: parts that add up, whose part it was, and that a real fall is told once."""

from __future__ import annotations

import math
from functools import cache

import pytest

from scoring.drops import Drop, Recovery
from scoring.expected_change import Expected, expectations, expected_change
from scoring.improvement import Improvement
from scoring.score import Scorer
from tests.unit.scoring.answering_company import REPS, Answering

SLIDER = "rep:r-3"


@cache
def one_slides() -> Answering:
    """In weeks 40 to 54 the customers of one are unhappy."""
    return Answering(1, 72, lambda name, week: 0.3 if name == "r-3" and 40 <= week < 55 else 0.75)


@cache
def all_slide() -> Answering:
    return Answering(2, 58, lambda _, week: 0.75 if week < 48 else 0.45)


def test_parts_add_up_to_the_difference_of_the_two_scores() -> None:
    company = one_slides()
    for subject in (SLIDER, "rep:r-1", "team:t-a", "company:company"):
        found = company.change(subject, company.sunday(38), company.sunday(52))
        told = found.told
        assert told.before is not None
        assert told.after is not None
        assert math.fsum(part["points"] for part in found.parts) == pytest.approx(told.after - told.before, abs=1e-9)


def test_the_scores_are_those_that_are_published() -> None:
    company = one_slides()
    day = company.sunday(52)
    found = company.change(SLIDER, day - 70, day).told
    for on, told in ((day - 70, found.before), (day, found.after)):
        published = {f"{score['subject']}:{score['id']}": score for score in company.line.scores(company.card, on, "")}
        assert published[SLIDER]["score"] == told


def test_a_slide_is_told_once_with_what_went_wrong_and_so_is_its_end() -> None:
    company = one_slides()
    told = company.told(36, ["rep:" + name for name in REPS])
    assert {subject for subject, of in told.items() if of} == {SLIDER}
    drop, recovery = told[SLIDER]
    assert isinstance(drop, Drop)
    assert (drop.metric, drop.cause, drop.severity) == ("csat", "customer/csat", "alarm")
    assert company.sunday(41) <= drop.day <= company.sunday(50)
    assert drop.before is not None
    assert drop.after is not None
    assert drop.before - drop.after > 5
    assert isinstance(recovery, Recovery)
    assert recovery.day > company.sunday(55)


@pytest.mark.parametrize("seed", [3, 4, 5])
def test_where_nobody_slides_nothing_is_told(seed: int) -> None:
    company = Answering(seed, 40)
    told = company.told(24, [*("rep:" + name for name in REPS), "team:t-a", "team:t-b", "company:company"])
    assert all(of == () for of in told.values())


def more(company: Answering, subject: str, since: int, day: int) -> dict[str, Expected]:
    ground, norms = company.line.ground(company.card, day), company.norms(day)
    return expected_change(*(expectations(ground, company.card, norms, subject, on) for on in (since, day)))


def test_what_happens_to_all_is_the_markets_part_of_each() -> None:
    company = all_slide()
    since, day = company.sunday(47), company.sunday(57)
    moved = more(company, "rep:r-1", since, day)
    assert moved["csat"].market == pytest.approx(
        -0.3 * 10 / 13, abs=0.12
    )  # 10 of the window's 13 weeks, towards the norm
    found = company.change("rep:r-1", since, day)
    parts = {part["cause"]: part["points"] for part in found.parts if part["cause"] != "pillar"}
    customer = next(part["points"] for part in found.parts if part.get("pillar") == "customer")
    assert parts["market"] < -5
    assert abs(customer) < abs(parts["market"]) / 2
    fall = found.told.fall
    assert fall is not None
    assert fall < 5


def test_the_market_step_is_the_earlier_part_of_the_subject_beside_the_later_expectation() -> None:
    company = all_slide()
    since, day = company.sunday(47), company.sunday(57)
    ground, norms = company.line.ground(company.card, day), company.norms(day)
    moved = more(company, "rep:r-1", since, day)
    judged = Scorer(
        company.line.reference, company.card, since, norms, Improvement(ground, company.card, norms, since).of
    )
    seen = judged.seen("rep:r-1", company.line.panes("rep:r-1"))
    at_once = {}
    for metric, of in seen.items():
        value = of.evidence.value
        assert value is not None
        value += moved[metric].market
        value = min(1.0, max(0.0, value)) if metric == "csat" else value
        evidence = of.evidence._replace(total=value * of.evidence.base)
        at_once[metric] = type(of)(evidence, of.target, of.records)
    step = judged.standing("rep:r-1", at_once).breakdown.score - judged.standing("rep:r-1", seen).breakdown.score
    market = next(part["points"] for part in company.change("rep:r-1", since, day).parts if part["cause"] == "market")
    assert market == pytest.approx(step, abs=1e-9)


def test_without_a_score_on_both_days_there_is_nothing_to_tell() -> None:
    company = one_slides()
    found = company.change(SLIDER, company.sunday(0) - 400, company.sunday(52))
    assert found.parts == ()
    assert (found.told.before, found.told.fall) == (None, None)
