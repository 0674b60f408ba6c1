"""Pace: how long the fetches of a worker rest between each other, so that few records cost few transactions.

What a fetch brings a lane is a transaction, and a transaction costs about a millisecond, however little it holds. A record
makes up to five: that of its own lane, its rep's, and those of the rep's groups. Without rests 20 records a second were 100
transactions. See docs/decisions/0031-pace.md.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Iterable
from typing import Final

from streams.cutting import Frame

__all__ = ["Pace"]

LEAST_A_SECOND: Final = 10.0
"""Transactions a second that a worker is always free to make."""
RECORDS_A_TRANSACTION: Final = 20.0
"""And one more for so many records of inputs."""
LONGEST_SECONDS: Final = 0.75
"""No rest is longer: how late few records may be, from one lane to the next."""
_FORGET_SECONDS: Final = 1.0
"""In so long the rate of records is forgotten, but for a third."""


class Pace:
    """Told by the thread that fetches what came, and asked by it when to fetch again."""

    def __init__(self, inputs: Collection[str], clock: Callable[[], float] = time.monotonic) -> None:
        """Nothing came yet, so the first fetch does not rest.

        Args:
            inputs: topics whose records are counted; what lanes pass on to each other follows from these.
            clock: gives seconds.
        """
        self._inputs = frozenset(inputs)
        self._clock = clock
        self._rate = 0.0
        self._at = self._next_at = clock()

    def brought(self, frames: Iterable[Frame]) -> None:
        """A fetch brought these: one transaction for each lane among them."""
        now, lanes, records = self._clock(), set(), 0
        for frame in frames:
            lanes.add(frame.partition)
            if frame.topic in self._inputs:
                records += len(frame)
        self._rate *= math.exp((self._at - now) / _FORGET_SECONDS)
        self._rate += records / _FORGET_SECONDS
        self._at = now
        allowed = LEAST_A_SECOND + self._rate / RECORDS_A_TRANSACTION
        self._next_at = now + min(LONGEST_SECONDS, len(lanes) / allowed)

    def rest(self) -> float:
        """Seconds until the next fetch; 0 where it is time."""
        return max(0.0, self._next_at - self._clock())
