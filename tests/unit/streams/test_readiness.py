"""What one lane waits for before it says that it is through a stage, and that no late lane holds up the others' work."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta

import pytest

from streams.codec import unpack
from streams.desk import NormsMade
from streams.log_ends import Asked
from streams.outbox import Outbox
from streams.partition_state import PartitionState
from streams.readiness import Readiness
from streams.ready_days import CHANGES, FACTS, FORWARDED, INPUTS, STAGES, ReadyRow, ready_key, row_of, value_of
from streams.stalls import Place
from tests.unit.streams.desks import TODAY, Clock, desk_at, sent

DAY = TODAY.toordinal()


class TwoLanes:
    """A lane of two, where the other one says whatever a test wants; ends are asked and answered by hand."""

    def __init__(self) -> None:
        self.clock = Clock(TODAY)
        self.desk = desk_at(self.clock, partitions=2)
        self.mine = 1 - self.desk.homes.of_subject("company:company")
        self.state = PartitionState(self.mine, self.desk)
        self.asked: list[Asked] = []
        self.ready = Readiness(self.mine, self.desk, self._ask)
        names = self.desk.names
        self.topics = [[*names.inputs], [names.forwarded], [names.facts], [names.pane_changes]]

    def _ask(self, places: Iterable[Place], least: Mapping[Place, int] | None = None) -> Asked:
        self.asked.append(Asked(places, least))
        return self.asked[-1]

    def answer(self, end: int = 0) -> None:
        for asked in self.asked:
            asked.answer(dict.fromkeys(asked.places, end))
        self.asked = []

    def other_says(self, *days: int) -> None:
        self.desk.ready.put(ready_key(1 - self.mine), value_of(ReadyRow(days=days)))

    def look(self, *, moving: bool = False) -> tuple[int, ...] | None:
        """The days of the row that goes out, if one does; it is committed and read back."""
        if not self.ready.look(self.state, moving=moving, newest_day=lambda: None):
            return None
        outbox = Outbox()
        list(self.ready.compute(outbox))
        [row] = sent(outbox, self.desk.names.weeks)
        assert row.key is not None
        self.ready.done()
        self.desk.ready.put(row.key, row.value)
        return row_of(row.value).days

    def through(self, stage: int) -> None:
        """Both lanes come through the stages up to this one, of which nothing has to be read."""
        self.other_says(*[DAY] * (stage + 1), *[0] * (STAGES - stage - 1))
        for _ in range(stage + 1):
            self.look()
            self.answer()
            self.look()


def test_a_lane_is_through_its_inputs_when_it_has_read_what_was_there_after_the_day_had_begun() -> None:
    lane = TwoLanes()
    assert lane.look() is None, "it has only asked"
    [asked] = lane.asked
    assert sorted(asked.places) == sorted((topic, lane.mine) for topic in lane.topics[INPUTS])
    lane.answer(5)
    lane.state.positions = dict.fromkeys(lane.topics[INPUTS], 5) | {lane.topics[INPUTS][0]: 4}
    assert lane.look() is None
    lane.state.positions[lane.topics[INPUTS][0]] = 5
    assert lane.look() == (DAY, 0, 0, 0)
    assert lane.look() is None
    assert lane.asked == []


@pytest.mark.parametrize("stage", [FORWARDED, FACTS, CHANGES])
def test_a_stage_begins_when_all_lanes_are_through_the_one_before(stage: int) -> None:
    lane = TwoLanes()
    lane.through(stage - 1)
    lane.other_says(*[DAY] * (stage - 1), 0, *[0] * (STAGES - stage))
    lane.asked = []
    lane.ready.recovered(value_of(ReadyRow(days=(*[DAY] * stage, *[0] * (STAGES - stage)))))
    assert lane.look() is None
    assert lane.asked == [], "what the other lane still hands on would stand behind the end"
    lane.other_says(*[DAY] * stage, *[0] * (STAGES - stage))
    assert lane.look() is None
    [asked] = lane.asked
    assert (lane.topics[stage][0], lane.mine) in asked.places
    lane.answer(3)
    lane.desk.reference_read = 3
    assert lane.look() is None
    lane.state.positions[lane.topics[stage][0]] = 3
    assert lane.ready.look(lane.state, moving=False, newest_day=lambda: None)
    assert lane.ready.needs_weeks == (stage == CHANGES)


def test_facts_are_through_when_moves_of_people_are_followed_too() -> None:
    lane = TwoLanes()
    lane.through(FORWARDED)
    lane.look()
    lane.answer(3)
    lane.state.positions[lane.topics[FACTS][0]] = 3
    assert lane.look() is None, "reference records are not read"
    lane.desk.reference_read = 3
    assert lane.look(moving=True) is None
    assert lane.look() == (DAY, DAY, DAY, 0)


def test_later_days_pass_the_first_stages_while_a_late_lane_holds_up_a_day() -> None:
    lane = TwoLanes()
    lane.through(FORWARDED)
    lane.look()
    lane.answer(3)
    lane.clock.today += timedelta(days=1)
    lane.other_says(DAY + 1, DAY, DAY, 0)
    lane.look()
    lane.answer()
    assert lane.look() == (DAY + 1, DAY, 0, 0)


def test_after_a_crash_a_lane_goes_on_where_its_row_says_and_asks_anew() -> None:
    lane = TwoLanes()
    lane.through(INPUTS)
    lane.look()
    lane.answer(9)
    lane.ready.recovered(value_of(ReadyRow(days=(DAY, 0, 0, 0))))
    assert lane.look() is None
    assert [asked.places for asked in lane.asked] == [((lane.topics[FORWARDED][0], lane.mine),)]


def test_an_end_that_is_not_reached_for_long_is_asked_for_again_for_topics_may_be_made_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lane = TwoLanes()
    lane.look()
    lane.answer(1_000)
    assert lane.look() is None
    monkeypatch.setattr("streams.readiness._ASK_AGAIN_SECONDS", 0.0)
    assert lane.look() is None
    lane.answer(0)
    monkeypatch.setattr("streams.readiness._ASK_AGAIN_SECONDS", 10.0)
    assert lane.look() == (DAY, 0, 0, 0)


def test_the_company_s_lane_says_of_which_rows_norms_are_made_and_all_wait_for_it() -> None:
    desk = desk_at(Clock(TODAY), partitions=1)
    ready = Readiness(0, desk, Asked)
    row = ReadyRow(days=(DAY,) * STAGES, newest=DAY)
    ready.recovered(value_of(row))
    desk.ready.put(ready_key(0), value_of(row))
    state, label = PartitionState(0, desk), desk.norms.in_force(DAY).label
    assert not ready.look(state, moving=False, newest_day=lambda: None)
    for made in (NormsMade(-1, 0, DAY, label), NormsMade(0, 0, DAY - 1, label), NormsMade(0, 0, DAY, "on their way")):
        desk.norms_made = made
        assert not ready.look(state, moving=False, newest_day=lambda: None)
        assert desk.norms_awaited, "they do not rest while a day waits"
    assert desk.ready_day == 0
    desk.norms_made = NormsMade(0, 0, DAY, label)
    assert ready.look(state, moving=False, newest_day=lambda: DAY + 3)
    assert not desk.norms_awaited
    outbox = Outbox()
    list(ready.compute(outbox))
    [out] = sent(outbox)
    assert unpack(out.value or b"") == [[DAY] * STAGES, DAY, 0, 0, DAY + 3]
    desk.ready.put(out.key or b"", out.value)
    assert desk.ready_day == DAY
