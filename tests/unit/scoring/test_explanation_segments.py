"""Refunds and answers are told under the segment of the deal that they name."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.unit.scoring.explained import assert_closes, told
from tests.unit.scoring.steady_company import AS_OF, at, company, deal, record
from tests.unit.scoring.test_explanation_market import line, only

BEFORE = AS_OF - timedelta(days=35)
SOLD, LATELY = AS_OF - timedelta(days=40), AS_OF - timedelta(days=3)


def refund(number: int, deal_id: str | None, amount: str = "20") -> dict[str, Any]:
    named = {} if deal_id is None else {"deal_id": deal_id}
    fields = {"rep_id": "r-0", "occurred_at": at(LATELY), "amount": amount, "currency": "USD"}
    return record("refund", f"x-{number}", **fields, **named)


def answer(number: int, deal_id: str) -> dict[str, Any]:
    fields = {"rep_id": "r-0", "occurred_at": at(LATELY), "scale": "csat_5", "value": 1, "deal_id": deal_id}
    return record("feedback", f"y-{number}", **fields)


def gold(*more: dict[str, Any]) -> list[dict[str, Any]]:
    """The company of Basic deals, with two of Gold in each window, and one Silver that is older than the later one."""
    days = {"d-gold-0": SOLD, "d-gold-1": SOLD, "d-gold-2": LATELY, "d-gold-3": LATELY}
    sold = [deal(name, "r-0", day, product="Gold") for name, day in days.items()]
    return company(*sold, deal("d-silver", "r-0", SOLD, product=None, source="Silver"), *more)


def segments(part: dict[str, Any]) -> dict[str | None, float]:
    return {below.get("segment"): below["points"] for below in part.get("parts", ()) if below["cause"] == part["cause"]}


def named(part: dict[str, Any]) -> set[str]:
    own = {record["id"] for record in part.get("records", ())}
    return own.union(*(named(below) for below in part.get("parts", ())))


def test_a_refund_and_an_answer_are_told_under_their_deals_product() -> None:
    of = line(gold(refund(1, "d-gold-0"), answer(1, "d-gold-0"), answer(2, "d-gold-1")))
    found = told((of, BEFORE), (of, AS_OF), "rep:r-0")
    assert_closes(found)
    rate, mix = (
        {p["cause"]: p for p in only(found, metric="return_rate")["parts"]}[cause] for cause in ("rate", "mix")
    )
    assert segments(rate)["Gold"] < 0 == segments(rate)["Basic"]
    assert "x-1" in named(rate)
    assert set(segments(mix)) == {"Gold", "Basic", "Silver"}
    [unhappy] = [p for p in only(found, metric="csat")["parts"] if p["cause"] == "mix"]
    gold_answers = next(p for p in unhappy["parts"] if p.get("segment") == "Gold")
    assert named(gold_answers) == {"y-1", "y-2"}
    assert gold_answers["points"] < 0


def test_the_segment_of_a_refund_is_that_of_the_deal_it_names() -> None:
    of = [line(gold(*refunds)) for refunds in ([], [refund(1, "d-gold-0", "150")], [refund(1, None, "150")])]
    held = [{held.id: held.segment for held in each.held()} for each in of]
    assert [each.get("x-1") for each in held] == [None, "Gold", None]
    assert held[0]["d-silver"] == "Silver"


@pytest.mark.parametrize("deal_id", [None, "d-nowhere", "d-silver"])
def test_a_refund_beside_which_nothing_of_its_segment_was_sold_leaves_the_return_rate_whole(
    deal_id: str | None,
) -> None:
    of = line(gold(refund(1, deal_id), refund(2, "d-gold-0")))
    found = told((of, BEFORE), (of, AS_OF), "rep:r-0")
    assert_closes(found)
    parts = {part["cause"]: part for part in only(found, metric="return_rate")["parts"]}
    assert named(parts["rate"]) >= {"x-1", "x-2"}
    assert not any("segment" in below for part in parts.values() for below in part.get("parts", ()))


def test_a_deal_that_turns_out_to_be_of_another_product_takes_its_refund_along() -> None:
    made = gold(refund(1, "d-gold-3"), deal("d-more", "r-0", LATELY, product="Gold"))
    corrected = [of | {"product": "Basic"} if of["id"] == "d-gold-3" else of for of in made]
    found = told((line(made), AS_OF), (line(corrected), AS_OF), "rep:r-0", corrections=False)
    assert_closes(found)
    then, now = line(made), line(made)
    for of in (now, then):
        assert of.held_as("refund", "x-1").segment == "Gold"
    assert line(corrected).held_as("refund", "x-1").segment == "Basic"


def test_a_refund_that_no_longer_names_its_deal_or_whose_deal_is_gone_has_no_segment() -> None:
    for later in (
        refund(1, None) | {"version": 1},
        {"type": "deal", "id": "d-gold-0", "updated_at": "2026-01-01T00:00:00Z", "deleted": True},
    ):
        assert line(gold(refund(1, "d-gold-0"), later)).held_as("refund", "x-1").segment is None
