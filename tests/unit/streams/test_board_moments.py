"""Trends and movers from the live state are what `upscore scores --as-of` recomputes from the records."""

from __future__ import annotations

from datetime import date

import pytest

from scoring.line import Line
from streams.board.moments import Moments, days_of_trend
from streams.held_panes import Held, held_panes
from tests.unit.streams.board_company import Company, company

FIGURES = ("as_of", "score", "low", "high", "level")


def held(told: Company, subject: str) -> Held:
    lane = told.exchange.lanes[told.desk.homes.of_subject(subject)]
    return held_panes(lane.state, subject)


def recomputed(line: Line, told: Company, subject: str, day: int) -> dict[str, object]:
    """What `upscore scores --as-of` says."""
    score = line.scorer(told.desk.scorecard, day).score(subject, line.panes(subject), "2026-01-01T00:00:00Z")
    return {name: score[name] for name in FIGURES}


@pytest.mark.parametrize("subject", ["rep:r-1", "rep:r-3", "team:t-1", "company:company", "team:t-sales"])
def test_every_day_of_a_trend_is_the_score_that_a_recomputation_gives(subject: str) -> None:
    told = company()
    days = days_of_trend(told.today, 91)
    found = list(Moments(told.desk).lines(subject, held(told, subject), days))
    assert found == [recomputed(told.line, told, subject, day) for day in days]
    assert any(each["score"] is not None for each in found)


def test_days_that_need_panes_which_are_gone_are_left_out() -> None:
    told = company()
    of = held(told, "rep:r-1")._replace(first_day=told.today - 120)
    days = days_of_trend(told.today, 91)
    found = [date.fromisoformat(each["as_of"]).toordinal() for each in Moments(told.desk).lines("rep:r-1", of, days)]
    assert 0 < len(found) < len(days)
    assert found == [day for day in days if day >= found[0]]


def test_a_subject_without_records_has_days_without_a_score() -> None:
    told = company()
    found = list(Moments(told.desk).lines("rep:nobody", Held({}, 0), [told.today - 1]))
    assert [each["score"] for each in found] == [None]
