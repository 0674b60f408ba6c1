"""Judging: with which norms and slopes the scores of each day are read - frozen as they would have been."""

from __future__ import annotations

from scoring.improvement import Improvement
from scoring.line import Line
from scoring.norms import Norms
from scoring.score import Scorer
from scoring.scorecard import Scorecard
from scoring.weeks import complete_weeks


class Judging:
    """The norms, slopes and scorer of any day of one line under one scorecard; each is worked out once.

    Norms of a closed quarter's successor stay the same all through it, provisional ones change with the week, slopes likewise.
    """

    def __init__(self, line: Line, scorecard: Scorecard) -> None:
        """Nothing is worked out yet; `line` takes no more records."""
        self.line, self.scorecard = line, scorecard
        self._norms: dict[tuple[int, int], Norms] = {}
        self._improvements: dict[tuple[str, int], Improvement] = {}

    def norms(self, day: int) -> Norms:
        """The norms in force on a day."""
        quarter, week = self.scorecard.calendar.quarter(day).first, complete_weeks(day, 1).stop
        found = self._norms.get((quarter, 0)) or self._norms.get((quarter, week))
        if found is None:
            found = self.line.norms(self.scorecard, day)
            self._norms[quarter, week if found.provisional else 0] = found
        return found

    def improvement(self, day: int) -> Improvement:
        """The pillar of slopes on a day."""
        norms = self.norms(day)
        key = norms.label, complete_weeks(day, 1).stop
        found = self._improvements.get(key)
        if found is None:
            ground = self.line.ground(self.scorecard, day)
            found = self._improvements[key] = Improvement(ground, self.scorecard, norms, day)
        return found

    def scorer(self, day: int) -> Scorer:
        """What `Line.scorer` gives for a day."""
        return Scorer(self.line.reference, self.scorecard, day, self.norms(day), self.improvement(day).of)
