"""Daily scores of groups are those of each group on each day, one by one."""

from __future__ import annotations

import pytest

from scoring.daily import daily_scores
from scoring.improvement import Improvement
from scoring.line import subjects
from scoring.scorecard import Scorecard
from tests.traffic import rough_messages
from tests.unit.scoring.each_day import assert_one, rough_line
from tests.unit.scoring.test_line_equals_oracle import CHOSEN, EVERYTHING


@pytest.mark.parametrize(("seed", "card"), [(3, CHOSEN), (8, EVERYTHING)], ids=["chosen", "everything"])
def test_groups_of_many_days_are_those_of_each_to_the_last_digit(seed: int, card: Scorecard) -> None:
    line = rough_line(rough_messages(2_500, seed, days=45, reps=7))  # moves, splits, reps without a record
    last = line.newest_day(740_000) or 0
    days = range(last - 3, last + 2)
    known = {day: line.scorer(card, day) for day in days}
    line.panes("company:company")
    everybody = list(subjects(line.reference, line.reps, line.groups))
    groups = [subject for subject in everybody if not subject.startswith("rep:")]
    assert {subject.partition(":")[0] for subject in groups} == {"team", "territory", "company"}
    compared = 0
    blocks = daily_scores(
        line.columns(card),
        groups,
        line.reference,
        card,
        lambda day: known[day].norms,
        days[0],
        days[-1],
        4,
        lambda day: Improvement(line.ground(card, day), card, known[day].norms, day),
    )
    for block in blocks:
        for row, subject in enumerate(block.subjects):
            for at in range(block.score.shape[1]):
                assert_one(known[block.first + at], line, block, row, subject, at)
                compared += 1
    assert compared == len(days) * len(groups)
