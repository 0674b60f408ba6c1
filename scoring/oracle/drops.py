"""Drops, the naive way: what is told on a day, worked out from the whole past each time. Source: method.md section 8."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Standing(NamedTuple):
    """A metric's chart at the end of a day: C, h, the restart it began with, the points lost since, the cause, the fall shown."""

    c: float
    h: float
    began: int
    lost: float | None
    cause: str
    shown: float = 10.0


_SMALLEST = 5.0

Told = tuple[int, str, str, str]
"""Day, `drop` or `recovery`, metric, and the cause of a drop or the reason of a recovery (`quiet` or `restart`)."""


def told(
    days: Sequence[int], standings: Mapping[int, Mapping[str, Standing]], before: Sequence[Told] = ()
) -> list[Told]:
    """Alarms and recoveries on these days, after what was told `before`.

    >>> at = {1: {"csat": Standing(5.5, 5.0, 0, 6.0, "csat")}, 2: {"csat": Standing(2.0, 5.0, 0, 6.0, "csat")}}
    >>> told([1, 2], at)
    [(1, 'drop', 'csat', 'csat'), (2, 'recovery', 'csat', 'quiet')]
    """
    said = list(before)
    for day in days:
        now = standings[day]
        for metric in sorted({metric for _, _, metric, _ in said}):
            since = _open_since(metric, said)
            if since is not None:
                if metric not in now or now[metric].began > since:
                    said.append((day, "recovery", metric, "restart"))
                elif 2 * now[metric].c < now[metric].h:
                    said.append((day, "recovery", metric, "quiet"))
        for metric in sorted(now, key=lambda name: (-now[name].c, name)):
            chart = now[metric]
            lately = {cause for then, what, _, cause in said if what == "drop" and day - 14 < then}
            small = chart.lost is None or chart.lost < _SMALLEST or 2 * chart.shown < _SMALLEST
            if chart.c > chart.h and not small and _open_since(metric, said) is None and chart.cause not in lately:
                said.append((day, "drop", metric, chart.cause))
    return said[len(before) :]


def _open_since(metric: str, said: Sequence[Told]) -> int | None:
    """The day of the metric's last drop, if no recovery followed."""
    own = [(day, what) for day, what, of, _ in said if of == metric]
    return own[-1][0] if own and own[-1][1] == "drop" else None
