"""What everybody could expect is told as the market's, what a subject did beside that as its own."""

from __future__ import annotations

import math
from datetime import date, timedelta
from typing import Any

import pytest

from scoring.aggregate import IMPROVEMENT
from scoring.expected_change import Expected, expectations, expected_change
from scoring.explanation import Asked, explanation
from scoring.line import Line
from tests.unit.scoring.answering_company import Answering
from tests.unit.scoring.explained import CARD, NOW, assert_closes, levels, line_of, message, told
from tests.unit.scoring.steady_company import AS_OF, FIRST, company, deal, record, rep_record, weeks_of

BEFORE = AS_OF - timedelta(days=35)
"""Earlier than anything happens that the later window sees."""


def line(made: list[dict[str, Any]]) -> Line:
    return line_of(map(message, made), "UTC")


def index(day: date, value: float, **fields: Any) -> dict[str, Any]:
    return record("market", f"m-{day.isoformat()}-{value}", date=day.isoformat(), index=value, **fields)


def only(made: dict[str, Any], **names: Any) -> dict[str, Any]:
    """The part of these names, none of the slopes'."""
    level = [part for part in made["parts"] if part.get("pillar") != IMPROVEMENT]
    [found] = [part for part in levels(level) if all(part.get(key) == of for key, of in names.items())]
    return found


def points(made: dict[str, Any], **names: Any) -> float:
    return float(only(made, **names)["points"])


def selling(*more: dict[str, Any]) -> list[dict[str, Any]]:
    """The steady company, which sells as much as the scorecard takes for usual: each rep one large deal a week more."""
    mondays = [FIRST + timedelta(days=day) for day in range(0, (AS_OF - FIRST).days, 7)]
    sold = [
        deal(f"d-gold-{place}-{day}", f"r-{place}", day, product="Gold", amount="5000", cost="2000")
        for place in range(4)
        for day in mondays
    ]
    return [*company(), *sold, *more]


def test_a_market_that_falls_while_a_rep_sells_as_before_is_made_up_for_by_the_rep() -> None:
    of = line(selling(index(BEFORE + timedelta(days=1), 70.0)))
    for subject in ("rep:r-0", "team:t-a", "company:company"):
        found = told((of, BEFORE), (of, AS_OF), subject)
        assert_closes(found)
        assert points(found, cause="market") < -0.5
        assert points(found, metric="net_revenue") > 0.3
        assert points(found, cause="market") + points(found, pillar="results") == pytest.approx(0.0, abs=0.3)
        assert points(found, cause="people") == pytest.approx(0.0, abs=1e-9)


def test_the_market_of_a_territory_is_that_of_its_reps_alone() -> None:
    reps = [rep_record("r-0", territory="north"), rep_record("r-1", territory="south")]
    of = line([*company(*reps), index(BEFORE + timedelta(days=1), 50.0, segment="north")])
    north, south = (told((of, BEFORE), (of, AS_OF), f"rep:r-{place}") for place in (0, 1))
    assert points(north, cause="market") < -1
    assert abs(points(south, cause="market")) < abs(points(north, cause="market")) / 4


def test_what_happens_to_all_is_hardly_anybodys_own_and_an_alert_says_the_same() -> None:
    slides = Answering(2, 58, lambda _, week: 0.75 if week < 48 else 0.45)
    since, day = slides.sunday(47), slides.sunday(57)
    asked = [Asked(slides.line, slides.line.scorer(slides.card, on), NOW) for on in (since, day)]
    for subject in ("rep:r-1", "rep:r-7", "team:t-b"):
        found = explanation(asked[0], asked[1], subject)
        assert_closes(found)
        assert points(found, cause="market") < -4
        assert abs(points(found, pillar="customer")) < abs(points(found, cause="market")) / 2
        told_by_alert = slides.change(subject, since, day).parts
        for part, same in zip(found["parts"], told_by_alert, strict=True):
            assert {**part, "parts": []} == {**same, "parts": [], "points": pytest.approx(same["points"], abs=1e-9)}


def test_segments_begin_where_the_market_puts_them() -> None:
    of = line(selling(index(BEFORE + timedelta(days=1), 70.0)))
    found = told((of, BEFORE), (of, AS_OF), "rep:r-0")
    assert_closes(found)
    [volume] = only(found, metric="net_revenue")["parts"]
    told_by = {part["segment"]: part["points"] for part in volume["parts"] if "segment" in part}
    assert told_by["Gold"] / told_by["Basic"] == pytest.approx(
        5000 / 200
    )  # as large a part of the market as of what was sold
    assert math.fsum(told_by.values()) == pytest.approx(volume["points"])


def test_a_market_index_that_became_known_later_is_a_correction() -> None:
    made = company()
    then, now = line(made), line([*made, index(BEFORE, 50.0)])
    found = told((then, AS_OF), (now, AS_OF), "rep:r-1")
    assert_closes(found)
    for cause in ("people", "market"):
        assert points(found, cause=cause) == pytest.approx(0.0, abs=1e-9)
    assert abs(points(found, cause="corrections")) > 0.01
    change = found["to"]["score"] - found["from"]["score"]
    assert points(found, cause="corrections") + points(found, cause="scorecard") == pytest.approx(change, abs=1e-9)


def test_what_a_group_cannot_expect_of_its_new_members_is_told_under_people_and_a_reps_own_ramp_is_its_own() -> None:
    joined = AS_OF - timedelta(days=27)
    new = [rep_record(f"r-{n}", hired_on=joined.isoformat()) for n in (8, 9)]
    weeks = [of for n in (8, 9) for of in weeks_of(f"r-{n}", happy=True, first=joined)]
    of = line(company(*new, *weeks))
    ground, norms = of.ground(CARD, AS_OF.toordinal()), of.norms(CARD, AS_OF.toordinal())
    for subject, new_to_it in (("team:t-a", True), ("rep:r-0", False)):
        on = (BEFORE.toordinal(), AS_OF.toordinal())
        change = expected_change(*(expectations(ground, CARD, norms, subject, day) for day in on))
        assert (change["calls"].ramp < -0.5) == new_to_it
        assert change["csat"].ramp == 0.0
        assert_closes(told((of, BEFORE), (of, AS_OF), subject))
    # of six, two are asked for a quarter: half of a day's calls less of the four of each
    expected = expectations(ground, CARD, norms, "team:t-a", AS_OF.toordinal())["calls"]
    assert expected.ramp / expected.market == pytest.approx((4 + 2 * 0.25) / 6 - 1)
    of_new = expectations(ground, CARD, norms, "rep:r-8", AS_OF.toordinal())["calls"]
    assert of_new == Expected(of_new.market, 0.0)
