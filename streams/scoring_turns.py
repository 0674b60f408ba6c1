"""Scoring turns: which lane of a worker scores next, and when.

Lanes share one core. Where many subjects are due - new norms, another day, a large company - each lane scores some of them, gives
its turn to the next lane, and all of them take records in between: a record waits for a slice, not for everybody.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

__all__ = ["ScoringTurns"]

SHARE: Final = 0.5
"""Part of the time that scoring may take while there is more of it to do."""
SHARE_WHILE_BEHIND: Final = 0.05
"""The same while records wait: what is scored then is soon scored again."""
_LOOK_SECONDS: Final = 1.0
"""When a lane that is not the next one looks again, though nobody called it."""


class ScoringTurns:
    """Lanes by whoever has waited longest. The first one keeps its place until it is done or leaves."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Nobody waits; `clock` gives seconds."""
        self.called: Callable[[int], None] = lambda _: None
        """Told the partition of the lane that is next, when another one was."""
        self._clock = clock
        self._waiting: dict[int, None] = {}
        self._next_at = clock()

    def seconds_until(self, partition: int) -> float:
        """How long the lane of a partition, which has something to score, goes on without; 0 when it is its turn.

        >>> turns = ScoringTurns(lambda: 0.0)
        >>> turns.seconds_until(3), turns.seconds_until(5)
        (0.0, 1.0)
        >>> turns.done(3, 0.02, SHARE)
        >>> turns.seconds_until(5), turns.seconds_until(3)
        (0.02, 1.02)
        """
        self._waiting.setdefault(partition)
        rest = max(0.0, self._next_at - self._clock())
        return rest if next(iter(self._waiting)) == partition else rest + _LOOK_SECONDS

    def done(self, partition: int, seconds: float, share: float) -> None:
        """The lane's turn is over; it took so long, and the next one begins when that was no more than `share` of the time.

        A lane that scored beside another's turn puts the next one off further; it does not take its rest away.
        """
        self._next_at = max(self._next_at, self._clock()) + seconds * (1 / share - 1)
        self.leave(partition)

    def leave(self, partition: int) -> None:
        """The lane has nothing to score, or is no longer here."""
        was_next = next(iter(self._waiting), None) == partition
        self._waiting.pop(partition, None)
        if was_next and self._waiting:
            self.called(next(iter(self._waiting)))
