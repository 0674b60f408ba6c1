"""Series budget: which parts of the exposition are left out while there are more series than a worker may export."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from typing import Final

from schemas import metrics
from streams.subject_lines import Part

__all__ = ["LEFT_OUT_FIRST", "SeriesBudget"]

LEFT_OUT_FIRST: Final = (
    Part(metrics.REP_METRIC, "28d"),
    Part(metrics.REP_METRIC, "91d"),
    Part(metrics.REP_PILLAR),
    Part(metrics.TEAM_METRIC, "28d"),
    Part(metrics.TEAM_METRIC, "91d"),
    Part(metrics.TEAM_PILLAR),
)
"""What goes first. Scores, drops, who is who and the company are never left out: reps are the mass, and these are few."""

log = logging.getLogger(__name__)


class SeriesBudget:
    """Decides, scrape by scrape. Any thread may ask.

    Args:
        most: series of subjects that a worker exports at most (`UPSCORE_MOST_SERIES`).
    """

    def __init__(self, most: int) -> None:
        """Nothing is left out yet."""
        self.most: Final = most
        self._left_out: frozenset[Part] = frozenset()
        self._lock = threading.Lock()

    def left_out(self, series: Mapping[Part, int]) -> frozenset[Part]:
        """The parts to leave out, the least important first, until the rest fits; the log says once that there are any.

        Args:
            series: how many each part has. What never goes may be beyond the budget by itself: then it is exported all the same.
        """
        total = sum(series.values())
        left_out: set[Part] = set()
        kept = total
        for part in LEFT_OUT_FIRST:
            if kept <= self.most:
                break
            if series.get(part):
                left_out.add(part)
                kept -= series[part]
        self._tell(frozenset(left_out), total)
        return frozenset(left_out)

    def _tell(self, left_out: frozenset[Part], total: int) -> None:
        with self._lock:
            before, self._left_out = self._left_out, left_out
        if left_out and not before:
            log.warning(
                "this worker has %d series of subjects, more than UPSCORE_MOST_SERIES=%d: without %s until there are fewer; "
                "start more workers, or raise it",
                total,
                self.most,
                ", ".join([_named(part) for part in LEFT_OUT_FIRST if part in left_out]),
            )
        elif before and not left_out:
            log.info("all %d series of subjects are exported again", total)


def _named(part: Part) -> str:
    return part.spec.name if part.window is None else f"{part.spec.name} of {part.window}"
