"""Goalposts of many days at once are those that each day's scorer places."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta

import pytest

from schemas.records import Target
from scoring.daily_goals import Goals
from scoring.score import Scorer
from scoring.scorecard import Scorecard
from tests.unit.scoring.people import organised, rep
from tests.unit.scoring.simulated_company import newest_day, simulated_line
from tests.unit.scoring.test_line_equals_oracle import CHOSEN, EVERYTHING, SCORECARD

KNOWN = datetime(2026, 1, 1, tzinfo=UTC)
FIRST = date(2026, 1, 30)
DAYS = 60
SUBJECTS = ["rep:ann", "team:north", "rep:bob", "company:company"]


def _target(number: int, subject: str, metric: str, start: int, days: int, value: float) -> Target:
    begin = FIRST + timedelta(start)
    kind, _, subject_id = subject.partition(":")
    return Target(
        type="target",
        id=f"target-{number}",
        updated_at=KNOWN,
        subject=kind,
        subject_id=subject_id,
        metric=metric,
        period_start=begin,
        period_end=begin + timedelta(days - 1),
        value=value,
    )


@pytest.mark.parametrize("card", [SCORECARD, CHOSEN, EVERYTHING], ids=["default", "chosen", "everything"])
def test_each_day_has_the_goalposts_of_its_own_target(card: Scorecard) -> None:
    line = simulated_line(reps=6, days=120)
    norms = line.norms(card, newest_day(line))
    metrics = [scored.metric for scored in card.metrics]
    targets = []
    for metric in metrics:  # out of reach, easily met, of a month inside of a quarter, of nothing, and of a day off
        for place, value in enumerate((0.0, 0.4, 1e-3, 1e7, 40.0)):
            subject = SUBJECTS[place % 3]
            targets.append(_target(len(targets), subject, metric, 10 * place - 5, (40, 8, 1)[place % 3], value))
    reference = organised(rep("ann", "north"), rep("bob", "north"), *targets)
    first, last = FIRST.toordinal(), FIRST.toordinal() + DAYS - 1
    goals = {of.metric: Goals(SUBJECTS, reference, of, card.people.holidays, first, last) for of in card.metrics}
    compared = 0
    for begin, end in ((first, first + 20), (first + 21, last)):
        posts = {metric: of.posts(norms.metrics[metric], begin, end) for metric, of in goals.items()}
        for day in range(begin, end + 1):
            scorer = Scorer(reference, card, day, norms)
            for row, subject in enumerate(SUBJECTS):
                for metric, seen in scorer.seen(subject, None).items():
                    expected = norms.metrics[metric].goalposts(seen.target)
                    worst, target, best, cap = (
                        post if isinstance(post, float) else post[row, day - begin] for post in posts[metric]
                    )
                    assert (worst, target, best) == (expected.worst, expected.target, expected.best), (metric, day)
                    assert cap == (math.inf if expected.cap is None else expected.cap)
                    compared += seen.target is not None
    assert compared > 100
