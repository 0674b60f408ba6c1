"""Which norms hold on a date, and what they say of a metric."""

from __future__ import annotations

from dataclasses import replace
from importlib.resources import files

import pytest

from scoring.choices import Shrinkage
from scoring.norms import Norms
from scoring.scorecard import parse
from streams.codec import pack
from streams.norms_book import NormsBook, norms_row
from tests.unit.scoring.simulated_company import newest_day, simulated_line

SCORECARD = parse(files("scoring").joinpath("scorecards/default.toml").read_text())


@pytest.fixture(scope="module")
def norms() -> Norms:
    line = simulated_line()
    return line.norms(SCORECARD, newest_day(line))


def test_norms_on_the_topic_hold_in_their_quarter_to_the_last_digit(norms: Norms) -> None:
    book = NormsBook(SCORECARD)
    day = newest_day(simulated_line())
    assert not book.in_force(day).first_week
    assert book.put(*norms_row(norms))
    assert (book.in_force(day), book.in_force(day).label) == (norms, norms.label)
    assert not book.in_force(day + 100).first_week


def test_norms_of_another_version_are_passed_over(norms: Norms, caplog: pytest.LogCaptureFixture) -> None:
    book = NormsBook(SCORECARD)
    assert not book.put(b"2025Q4@0", pack([1, 2, 3]))
    assert "2025Q4@0" in caplog.text
    other = replace(norms, metrics={name: norm for name, norm in norms.metrics.items() if name != "csat"})
    assert not book.put(*norms_row(other))
    assert not book.put(b"2025Q4@0", None)


def test_a_metric_has_signal_if_its_share_is_what_the_scorecard_asks_for(norms: Norms) -> None:
    day = newest_day(simulated_line())
    shares = {name: norm.signal for name, norm in norms.metrics.items()}
    for least in (0.0, 0.2, 0.5, 1.0):
        card = replace(SCORECARD, choices=replace(SCORECARD.choices, shrinkage=Shrinkage(least_signal=least)))
        book = NormsBook(card)
        book.put(*norms_row(norms))
        for name, share in shares.items():
            assert book.has_signal(name, day) == (None if share is None else share >= least)
    found = {share is not None and share >= 0.2 for share in shares.values()}
    assert found == {True, False}


def test_nobody_knows_of_metrics_that_are_not_scored_or_have_too_few_peers(norms: Norms) -> None:
    day = newest_day(simulated_line())
    book = NormsBook(SCORECARD)
    assert book.has_signal("calls", day) is None
    book.put(*norms_row(norms))
    assert book.has_signal("nps", day) is None
    assert book.has_signal("emails", day) is None
    assert book.has_signal("evaluation_warmth", day) is None
    assert book.has_signal("calls", day) is True
