"""Judging: with which norms and slopes the scores of each day are read - frozen as they would have been."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial

from scoring.improvement import Improvement
from scoring.line import Line
from scoring.norms import Norms
from scoring.score import Scorer
from scoring.scorecard import Scorecard
from scoring.weeks import complete_weeks
from streams.replay.side_by_side import Advance, dealt, run


class Judging:
    """The norms, slopes and scorer of any day of one line under one scorecard; each is worked out once.

    Norms of a closed quarter's successor stay the same all through it, provisional ones change with the week, slopes likewise.
    """

    def __init__(self, line: Line, scorecard: Scorecard) -> None:
        """Nothing is worked out yet; `line` takes no more records."""
        self.line, self.scorecard = line, scorecard
        self._norms: dict[tuple[int, int], Norms] = {}
        self._by_day: dict[int, Norms] = {}
        self._improvements: dict[tuple[str, int], Improvement] = {}

    def on(self, day: int) -> Judging:
        """The judging by the scorecard of a day: this one, whatever the day."""
        del day
        return self

    def stretches(self, days: range) -> Sequence[tuple[range, Judging]]:
        """Stretches of days by one scorecard."""
        return [(days, self)]

    def norms(self, day: int) -> Norms:
        """The norms in force on a day."""
        known = self._by_day.get(day)
        if known is None:
            known = self._by_day[day] = self._norms_of_week(day)
        return known

    def _norms_of_week(self, day: int) -> Norms:
        quarter, week = self.scorecard.calendar.quarter(day).first, complete_weeks(day, 1).stop
        found = self._norms.get((quarter, 0)) or self._norms.get((quarter, week))
        if found is None:
            found = self.line.norms(self.scorecard, day)
            _ = found.label  # which goes with them to other processes
            self._norms[quarter, week if found.provisional else 0] = found
        return found

    def prepare(self, days: range, processes: int, advance: Advance) -> None:
        """Work out the norms of some days, quarters side by side; `advance` is told of days done."""
        quarters: dict[int, list[int]] = {}
        for day in days:
            quarters.setdefault(self.scorecard.calendar.quarter(day).first, []).append(day)
        if days:
            self.line.ground(self.scorecard, days[0])  # what all processes share
        # The first ones take ten times as long, for norms are new every week there.
        with dealt(list(quarters.values())) as each:
            parts = [partial(self._norms_of, each)] * min(processes, len(quarters))
            for found in run(parts, advance):
                self._norms |= found

    def _norms_of(self, quarters: Iterable[list[int]], advance: Advance) -> dict[tuple[int, int], Norms]:
        for days in quarters:
            for day in days:
                self.norms(day)
            advance(len(days))
        return self._norms

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
