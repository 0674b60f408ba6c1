from __future__ import annotations

from importlib.resources import files

import pytest

from scoring.daily import daily_scores
from scoring.norms import Norms
from scoring.score import Scorer
from scoring.scorecard import Scorecard, parse
from tests.unit.scoring.simulated_company import newest_day, simulated_line
from tests.unit.scoring.test_line_equals_oracle import CHOSEN, EVERYTHING

DEFAULT = parse(files("scoring").joinpath("scorecards/default.toml").read_text())


@pytest.mark.parametrize("card", [DEFAULT, CHOSEN, EVERYTHING], ids=["default", "chosen", "everything"])
def test_scores_of_many_days_are_those_of_each_to_the_last_digit(card: Scorecard) -> None:
    line = simulated_line(reps=9, days=80)
    last = newest_day(line)
    first, known = last - 12, {day: line.norms(card, day) for day in range(last - 12, last + 1)}

    def norms_on(day: int) -> Norms:
        return known[day]

    reps = sorted(subject.removeprefix("rep:") for subject in line.panes_of_members if subject.startswith("rep:"))
    days = 0
    for block in daily_scores(line.panes_of_members, [*reps, "nobody"], line.reference, card, norms_on, first, last, 5):
        for row, rep in enumerate(block.reps):
            for at in range(block.score.shape[1]):
                day, scored = block.first + at, bool(block.scored[row, at])
                one = Scorer(line.reference, card, day, known[day]).score("rep:" + rep, line.panes("rep:" + rep), "")
                shown = [block.score[row, at], block.low[row, at], block.high[row, at]] if scored else [None] * 3
                assert [one["score"], one["low"], one["high"]] == shown, (rep, day)
                assert (one["level"], one["coverage"]) == (block.level[row, at], block.coverage[row, at])
                assert (one["status"] == "scored") == scored
                for pillar, values in block.pillars.items():
                    assert one["pillars"][pillar]["value"] == values[row, at]
                for metric, found in one["metrics"].items():
                    if found["utility"] is not None:
                        assert found["shrunk"] == block.shrunk[metric][row, at], (rep, day, metric)
                        assert found["utility"] == block.utility[metric][row, at], (rep, day, metric)
                days += 1
    assert days == 13 * (len(reps) + 1)
