"""Wording: what texts say, and that what must never be said is found."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring import wording
from scoring.wording import associated, insufficient, never_said, points, ranked, scored, worth_a_look


@pytest.mark.parametrize(
    "text",
    [
        "The score decides who stays.",
        "r-1's tier determines the bonus",
        "This flag proves it",
        "-4.2 points were caused by fewer meetings",
        "-4.2 points because of fewer meetings",
        "The drop is due to the market",
        "Fewer meetings led to a lower score",
        "More calls result in more deals",
        "r-1 should be dismissed",
        "an underperformer",
        "r-1 is under-performing",
        "r-1 cheated",
        "a sign of fraud",
        "gaming the score",
    ],
)
def test_what_must_never_be_said_is_found(text: str) -> None:
    assert never_said(text) != []


@pytest.mark.parametrize(
    "text",
    [
        wording.PEOPLE_DECIDE,
        wording.NO_MEASURABLE_DIFFERENCE,
        associated(-4.2, "fewer meetings"),
        insufficient(0.4, 0.6),
        scored(61.4, 55.0, 67.1, 0.93),
        ranked(1, 30, 30),
        ranked(3, 9, 30),
        worth_a_look("3 of 9 deals that r-1 won in 2026Q1 were won in its last 5 days"),
        "The score decides nothing.",
        "",
    ],
)
def test_what_we_say_is_fine(text: str) -> None:
    assert never_said(text) == []


@given(st.floats(-100, 100))
def test_points_carry_their_sign_and_nothing_has_none(value: float) -> None:
    text = points(value).removesuffix(" points")
    assert float(text) == pytest.approx(value, abs=0.0501)
    assert text[0] == ("+" if float(text) > 0 else "-" if float(text) < 0 else "0")


@given(st.floats(5, 100), st.floats(0, 20), st.floats(0, 1))
def test_a_score_is_never_without_its_interval_and_its_coverage(score: float, half: float, coverage: float) -> None:
    text = scored(score, score - half, score + half, coverage)
    assert f"{score - half:.1f} to {score + half:.1f}" in text
    assert f"{100 * coverage:.0f} %" in text


def test_a_change_is_associated_with_something_and_caused_by_nothing() -> None:
    assert associated(3.0, "the market") == "+3.0 points are associated with the market"
