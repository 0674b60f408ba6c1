"""Which scores go out, when, and what a reader of the topic sees."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from itertools import count
from random import Random
from typing import Any

import pytest

from schemas.topics import ACTIVITIES, EVENTS, REFERENCE
from streams import publication as module
from streams.codec import from_json
from streams.desk import Desk
from streams.norms_book import norms_rows
from streams.outbox import Outbox
from streams.partition_state import PartitionState
from streams.publication import GRACE, Publication
from tests.unit.streams.desks import TODAY, Clock, deal, desk_at, sent
from tests.unit.streams.lane_exchange import Exchange
from tests.unit.streams.moved_clock import moved_clock


class OneLane:
    """A lane that owns everything, with the logs it reads and writes."""

    def __init__(self, wall: Clock | None = None, **settings: Any) -> None:
        self.desk = desk_at(wall, **({"partitions": 1} | settings))
        self.exchange = Exchange([self.desk], Random(0))
        self.state, self.publication = self.exchange.lanes[0].state, self.exchange.lanes[0].publication

    def take(self, *records: dict[str, Any], topic: str = EVENTS) -> None:
        """Take records all the way to the groups, and reference records to the desk."""
        for record in records:
            self.exchange.deliver(topic, b"k", json.dumps(record).encode())
        while any([self.exchange.lanes[0].step(), self.exchange.workers[0].follow()]):
            pass

    def publish(self, *, whole: bool = False) -> dict[str, Any]:
        """Publish and commit; the scores that went out, by subject, None where one was withdrawn."""
        outbox = Outbox()
        list(self.publication.compute(self.state, outbox, whole=whole))
        messages = sent(outbox, self.desk.names.scores)
        if outbox:
            self.state.write_down(outbox)
        self.exchange.logs.commit(outbox)
        self.publication.done()
        out = {one.key.decode(): None if one.value is None else from_json(one.value) for one in messages}
        assert len(out) == len(messages)
        return out


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Moves the monotonic clock by hand."""
    return moved_clock(monkeypatch, module)


def test_a_record_changes_the_scores_of_those_it_touches_and_of_nobody_else() -> None:
    lane = OneLane()
    lane.take(deal("d-1", rep_id="r-1"), deal("d-2", rep_id="r-2"))
    assert lane.publish().keys() == {"rep:r-1", "rep:r-2", "team:unassigned", "company:company"}
    assert lane.publish() == {}
    lane.take(deal("d-2", rep_id="r-2", amount="5", version=1))
    out = lane.publish()
    assert out.keys() == {"rep:r-2", "team:unassigned", "company:company"}
    assert out["rep:r-2"]["metrics"]["net_revenue"]["windows"]["28d"] == {"value": 5.0, "n": 1}
    assert out["company:company"]["metrics"]["net_revenue"]["windows"]["28d"] == {"value": 105.0, "n": 2}


def test_what_went_out_is_what_is_shown_and_told_to_the_store() -> None:
    lane = OneLane()
    lane.take(deal())
    out = lane.publish()
    assert lane.publication.scores == out
    assert lane.desk.show.shown == out
    assert lane.publication.score_now(lane.state, "rep:r-1") | {"version": None} == out["rep:r-1"] | {"version": None}


def test_a_score_brought_up_to_date_is_that_of_a_lane_that_kept_nothing() -> None:
    lane, random = OneLane(), Random(4)
    subjects = ("rep:r-1", "rep:r-2", "team:unassigned", "company:company")
    for version in range(30):
        record = deal(f"d-{random.randrange(6)}", rep_id=f"r-{random.randint(1, 2)}", version=version)
        lane.take(record | {"amount": str(random.randint(1, 99))})
        if version % 3 == 0:
            lane.publish()
        if version == 20:  # rates are worked out anew
            lane.desk.reference.put("fx_rate", "none", None)
        kept_nothing = Publication(0, lane.desk)
        for subject in subjects:
            kept = lane.publication.score_now(lane.state, subject)
            anew = kept_nothing.score_now(lane.state, subject)
            assert (kept and kept | {"version": None}) == (anew and anew | {"version": None})


def test_scores_are_read_against_new_norms_as_soon_as_they_are_known() -> None:
    lane = OneLane()
    lane.take(deal())
    stated = lane.desk.norms.in_force(TODAY.toordinal())
    before = lane.publication.score_now(lane.state, "rep:r-1")
    assert before is not None
    assert before["norms"] is None
    newer = replace(stated, first_week=TODAY.toordinal())
    assert lane.desk.norms.put(*norms_rows(newer)[0])
    after = lane.publication.score_now(lane.state, "rep:r-1")
    assert after is not None
    assert after["norms"] == newer.label


def test_a_standing_is_that_of_the_score_and_knows_how_far_back_panes_are_kept() -> None:
    lane = OneLane()
    lane.take(deal())
    for subject, stage in (("rep:r-1", lane.state.reps), ("company:company", lane.state.groups)):
        score = lane.publication.score_now(lane.state, subject)
        told = lane.publication.standing_now(lane.state, subject)
        assert score is not None
        assert told is not None
        assert (told["level"], told["coverage"], told["norms"]) == (score["level"], score["coverage"], score["norms"])
        assert told["periods"]["year_to_date"]["previous"]["metrics"]["net_revenue"] is not None
        stage.first_day = TODAY.toordinal() - 10
        told = lane.publication.standing_now(lane.state, subject)
        assert told is not None
        assert told["periods"]["year_to_date"]["previous"]["metrics"]["net_revenue"] is None
    assert lane.publication.standing_now(lane.state, "rep:nobody") is None


def test_a_new_mapping_replaces_the_old_one() -> None:
    lane = OneLane()
    lane.take(deal())
    lane.publish()
    held = lane.publication.scores
    before = dict(held)
    lane.take(deal(rep_id="r-9", version=1))
    lane.publish()
    assert held == before
    assert lane.publication.scores is not held


def test_computed_scores_are_not_shown_before_they_are_committed() -> None:
    lane = OneLane()
    lane.take(deal())
    list(lane.publication.compute(lane.state, Outbox()))
    assert lane.publication.scores == {}
    assert lane.desk.show.shown == {}


def test_a_subject_that_is_gone_gets_a_tombstone_once() -> None:
    lane = OneLane()
    lane.take(deal("d-1", rep_id="r-1"), deal("d-2", rep_id="r-2"))
    lane.publish()
    lane.take(deal("d-1", deleted=True, version=1))
    out = lane.publish()
    assert out.keys() == {"rep:r-1", "team:unassigned", "company:company"}
    assert out["rep:r-1"] is None
    assert out["company:company"] is not None
    assert "rep:r-1" not in lane.publication.scores
    assert lane.desk.show.shown["rep:r-1"] is None
    assert lane.publish() == {}
    lane.take(deal("d-2", deleted=True, version=1))
    assert lane.publish() == {"rep:r-2": None, "team:unassigned": None, "company:company": None}
    assert lane.publication.scores == {}


def test_a_subject_that_is_only_named_has_a_score_and_loses_it_with_its_record() -> None:
    lane = OneLane()
    record = {"type": "rep", "id": "r-1", "team_id": "t-1", "territory": "north", "updated_at": "2026-01-01T00:00:00Z"}
    lane.take(record, topic=REFERENCE)
    assert lane.publish().keys() == {"rep:r-1", "team:t-1", "territory:north", "company:company"}
    lane.take(record | {"deleted": True, "version": 1}, topic=REFERENCE)
    assert set(lane.publish().values()) == {None}
    assert lane.state.shown == set()


def test_splits_are_no_subjects() -> None:
    lane = OneLane()
    lane.take(deal(splits=[{"rep_id": "r-1", "share": 0.5}, {"rep_id": "r-2", "share": 0.5}]))
    assert lane.publish().keys() == {"rep:r-1", "rep:r-2", "team:unassigned", "company:company"}
    assert lane.publication.score_now(lane.state, "split:[]") is None


def test_after_a_recovery_everything_goes_out_again() -> None:
    lane = OneLane()
    lane.take(deal("d-1"), deal("d-2", rep_id="r-2"))
    first = lane.publish()
    lane.publication.recovered()
    assert lane.publication.scores == {}
    assert lane.publish().keys() == first.keys()


def test_after_a_recovery_what_was_shown_and_is_gone_is_withdrawn() -> None:
    lane = OneLane()
    lane.state.show("rep:r-lost")
    lane.publication.recovered()
    assert lane.publish() == {"rep:r-lost": None}


def test_a_reference_record_can_change_every_score() -> None:
    lane = OneLane()
    lane.take(deal(currency="EUR"))
    assert lane.publish()["rep:r-1"]["unrated"] == {"EUR": 100.0}
    rate = {"type": "fx_rate", "id": "f", "currency": "EUR", "date": "2026-01-09", "rate": "1.25"}
    lane.take(rate, topic=REFERENCE)
    out = lane.publish()
    assert out["rep:r-1"]["unrated"] == {}
    assert out["company:company"]["metrics"]["net_revenue"]["windows"]["28d"]["value"] == 125.0


def test_a_target_has_its_subject_scored_anew_and_nobody_else() -> None:
    lane = OneLane()
    lane.take(deal("d-1", rep_id="r-1"), deal("d-2", rep_id="r-2"))
    lane.publish()
    target = {
        "type": "target",
        "id": "t",
        "subject": "rep",
        "subject_id": "r-1",
        "metric": "net_revenue",
        "value": "400",
    }
    target |= {"period_start": "2026-01-01", "period_end": "2026-01-31"}
    lane.take(target, topic=REFERENCE)
    assert lane.publication.seconds_until_due(lane.state) is not None
    out = lane.publish()
    assert out.keys() == {"rep:r-1"}
    assert out["rep:r-1"]["metrics"]["net_revenue"]["target"] is not None
    lane.take(target | {"subject_id": "r-2", "version": 1}, topic=REFERENCE)
    out = lane.publish()
    assert out.keys() == {"rep:r-1", "rep:r-2"}
    assert out["rep:r-1"]["metrics"]["net_revenue"]["target"] is None


def test_when_the_day_turns_idle_subjects_are_scored_again() -> None:
    wall = Clock(TODAY)
    lane = OneLane(wall)
    lane.take(deal())
    assert lane.publish()["rep:r-1"]["metrics"]["deals_won"]["windows"]["7d"]["n"] == 1
    assert lane.publication.seconds_until_due(lane.state) is None
    wall.today += timedelta(days=2)
    assert lane.publication.seconds_until_due(lane.state) is not None
    out = lane.publish()
    assert out["rep:r-1"]["metrics"]["deals_won"]["windows"]["7d"]["n"] == 0
    assert {score["as_of"] for score in out.values()} == {"2026-01-17"}
    assert lane.publish() == {}


def as_of_after(lane: OneLane) -> str | None:
    """The date of the company's score once every worker has been told of a new one."""
    lane.publish()
    lane.exchange.workers[0].follow()
    lane.publish()
    assert not lane.exchange.workers[0].follow()
    assert lane.publication.seconds_until_due(lane.state) is None
    score = lane.publication.scores.get("company:company")
    return None if score is None else score["as_of"]


def test_the_events_clock_moves_with_the_newest_date_forward_and_back() -> None:
    lane = OneLane(clock="events")
    lane.take(deal("d-1", opened_at="2025-01-01T00:00:00Z", closed_at="2025-03-01T00:00:00Z"))
    assert as_of_after(lane) == "2025-03-01"
    lane.take(deal("d-2", opened_at="2025-01-01T00:00:00Z", closed_at="2025-06-01T00:00:00Z"))
    assert as_of_after(lane) == "2025-06-01"
    lane.take(deal("d-2", deleted=True, version=1))
    assert as_of_after(lane) == "2025-03-01"


def test_the_events_clock_does_not_run_ahead_of_the_wall_and_follows_it() -> None:
    wall = Clock(date(2026, 1, 15))
    lane = OneLane(wall, clock="events")
    lane.take(deal("d-1"), deal("d-2", closed_at="2026-01-17T00:00:00Z"))
    assert as_of_after(lane) == "2026-01-10"
    wall.today = date(2026, 1, 18)
    assert lane.publication.seconds_until_due(lane.state) is not None
    assert as_of_after(lane) == "2026-01-17"


def test_the_events_clock_is_today_again_when_no_dated_record_is_left() -> None:
    lane = OneLane(clock="events")
    lead = {
        "type": "lead",
        "id": "l-1",
        "rep_id": "r-1",
        "created_at": "2024-01-01T00:00:00Z",
        "updated_at": "2024-01-01T00:00:00Z",
    }
    lane.take(lead, deal("d-1", opened_at="2025-01-01T00:00:00Z", closed_at="2025-03-01T00:00:00Z"))
    assert as_of_after(lane) == "2025-03-01"
    lane.take(deal("d-1", deleted=True, version=1))
    assert as_of_after(lane) == TODAY.isoformat()


@pytest.mark.parametrize(
    ("topic", "fields"),
    [
        (EVENTS, {"type": "lead", "rep_id": "r", "created_at": "2025-12-01T00:00:00Z"}),
        (EVENTS, {"type": "customer", "rep_id": "r", "since": "2025-12-01T00:00:00Z"}),
        (ACTIVITIES, {"type": "activity", "rep_id": "r", "kind": "demo", "occurred_at": "2025-06-01T00:00:00Z"}),
    ],
)
def test_only_what_was_won_lost_opened_or_occurred_moves_the_clock(topic: str, fields: dict[str, Any]) -> None:
    lane = OneLane(clock="events")
    lane.take(deal("d-1", opened_at="2025-01-01T00:00:00Z", closed_at="2025-03-01T00:00:00Z"))
    lane.take(fields | {"id": "x", "updated_at": "2025-12-01T00:00:00Z"}, topic=topic)
    assert as_of_after(lane) == ("2025-06-01" if topic == ACTIVITIES else "2025-03-01")


def owner_of_the_company(desk: Desk) -> int:
    return desk.homes.of_subject("company:company")


def test_the_clock_is_told_by_the_owner_of_the_company_alone() -> None:
    desk = desk_at(clock="events", partitions=4)
    for partition in range(4):
        state, publication = PartitionState(partition, desk), Publication(partition, desk)
        state.groups.apply([("company:company", date(2025, 3, 1).toordinal(), {"activity/call/": 1})])
        outbox = Outbox()
        list(publication.compute(state, outbox))
        assert bool(sent(outbox, desk.names.clock)) == (partition == owner_of_the_company(desk))


def test_nothing_is_due_while_nothing_changes(seconds: Callable[[float], None]) -> None:
    lane = OneLane(publish_seconds=2)
    lane.take(deal())
    assert lane.publication.seconds_until_due(lane.state) == 0
    lane.publish()
    seconds(100)
    assert lane.publication.seconds_until_due(lane.state) is None


def test_scores_go_out_at_most_as_often_as_the_setting_says(seconds: Callable[[float], None]) -> None:
    lane = OneLane(publish_seconds=2)
    lane.take(deal())
    lane.publish()
    seconds(0.5)
    lane.take(deal(version=1, amount="7"))
    assert lane.publication.seconds_until_due(lane.state) == pytest.approx(1.5)
    assert lane.publication.seconds_until_due(lane.state, alone=True) == pytest.approx(1.5 + 2 * GRACE), (
        "records may come"
    )
    seconds(1.5)
    assert lane.publication.seconds_until_due(lane.state) == 0
    seconds(2 * GRACE)
    assert lane.publication.seconds_until_due(lane.state, alone=True) == 0


def waits(lane: OneLane, *, alone: bool = False) -> bool:
    """Whether it has something to score, and not now."""
    return bool(lane.publication.seconds_until_due(lane.state, alone=alone))


def test_a_few_subjects_go_with_records_whoever_has_the_turn_and_many_wait_for_it(
    seconds: Callable[[float], None],
) -> None:
    lane, another = OneLane(publish_seconds=2), 7
    lane.take(deal())
    lane.publish()
    seconds(10)
    lane.desk.turns.done(another, 1.0, 0.5)  # it has the core for a second, and after it nobody
    lane.take(deal(version=1, amount="7"))
    assert lane.publication.seconds_until_due(lane.state) == 0
    assert waits(lane, alone=True)
    lane.take(*(deal(f"d-{n}", rep_id=f"r-{n}") for n in range(module._FEW)))
    assert waits(lane)


def test_what_moves_everybody_waits_for_the_turn_even_with_records(seconds: Callable[[float], None]) -> None:
    wall = Clock(TODAY)
    lane, another = OneLane(wall, publish_seconds=2), 7
    lane.take(deal())
    lane.publish()
    seconds(10)
    lane.desk.turns.done(another, 1.0, 0.5)
    assert lane.publication.seconds_until_due(lane.state) is None
    wall.today += timedelta(days=1)
    assert waits(lane)
    wall.today = TODAY
    newer = replace(lane.desk.norms.in_force(TODAY.toordinal()), first_week=TODAY.toordinal())
    assert lane.desk.norms.put(*norms_rows(newer)[0])
    assert waits(lane)
    lane.publish()
    seconds(10)
    lane.desk.turns.done(another, 1.0, 0.5)
    assert lane.publication.seconds_until_due(lane.state) is None
    lane.publication.everything_changed()
    assert waits(lane)


def test_many_subjects_are_scored_in_slices_the_longest_waiting_first(slow: OneLane) -> None:
    lane = slow
    first = lane.publish()
    assert len(first) == module._TOGETHER, "a slice is over when its time is"
    assert lane.publication.seconds_until_due(lane.state) is not None
    assert not lane.publication.whole
    changed = next(iter(first))
    lane.take(deal("late", rep_id=changed.removeprefix("rep:")))
    left = set(lane.state.reps.book.by_subject) - first.keys()
    second: list[str] = []
    while not lane.publication.whole:
        second += lane.publish()
    assert left < set(second)
    assert set(second[second.index(changed) :]).isdisjoint(left), "whoever changes meanwhile waits behind the others"
    assert lane.publication.seconds_until_due(lane.state) is None


def test_a_lane_that_begins_to_speak_says_all_at_once(slow: OneLane) -> None:
    assert slow.publish(whole=True).keys() >= slow.state.reps.book.by_subject.keys()
    assert slow.publication.whole


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> OneLane:
    """A lane with more subjects than fit a slice, on a clock that moves half a slice with each look."""
    lane = OneLane(publish_seconds=0.01)
    lane.take(*(deal(f"d-{n}", rep_id=f"r-{n}") for n in range(2 * module._TOGETHER)))
    now = count(1_000)

    class Slow:
        @staticmethod
        def monotonic() -> float:
            return next(now) * module._SLICE_SECONDS / 2

    monkeypatch.setattr(module, "time", Slow)
    return lane


def test_a_subject_of_another_partition_is_not_scored() -> None:
    desk = desk_at(partitions=4)
    subject = next(f"rep:r-{n}" for n in range(100) if desk.homes.of_subject(f"rep:r-{n}") == 1)
    state = PartitionState(1, desk)
    state.reps.apply([(subject, TODAY.toordinal(), {"activity/call/": 1})])
    assert Publication(1, desk).score_now(state, subject) is not None
    other = PartitionState(2, desk)
    other.reps.apply([(subject, TODAY.toordinal(), {"activity/call/": 1})])
    assert Publication(2, desk).score_now(other, subject) is None
    assert Publication(1, desk).score_now(state, "rep:nobody") is None


def test_norms_that_a_failed_transaction_took_along_go_out_with_the_next_one() -> None:
    desk = desk_at(partitions=1)
    publication = Publication(0, desk)
    norms = desk.norms.in_force(TODAY.toordinal())
    publication.recovered()
    publication.offer(norms)

    def going_out() -> list[bytes | None]:
        outbox = Outbox()
        publication.compute_norms(outbox)
        return [message.key for message in sent(outbox, desk.names.norms)]

    assert going_out() == [norms.label.encode()]
    publication.recovered()  # it was not committed
    assert publication.has_norms
    assert going_out() == [norms.label.encode()]
    publication.norms_done()
    assert not publication.has_norms
    assert going_out() == []
