"""When days are decided, and that what was told comes back from the rows as it was."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.choices import Drops
from scoring.drops import Alert, Drop, Recovery
from streams.drop_publication import DropPublication
from streams.outbox import Outbox
from streams.partition_state import PartitionState
from streams.ready_days import STAGES, ReadyRow, ready_key, value_of
from streams.told_drops import ToldDrops
from tests.unit.streams.desks import TODAY, Clock, desk_at, sent

DAY = TODAY.toordinal()


def drop(day: int, metric: str = "csat") -> Drop:
    return Drop(day, metric, "alarm", "customer/" + metric, 5.5, 5.0, day - 28, 70.0, 60.0, 10.0)


def recovery(day: int, dropped: int, metric: str = "csat") -> Recovery:
    return Recovery(day, metric, dropped, 1.5, 5.0, restarted=False)


def read_back(told: ToldDrops) -> ToldDrops:
    again = ToldDrops()
    for key, row in told.take_changed():
        if row is not None:
            again.restore(key.decode()[1:], row)
    return again


def test_what_was_told_comes_back_from_its_rows() -> None:
    told = ToldDrops()
    told.decide(DAY)
    told.tell("rep:a", [drop(DAY), drop(DAY, "calls")], DAY, Drops())
    told.tell("team:t", [drop(DAY - 3)], DAY - 3, Drops())
    told.tell("team:t", [recovery(DAY, DAY - 3)], DAY, Drops())
    again = read_back(told)
    assert again.decided == DAY
    assert {subject: again.of(subject) for subject in again.subjects} == {
        "rep:a": (drop(DAY), drop(DAY, "calls")),
        "team:t": (drop(DAY - 3), recovery(DAY, DAY - 3)),
    }
    assert told.take_changed() == []


def test_a_drop_that_is_over_for_long_leaves_no_row() -> None:
    told = ToldDrops()
    told.tell("rep:a", [drop(DAY)], DAY, Drops())
    told.tell("rep:a", [recovery(DAY + 7, DAY)], DAY + 7, Drops())
    told.tell("rep:a", [], DAY + 20, Drops())
    assert told.of("rep:a") == (recovery(DAY + 7, DAY),)
    told.tell("rep:a", [], DAY + 21, Drops())
    assert told.take_changed() == [(b"arep:a", None)]


@given(st.lists(st.tuples(st.integers(0, 6), st.sampled_from(["csat", "calls"])), max_size=20))
def test_of_an_open_drop_nothing_is_let_go(steps: list[tuple[int, str]]) -> None:
    told, every, day, chosen = ToldDrops(), list[Alert](), DAY, Drops(one_alert_days=7)
    open_drops: dict[str, Drop] = {}
    for pause, metric in steps:
        day += pause
        before = open_drops.pop(metric, None)
        alert: Alert = drop(day, metric) if before is None else recovery(day, before.day, metric)
        if isinstance(alert, Drop):
            open_drops[metric] = alert
        every.append(alert)
        told.tell("rep:a", [alert], day, chosen)
    kept = told.of("rep:a")
    assert [alert for alert in kept if alert in open_drops.values()] == [
        alert for alert in every if alert in open_drops.values()
    ]
    assert [alert for alert in kept if alert.day > day - 7] == [alert for alert in every if alert.day > day - 7]


class Deciding:
    """A lane without records whose clock is moved by hand."""

    def __init__(self, **settings: object) -> None:
        self.clock = Clock(TODAY)
        self.desk = desk_at(self.clock, partitions=1, publish_seconds=1.0, **settings)
        self.state = PartitionState(0, self.desk)
        self.drops = DropPublication(0, self.desk)

    def ready_for(self, day: int, newest: int | None = None) -> None:
        """All lanes say that they have taken in what there was before a day."""
        row = ReadyRow(days=(day,) * STAGES, norms_day=day, newest=newest or day)
        self.desk.ready.put(ready_key(0), value_of(row))

    def due(self, *, behind: bool = False) -> float | None:
        return self.drops.seconds_until_due(self.state, behind=behind)

    def compute(self) -> None:
        outbox = Outbox()
        list(self.drops.compute(self.state, outbox))
        assert sent(outbox, self.desk.names.alerts) == []


def test_a_new_installation_begins_behind_the_newest_day_any_lane_knows_and_only_without_a_backlog() -> None:
    lane = Deciding(clock="wall")
    assert lane.due() is None, "lanes have said nothing yet"
    lane.ready_for(DAY - 400, newest=DAY)
    assert lane.due(behind=True)
    assert lane.due() == 0
    lane.compute()
    assert lane.state.told.decided == DAY - 1
    assert lane.due() is None


def test_a_day_is_decided_when_all_lanes_are_ready_for_the_next_and_not_by_the_clock() -> None:
    lane = Deciding(clock="wall")
    lane.ready_for(DAY)
    lane.compute()
    lane.clock.today = TODAY + timedelta(days=3)
    assert lane.due() is None
    lane.compute()
    assert lane.state.told.decided == DAY - 1
    lane.ready_for(DAY + 2)
    assert lane.due(behind=True) == 0, "what is ready is ready, whatever comes in meanwhile"
    lane.compute()
    assert lane.state.told.decided == DAY + 1
    assert lane.due() is None


def test_a_day_that_other_workers_already_live_in_is_decided_when_it_has_begun_here_too() -> None:
    lane = Deciding(clock="wall")
    lane.ready_for(DAY)
    lane.compute()
    lane.ready_for(DAY + 1)
    assert lane.due() is None
    lane.clock.today = TODAY + timedelta(days=1)
    assert lane.due() == 0


@pytest.mark.parametrize("topic", ["reference_read", "norms_read"])
def test_a_worker_decides_by_the_people_and_norms_that_readiness_is_about(topic: str) -> None:
    lane = Deciding(clock="wall")
    lane.ready_for(DAY)
    lane.compute()
    lane.clock.today = TODAY + timedelta(days=1)
    row = ReadyRow(days=(DAY + 1,) * STAGES, norms_day=DAY + 1, newest=DAY + 1)
    lane.desk.ready.put(ready_key(0), value_of(row._replace(**{topic: 7})))
    assert lane.due() is None
    setattr(lane.desk, topic, 7)
    assert lane.due() == 0


def test_with_the_events_clock_nothing_is_decided_before_the_first_event() -> None:
    lane = Deciding(clock="events")
    lane.desk.as_of.newest = date(2025, 6, 2).toordinal()
    assert lane.due() is None
    lane.ready_for(date(2025, 6, 2).toordinal())
    assert lane.due() == 0
    lane.compute()
    assert lane.state.told.decided == date(2025, 6, 1).toordinal()


def test_what_is_told_is_handed_on_once_and_only_after_the_commit() -> None:
    lane, told = Deciding(clock="wall"), list[str]()
    lane.desk.told = lambda alerts: told.extend(alert["id"] for alert in alerts)
    lane.drops._pending = [
        ({"type": "ScoreDropped", "id": "r-1"}, "alarm"),
        ({"type": "ScoreRecovered", "id": "r-2"}, "alarm"),
    ]
    assert told == []
    lane.drops.done()
    lane.drops.done()
    assert told == ["r-1", "r-2"]
