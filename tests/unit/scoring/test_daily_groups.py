"""Daily scores of groups are those of each group on each day, one by one."""

from __future__ import annotations

import pytest

from schemas.currencies import EXPONENTS
from schemas.records import InvalidRecord
from scoring.daily import Kind, daily_scores
from scoring.improvement import Improvement
from scoring.line import Line, subjects
from scoring.organisation import Organisation
from scoring.scorecard import Scorecard
from streams.intake import read
from tests.traffic import rough_messages
from tests.unit.scoring.test_line_equals_oracle import CHOSEN, EVERYTHING, ZONE

KINDS: tuple[Kind, ...] = ("team", "territory", "company")


def rough_line(seed: int) -> tuple[Line, int]:
    """A line of rough records (moves, splits, reps without a record), and its newest day."""
    line, last = Line(Organisation(ZONE, "USD", EXPONENTS)), 0
    for at, (topic, key, value) in enumerate(rough_messages(2_500, seed, days=45, reps=7)):
        try:
            deliveries = read(topic, key, value, 1_740_000_000_000 + at)
        except InvalidRecord:
            continue
        for each in deliveries:
            line.take(each.type, each.id, each.updated_at, each.version, each.record)
    last = line.newest_day(740_000) or 0
    return line, last


@pytest.mark.parametrize(("seed", "card"), [(3, CHOSEN), (8, EVERYTHING)], ids=["chosen", "everything"])
def test_groups_of_many_days_are_those_of_each_to_the_last_digit(seed: int, card: Scorecard) -> None:
    line, last = rough_line(seed)
    days = range(last - 3, last + 2)
    known = {day: line.scorer(card, day) for day in days}
    line.panes("company:company")
    everybody = list(subjects(line.reference, line.reps, line.groups))
    compared = 0
    for kind in KINDS:
        ids = [each.partition(":")[2] for each in everybody if each.startswith(kind + ":")]
        assert ids
        blocks = daily_scores(
            {each: line.panes(each) or {} for each in everybody},
            ids,
            line.reference,
            card,
            lambda day: known[day].norms,
            days[0],
            days[-1],
            4,
            lambda day: Improvement(line.ground(card, day), card, known[day].norms, day),
            kind,
        )
        for block in blocks:
            for row, subject_id in enumerate(block.reps):
                subject = f"{kind}:{subject_id}"
                for at in range(block.score.shape[1]):
                    one = known[block.first + at].score(subject, line.panes(subject), "")
                    shown = [block.score[row, at], block.low[row, at], block.high[row, at]]
                    scored = bool(block.scored[row, at])
                    assert [one["score"], one["low"], one["high"]] == (shown if scored else [None] * 3), (subject, at)
                    assert (one["level"], one["coverage"]) == (block.level[row, at], block.coverage[row, at])
                    for metric, found in one["metrics"].items():
                        if found["utility"] is not None:
                            assert found["shrunk"] == block.shrunk[metric][row, at], (subject, at, metric)
                            assert found["utility"] == block.utility[metric][row, at], (subject, at, metric)
                    compared += 1
    assert compared == len(days) * sum(not each.startswith("rep:") for each in everybody)
