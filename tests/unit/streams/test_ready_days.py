"""Whoever lags, crashes or moves, lanes tell what one process tells, for they decide on what there was when a day ended."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from schemas.currencies import EXPONENTS
from schemas.topics import ACTIVITIES, FEEDBACK, REFERENCE
from scoring.drop_change import ScoreChanges
from scoring.drop_charts import DropCharts
from scoring.drops import Alert, Change, Drop, alerts
from scoring.line import Line, subjects
from scoring.organisation import Organisation
from scoring.panes import Panes
from scoring.weekly import scored_kpis, shared_weeks, week_rows
from streams.codec import encode_week_row, from_json
from streams.desk import Desk
from streams.intake import read
from tests.unit.scoring.answering_company import card
from tests.unit.streams.desks import NOW_MS, desk_at
from tests.unit.streams.lane_exchange import Exchange, Lane

FIRST = date(2025, 1, 6)
REPS = [f"r-{number}" for number in range(9)]
HISTORY, WEEKS = 36, 41
"""Weeks that are there when the installation begins, and all. A quarter turns in the 39th; and 35 days are what a lane that
lags decides later in any case (`streams/drop_publication.py`)."""
MOVED = FIRST + timedelta(days=7 * 37 + 2)
"""When a rep moves to the other team, in the middle of a week."""

Message = tuple[str, bytes, dict[str, Any]]


def good(name: str, week: int, drawn: float) -> bool:
    slides = (name == "r-3" and week >= 34) or (name == "r-1" and 24 <= week < 35)
    return drawn < (0.2 if slides else 0.75)


@cache
def by_day() -> dict[date, list[Message]]:
    """What happens on each day: some answers of customers and some calls of everybody; people with the first."""
    random = Random(1)
    found: dict[date, list[Message]] = {FIRST: []}
    for name in REPS:
        record = {"type": "rep", "id": name, "team_id": "t-a" if name < "r-4" else "t-b"}
        found[FIRST].append((REFERENCE, name.encode(), record))
    for week in range(WEEKS):
        for nth in range(5):
            day = FIRST + timedelta(days=7 * week + nth)
            at = datetime(day.year, day.month, day.day, 12, tzinfo=UTC).isoformat()
            there = found.setdefault(day, [])
            if day == MOVED:
                before = {"team_id": "t-b", "until": str(MOVED)}
                moved = {"type": "rep", "id": "r-5", "team_id": "t-a", "history": [before], "version": 2}
                there.append((REFERENCE, b"r-5", moved))
            for name in REPS:
                said = {"rep_id": name, "occurred_at": at}
                for kth in range(2):
                    value = 5 if good(name, week, random.random()) else 2
                    answer = {"type": "feedback", "id": f"f-{name}-{day}-{kth}", "scale": "csat_5", "value": value}
                    there.append((FEEDBACK, b"any", said | answer))
                for kth in range(random.randint(1, 3)):
                    there.append(
                        (ACTIVITIES, b"any", said | {"type": "activity", "id": f"a-{name}-{day}-{kth}", "kind": "call"})
                    )
    return found


def sent(day: date) -> list[tuple[str, bytes, bytes]]:
    """The day's messages."""
    return [
        (topic, key, json.dumps(record | {"updated_at": "2025-01-01T00:00:00Z"}).encode())
        for topic, key, record in by_day()[day]
    ]


def days_of(first: int, last: int) -> list[date]:
    return [day for day in by_day() if first <= (day - FIRST).days // 7 < last]


@cache
def one_process() -> Line:
    """Everything in one process."""
    line = Line(Organisation(ZoneInfo("UTC"), "USD", EXPONENTS))
    for day in by_day():
        for topic, key, value in sent(day):
            for one in read(topic, key, value, NOW_MS):
                line.take(one.type, one.id, one.updated_at, one.version, one.record)
    return line


@cache
def told_by_one_process() -> tuple[tuple[Any, ...], ...]:
    """What is told of every day after those of the history, up to the last but one."""
    line = one_process()
    there = list(subjects(line.reference, line.reps, line.groups))
    first, last = days_of(0, HISTORY)[-1].toordinal(), days_of(0, WEEKS)[-1].toordinal()
    told: dict[str, tuple[Alert, ...]] = {}
    for day in range(first, last):
        for subject, fresh in told_on(line, there, day, told):
            told[subject] = (*told.get(subject, ()), *fresh)
    return tuple(sorted((as_told(subject, alert) for subject, of in told.items() for alert in of), key=str))


def told_on(
    line: Line, there: Sequence[str], day: int, told: Mapping[str, tuple[Alert, ...]]
) -> Iterator[tuple[str, Sequence[Alert]]]:
    """What is to be told of each subject on a day, beside what was told before."""
    chosen, ground = card(), line.ground(card(), day + 1)
    charts = DropCharts(ground, chosen, line.norms(chosen, day), day).of(there)
    changes = ScoreChanges(line.reference, chosen, lambda on: line.norms(chosen, on), ground)
    for subject in there:
        panes = line.panes(subject)

        def change(since: int, _: int, subject: str = subject, panes: Panes | None = panes) -> Change:
            return changes.between(subject, panes, since, day).told

        yield subject, alerts(charts.get(subject, ()), change, [day], told.get(subject, ()), chosen=chosen.drops)


def as_told(subject: str, alert: Alert) -> tuple[Any, ...]:
    if isinstance(alert, Drop):
        return (subject, alert.day, alert.metric, "ScoreDropped", alert.statistic, alert.before, alert.after)
    return (subject, alert.day, alert.metric, "ScoreRecovered", alert.statistic, None, None)


def told_by_lanes(exchange: Exchange) -> tuple[tuple[Any, ...], ...]:
    found = []
    for record in exchange.read(exchange.names.alerts):
        made = from_json(record.value)
        day = date.fromisoformat(made["as_of"]).toordinal()
        scores = made.get("score_before"), made.get("score_after")
        subject = f"{made['subject']}:{made['id']}"
        found.append((subject, day, made["metric"], made["type"], made["statistic"], *scores))
    return tuple(sorted(found, key=str))


Known = tuple[dict[tuple[str, int], bytes], str, str]
"""Week rows by subject and Monday, the name of the norms, and the team of the one who moves."""


def known_to_lane(lane: Lane) -> tuple[int, Known]:
    """The newest day that it is about to decide, and what it knows of it."""
    desk = lane.worker.desk
    day = min(desk.ready_day, desk.as_of.day()) - 1
    rows = {
        (subject, week): row
        for subject, of in desk.weeks.rows(shared_weeks(day + 1)).items()
        for week, row in of._rows.items()
    }
    return day, (rows, desk.norms.in_force(day).label, desk.reference.roster.team_on("r-5", day))


@cache
def known_of(day: int) -> Known:
    """What there is to be known of it."""
    line, kpis = one_process(), scored_kpis(scored.metric for scored in card().metrics)
    rows = {
        (subject, week): encode_week_row(row)
        for subject in subjects(line.reference, line.reps, line.groups)
        for week, row in week_rows(line.panes(subject) or {}, shared_weeks(day + 1), kpis, line.reference.rates).items()
    }
    return rows, line.norms(card(), day).label, line.reference.roster.team_on("r-5", day)


class Lagging:
    """Workers and lanes that for days on end hardly get a turn, or crash and are gone for a while."""

    def __init__(self, exchange: Exchange, crashes: float) -> None:
        self.exchange, self.random, self.crashes = exchange, exchange.random, crashes
        self.pace: dict[object, float] = {}

    def new_day(self) -> None:
        for who in (*self.exchange.lanes, *self.exchange.workers):
            if self.random.random() < 0.4 or who not in self.pace:
                self.pace[who] = self.random.choice([0.0, 0.1, 1.0, 1.0, 1.0])

    def anything(self) -> None:
        lane = self.random.choice(self.exchange.lanes)
        worker = self.random.choice(self.exchange.workers)
        crashing = self.random.random() < self.crashes
        turn = self.random.random()
        match self.random.randrange(10):
            case 0 | 1:
                if turn < self.pace[worker]:
                    worker.follow(self.random.choice([3, None]))
            case 2:
                if turn < self.pace[worker]:
                    worker.keep_norms()
            case 3:
                self.exchange.logs.answer()
            case 4 if crashing:
                lane.recover(worker)
            case _ if turn < self.pace[lane]:
                self._step(lane, crashing=crashing)

    def _step(self, lane: Lane, *, crashing: bool) -> None:
        match self.random.randrange(4):
            case 0:
                lane.publish(crashing=crashing)
            case 1:
                lane.tell(crashing=crashing)
            case _:
                lane.step(crashing=crashing)


def play(seed: int, deciding: Callable[[Lane], object] = lambda _: None) -> Exchange:
    """A history in one go, then day by day while lanes and workers lag; in the end everybody comes to rest."""
    random = Random(seed)
    exchange = Exchange([desk_at(card=card(), clock="events", partitions=3) for _ in range(2)], random)
    for day in days_of(0, HISTORY):
        for one in sent(day):
            exchange.deliver(*one)
    exchange.until_told()
    assert told_by_lanes(exchange) == ()
    lagging = Lagging(exchange, crashes=0.05)
    for lane in exchange.lanes:
        lane.deciding = deciding
    for day in days_of(HISTORY, WEEKS):
        lagging.new_day()
        for one in sent(day):
            exchange.deliver(*one)
        for _ in range(random.choice([20, 150, 600])):
            lagging.anything()
    exchange.until_told()
    return exchange


@pytest.mark.parametrize("seed", range(3))
def test_whoever_lags_crashes_or_moves_what_is_told_is_what_one_process_tells(seed: int) -> None:
    known: list[tuple[int, Known]] = []
    exchange = play(seed, lambda lane: known.append(known_to_lane(lane)))
    assert told_by_lanes(exchange) == told_by_one_process() != ()
    assert len({day for day, _ in known}) > 1, "days are decided while others lag, not all at the end"
    for day, there in known:
        assert there == known_of(day)


def test_were_days_decided_by_what_one_lane_knows_the_same_lag_would_tell_something_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Desk, "ready_day", property(lambda desk: desk.known_as_of or 0))
    assert any(told_by_lanes(play(seed)) != told_by_one_process() for seed in range(3))
