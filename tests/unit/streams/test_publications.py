"""What goes out with the records of a transaction, and what takes one of its own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import timedelta
from random import Random

import pytest

from schemas.topics import ACTIVITIES
from streams import publication, week_publication
from streams.log_ends import Asked
from streams.outbox import Outbox
from streams.publications import Along, Publications
from tests.unit.streams.desks import TODAY, Clock, desk_at, sent
from tests.unit.streams.lane_exchange import Exchange
from tests.unit.streams.moved_clock import moved_clock

PAST = TODAY - timedelta(days=14)


class Telling:
    """A lane that owns everything, and what it tells."""

    def __init__(self) -> None:
        self.desk = desk_at(Clock(TODAY), partitions=1, retention_days=800)
        self.exchange = Exchange([self.desk], Random(0))
        self.state = self.exchange.lanes[0].state
        self.publications = Publications(0, self.desk, Asked)
        self.publications.scores.recovered()
        self.publications.weeks.recovered({})

    def take(self, number: int, *, reps: int = 1) -> None:
        """A call of a past week of each of so many reps."""
        for rep in range(reps):
            call = {"type": "activity", "id": f"a-{number}-{rep}", "rep_id": f"r-{rep}", "kind": "call"}
            call |= {"updated_at": "2026-01-01T00:00:00Z", "occurred_at": f"{PAST}T12:00:00Z"}
            self.exchange.deliver(ACTIVITIES, b"k", json.dumps(call).encode())
        while any([self.exchange.lanes[0].step(), self.exchange.workers[0].follow()]):
            pass

    def tell_all(self) -> None:
        """Whatever is due goes out."""
        self.tell(Along(scores=True, weeks=True))

    def tell(self, along: Along) -> int:
        """It goes out with a transaction; how many week rows do."""
        outbox = Outbox()
        asyncio.run(self.publications.compute_along(along, self.state, outbox))
        self.publications.went_along(along)
        return len(sent(outbox, self.desk.names.weeks))


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Moves the monotonic clock of scores and week rows by hand."""
    moves = [moved_clock(monkeypatch, module) for module in (publication, week_publication)]

    def forward(by: float) -> None:
        for move in moves:
            move(by)

    return forward


def test_scores_and_a_few_week_rows_go_with_the_records(seconds: Callable[[float], None]) -> None:
    lane = Telling()
    lane.take(1)
    lane.tell_all()
    lane.take(2)
    assert lane.publications.along(lane.state, alone=False) == Along(scores=False, weeks=False), "too soon"
    seconds(5.0)
    along = lane.publications.along(lane.state, alone=False)
    assert along == Along(scores=True, weeks=True)
    assert lane.tell(along) == 3, "of the rep, its team and the company"
    assert lane.publications.along(lane.state, alone=False) == Along(scores=False, weeks=False)


def test_week_rows_by_themselves_do_not_go_along(seconds: Callable[[float], None]) -> None:
    lane = Telling()
    lane.take(1)
    lane.tell_all()
    lane.take(2)
    seconds(5.0)
    assert lane.publications.along(lane.state, alone=True) == Along(scores=True, weeks=False)
    assert lane.publications.due(lane.state, moving=False).weeks


def test_many_week_rows_take_a_transaction_of_their_own(seconds: Callable[[float], None]) -> None:
    lane = Telling()
    lane.take(1)
    assert not lane.publications.along(lane.state, alone=False).weeks, "all of everybody, after a recovery"
    lane.tell_all()
    lane.take(2, reps=40)
    seconds(5.0)
    assert not lane.publications.along(lane.state, alone=False).weeks
    assert lane.publications.due(lane.state, moving=False).weeks
