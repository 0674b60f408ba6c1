"""Stalls: partitions of which the broker has more than was taken, while the position stands still.

A stall is silent by nature: a fetcher that no longer delivers raises nothing and logs nothing. So the ends are asked of the
broker by a client of its own, and never taken from what the stalled fetcher knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

PATIENCE_SECONDS: Final = 15.0
"""A position that stands still so long while records wait is a stall: the worker is not ready, and says so."""
LIMIT_SECONDS: Final = 60.0
"""A stall that lasts so long ends the worker: whoever takes the partitions over goes on at the committed positions."""
_LONGEST_GAP_SECONDS: Final = 10.0
"""Looks further apart than this mean that the worker itself was stopped: then nothing is known."""

Place = tuple[str, int]
"""Topic and partition."""


class StallWatch:
    """Since when each place has stood still."""

    def __init__(self) -> None:
        """Start with nothing seen."""
        self._standing: dict[Place, tuple[int, float]] = {}
        self._looked_at = float("-inf")

    def look(self, places: Mapping[Place, tuple[int, int]], now: float) -> dict[Place, float]:
        """How long each stalled place has stood still, in seconds.

        Args:
            places: position and end of the log by place; a place that is left out, for it is not owned or not recovered,
                begins anew when it comes back.
            now: seconds on a clock that never goes back.

        >>> watch = StallWatch()
        >>> [watch.look({("t", 0): (5, 9)}, now) for now in (0.0, 9.0, 18.0)]
        [{}, {}, {('t', 0): 18.0}]
        >>> watch.look({("t", 0): (6, 9)}, 19.0)
        {}
        """
        if now - self._looked_at > _LONGEST_GAP_SECONDS:
            self._standing = {}
        self._looked_at = now
        standing: dict[Place, tuple[int, float]] = {}
        for place, (position, end) in places.items():
            if end > position:
                stood_at, since = self._standing.get(place, (position, now))
                standing[place] = (position, since if stood_at == position else now)
        self._standing = standing
        return {place: now - since for place, (_, since) in standing.items() if now - since >= PATIENCE_SECONDS}
