from __future__ import annotations

from importlib.resources import files

import pytest

from scoring.daily import DailyScores, daily_scores
from scoring.improvement import Improvement
from scoring.line import Line, subjects
from scoring.scorecard import Scorecard, parse
from scoring.weeks import DAYS
from tests.traffic import rough_messages
from tests.unit.scoring.each_day import assert_one, rough_line
from tests.unit.scoring.simulated_company import newest_day, simulated_line
from tests.unit.scoring.test_line_equals_oracle import CHOSEN, EVERYTHING

DEFAULT = parse(files("scoring").joinpath("scorecards/default.toml").read_text())
CARDS = pytest.mark.parametrize("card", [DEFAULT, CHOSEN, EVERYTHING], ids=["default", "chosen", "everything"])


def _assert_those_of_each(line: Line, card: Scorecard, first: int, last: int) -> list[DailyScores]:
    """Blocks of 5 subjects, everybody and somebody unknown, beside what a scorer of its own says on each day."""
    known = {day: line.scorer(card, day) for day in range(first, last + 1)}
    everybody = {*subjects(line.reference, line.reps, line.groups), "rep:nobody", "team:nobody"}
    given = sorted(everybody, key=lambda subject: subject[::-1])  # kinds mixed
    blocks = list(
        daily_scores(
            line.columns(card),
            given,
            line.reference,
            card,
            lambda day: known[day].norms,
            first,
            last,
            5,
            lambda day: Improvement(line.ground(card, day), card, known[day].norms, day),
        )
    )
    days = 0
    for block in blocks:
        for row, subject in enumerate(block.subjects):
            for at in range(block.score.shape[1]):
                assert_one(known[block.first + at], line, block, row, subject, at)
                days += 1
    assert days == (last - first + 1) * len(given)
    return blocks


@CARDS
def test_scores_of_many_days_are_those_of_each_to_the_last_digit(card: Scorecard) -> None:
    line = simulated_line(reps=9, days=80)
    _assert_those_of_each(line, card, newest_day(line) - 12, newest_day(line))


@pytest.mark.parametrize("card", [DEFAULT, CHOSEN], ids=["default", "chosen"])
def test_improvement_counts_in_each_score_as_its_weeks_tell(card: Scorecard) -> None:
    line = simulated_line(reps=6, days=30 * DAYS)
    last = newest_day(line)
    blocks = _assert_those_of_each(line, card, last - 8, last)  # a week ends inside
    moved = [block.pillars["improvement"] for block in blocks]
    assert any((of[:, 1:] != of[:, :-1]).any() for of in moved)
    assert any((block.score != block.level).any() for block in blocks)


@pytest.mark.parametrize("seed", [3, 8])
def test_rough_records_make_no_difference(seed: int) -> None:
    line = rough_line(rough_messages(4_000, seed, days=60, reps=6))
    last = newest_day(line)
    _assert_those_of_each(line, CHOSEN, last - 8, last + 1)
