"""Daily: the scores of many subjects on each of many days at once, equal to `Scorer.score` one by one to the last digit."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Final

import numpy as np

from scoring.daily_columns import Array, Columns
from scoring.daily_evidence import DailyEvidence
from scoring.daily_goals import Goals
from scoring.daily_interval import Slopes
from scoring.daily_pillars import each
from scoring.daily_presence import Presence
from scoring.daily_standing import stand_all
from scoring.fiscal import monday_of
from scoring.improvement import Improvement, pillar_at
from scoring.kpi import BY_NAME
from scoring.norms import Norms
from scoring.pane_columns import PaneColumns, measures_of
from scoring.reference import Reference
from scoring.score import Scorer
from scoring.scorecard import Scorecard

_CHUNK: Final = 128


@dataclass(frozen=True)
class DailyScores:
    """Scores of some subjects (rows) on some days (columns), `first` the first of them.

    `score`, `low` and `high` are as computed; where `scored` is False there is not evidence enough and they are not to be shown.
    `pillars`, `as_scored` (what each metric is shrunk to, money as its logarithm) and `utility` are by name.
    """

    subjects: tuple[str, ...]
    first: int
    norms: str | None
    score: Array
    low: Array
    high: Array
    level: Array
    coverage: Array
    scored: Array
    pillars: Mapping[str, Array]
    as_scored: Mapping[str, Array]
    utility: Mapping[str, Array]

    @cached_property
    def shrunk(self) -> Mapping[str, Array]:
        """What each metric is shrunk to, as shown."""
        return {m: x if BY_NAME[m].scored_as is None else each(math.exp, x) for m, x in self.as_scored.items()}


def daily_scores(
    panes: PaneColumns,
    subjects: Sequence[str],
    reference: Reference,
    scorecard: Scorecard,
    norms_on: Callable[[int], Norms],
    first: int,
    last: int,
    chunk: int = _CHUNK,
    improvement: Callable[[int], Improvement] | None = None,
) -> Iterator[DailyScores]:
    """The scores of each subject on each day from `first` to `last`, in blocks of `chunk` subjects and of days with equal norms.

    Args:
        panes: those of the subjects, as far as `measures_of` the scorecard go; one that is not among them has none.
        subjects: by key, of any kinds, each once.
        reference: as of all days, like that of a `Scorer`.
        scorecard: likewise.
        norms_on: the norms in force on a day.
        first: ordinal of the first day.
        last: of the last one, included.
        chunk: bounds the memory.
        improvement: on a day that pillar, of the norms in force: it changes when a week is over or norms change, and is asked no
            oftener. None: there is none.
    """
    norms = {day: norms_on(day) for day in range(first, last + 1)}
    stretches = [(days, Scorer(reference, scorecard, days[0], of)) for of, days in _stretches(norms)]
    back = max(max(scorer.horizons) for _, scorer in stretches)
    year = any(name.startswith("year_") for name in measures_of(scorecard))
    start = first - max(back, 365 if year else 0)
    holidays = scorecard.people.holidays
    for at in range(0, len(subjects), chunk):
        some = tuple(subjects[at : at + chunk])
        found = Columns(panes, some, start, last)
        presence = Presence(some, found.unrecorded, reference, holidays, start, last)
        goals = {of.metric: Goals(some, reference, of, holidays, first, last) for of in scorecard.metrics}
        is_rep = np.array([subject.startswith("rep:") for subject in some])
        for days, scorer in stretches:
            begin, end = days[0], days[-1]
            present = presence.windows(scorer.horizons.score, begin, end)
            evidence = DailyEvidence(found, scorer, is_rep, present, begin, end)
            seen = {of.metric: evidence.of(of) for of in scorecard.metrics}
            posts = {name: of.posts(scorer.norms.metrics[name], begin, end) for name, of in goals.items()}
            slopes = None if improvement is None else _slopes(some, improvement, days)
            standings = stand_all(some, seen, posts, scorecard, scorer.norms, slopes)
            yield DailyScores(
                some,
                begin,
                scorer.norms.label if scorer.norms.first_week else None,
                standings.score,
                standings.low,
                standings.high,
                standings.level,
                standings.coverage,
                standings.coverage >= scorecard.coverage_gate - 1e-12,
                standings.values,
                standings.shrunk,
                standings.utility,
            )


def _slopes(subjects: Sequence[str], improvement: Callable[[int], Improvement], days: Sequence[int]) -> Slopes | None:
    """What weeks tell of each subject on some days, all under the same norms."""
    runs = [list(run) for _, run in groupby(days, key=lambda day: monday_of(day + 1))]  # the same weeks are complete
    pillar = pillar_at([improvement(run[0]) for run in runs], subjects)
    return None if pillar is None else Slopes(pillar, [len(run) for run in runs])


def _stretches(norms: Mapping[int, Norms]) -> Iterator[tuple[Norms, list[int]]]:
    for _, group in groupby(norms.items(), key=lambda entry: entry[1].label):
        entries = list(group)
        yield entries[0][1], [day for day, _ in entries]
