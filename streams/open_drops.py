"""Open drops: what lanes have told of and not ended, as the exporter shows it: one figure a subject and cause."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from scoring.drops import Alert, Drop
from streams.told_drops import ToldDrops

__all__ = ["NO_CAUSE", "NO_DROPS", "OpenDrops", "lost_points", "open_drops"]

OpenDrops = Mapping[str, Mapping[str, float]]
"""By subject key and cause, the points lost. Replaced, never changed: any thread may read it."""

NO_DROPS: Final[OpenDrops] = {}

NO_CAUSE: Final = "unknown"
"""An empty label is none to Prometheus, and two series would be one."""


def open_drops(told: ToldDrops) -> OpenDrops:
    """The drops that are open, of all subjects of a lane; subjects without one are left out."""
    found = {subject: lost_points(told.of(subject)) for subject in told.subjects}
    return {subject: lost for subject, lost in found.items() if lost}


def lost_points(told: Iterable[Alert]) -> dict[str, float]:
    """By cause, the points lost in a subject's open drops; of several drops with one cause the one that lost most.

    A drop is open until the recovery of its day and metric is told. Causes are as many as the scorecard has metrics, and
    `corrections`: a subject's series are bounded.

    >>> from scoring.drops import Recovery
    >>> first, second = [Drop(day, "csat", "alarm", "customer/csat", 5.5, 5.0, 7, 70.0, 60.0, day / 10) for day in (80, 90)]
    >>> lost_points([first, second]), lost_points([first, second, Recovery(97, "csat", 90, 1.0, 5.0, restarted=False)])
    ({'customer/csat': 9.0}, {'customer/csat': 8.0})
    """
    still_open: dict[tuple[int, str], Drop] = {}
    for alert in told:
        if isinstance(alert, Drop):
            still_open[alert.day, alert.metric] = alert
        else:
            still_open.pop((alert.dropped, alert.metric), None)
    lost: dict[str, float] = {}
    for drop in still_open.values():
        cause = drop.cause or NO_CAUSE
        lost[cause] = max(drop.fall, lost.get(cause, 0.0))
    return lost
