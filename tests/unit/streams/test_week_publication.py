"""Which week rows a lane shares, when it takes them back, and that it sends none twice."""

from __future__ import annotations

import json
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest

from schemas.topics import ACTIVITIES, EVENTS, REFERENCE
from scoring.evidence import Evidence
from scoring.weekly import WEEKS_KEPT, WeekRow, scored_kpis, shared_weeks, week_rows
from scoring.weeks import Opened
from streams.codec import decode_week_row, encode_week_row
from streams.outbox import Outbox
from streams.publication import GRACE
from streams.week_book import WeekBook, row_key
from streams.week_publication import WeekPublication
from tests.unit.streams.desks import TODAY, Clock, deal, desk_at, sent
from tests.unit.streams.lane_exchange import Exchange

OPENED = date(2025, 12, 29).toordinal()
"""The Monday of the week in which `deal()` was opened; it was won in the next one but one, and today is a Thursday."""
WON = date(2026, 1, 5).toordinal()
RUNNING = date(2026, 1, 12).toordinal()

TOPICS = {"deal": EVENTS, "activity": ACTIVITIES, "rep": REFERENCE, "fx_rate": REFERENCE}


class OneLane:
    """A lane that owns everything, and what it has put on the weeks topic."""

    def __init__(self) -> None:
        self.clock = Clock(TODAY)
        self.desk = desk_at(self.clock, partitions=1, retention_days=800)
        self.exchange = Exchange([self.desk], Random(0))
        self.state = self.exchange.lanes[0].state
        self.weeks = WeekPublication(0, self.desk)
        self.topic: dict[bytes, bytes] = {}
        self.weeks.recovered({})

    def take(self, *records: dict[str, Any]) -> None:
        for record in records:
            self.exchange.deliver(TOPICS[record["type"]], b"k", json.dumps(record).encode())
        while any([self.exchange.lanes[0].step(), self.exchange.workers[0].follow()]):
            pass

    def publish(self, *, failing: bool = False) -> dict[tuple[str, str], WeekRow | None]:
        """What goes out, by subject and Monday; None where a row is taken back."""
        outbox = Outbox()
        list(self.weeks.compute(self.state, outbox))
        out: dict[tuple[str, str], WeekRow | None] = {}
        for one in sent(outbox, self.desk.names.weeks):
            assert one.key is not None
            week, subject = one.key.decode().split(" ", 1)
            out[subject, date.fromordinal(int(week)).isoformat()] = (
                None if one.value is None else decode_week_row(one.value)
            )
            if one.value is None:
                self.topic.pop(one.key)
            elif not failing:
                self.topic[one.key] = one.value
        if not failing:
            self.weeks.done()
        return out


def call(number: int, day: date, rep: str = "r-1", **fields: Any) -> dict[str, Any]:
    stated = {
        "type": "activity",
        "id": f"a-{number}",
        "updated_at": "2026-01-01T00:00:00Z",
        "rep_id": rep,
        "kind": "call",
    }
    return {**stated, "occurred_at": f"{day}T12:00:00Z", **fields}


def test_complete_weeks_of_every_subject_are_shared_and_nothing_else() -> None:
    lane = OneLane()
    lane.take({"type": "rep", "id": "r-1", "team_id": "t-1", "territory": "north"})
    lane.take(deal(), deal("d-2", opened_at="2026-01-12T12:00:00Z", closed_at="2026-01-13T12:00:00Z"))
    out = lane.publish()
    assert set(out) == {
        (subject, week)
        for subject in ("rep:r-1", "team:t-1", "territory:north", "company:company")
        for week in ("2025-12-29", "2026-01-05")
    }
    opened, won = out["rep:r-1", "2025-12-29"], out["rep:r-1", "2026-01-05"]
    assert opened == WeekRow({}, {date(2026, 1, 1).toordinal(): Opened(1.0, {9: 1.0})})
    assert won is not None
    assert won.evidence["net_revenue"] == Evidence(total=100.0)
    assert won.opened == {}
    assert out["team:t-1", "2026-01-05"] == won


def test_what_is_on_the_topic_already_does_not_go_out_again() -> None:
    lane = OneLane()
    lane.take(deal())
    assert lane.publish()
    assert lane.publish() == {}
    lane.take(call(1, TODAY))  # of the week that is still running
    assert lane.publish() == {}


def _of_everybody(week: str) -> set[tuple[str, str]]:
    return {("rep:r-1", week), ("team:unassigned", week), ("company:company", week)}


def test_a_late_correction_sends_its_week_alone() -> None:
    lane = OneLane()
    lane.take(deal(), call(1, date(2025, 11, 5)))
    lane.publish()
    lane.take(deal(amount="130.00", version=1))
    out = lane.publish()
    assert set(out) == _of_everybody("2026-01-05")
    row = out["rep:r-1", "2026-01-05"]
    assert row is not None
    assert row.evidence["net_revenue"] == Evidence(total=130.0)


def test_a_week_of_which_nothing_is_left_is_taken_back_and_comes_again_with_its_record() -> None:
    lane = OneLane()
    lane.take(deal())
    first = lane.publish()
    lane.take({"type": "deal", "id": "d-1", "deleted": True, "updated_at": "2026-01-12T12:00:00Z"})
    assert set(lane.publish().values()) == {None}
    assert lane.topic == {}
    lane.take(deal(updated_at="2026-01-13T12:00:00Z"))
    assert lane.publish() == first


def test_a_week_is_shared_once_it_is_over_and_taken_back_when_it_is_too_old() -> None:
    lane = OneLane()
    lane.take(call(1, TODAY))
    assert lane.publish() == {}
    lane.clock.today = date(2026, 1, 18)  # Sunday: over by its end
    assert set(lane.publish()) == _of_everybody("2026-01-12")
    lane.clock.today = date(2026, 1, 18) + timedelta(weeks=WEEKS_KEPT - 1)
    assert lane.publish() == {}
    lane.clock.today += timedelta(weeks=1)
    assert set(lane.publish().values()) == {None}
    assert lane.topic == {}


def test_after_a_recovery_only_what_differs_from_the_topic_goes_out() -> None:
    lane = OneLane()
    lane.take(deal(), call(1, date(2026, 1, 6), "r-2"))
    lane.publish()
    held = dict(lane.topic)
    stale, gone = row_key("rep:r-2", WON), row_key("rep:gone", WON)
    lane.topic |= {stale: encode_week_row(WeekRow({"calls": Evidence(total=9.0)}, {})), gone: held[stale]}
    lane.weeks = WeekPublication(0, lane.desk)
    lane.weeks.recovered(dict(lane.topic))
    assert set(lane.publish()) == {("rep:r-2", "2026-01-05"), ("rep:gone", "2026-01-05")}
    assert lane.topic == held


def test_many_long_histories_at_once_give_the_rows_that_each_gives_alone() -> None:
    lane = OneLane()
    for rep in range(12):
        lane.take({"type": "rep", "id": f"r-{rep}", "team_id": "t-1"}, call(rep, TODAY, f"r-{rep}"))
        lane.take(
            *(call(100 * rep + week, TODAY - timedelta(weeks=week + rep % 3), f"r-{rep}") for week in range(1, 12))
        )
    lane.take(deal(rep_id="r-3"))
    together = lane.publish()
    assert len(together) > 12 * 10
    for subject in {subject for subject, _ in together}:
        weeks = shared_weeks(TODAY.toordinal())
        kpis = scored_kpis(scored.metric for scored in lane.desk.scorecard.metrics)
        alone = week_rows(lane.state.panes(subject) or {}, weeks, kpis, lane.desk.reference.rates)
        assert {
            date.fromisoformat(week).toordinal(): row for (of, week), row in together.items() if of == subject
        } == alone
    assert lane.publish() == {}


def test_rows_that_were_not_committed_go_out_after_the_recovery() -> None:
    lane = OneLane()
    lane.take(deal())
    first = lane.publish(failing=True)
    assert first
    lane.weeks.recovered({})
    assert lane.publish() == first


def test_another_rate_sends_the_weeks_that_it_changes() -> None:
    lane = OneLane()
    rate = {"type": "fx_rate", "id": "x", "currency": "EUR", "date": "2026-01-09", "rate": "1.1"}
    lane.take(rate | {"updated_at": "2026-01-11T12:00:00Z"})
    lane.take(deal(currency="EUR"), deal("d-2", rep_id="r-2"))
    lane.publish()
    lane.take(rate | {"rate": "1.2", "updated_at": "2026-01-12T12:00:00Z"})
    lane.weeks.rates_changed()
    out = lane.publish()
    assert set(out) == _of_everybody("2026-01-05")
    row = out["rep:r-1", "2026-01-05"]
    assert row is not None
    assert row.evidence["net_revenue"] == Evidence(total=120.0)


def test_the_book_gives_the_rows_of_the_weeks_that_are_asked_for() -> None:
    lane = OneLane()
    lane.take(deal(), call(1, date(2026, 1, 6), "r 2"))
    lane.publish()
    book = WeekBook()
    for key, row in lane.topic.items():
        book.put(key, row)
    found = book.rows(range(WON, RUNNING, 7))
    assert {"rep:r-1", "rep:r 2"} <= found.keys()  # ids may be of several words
    assert found["rep:r-1"].keys() == {WON}
    assert book.rows(range(OPENED, RUNNING, 7))["rep:r-1"].keys() == {OPENED, WON}
    assert found["rep:r-1"][WON] == decode_week_row(lane.topic[row_key("rep:r-1", WON)])
    before = book.revision
    book.put(row_key("rep:r-1", WON), None)
    book.put(row_key("rep:nobody", WON), None)
    assert "rep:r-1" not in book.rows(range(WON, RUNNING, 7))
    assert book.revision == before + 2
    assert found["rep:r-1"].keys() == {WON}  # what was asked for before stays as it was


def test_a_few_changed_weeks_are_due_with_records_and_many_by_themselves() -> None:
    lane = OneLane()
    lane.take(call(1, date.fromordinal(OPENED)))
    assert not lane.weeks.few_are_due(lane.state, behind=False)  # all of everybody, after a recovery
    lane.publish()
    lane.take(call(2, date.fromordinal(OPENED)))
    lane.weeks._done_at = 0.0
    assert lane.weeks.few_are_due(lane.state, behind=False)
    lane.take(*(call(number, date.fromordinal(OPENED), rep=f"r-{number}") for number in range(10, 40)))
    assert not lane.weeks.few_are_due(lane.state, behind=False)
    assert lane.weeks.seconds_until_due(lane.state, behind=False) == 0


def test_weeks_that_would_go_out_alone_wait_a_little_longer_for_records() -> None:
    lane = OneLane()
    lane.take(call(1, date.fromordinal(OPENED)))
    with_records = lane.weeks.seconds_until_due(lane.state, behind=False)
    alone = lane.weeks.seconds_until_due(lane.state, behind=False, alone=True)
    assert with_records is not None
    assert alone is not None
    assert alone - with_records == pytest.approx(GRACE * lane.desk.settings.publish_seconds, abs=0.1)
