"""Minute ratio: one sum over another, both of the last minute: refused records of all, lateness a record."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Final

__all__ = ["WINDOW_SECONDS", "MinuteRatio"]

WINDOW_SECONDS: Final = 60.0
_SLICES: Final = 60


class MinuteRatio:
    """Sums of the last minute, by slices of a second. Added to by the worker's loop, read by the web server's threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Start at nothing; `clock` gives seconds."""
        self._clock = clock
        self._slices: deque[tuple[int, int, float]] = deque(maxlen=_SLICES + 1)

    def add(self, of: int, part: float) -> None:
        """Add what came now to the denominator (`of`) and the numerator (`part`)."""
        now = int(self._clock() * _SLICES / WINDOW_SECONDS)
        if self._slices and self._slices[-1][0] == now:
            _, of_before, part_before = self._slices[-1]
            self._slices[-1] = (now, of_before + of, part_before + part)
        else:
            self._slices.append((now, of, part))

    def value(self) -> float:
        """The ratio; 0 where nothing came within the last minute.

        >>> moments = iter([0.0, 10.0, 10.0, 65.0, 100.0])
        >>> invalid = MinuteRatio(lambda: next(moments))
        >>> invalid.add(3, 3), invalid.add(1, 0)
        (None, None)
        >>> invalid.value(), invalid.value(), invalid.value()
        (0.75, 0.0, 0.0)
        """
        since = self._clock() * _SLICES / WINDOW_SECONDS - _SLICES
        recent = [(of, part) for at, of, part in list(self._slices) if at > since]
        total = sum(of for of, _ in recent)
        return sum(part for _, part in recent) / total if total else 0.0

    def a_second(self, seconds: int = 5) -> float:
        """What was added to the denominator, a second, over the last so many whole seconds; 0 without any.

        >>> moments = iter([0.0, 1.0, 2.5])
        >>> records = MinuteRatio(lambda: next(moments))
        >>> records.add(3, 0), records.add(2, 0)
        (None, None)
        >>> records.a_second(2)
        2.5
        """
        now = int(self._clock() * _SLICES / WINDOW_SECONDS)
        return sum(of for at, of, _ in list(self._slices) if now - seconds <= at < now) / seconds
