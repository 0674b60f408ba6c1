"""Ground book: what slopes, charts and norms are worked out on, from the week rows that the worker has read so far."""

from __future__ import annotations

from scoring.course import Ground
from scoring.reference import Reference
from scoring.scorecard import Scorecard
from scoring.weekly import shared_weeks
from streams.week_book import WeekBook


class GroundBook:
    """Gives the `Ground` of a date; the same object as long as nothing that it is made of has changed."""

    def __init__(self, weeks: WeekBook, reference: Reference, scorecard: Scorecard) -> None:
        """Read from what the readers of the worker keep up to date."""
        self._weeks = weeks
        self._reference = reference
        self._scorecard = scorecard
        self._made_of: tuple[range, int, int] | None = None
        self._newest: Ground | None = None

    def made_of(self, as_of: int) -> tuple[range, int, int]:
        """What changes whenever `on` would give another object: the weeks, and the revisions of rows and people."""
        return shared_weeks(as_of), self._weeks.revision, self._reference.everybody_revision

    def on(self, as_of: int) -> Ground:
        """The ground on a date, as known now; for this thread alone."""
        made_of = self.made_of(as_of)
        if self._newest is None or made_of != self._made_of:
            self._newest, self._made_of = self.anew(as_of), made_of
        return self._newest

    def anew(self, as_of: int) -> Ground:
        """The same, an object for the caller alone, which another thread may use."""
        return Ground.of(self._weeks.rows(shared_weeks(as_of)), self._reference.everybody, self._scorecard)
