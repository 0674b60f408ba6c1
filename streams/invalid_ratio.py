"""Invalid ratio: which part of a topic's records of the last minute was refused. What floods of bad records are seen by."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Final

__all__ = ["WINDOW_SECONDS", "InvalidRatio"]

WINDOW_SECONDS: Final = 60.0
_SLICES: Final = 60


class InvalidRatio:
    """Counts of the last minute, by slices of a second. Counted by the worker's loop, read by the web server's threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Start at nothing; `clock` gives seconds."""
        self._clock = clock
        self._slices: deque[tuple[int, int, int]] = deque(maxlen=_SLICES + 1)

    def count(self, records: int, invalid: int) -> None:
        """Add records that came now, and how many of them were invalid."""
        now = int(self._clock() * _SLICES / WINDOW_SECONDS)
        if self._slices and self._slices[-1][0] == now:
            _, before, invalid_before = self._slices[-1]
            self._slices[-1] = (now, before + records, invalid_before + invalid)
        else:
            self._slices.append((now, records, invalid))

    def value(self) -> float:
        """0..1; 0 where nothing came within the last minute.

        >>> moments = iter([0.0, 10.0, 10.0, 65.0, 100.0])
        >>> ratio = InvalidRatio(lambda: next(moments))
        >>> ratio.count(3, 3), ratio.count(1, 0)
        (None, None)
        >>> ratio.value(), ratio.value(), ratio.value()
        (0.75, 0.0, 0.0)
        """
        since = self._clock() * _SLICES / WINDOW_SECONDS - _SLICES
        recent = [(records, invalid) for at, records, invalid in list(self._slices) if at > since]
        records = sum(count for count, _ in recent)
        return sum(invalid for _, invalid in recent) / records if records else 0.0
