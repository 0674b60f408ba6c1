"""Improvement book: what the slopes of subjects count, from the week rows that the worker has read so far."""

from __future__ import annotations

from scoring.improvement import Improvement
from scoring.scorecard import Scorecard
from streams.ground_book import GroundBook
from streams.norms_book import NormsBook


class ImprovementBook:
    """Gives the `Improvement` of a date; the same object as long as nothing that it is made of has changed."""

    def __init__(self, ground: GroundBook, norms: NormsBook, scorecard: Scorecard) -> None:
        """Read from what the readers of the worker keep up to date."""
        self._ground = ground
        self._norms = norms
        self._scorecard = scorecard
        self._made_of: tuple[str, range, int, int] | None = None
        self._newest: Improvement | None = None

    def is_newest(self, improvement: Improvement | None, as_of: int) -> bool:
        """Whether `on` would give this object."""
        return improvement is not None and improvement is self._newest and self._key(as_of) == self._made_of

    def fits(self, improvement: Improvement | None, as_of: int) -> bool:
        """Whether it is of these norms and weeks at least, though rows or people may have changed since."""
        return improvement is not None and improvement.is_of(self._norms.in_force(as_of), as_of)

    def on(self, as_of: int) -> Improvement:
        """The improvement on a date, as known now."""
        key = self._key(as_of)
        if self._newest is None or key != self._made_of:
            norms = self._norms.in_force(as_of)
            self._newest = Improvement(self._ground.on(as_of), self._scorecard, norms, as_of)
            self._made_of = key
        return self._newest

    def _key(self, as_of: int) -> tuple[str, range, int, int]:
        norms = self._norms.in_force(as_of)
        weeks, *revisions = self._ground.made_of(as_of)
        rows, people = revisions if Improvement.counts(self._scorecard, norms) else (0, 0)
        return norms.label, weeks, rows, people
