"""Sabotage: one mechanism of exactness switched off, and the scenario that must then fail.

So every mechanism is shown to be necessary, and the suite to be able to fail.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from streams import lane as lane_module
from streams.cutting import Frame
from streams.desk import Desk
from streams.frame_queue import FrameQueue
from streams.intake import read
from streams.kafka_clients import transactional_producer
from streams.lane_sources import Sources
from streams.ledger_stage import LedgerStage
from streams.long_rows import Row
from streams.partition_state import PartitionState
from streams.tally import Tally
from streams.told_drops import TOLD, ToldDrops
from streams.watch import Watch


def fence() -> None:
    """Every producer has a transactional id of its own: who wrote before is not shut out."""

    def unfenced(settings: Any, partition: int) -> Any:
        return transactional_producer(
            settings.model_copy(update={"app": f"{settings.app}-{uuid.uuid4().hex}"}), partition
        )

    lane_module.transactional_producer = unfenced  # type: ignore[attr-defined]


def position() -> None:
    """Records below the position are taken again instead of skipped."""
    original = Sources._take_queued

    async def take_again(self: Sources, queue: FrameQueue, state: PartitionState, *rest: Any) -> bool:
        taken = False
        frames, queue._frames = queue._frames, type(queue._frames)()
        for frame in frames:  # one by one, for the position follows each
            queue._frames.append(frame)
            if frame.start < state.positions.get(frame.topic, 0):
                state.positions[frame.topic] = frame.start
            taken |= await original(self, queue, state, *rest)
        return taken

    Sources._take_queued = take_again  # type: ignore[method-assign]


def seek_back() -> None:
    """What was dropped or lost on the way is not read again."""

    async def drop(_sources: Sources, _state: PartitionState, _frame: Frame, _tally: Tally) -> bool:
        return False

    Sources._bridge = drop  # type: ignore[method-assign]

    async def never(_watch: Watch) -> None:
        return

    Watch._read_lost_frames_again = never  # type: ignore[method-assign]


def contiguity() -> None:
    """A frame that begins beyond the position is taken, whatever is missing before it."""

    async def leap(_sources: Sources, state: PartitionState, frame: Frame, _tally: Tally) -> bool:
        state.positions[frame.topic] = frame.start
        return True

    Sources._bridge = leap  # type: ignore[method-assign]


def forwarding_home() -> None:
    """A record is applied where it landed, not at the home of its id."""

    def keep(self: LedgerStage, message: Any, topic: str, _home: int, outbox: Any, tally: Tally) -> None:
        self._apply_all(read(topic, message.key, message.value, message.timestamp), message.value, outbox, tally)

    LedgerStage._forward = keep  # type: ignore[method-assign]


def reference_position() -> None:
    """After a recovery, routes are taken to be as new as the reference records."""
    original = PartitionState.restore

    def restore(self: PartitionState, rows: dict[bytes, bytes]) -> Iterator[None]:
        yield from original(self, rows)
        self.positions[self._desk.names.reference] = self._desk.reference_position

    PartitionState.restore = restore  # type: ignore[method-assign]


def memory_of_alerts() -> None:
    """Lanes keep which days they decided, and not of whom they told."""
    original = ToldDrops.take_changed

    def take_changed(self: ToldDrops) -> list[Row]:
        return [row for row in original(self) if row[0] == TOLD.encode()]

    ToldDrops.take_changed = take_changed  # type: ignore[method-assign]


def ready_days() -> None:
    """Once all lanes have said anything, each decides a day as soon as it has passed, whatever others still have to take in."""
    ready = Desk.ready_day.fget
    assert ready is not None

    def passed(self: Desk) -> int:
        return self.known_as_of or 0 if ready(self) else 0

    Desk.ready_day = property(passed)  # type: ignore[assignment,method-assign]


@dataclass(frozen=True, slots=True)
class Mechanism:
    """A mechanism, how it is switched off, and the scenario that then fails."""

    switch_off: Callable[[], None]
    scenario: str


MECHANISMS = {
    "fence": Mechanism(fence, "zombie_in_the_act"),
    "position": Mechanism(position, "joins_and_leaves"),
    "seek back": Mechanism(seek_back, "frames_lost"),
    "contiguity": Mechanism(contiguity, "frames_lost"),
    "forwarding home": Mechanism(forwarding_home, "two_partitioners"),
    "reference position": Mechanism(reference_position, "team_move"),
    "memory of alerts": Mechanism(memory_of_alerts, "kills"),
    "ready days": Mechanism(ready_days, "kills"),
}
