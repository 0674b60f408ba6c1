"""Market: how the market stood, by the newest index that a market record gives of a day. Source: method.md section 5."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

NORMAL: Final = 100.0

FOLLOWS_MARKET: Final = frozenset(
    {"net_revenue", "deals_won", "leads_created", "win_rate", "cohort_win_rate", "lead_conversion_ratio"}
)
"""Metrics that a better market lets expect more of: what customers buy. What reps do is apart."""


class Reading(NamedTuple):
    """An index from a day on; `rank` orders records for the same day, the newest last."""

    day: int
    rank: tuple[int, int, str]
    value: float


class MarketIndex:
    """The index by territory and day: each holds until the next one of the same territory."""

    def __init__(self, readings: Mapping[str | None, Iterable[Reading]]) -> None:
        """Take the readings by territory, in any order; None: those of the whole market."""
        self._days: dict[str | None, list[int]] = {}
        self._values: dict[str | None, list[float]] = {}
        for segment, of_segment in readings.items():
            newest = {reading.day: reading.value for reading in sorted(of_segment)}
            self._days[segment] = list(newest)
            self._values[segment] = list(newest.values())

    def on(self, day: int, territory: str | None = None) -> float:
        """The index of a territory on a day, else that of the whole market, else 100.

        >>> index = MarketIndex({None: [Reading(5, (1, 0, "a"), 90.0)], "north": [Reading(8, (1, 0, "b"), 120.0)]})
        >>> index.on(4), index.on(9), index.on(7, "north"), index.on(9, "north")
        (100.0, 90.0, 90.0, 120.0)

        Source: method.md section 5.
        """
        for segment in (territory, None):
            place = bisect_right(self._days.get(segment, ()), day) - 1
            if place >= 0:
                return self._values[segment][place]
        return NORMAL
