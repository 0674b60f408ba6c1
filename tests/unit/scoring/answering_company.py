"""A company whose customers answer and whose reps call, week after week, with what a test wants to go wrong."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from schemas.currencies import EXPONENTS
from schemas.records import Activity, Feedback
from scoring.drop_change import ScoreChange, ScoreChanges
from scoring.drop_charts import DropCharts
from scoring.drops import Alert, alerts
from scoring.line import Line
from scoring.norms import Norms
from scoring.organisation import Organisation
from scoring.scorecard import Scorecard
from tests.unit.scoring.people import rep
from tests.unit.streams.desks import scorecard

FIRST = date(2025, 1, 6)
REPS = [f"r-{number}" for number in range(10)]
Share = Callable[[str, int], float]
"""The share of good answers of a rep in a week, counted from 0."""


def usual(_rep: str, _week: int) -> float:
    return 0.75


def card() -> Scorecard:
    """Answers and calls, each a pillar."""
    whole = scorecard()
    chosen = [scored for scored in whole.metrics if scored.metric in ("csat", "calls")]
    return replace(whole, metrics=tuple(replace(scored, weight=1.0, capped=False) for scored in chosen))


def told_by(seed: int, weeks: int, share: Share) -> Iterator[Any]:
    rng = random.Random(seed)
    for name in REPS:
        yield rep(name, "t-a" if int(name[2:]) < 5 else "t-b")
        for week in range(weeks):
            for nth in range(15):
                at = _at(7 * week + nth % 5)
                good = rng.random() < share(name, week)
                yield Feedback(
                    type="feedback",
                    id=f"f-{name}-{week}-{nth}",
                    updated_at=at,
                    rep_id=name,
                    scale="csat_5",
                    value=5 if good else 2,
                    occurred_at=at,
                )
            for nth in range(rng.randint(14, 26)):
                at = _at(7 * week + nth % 5)
                yield Activity(
                    type="activity",
                    id=f"a-{name}-{week}-{nth}",
                    updated_at=at,
                    rep_id=name,
                    kind="call",
                    occurred_at=at,
                )


def _at(day: int) -> datetime:
    return datetime(FIRST.year, FIRST.month, FIRST.day, 12, tzinfo=UTC) + timedelta(days=day)


class Answering:
    """The line of the company, and what is told of it."""

    def __init__(self, seed: int, weeks: int, share: Share = usual) -> None:
        self.card, self.weeks = card(), weeks
        self.line = Line(Organisation(UTC, "USD", EXPONENTS))
        for record in told_by(seed, weeks, share):
            self.line.take(record.type, record.id, 1, 0, record)
        self._norms: dict[int, Norms] = {}

    def norms(self, day: int) -> Norms:
        if day not in self._norms:
            self._norms[day] = self.line.norms(self.card, day)
        return self._norms[day]

    def sunday(self, week: int) -> int:
        return FIRST.toordinal() + 7 * week + 6

    def change(self, subject: str, since: int, day: int) -> ScoreChange:
        ground = self.line.ground(self.card, day)
        changes = ScoreChanges(self.line.reference, self.card, self.norms, ground)
        return changes.between(subject, self.line.panes(subject), since, day)

    def told(self, from_week: int, subjects: list[str]) -> dict[str, tuple[Alert, ...]]:
        """What is told of each subject on the Sundays from a week on."""
        sent: dict[str, tuple[Alert, ...]] = {}
        for day in map(self.sunday, range(from_week, self.weeks)):
            ground = self.line.ground(self.card, day)
            charts = DropCharts(ground, self.card, self.norms(day), day).of(subjects)
            for subject in subjects:
                before = sent.get(subject, ())
                found = alerts(
                    charts.get(subject, ()),
                    lambda since, on, of=subject: self.change(of, since, on).told,  # type: ignore[misc]
                    [day],
                    before,
                    chosen=self.card.drops,
                )
                sent[subject] = (*before, *found)
        return sent
