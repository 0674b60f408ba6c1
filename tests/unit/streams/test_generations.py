"""Which generation speaks: its records, what lanes hand over, and when each ceases or begins to speak."""

from __future__ import annotations

import pytest

from schemas.topics import EVENTS
from scoring.drops import Drop, Recovery
from streams.desk import Desk
from streams.generations import SPEAKER, Generations, Handed, Memory, Speaker, VoiceRow, handed_key, taken_key
from streams.lane_voice import LaneVoice
from streams.outbox import Outbox
from streams.partition_state import PartitionState
from streams.rebuild.hand_over import memory_of, voice_of
from streams.tally import Tally
from tests.unit.streams.desks import NOW_MS, deal, desk_at, message, sent

DROP = Drop(738_000, "csat", "alarm", "customer/csat", 5.5, 5.0, 737_990, 70.0, None, 10.000000000000002)
RECOVERY = Recovery(738_010, "csat", 738_000, 0.1, 5.0, restarted=True)
MEMORY = Memory({EVENTS: 7}, 738_011, {"rep:r-1": (DROP, RECOVERY)}, frozenset({"rep:r-1", "team:\u00e9"}))


def desk_of(generation: int, speaker: Speaker) -> Desk:
    desk = desk_at(generation=generation)
    desk.generations.put(SPEAKER, speaker.value())
    return desk


def hand_over(desk: Desk, epoch: int, memory: Memory | None = MEMORY) -> None:
    for partition in range(desk.settings.partitions):
        desk.generations.put(handed_key(partition), Handed(epoch, memory).value())


def rows(outbox: Outbox, desk: Desk) -> dict[bytes, bytes]:
    return {row.key or b"": row.value for row in sent(outbox, desk.names.state) if row.value is not None}


def test_without_any_record_the_first_generation_speaks_and_no_other() -> None:
    assert [PartitionState(0, desk_at(generation=number)).voice.speaks for number in (1, 2)] == [True, False]


def test_a_memory_comes_out_of_the_topic_as_it_went_in() -> None:
    assert Handed.of(Handed(3, MEMORY).value()) == Handed(3, MEMORY)
    assert Handed.of(Handed(3, None).value()) == Handed(3, None)


def test_fields_that_a_newer_version_adds_to_an_alert_are_left_out() -> None:
    plain = MEMORY.plain()
    plain["told"]["rep:r-1"][0][1]["more"] = 1
    assert Memory.of(plain) == MEMORY


def test_records_of_kinds_that_a_newer_version_writes_are_left_out() -> None:
    generations = Generations()
    generations.put(b"weather 1", b"sunny")
    generations.put(b"weather", b"sunny")
    assert (generations.speaker, generations.handed, generations.about) == (Speaker(), {}, {})


def test_a_lane_that_spoke_hands_over_what_it_told_and_is_silent_from_then_on() -> None:
    desk = desk_of(1, Speaker(1, 2, 1))
    state, voice, outbox = PartitionState(0, desk), LaneVoice(0, desk), Outbox()
    topic = next(name for name, logical in desk.names.inputs.items() if logical == EVENTS)
    state.positions[topic] = 7
    state.told.take_over({"rep:r-1": (DROP,)}, 738_000)
    state.show("rep:r-1")
    assert voice.step(state) == "hand over"
    voice.compute("hand over", state, outbox)
    state.write_down(outbox)
    assert voice.step(state) is None
    (handed,) = sent(outbox, desk.names.generation)
    assert handed.key == handed_key(0)
    memory = Handed.of(handed.value or b"").memory
    assert memory is not None
    assert (memory.decided, memory.told, memory.shown) == (738_000, {"rep:r-1": (DROP,)}, {"rep:r-1"})
    assert memory.positions[EVENTS] == 7
    assert voice_of(rows(outbox, desk), 1) == VoiceRow(1, speaks=False, told_from=memory.positions)
    assert memory_of(rows(outbox, desk), desk.names) == memory


def test_a_lane_takes_over_once_all_have_handed_over_and_not_before() -> None:
    desk = desk_of(2, Speaker(1, 2, 1))
    state, voice, outbox = PartitionState(1, desk), LaneVoice(1, desk), Outbox()
    desk.generations.put(handed_key(1), Handed(1, MEMORY).value())
    assert voice.step(state) is None
    hand_over(desk, 1)
    topic = next(name for name, logical in desk.names.inputs.items() if logical == EVENTS)
    state.positions[topic] = 9
    assert voice.step(state) == "take over"
    voice.compute("take over", state, outbox)
    assert (state.voice.speaks, state.told.of("rep:r-1"), state.told.decided) == (True, (DROP, RECOVERY), 738_011)
    assert state.shown == {"rep:r-1", "team:\u00e9"}
    assert state.positions[topic] == 7, "what it has read beyond the other one is told of now, so it is read again"
    assert not state.voice.tells_of(EVENTS, 6)
    assert state.voice.tells_of(EVENTS, 7)
    assert [record.key for record in sent(outbox, desk.names.generation)] == [taken_key(1)]
    assert voice.step(state) is None


def test_a_hand_over_of_an_earlier_switch_does_not_count() -> None:
    desk = desk_of(1, Speaker(2, 1, 2))
    state = PartitionState(0, desk)
    state.speak(VoiceRow(1, speaks=False))
    hand_over(desk, 1)
    assert LaneVoice(0, desk).step(state) is None


def test_a_lane_that_never_took_over_hands_nothing_back_and_the_one_before_goes_on_with_its_own() -> None:
    desk = desk_of(2, Speaker(2, 1, 2))
    state, outbox = PartitionState(0, desk), Outbox()
    assert LaneVoice(0, desk).step(state) == "hand over"
    LaneVoice(0, desk).compute("hand over", state, outbox)
    (handed,) = sent(outbox, desk.names.generation)
    assert Handed.of(handed.value or b"") == Handed(2, None)

    before = desk_of(1, Speaker(2, 1, 2))
    hand_over(before, 2, None)
    own = PartitionState(0, before)
    own.told.take_over({"rep:r-1": (DROP,)}, 738_000)
    own.speak(VoiceRow(1, speaks=False, told_from={EVENTS: 5}))
    assert LaneVoice(0, before).step(own) == "take over"
    LaneVoice(0, before).compute("take over", own, Outbox())
    assert (own.told.of("rep:r-1"), own.told.decided, own.voice) == (
        (DROP,),
        738_000,
        VoiceRow(2, speaks=True, told_from={EVENTS: 5}),
    )


def test_a_lane_that_never_heard_of_a_switch_away_and_back_goes_on() -> None:
    desk = desk_of(1, Speaker(2, 1, 2))
    state, outbox = PartitionState(0, desk), Outbox()
    assert LaneVoice(0, desk).step(state) == "go on"
    LaneVoice(0, desk).compute("go on", state, outbox)
    assert [record.key for record in sent(outbox, desk.names.generation)] == [taken_key(0)]


def test_a_generation_that_has_no_part_in_a_switch_says_nothing() -> None:
    desk = desk_of(3, Speaker(1, 2, 1))
    assert LaneVoice(0, desk).step(PartitionState(0, desk)) is None


@pytest.mark.parametrize(("speaks", "letters"), [(True, 1), (False, 0)])
def test_what_a_silent_lane_refuses_is_no_dead_letter(speaks: bool, letters: int) -> None:  # noqa: FBT001 - a parameter
    desk = desk_at(partitions=1)
    state, outbox, tally = PartitionState(0, desk), Outbox(), Tally()
    state.speak(VoiceRow(1, speaks=speaks, told_from={EVENTS: 1}))
    state.ledger.look_at_the_clock(1_768_000_000_000_000)
    refused = [message(EVENTS, b"{", offset=offset) for offset in (0, 1)]
    state.ledger.take(refused, EVENTS, outbox, tally)
    assert len(sent(outbox, desk.names.dead_letters)) == letters
    assert sum(tally.dead_letters.values()) == letters
    assert sum(tally.records.values()) == 2


@pytest.mark.parametrize("speaks", [True, False])
def test_what_is_refused_at_home_is_told_by_whose_lane_read_it_first(speaks: bool) -> None:  # noqa: FBT001 - a parameter
    far = deal("d-1", opened_at="2190-01-01T00:00:00Z", closed_at="2190-01-02T00:00:00Z")
    desk = desk_at()
    home = desk.homes.of_ids(["d-1"])[0]
    landed, at_home, outbox, tally = PartitionState(1 - home, desk), PartitionState(home, desk), Outbox(), Tally()
    landed.speak(VoiceRow(1, speaks=speaks))
    at_home.speak(VoiceRow(1, speaks=not speaks))
    for state in (landed, at_home):
        state.ledger.look_at_the_clock(NOW_MS * 1000)
    landed.ledger.take([message(EVENTS, far, partition=1 - home)], EVENTS, outbox, tally)
    (forwarded,) = sent(outbox, desk.names.forwarded)
    again = message(desk.names.forwarded, forwarded.value, partition=home, headers=forwarded.headers)
    at_home.ledger.take_forwarded([again], outbox, tally)
    letters = sent(outbox, desk.names.dead_letters)
    assert len(letters) == speaks
    assert all(name != "untold" for letter in letters for name, _ in letter.headers)
    assert sum(tally.records.values()) == 1
