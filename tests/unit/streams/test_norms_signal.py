"""Whether a metric tells reps apart, by the norms in force."""

from __future__ import annotations

from dataclasses import replace
from importlib.resources import files

import pytest

from scoring.choices import Shrinkage
from scoring.norms import Norms
from scoring.scorecard import parse
from streams.norms_book import NormsBook, norms_rows
from tests.unit.scoring.simulated_company import newest_day, simulated_line

SCORECARD = parse(files("scoring").joinpath("scorecards/default.toml").read_text())


@pytest.fixture(scope="module")
def norms() -> Norms:
    line = simulated_line()
    return line.norms(SCORECARD, newest_day(line))


def test_a_metric_has_signal_if_its_share_is_what_the_scorecard_asks_for(norms: Norms) -> None:
    day = newest_day(simulated_line())
    shares = {name: norm.signal for name, norm in norms.metrics.items()}
    for least in (0.0, 0.2, 0.5, 1.0):
        card = replace(SCORECARD, choices=replace(SCORECARD.choices, shrinkage=Shrinkage(least_signal=least)))
        book = NormsBook(card)
        book.put(*norms_rows(norms)[0])
        for name, share in shares.items():
            assert book.has_signal(name, day) == (None if share is None else share >= least)
    found = {share is not None and share >= 0.2 for share in shares.values()}
    assert found == {True, False}


def test_nobody_knows_of_metrics_that_are_not_scored_nor_of_any_before_there_are_norms(norms: Norms) -> None:
    day = newest_day(simulated_line())
    book = NormsBook(SCORECARD)
    assert book.has_signal("calls", day) is None
    book.put(*norms_rows(norms)[0])
    assert book.has_signal("emails", day) is None
    assert book.has_signal("evaluation_warmth", day) is None
    assert book.has_signal("calls", day) is True
