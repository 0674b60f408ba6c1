"""Course: how the figures have moved since the live part began."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from streams.demo.figures import Row, Snapshot

__all__ = ["Course", "sparkline"]

RATE_SECONDS: Final = 5.0
_MOST_POINTS: Final = 1_000
_BLOCKS: Final = "▁▂▃▄▅▆▇█"
_SMALLEST_SPAN: Final = 8.0
"""Points of score that the height of a sparkline stands for at least, so that noise looks like noise."""


class Course:
    """Remembers snapshots as far as they are shown.

    Attributes:
        snapshot: the newest one; None before the first.
        first_scores_at: when the first score was seen, by the clock of `take`; None before.
        settled_seconds: for how long no score has changed.
    """

    def __init__(self) -> None:
        self.snapshot: Snapshot | None = None
        self.first_scores_at: float | None = None
        self.settled_seconds = 0.0
        self._changed_at = 0.0
        self._baseline: dict[str, float] | None = None
        self._points: dict[str, deque[float]] = {}
        self._counted: deque[tuple[float, int]] = deque()

    def take(self, snapshot: Snapshot, now: float) -> None:
        """Take the newest snapshot.

        Args:
            snapshot: as it was fetched.
            now: seconds by a clock that never goes back.
        """
        moved = self.snapshot is None or snapshot.as_of != self.snapshot.as_of
        if self.snapshot is None or snapshot.rows != self.snapshot.rows:
            self._changed_at = now
        self.settled_seconds = now - self._changed_at
        self.snapshot = snapshot
        for key, row in snapshot.rows.items():
            if row.score is None:
                continue
            if self.first_scores_at is None:
                self.first_scores_at = now
            if self._baseline is not None:
                self._baseline.setdefault(key, row.score)
            points = self._points.setdefault(key, deque(maxlen=_MOST_POINTS))
            if moved or not points:
                points.append(row.score)
            else:
                points[-1] = row.score
        self._counted.append((now, snapshot.counted))
        while self._counted[0][0] < now - RATE_SECONDS and len(self._counted) > 2:  # noqa: PLR2004 - a rate needs two
            self._counted.popleft()

    def begin_live(self) -> None:
        """From here on, changes count against the scores as they are now."""
        rows = {} if self.snapshot is None else self.snapshot.rows
        self._baseline = {key: row.score for key, row in rows.items() if row.score is not None}
        self._points = {key: deque([score], maxlen=_MOST_POINTS) for key, score in self._baseline.items()}

    @property
    def records_a_second(self) -> float:
        """Records dealt with a second, over the last five seconds."""
        if not self._counted:
            return 0.0
        (began, first), (ended, last) = self._counted[0], self._counted[-1]
        return (last - first) / (ended - began) if ended > began else 0.0

    def rows(self, subject: str) -> list[Row]:
        """All of a kind, the greatest score first; those without one last, by id."""
        rows = {} if self.snapshot is None else self.snapshot.rows
        chosen = [row for key, row in rows.items() if key.startswith(f"{subject}:")]
        return sorted(chosen, key=lambda row: (row.score is None, -(row.score or 0.0), row.key))

    def change(self, key: str) -> float | None:
        """Points since the live part began, or since the first score if that came later; None without either."""
        if self._baseline is None or self.snapshot is None or key not in self._baseline:
            return None
        row = self.snapshot.rows.get(key)
        return None if row is None or row.score is None else row.score - self._baseline[key]

    def sparkline(self, key: str, width: int) -> str:
        """The score since the live part began in so many characters; empty without one."""
        return sparkline(self._points.get(key, ()), width)


def sparkline(values: Sequence[float], width: int) -> str:
    """Values as blocks of eight heights, at most `width` of them; of more values, each block shows a mean.

    The height stands for the range of the values, but for eight points at least.

    >>> sparkline([50, 50.4, 50], 8)
    '▄▅▄'
    >>> sparkline([20, 30, 40, 50, 60], 8), sparkline(range(100), 4), sparkline([], 8)
    ('▁▃▅▇█', '▁▃▆█', '')
    """
    count = len(values)
    if not count:
        return ""
    listed = [*values]
    shown = min(count, width)
    cuts = [count * n // shown for n in range(shown + 1)]
    means = [sum(listed[a:b]) / (b - a) for a, b in pairwise(cuts)]
    low, high = min(means), max(means)
    span = max(high - low, _SMALLEST_SPAN)
    floor = (low + high - span) / 2
    return "".join([_BLOCKS[min(7, int((mean - floor) / span * 8))] for mean in means])
