"""Hold-ups: how long the worker's event loop was kept from its turns. What makes heartbeats and records late."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import Final

__all__ = ["HoldUps"]

_LOOK_SECONDS: Final = 0.05
"""A shorter hold-up may go unseen, a longer one is told too short by so much at most."""
_WINDOW_SECONDS: Final = 60


class HoldUps:
    """The longest hold-up of each second of the last minute."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Nothing was held up yet; `clock` gives seconds."""
        self._clock = clock
        self._slices: deque[tuple[int, float]] = deque(maxlen=_WINDOW_SECONDS + 1)

    async def run(self) -> None:
        """Look until cancelled, on the loop that is looked at."""
        while True:
            due = self._clock() + _LOOK_SECONDS
            await asyncio.sleep(_LOOK_SECONDS)
            self.note(self._clock() - due)

    def note(self, seconds: float) -> None:
        """Take a hold-up that ended now."""
        now = int(self._clock())
        if self._slices and self._slices[-1][0] == now:
            self._slices[-1] = (now, max(seconds, self._slices[-1][1]))
        else:
            self._slices.append((now, max(seconds, 0.0)))

    def longest(self) -> float:
        """Seconds, of the last minute; any thread may ask.

        >>> moments = iter([0.0, 0.5, 30.0, 30.0, 61.5])
        >>> held = HoldUps(lambda: next(moments))
        >>> held.note(0.25), held.note(2.0), held.note(0.5)
        (None, None, None)
        >>> held.longest(), held.longest()
        (2.0, 0.5)
        """
        since = self._clock() - _WINDOW_SECONDS
        return max((seconds for second, seconds in list(self._slices) if second > since - 1), default=0.0)
