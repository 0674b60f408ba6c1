"""Which norms hold on a date, of those that were published."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from scoring.evidence import of_rate
from scoring.norms import Norms, to_plain
from scoring.quarter import quarter_norms
from scoring.weekly import WeekRow
from streams.codec import pack
from streams.norms_book import NormsBook, norms_rows
from tests.unit.streams.desks import scorecard

IN_Q1 = date(2026, 2, 10).toordinal()
IN_Q2 = date(2026, 4, 1).toordinal()


def norms_of(happy: float, as_of: int = IN_Q1) -> Norms:
    """Norms from one week of so many satisfied customers of ten."""
    week = date(2025, 12, 1).toordinal()
    rows = {f"r-{number}": {week: WeekRow({"csat": of_rate(10, happy)}, {})} for number in range(8)}
    return quarter_norms(as_of, scorecard(), rows, {}, scorecard().calendar)


def test_until_norms_are_published_the_scorecards_own_hold() -> None:
    book = NormsBook(scorecard())
    stated = book.in_force(IN_Q1)
    assert (stated.quarter, stated.first_week) == ("2026Q1", 0)
    assert stated == quarter_norms(IN_Q1, scorecard(), {}, {}, scorecard().calendar)
    assert book.in_force(IN_Q2).quarter == "2026Q2"


def test_published_norms_hold_in_their_quarter_to_the_last_digit() -> None:
    book, published = NormsBook(scorecard()), norms_of(7)
    ((key, row),) = norms_rows(published)
    assert key.decode() == published.label
    assert book.put(key, row)
    for day in (date(2026, 1, 1), date(2026, 3, 31)):
        assert book.in_force(day.toordinal()) == published
        assert book.in_force(day.toordinal()).label == published.label
    assert book.in_force(IN_Q2).first_week == 0


def test_those_published_last_hold_and_other_quarters_keep_theirs() -> None:
    book = NormsBook(scorecard())
    for norms in (norms_of(7), norms_of(5, IN_Q2), norms_of(6)):
        assert book.put(*norms_rows(norms)[0])
    assert book.in_force(IN_Q1) == norms_of(6)
    assert book.in_force(IN_Q2) == norms_of(5, IN_Q2)


def test_a_tombstone_takes_nothing_back() -> None:
    book, published = NormsBook(scorecard()), norms_of(7)
    ((key, row),) = norms_rows(published)
    book.put(key, row)
    assert not book.put(key, None)
    assert book.in_force(IN_Q1) == published


@pytest.mark.parametrize("row", [pack([]), pack({"quarter": 1}), pack(to_plain(norms_of(7))[:-1])])
def test_rows_of_another_version_are_passed_over(row: bytes, caplog: pytest.LogCaptureFixture) -> None:
    book = NormsBook(scorecard())
    assert not book.put(b"2026Q1@0", row)
    assert book.in_force(IN_Q1).first_week == 0
    assert "2026Q1@0" in caplog.text


def test_norms_that_lack_a_scored_metric_are_passed_over() -> None:
    book, published = NormsBook(scorecard()), norms_of(7)
    names = sorted(published.metrics)[1:]
    rho = tuple(row[1:] for row in published.rho[1:])
    fewer = replace(published, metrics={name: published.metrics[name] for name in names}, rho=rho)
    assert not book.put(*norms_rows(fewer)[0])
    assert book.in_force(IN_Q1).first_week == 0


def test_norms_of_a_thousand_peers_and_more_come_in_messages_that_a_broker_takes() -> None:
    rows = {
        f"rep-of-a-large-company-{number}": {IN_Q1 - 71: WeekRow({"csat": of_rate(10, 7)}, {})}
        for number in range(1_500)
    }
    norms = quarter_norms(IN_Q1, scorecard(), rows, {}, scorecard().calendar)
    messages = norms_rows(norms)
    assert max(len(row or b"") for _, row in messages) < 500_000
    book = NormsBook(scorecard())
    *others, last = messages
    assert not any(book.put(key, row) for key, row in others)
    assert book.in_force(IN_Q1).first_week == 0  # half of the norms are none
    assert book.put(*last)
    assert book.in_force(IN_Q1) == norms
