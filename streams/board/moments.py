"""Moments: the scores of an owned subject on earlier dates, from the live state, as `upscore scores --as-of` would give them.

All of it runs in one thread beside the lanes: the lanes' loop only hands over a copy of a subject's panes. Between two dates the
thread rests, half as long as it has worked, and thrice as long while records wait.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any, Final, NamedTuple

from scoring.course import Grounds
from scoring.improvement import Improvement, norms_on
from scoring.norms import Norms
from scoring.panes import Panes
from scoring.reference import Reference
from scoring.score import Scorer
from scoring.weekly import shared_weeks
from scoring.weeks import complete_weeks
from streams.desk import Desk
from streams.held_panes import Held

__all__ = ["DAILY", "Moments", "days_of_trend", "line_of"]

DAILY: Final = 28
"""Days at the end of a trend that have a point each."""
_RENEWED_SECONDS: Final = 10.0
"""While week rows or reference records keep coming in, they are taken anew this often at most."""
_WEEK: Final = 7
_KEPT: Final = 32
"""Trends kept at most."""
_REST: Final = 0.5
_REST_WHILE_BEHIND: Final = 3.0
"""How long is rested after each date, beside how long was worked."""


class Moments:
    """Scorers of dates, and what they need. For one thread; `clear` may be called by any."""

    def __init__(self, desk: Desk) -> None:
        """Nothing is worked out before it is asked for."""
        self._desk = desk
        self.clear()

    def clear(self) -> None:
        """Keep nothing."""
        self._kept: _Kept | None = None
        self._copy: Reference | None = None
        self._copy_of = -1

    def lines(self, subject: str, held: Held, days: Sequence[int]) -> Iterator[dict[str, Any]]:
        """A `schemas.board.TrendDay` for each of some days, in their order; those that reach beyond what is kept are left out.

        It pauses between. Where nothing has changed since it was last asked, it says the same at once.
        """
        kept, asked = self._renewed(), (subject, tuple(days))
        found = kept.lines.pop(asked, None)
        if found is None or found[0] != held:
            found = held, [*self._worked_out(subject, held, days)]
            for oldest in list(kept.lines)[: max(0, len(kept.lines) - _KEPT + 1)]:
                del kept.lines[oldest]
        kept.lines[asked] = found
        yield from found[1]

    def _worked_out(self, subject: str, held: Held, days: Sequence[int]) -> Iterator[dict[str, Any]]:
        for day in days:
            began = time.perf_counter()
            scorer = self.scorer(day)
            if not held.first_day or day - max(scorer.horizons) >= held.first_day:
                yield line_of(scorer, subject, held.panes)
            time.sleep((_REST_WHILE_BEHIND if self._desk.is_behind else _REST) * (time.perf_counter() - began))

    def scorer(self, day: int) -> Scorer:
        """What scores of a day are read with."""
        kept = self._renewed()
        found = kept.scorers.get(day)
        if found is None:
            ground = kept.grounds.of_weeks(shared_weeks(day))
            norms = self._norms(kept, day)
            week = norms.label, complete_weeks(day, 1).stop
            improvement = kept.slopes.get(week)  # of complete weeks, so all days of a week have the same
            if improvement is None:
                improvement = kept.slopes[week] = Improvement(ground, self._desk.scorecard, norms, day)
            found = Scorer(kept.reference, self._desk.scorecard, day, norms, improvement.of)
            kept.scorers[day] = found
        return found

    def judge(self, day: int) -> Scorer:
        """What says targets, rates and windows of a day by the norms in force now, but nothing of slopes: it is there at once."""
        return Scorer(self.reference, self._desk.scorecard, day, self._desk.norms.in_force(day))

    @property
    def reference(self) -> Reference:
        """The reference records as they are now; a copy of our own."""
        revision = self._desk.reference.revision  # before: what changes meanwhile is copied the next time
        if self._copy is None or self._copy_of != revision:
            self._copy, self._copy_of = self._desk.reference.copy(), revision
        return self._copy

    def _renewed(self) -> _Kept:
        desk, kept = self._desk, self._kept
        made_of = (desk.weeks.revision, desk.reference.revision, desk.norms.in_force(desk.as_of.day()).label)
        if kept is None or (kept.made_of != made_of and time.monotonic() - kept.at > _RENEWED_SECONDS):
            reference = self.reference
            grounds = Grounds(desk.weeks.all_rows(), reference.everybody, desk.scorecard)
            kept = self._kept = _Kept(made_of, time.monotonic(), reference, grounds, {}, {}, {}, {})
        return kept

    def _norms(self, kept: _Kept, day: int) -> Norms:
        """Those of a recomputation: published ones of an earlier week or quarter may be others, from before late records.

        Norms of a closed quarter's successor stay the same all through it, provisional ones change with the week.
        """
        calendar, today = self._desk.scorecard.calendar, self._desk.as_of.day()
        quarter, week = calendar.quarter(day).first, complete_weeks(day, 1).stop
        in_force = self._desk.norms.in_force(today)
        if quarter == calendar.quarter(today).first and not in_force.provisional:
            return in_force
        found = kept.norms.get((quarter, 0)) or kept.norms.get((quarter, week))
        if found is None:
            found = norms_on(day, self._desk.scorecard, kept.grounds.of_weeks(shared_weeks(day)))
            kept.norms[quarter, week if found.provisional else 0] = found
        return found


class _Kept(NamedTuple):
    made_of: tuple[int, int, str]
    at: float
    reference: Reference
    grounds: Grounds
    norms: dict[tuple[int, int], Norms]
    scorers: dict[int, Scorer]
    slopes: dict[tuple[str, int], Improvement]
    lines: dict[tuple[str, tuple[int, ...]], tuple[Held, list[dict[str, Any]]]]
    """The one asked for last stands last."""


def line_of(scorer: Scorer, subject: str, panes: Panes) -> dict[str, Any]:
    """A `schemas.board.TrendDay`: of a score that `Scorer.score` would give, these figures."""
    standing = scorer.standing(subject, scorer.seen(subject, panes))
    breakdown, interval = standing.breakdown, standing.interval
    enough = breakdown.covered(scorer.scorecard.coverage_gate)
    return {
        "as_of": date.fromordinal(scorer.as_of).isoformat(),
        "score": breakdown.score if enough else None,
        "low": interval.low if enough else None,
        "high": interval.high if enough else None,
        "level": breakdown.level,
    }


def days_of_trend(as_of: int, days: int) -> list[int]:
    """The days before `as_of` that a trend over so many days has a point of: a day each in the last 28, before that one a week.

    >>> [day - 1000 for day in days_of_trend(1000, 42)][:5], days_of_trend(1000, 42)[-1]
    ([-41, -34, -27, -26, -25], 999)
    """
    daily: Iterable[int] = range(as_of - min(days, DAILY) + 1, as_of)
    weekly = range(as_of - DAILY + 1 - _WEEK, as_of - days, -_WEEK)
    return sorted({*daily, *weekly})
