"""Improvement book: what the slopes of subjects count, from the week rows that the worker has read so far."""

from __future__ import annotations

import time
from typing import Final

from scoring.improvement import Improvement
from scoring.scorecard import Scorecard
from streams.backlog import Backlog
from streams.ground_book import GroundBook
from streams.norms_book import NormsBook
from streams.rests import Rests

_SHARE_OF_TIME: Final = 0.0025
"""Part of a core that scoring everybody anew may take, only because slopes of others have moved what was to be expected. Less
than norms may take: these come first then, and bring other slopes along."""
_QUIET_SECONDS: Final = 1.0
"""Where it need not rest, rows have not changed for so long."""
_MOST_SECONDS: Final = 5.0
"""The longest that it waits for that."""


class ImprovementBook:
    """Gives the `Improvement` of a date: one object for all lanes, so that what all subjects share is worked out once.

    A late record of a past week moves what was to be expected of everybody a little. They are scored anew by that, not at once.
    """

    def __init__(self, ground: GroundBook, norms: NormsBook, scorecard: Scorecard, backlog: Backlog) -> None:
        """Read from what the readers of the worker keep up to date; `backlog`: what waits for its lanes."""
        self._backlog = backlog
        self._ground = ground
        self._norms = norms
        self._scorecard = scorecard
        self._made_of: tuple[str, range, int, int] | None = None
        self._newest: Improvement | None = None
        self._rests = Rests(_SHARE_OF_TIME)
        self._seen: tuple[str, range, int, int] | None = None
        self._seen_at = self._changed_at = 0.0
        """When what it is made of was last seen to change, and first since it was made."""
        self.costs: dict[int, float] = {}
        """Seconds that scoring everybody last took, by lane."""

    @property
    def cost(self) -> float:
        """Seconds that scoring everybody last took, in all lanes."""
        return sum(self.costs.values())

    def seconds_until_due(self, held: Improvement | None, as_of: int) -> float | None:
        """How long a lane goes on with the object that it holds; None where nothing that it is made of has changed."""
        if held is None or held is not self._newest:
            return 0.0
        key = self._key(as_of)
        if key == self._made_of:
            return None
        return self._seconds_left(key) if self._fits(held, as_of) else 0.0

    def on(self, as_of: int) -> Improvement:
        """The improvement on a date: of other rows or people than the last one not before it has rested."""
        key = self._key(as_of)
        if (
            self._newest is None
            or not self._fits(self._newest, as_of)
            or (key != self._made_of and self._seconds_left(key) == 0)
        ):
            norms = self._norms.in_force(as_of)
            self._newest = Improvement(self._ground.on(as_of), self._scorecard, norms, as_of)
            self._made_of = self._seen = key
            self._rests.done(self.cost)
        return self._newest

    def _fits(self, improvement: Improvement, as_of: int) -> bool:
        """Whether it is of these norms and weeks at least, though rows or people may have changed since."""
        return improvement.is_of(self._norms.in_force(as_of), as_of)

    def _seconds_left(self, key: tuple[str, range, int, int]) -> float:
        """How long the next one still waits, made of what `key` says."""
        now = time.monotonic()
        if self._seen == self._made_of:
            self._changed_at = now
        if key != self._seen:
            self._seen, self._seen_at = key, now
        quiet_at = min(self._seen_at + _QUIET_SECONDS, self._changed_at + _MOST_SECONDS)
        return max(self._rests.seconds_left(self.cost, at_once=self._backlog.others_may_follow), quiet_at - now, 0.0)

    def _key(self, as_of: int) -> tuple[str, range, int, int]:
        norms = self._norms.in_force(as_of)
        weeks, *revisions = self._ground.made_of(as_of)
        rows, people = revisions if Improvement.counts(self._scorecard, norms) else (0, 0)
        return norms.label, weeks, rows, people
