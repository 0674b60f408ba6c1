"""Drop history: what the detector would have told, as deciding every subject on every day tells it; and which drops two share."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from schemas.currencies import EXPONENTS
from scoring.drop_change import ScoreChanges
from scoring.drop_charts import DropCharts
from scoring.drop_history import Told, drop_history, pairs
from scoring.drops import Alert, Change, Drop, Recovery, alerts
from scoring.line import Line
from scoring.norms import Norms
from scoring.organisation import Organisation
from scoring.scorecard import Scorecard
from streams.intake import read
from streams.scorecard_file import load_scorecard
from tests.whole.told_company import Company, Turn

COMPANY = Company(
    seed=6,
    reps=16,
    days=180,
    start=date(2025, 3, 3),
    turns=[Turn(rep, date(2025, 7, 14), "worse") for rep in ("r-4", "r-8")]
    + [Turn("r-8", date(2025, 8, 25), "better")],
)
DAYS = range(date(2025, 8, 17).toordinal(), date(2025, 8, 27).toordinal())
WHO = ("rep:r-1", "rep:r-4", "rep:r-8", "team:t-4")


@pytest.fixture(scope="module")
def line() -> Line:
    found = Line(Organisation(UTC, "USD", EXPONENTS))
    arrived = int(datetime(2025, 10, 1, tzinfo=UTC).timestamp() * 1000)
    for nth, (_, topic, key, value) in enumerate(COMPANY.messages()):
        for each in read(topic, key, value, arrived + nth):
            found.take(each.type, each.id, each.updated_at, each.version, each.record)
    found.panes("company:company")
    return found


def history_of(line: Line, scorecard: Scorecard, days: range = DAYS) -> list[Told]:
    return drop_history(
        {subject: line.panes(subject) for subject in WHO},
        line.reference,
        scorecard,
        lambda day: line.norms(scorecard, day),
        lambda day: line.ground(scorecard, day),
        days,
    )


def every_subject_every_day(line: Line, scorecard: Scorecard) -> list[Told]:
    """The long way: nobody is passed over, every chart is drawn on every day."""
    everybody = sorted(WHO)
    norms: dict[int, Norms] = {}

    def norms_on(day: int) -> Norms:
        if day not in norms:
            norms[day] = line.norms(scorecard, day)
        return norms[day]

    told: dict[str, list[Alert]] = {subject: [] for subject in everybody}
    found = []
    for day in DAYS:
        ground = line.ground(scorecard, day)
        charts = DropCharts(ground, scorecard, norms_on(day), day).of(everybody)
        changes = ScoreChanges(line.reference, scorecard, norms_on, ground)
        for subject in everybody:

            def change(since: int, until: int, subject: str = subject, changes: ScoreChanges = changes) -> Change:
                return changes.between(subject, line.panes(subject), since, until).told

            fresh = alerts(charts.get(subject, ()), change, [day], told[subject], chosen=scorecard.drops)
            told[subject] += fresh
            found += [Told(subject, alert) for alert in fresh]
    return found


def test_it_tells_what_deciding_every_subject_on_every_day_tells(line: Line) -> None:
    found = history_of(line, load_scorecard(None))
    assert found == every_subject_every_day(line, load_scorecard(None))
    assert {"rep:r-4", "rep:r-8"} <= {told.subject for told in found if isinstance(told.alert, Drop)}
    assert len({told.alert.day for told in found}) > 1


def test_it_tells_nothing_by_a_scorecard_that_asks_for_a_larger_fall(line: Line) -> None:
    usual = load_scorecard(None)
    strict = replace(usual, choices=replace(usual.choices, drops=replace(usual.drops, size_gate_points=60.0)))
    assert history_of(line, strict, DAYS[:3]) == []


def drop(subject: str, day: int, metric: str = "calls", *, weeks: int = 1) -> Told:
    since = day - 7 * weeks
    return Told(subject, Drop(day, metric, "alarm", "process/calls", 6.0, 5.0, since, 60.0, 50.0, 10.0))


def test_drops_of_one_fall_are_one_pair_and_the_nearest_goes_first() -> None:
    first = [
        drop("rep:a", 100),
        drop("rep:a", 130),
        drop("rep:b", 100),
        drop("rep:c", 100, "csat"),
        drop("team:d", 100),
    ]
    second = [
        drop("rep:a", 104),
        drop("rep:a", 101),
        drop("rep:b", 108),
        drop("rep:c", 100),
        drop("team:d", 121, weeks=3),
    ]
    found = pairs(first, second)
    assert found.both == [(first[0], second[1]), (first[4], second[4])]
    assert found.first == first[1:4]
    assert found.second == [second[0], *second[2:4]]


def test_recoveries_are_no_drops() -> None:
    over = Told("rep:a", Recovery(110, "calls", 100, 1.0, 5.0, restarted=False))
    assert pairs([drop("rep:a", 100), over], [over]) == ([], [drop("rep:a", 100)], [])
