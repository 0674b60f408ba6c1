"""Each cause is told under its own part: what was corrected, who was there, what was asked for, which segment and record."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from tests.unit.scoring.explained import CARD, assert_closes, levels, line_of, message, told
from tests.unit.scoring.steady_company import AS_OF, at, company, deal, record, rep_record, weeks_of


def line(made: list[dict[str, Any]]) -> Any:
    return line_of(map(message, made), "UTC")


def points(made: dict[str, Any]) -> dict[str, float]:
    """Of each part at the top, pillars together."""
    found: dict[str, float] = {}
    for part in made["parts"]:
        found[part["cause"]] = found.get(part["cause"], 0.0) + abs(part["points"])
    return found


def of_the_level(made: dict[str, Any]) -> list[dict[str, Any]]:
    """The parts at the top but that of the slopes."""
    return [part for part in made["parts"] if part.get("pillar") != "improvement"]


def test_a_correction_is_told_as_one_and_as_nothing_else() -> None:
    then, now = line(company()), line(company(deal("d-late", "r-1", date(2025, 11, 3), amount="5000")))
    for subject in ("rep:r-1", "team:t-a", "company:company"):
        found = told((then, AS_OF), (now, AS_OF), subject)
        assert_closes(found)
        assert points(found)["corrections"] == abs(found["to"]["score"] - found["from"]["score"]) > 0.01
        assert max(points(found)[part] for part in ("scorecard", "people", "market", "pillar")) < 1e-9
    assert told((now, AS_OF), (now, AS_OF), "rep:r-1")["from"] == found_score(now, "rep:r-1")


def found_score(of: Any, subject: str) -> Any:
    return told((of, AS_OF), (of, AS_OF), subject)["to"]


def test_a_correction_that_is_not_told_apart_is_told_by_its_record() -> None:
    then, now = line(company()), line(company(deal("d-late", "r-1", date(2025, 11, 3), amount="5000")))
    found = told((then, AS_OF), (now, AS_OF), "rep:r-1", corrections=False)
    assert_closes(found)
    assert points(found)["corrections"] == 0.0
    named = {named["id"] for part in levels(found["parts"]) for named in part.get("records", ())}
    assert named == {"d-late"}


def test_an_absence_that_became_known_later_is_told_under_people() -> None:
    absence = record("absence", "x", rep_id="r-1", start="2025-11-03", end="2025-11-12")
    then, now = line(company()), line(company(absence))
    for subject in ("rep:r-1", "team:t-a"):
        found = told((then, AS_OF), (now, AS_OF), subject)
        assert_closes(found)
        assert points(found)["people"] == abs(found["to"]["score"] - found["from"]["score"]) > 0.001
        assert max(points(found)[part] for part in ("scorecard", "corrections", "pillar")) < 1e-9


def test_an_absence_of_somebody_who_does_as_much_on_other_days_is_told_under_people() -> None:
    first = AS_OF - timedelta(days=13)
    made = [
        record_
        for record_ in company()
        if not (record_["type"] == "activity" and record_["rep_id"] == "r-1" and record_["occurred_at"] >= at(first, 0))
    ]
    absence = record("absence", "x", rep_id="r-1", start=first.isoformat(), end=AS_OF.isoformat())
    of = line([*made, absence])
    found = told((of, AS_OF - timedelta(days=28)), (of, AS_OF), "rep:r-1")
    assert_closes(found)
    assert points(found)["people"] > 0.001
    [calls] = [part for part in levels(of_the_level(found)) if part.get("metric") == "calls"]
    assert all(abs(part["points"]) < 1e-9 for part in levels([calls]))
    assert 0 < found["to"]["metrics"]["calls"]["utility"] < 1


@pytest.mark.parametrize("subject", ["team:t-a", "team:t-b"])
def test_a_team_that_changes_by_a_move_alone_is_told_so_under_people(subject: str) -> None:
    apart = 84  # weeks, so that both windows hold the same days of the same weeks
    as_of = AS_OF - timedelta(days=49)  # two quarters are over: no season is known; slopes reach back to the first week
    moves = as_of - timedelta(days=91)
    moved = rep_record("r-0", "t-b", history=[{"team_id": "t-a", "until": moves.isoformat()}])
    of = line([*company(moved=moved), rep_record("r-9", "t-b"), *weeks_of("r-9", happy=False)])
    found = told((of, as_of - timedelta(days=apart)), (of, as_of), subject)
    assert_closes(found)
    assert points(found)["people"] > 0.1
    assert points(found)["market"] + points(found)["pillar"] < 1e-9


def test_a_new_target_and_another_scorecard_are_told_under_scorecard() -> None:
    target = record(
        "target",
        "x",
        subject="rep",
        subject_id="r-1",
        metric="calls",
        period_start="2025-11-01",
        period_end="2025-11-30",
        value=300,
    )
    then, now = line(company()), line(company(target))
    found = told((then, AS_OF), (now, AS_OF), "rep:r-1")
    assert_closes(found)
    assert points(found)["scorecard"] == abs(found["to"]["score"] - found["from"]["score"]) > 0.01
    assert max(points(found)[part] for part in ("people", "corrections", "pillar")) < 1e-9
    other = replace(CARD, pillars={"results": 0.1, "customer": 0.6, "process": 0.2, "improvement": 0.1})
    found = told((now, AS_OF), (now, AS_OF), "rep:r-1", cards=(CARD, other))
    assert_closes(found)
    assert points(found)["scorecard"] == abs(found["to"]["score"] - found["from"]["score"]) > 0.01


def test_a_loss_is_told_by_product_or_where_there_is_none_by_source_down_to_the_records() -> None:
    lost = [
        deal(f"d-bad-{place}", "r-0", AS_OF - timedelta(days=10 + place), status="lost", product=product, source=source)
        for place, (product, source) in enumerate([("Gold", "web"), ("Gold", None), (None, "fair"), (None, None)])
    ]
    of = line(company(*lost))
    found = told((of, AS_OF - timedelta(days=28)), (of, AS_OF), "rep:r-0")
    assert_closes(found)
    [metric] = [part for part in levels(of_the_level(found)) if part.get("metric") == "cohort_win_rate"]
    told_in = {part["segment"] for part in levels([metric]) if "segment" in part and part["points"]}
    assert told_in == {"Gold", "fair", "Basic"}
    unnamed = next(part for part in metric["parts"] if part["cause"] == "mix")["parts"]
    assert any("segment" not in part for part in unnamed)
    named = {named["id"] for part in levels([metric]) for named in part.get("records", ()) if named["points"] < 0}
    assert named <= {f"d-bad-{place}" for place in range(4)} != set()


def test_a_subject_that_was_not_known_then_has_nothing_to_compare_with() -> None:
    then, now = line([]), line(company())
    found = told((then, AS_OF), (now, AS_OF), "rep:r-1")
    assert (found["from"], found["parts"]) == (None, [])
    assert_closes(found)
    with pytest.raises(ValueError, match="there is no rep r-1"):
        told((now, AS_OF), (then, AS_OF), "rep:r-1")


def test_too_little_evidence_is_not_explained() -> None:
    of, strict = line(company()), replace(CARD, coverage_gate=0.99)
    for cards in ((strict, CARD), (CARD, strict)):
        found = told((of, AS_OF - timedelta(days=28)), (of, AS_OF), "rep:r-1", cards=cards)
        assert None in (found["from"]["score"], found["to"]["score"])
        assert_closes(found)
