"""Hold-ups: how long the worker's event loop was kept from its turns. What makes heartbeats and records late."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Final

__all__ = ["HoldUps", "noting"]

_LEAST_SECONDS: Final = 0.01
"""Shorter turns are no hold-up."""
_WINDOW_SECONDS: Final = 60


class HoldUps:
    """The longest hold-up of each second of the last minute."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Nothing was held up yet; `clock` gives seconds."""
        self._clock = clock
        self._slices: deque[tuple[int, float]] = deque(maxlen=_WINDOW_SECONDS + 1)

    def watch(self, loop: asyncio.AbstractEventLoop) -> None:
        """Look at every turn of a loop from now on. Nobody is woken for it: an idle loop stays asleep."""
        selector: Any = loop._selector  # type: ignore[attr-defined]  # noqa: SLF001 - where all of its turns begin and end
        selector.select = noting(selector.select, self.note, self._clock)

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


def noting(
    select: Callable[[float | None], Any], note: Callable[[float], None], clock: Callable[[], float]
) -> Callable[[float | None], Any]:
    """A selector's `select` that notes what kept the loop: a turn between two calls, or a call that came back too late.

    A call is late where the whole process stood still, or another thread did not let it go on.
    """
    turn_began = clock()

    def noting_select(timeout: float | None = None) -> Any:
        nonlocal turn_began
        asked = clock()
        if asked - turn_began >= _LEAST_SECONDS:
            note(asked - turn_began)
        found = select(timeout)
        turn_began = clock()
        if timeout is not None and turn_began - asked - max(timeout, 0) >= _LEAST_SECONDS:
            note(turn_began - asked - max(timeout, 0))
        return found

    return noting_select
