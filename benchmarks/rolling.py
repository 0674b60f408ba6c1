"""Rolling: the job that the peers do - four counts over 7, 28 and 91 days, by rep and by team, from day panes.

It is much less than what upscore does with the same records: no money, no splits, no validation, no scores. Reps'
memberships are given to the peers beforehand, so that they need no join.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache

MEASURES = ("calls", "emails", "meetings", "feedback_count")
WINDOWS = (7, 28, 91)

Memberships = dict[str, list[tuple[int, str]]]
"""Rep -> (first day no longer there, team), ascending."""

Counts = dict[str, dict[str, int]]
"""Subject key -> `<measure> <days>d` -> count."""

_OF_KIND = {"call": "calls", "email": "emails", "meeting": "meetings"}


def measure_of(record_type: str, kind: str | None) -> str | None:
    """What a record counts for; None if for nothing of ours.

    >>> measure_of("activity", "call"), measure_of("activity", "demo"), measure_of("feedback", None)
    ('calls', None, 'feedback_count')
    """
    if record_type == "activity":
        return _OF_KIND.get(kind or "")
    return "feedback_count" if record_type == "feedback" else None


@lru_cache(maxsize=4096)
def day_of(stamp: str) -> int:
    """The day of an instant, which the peers know to be in UTC and ours to be too.

    >>> day_of("2026-03-31") == date(2026, 3, 31).toordinal()
    True
    """
    return date.fromisoformat(stamp).toordinal()


def team_on(memberships: Memberships, rep_id: str, day: int) -> str:
    """The team of a rep on a day.

    >>> moved = {"r-1": [(10, "t-1"), (99, "t-2")]}
    >>> team_on(moved, "r-1", 9), team_on(moved, "r-1", 10), team_on(moved, "r-2", 10)
    ('t-1', 't-2', 'unassigned')
    """
    entries = memberships.get(rep_id)
    if entries is None:
        return "unassigned"
    return entries[bisect.bisect_right(entries, day, key=lambda entry: entry[0])][1]


def rolling(panes: Iterable[tuple[str, int, Mapping[str, int]]], as_of: int) -> Counts:
    """The sums of panes (subject, day, counts) over the windows that end with the day `as_of`.

    >>> rolling([("rep:a", 100, {"calls": 2}), ("rep:a", 93, {"calls": 1})], 100)["rep:a"]["calls 7d"]
    2
    """
    found: Counts = {}
    for subject, day, pane in panes:
        sums = found.setdefault(subject, {f"{measure} {days}d": 0 for measure in MEASURES for days in WINDOWS})
        for days in WINDOWS:
            if as_of - days < day <= as_of:
                for measure, count in pane.items():
                    sums[f"{measure} {days}d"] += count
    return found
