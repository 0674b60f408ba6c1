"""Backlog: how much waits for the lanes of a worker, and whether what a backlog left behind it is still on its way.

Behind a backlog records are passed on from lane to lane for a moment, as sums, and reference records and week rows go to every
worker. Whatever looks at everybody - week rows, norms, all scores - is done once, when they have arrived: until then the worker
is settling.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Final

BACKLOG_RECORDS: Final = 1_000
"""Records that wait from which on there is a backlog."""
SETTLING_SECONDS: Final = 30.0
"""The longest that anything waits for a worker to settle, however much comes in; and no longer than twice as long as the backlog
lasted."""
_SHARED_SECONDS: Final = 60.0
"""So long after a backlog other workers that shared it may still tell what it brought them."""
_LOOK_SECONDS: Final = 0.05
"""When to look again whether it has."""

Place = tuple[str, int]
"""A partition of a topic."""


class Backlog:
    """What waits and what is on its way, as the lanes of this worker and its readers tell it. What others send is not known."""

    def __init__(self, sums: frozenset[str] = frozenset(), reference: str = "", weeks: str = "") -> None:
        """Nothing waits.

        Args:
            sums: topics of what lanes pass on to each other.
            reference: the topic of the newest reference records, which every worker reads whole.
            weeks: that of week rows, likewise.
        """
        self._sums, self._weeks = sums, weeks
        self._whole = frozenset({reference, weeks})
        self._records: dict[int, int] = {}
        self._with_frames: set[int] = set()
        self._computing: set[int] = set()
        self._weeks_due: set[int] = set()
        self._read: dict[Place, int] = {}
        self._flying: dict[Place, int] = {}
        """By place, the last offset that was sent there from here and not yet read here."""
        self._began_at: float | None = None
        self._ends_at = 0.0
        """When nothing waits any longer for what the last backlog left behind."""
        self._shared_until = 0.0

    @property
    def is_behind(self) -> bool:
        """Whether there is a backlog: what can be done rarely is then done rarely, for the lanes share one core."""
        return self._began_at is not None

    @property
    def records_waiting(self) -> int:
        """Records of inputs that wait for the lanes of this worker; any thread may ask."""
        return sum(tuple(self._records.values()))

    def waits(self, partition: int, records: int, *, frames: bool) -> None:
        """A lane took a frame in, or out.

        Args:
            partition: the lane's.
            records: of inputs, that wait on the broker or in the queue.
            frames: whether any are in the queue, those with sums of other lanes among them.
        """
        self._records[partition] = records
        (self._with_frames.add if frames else self._with_frames.discard)(partition)
        self._look()

    def computes(self, partition: int) -> None:
        """A lane has taken something, and will say `passed_on`."""
        self._computing.add(partition)

    def passed_on(self, partition: int, sent: Mapping[Place, int], positions: Mapping[str, int]) -> None:
        """A lane has committed: up to where it has read, and the last offset of what it sent to each place."""
        for place, offset in sent.items():
            if place[0] in self._whole or (place[0] in self._sums and place[1] in self._records):
                self._flying[place] = offset
                self.has_read(place, self._read.get(place, 0))
        for topic in self._sums & positions.keys():
            self.has_read((topic, partition), positions[topic])
        self._computing.discard(partition)

    def has_read(self, place: Place, position: int) -> None:
        """Everything before this position was read here."""
        self._read[place] = position
        if self._flying.get(place, position) < position:
            del self._flying[place]

    def weeks_are_due(self, partition: int, *, due: bool) -> None:
        """Whether a lane has week rows to compare."""
        (self._weeks_due.add if due else self._weeks_due.discard)(partition)

    def forget(self, partition: int) -> None:
        """The lane begins anew, or is no longer here."""
        self._records.pop(partition, None)
        for lanes in (self._with_frames, self._computing, self._weeks_due):
            lanes.discard(partition)
        self._flying = {
            place: of for place, of in self._flying.items() if place[1] != partition or place[0] in self._whole
        }
        self._look()

    @property
    def ended_lately(self) -> bool:
        """Whether a backlog has ended so lately that one waits for what it left behind."""
        return not self.is_behind and time.monotonic() < self._ends_at

    @property
    def others_may_follow(self) -> bool:
        """Whether other workers, which may have shared the last backlog, may still tell what it brought them."""
        return time.monotonic() < self._shared_until

    @property
    def seconds_until_settled(self) -> float:
        """When to look again whether what the last backlog left behind has arrived; 0 where nothing is waited for."""
        if not self.ended_lately:
            return 0.0
        moving = self._with_frames or self._computing or any(topic != self._weeks for topic, _ in self._flying)
        return _LOOK_SECONDS if moving else 0.0

    @property
    def is_in_the_way(self) -> bool:
        """Whether there is a backlog, or what the last one left behind is still on its way."""
        return self.is_behind or self.seconds_until_settled > 0

    @property
    def weeks_are_coming(self) -> bool:
        """Whether lanes have week rows to compare, or sent some that were not yet read here."""
        return bool(self._weeks_due) or any(topic == self._weeks for topic, _ in self._flying)

    def _look(self) -> None:
        behind = self.records_waiting > BACKLOG_RECORDS
        if behind and self._began_at is None:
            self._began_at = time.monotonic()
        elif not behind and self._began_at is not None:
            now = time.monotonic()
            self._ends_at = now + min(SETTLING_SECONDS, 2 * (now - self._began_at))
            self._shared_until = now + _SHARED_SECONDS
            self._began_at = None
