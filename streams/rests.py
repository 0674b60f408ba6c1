"""Rests: how long something that is done again and again waits, by what it costs - though a few times in a row need not.

Norms and slopes move with every late record, by hardly anything, and all scores with them: they rest. Behind a backlog that
several workers shared they move a few times at once, as each worker tells what it has when it is done.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Final

__all__ = ["AT_ONCE", "LONGEST_SECONDS", "Rests"]

AT_ONCE: Final = 4
"""So many times in a row without a rest, where that is needed."""
LONGEST_SECONDS: Final = 60.0
"""No rest is longer, whatever it costs."""


class Rests:
    """Told each time that it was done, and asked how long until the next."""

    def __init__(self, share: float, clock: Callable[[], float] = time.monotonic) -> None:
        """It was never done.

        Args:
            share: the part of a core that it may take, with all that follows from it.
            clock: gives seconds.
        """
        self._share = share
        self._clock = clock
        self._times = 0.0
        self._done_at = clock()

    def done(self, cost: float) -> None:
        """It was done once more, and costs so many seconds of CPU."""
        self._times = self._not_rested(self._rest(cost)) + 1
        self._done_at = self._clock()

    def seconds_left(self, cost: float, *, at_once: bool = False) -> float:
        """How long the next time still waits; 0 where it need not.

        Args:
            cost: seconds of CPU, as known by now: some of what follows from the last time may have come since.
            at_once: whether some times in a row need no rest.

        >>> now = [0.0]
        >>> rests = Rests(0.1, lambda: now[0])
        >>> for _ in range(AT_ONCE - 1): rests.done(1.0)
        >>> rests.seconds_left(1.0), rests.seconds_left(1.0, at_once=True), rests.seconds_left(1_000.0)
        (10.0, 0.0, 60.0)
        >>> rests.done(1.0)
        >>> now[0] = 7.5
        >>> rests.seconds_left(1.0), rests.seconds_left(1.0, at_once=True), rests.seconds_left(0.5)
        (2.5, 2.5, 0.0)
        """
        rest = self._rest(cost)
        left = rest - (self._clock() - self._done_at)
        if at_once:
            left = min(left, (self._not_rested(rest) - (AT_ONCE - 1)) * rest)
        return max(0.0, left)

    def _rest(self, cost: float) -> float:
        """How long one rest is."""
        return min(LONGEST_SECONDS, cost / self._share)

    def _not_rested(self, rest: float) -> float:
        """How many times have not been rested for."""
        rested = (self._clock() - self._done_at) / rest if rest > 0 else math.inf
        return max(0.0, self._times - rested)
