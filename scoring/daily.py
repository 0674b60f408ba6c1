"""Daily: the scores of many reps on each of many days at once, equal to `Scorer.score` one by one to the last digit."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

import numpy as np

from scoring.daily_columns import Array, Columns
from scoring.daily_evidence import seen_of
from scoring.daily_presence import present_all
from scoring.daily_standing import Standings, each, stand_all
from scoring.facts import Kind
from scoring.fiscal import monday_of
from scoring.improvement import Improvement, Pillar, pillars_at
from scoring.kpi import BY_NAME
from scoring.norms import Norms
from scoring.pane_columns import PaneColumns, measures_of
from scoring.reference import Reference
from scoring.score import Scorer
from scoring.scorecard import Scorecard

_CHUNK: Final = 128


@dataclass(frozen=True, slots=True)
class DailyScores:
    """Scores of some reps (rows) on some days (columns), `first` the first of them.

    `score`, `low` and `high` are as computed; where `scored` is False there is not evidence enough and they are not to be shown.
    `pillars`, `shrunk` (as shown: money, not its logarithm) and `utility` are by name.
    """

    reps: tuple[str, ...]
    first: int
    norms: str | None
    score: Array
    low: Array
    high: Array
    level: Array
    coverage: Array
    scored: Array
    pillars: Mapping[str, Array]
    shrunk: Mapping[str, Array]
    utility: Mapping[str, Array]


def daily_scores(
    panes: PaneColumns,
    reps: Sequence[str],
    reference: Reference,
    scorecard: Scorecard,
    norms_on: Callable[[int], Norms],
    first: int,
    last: int,
    chunk: int = _CHUNK,
    improvement: Callable[[int], Improvement] | None = None,
    kind: Kind = "rep",
) -> Iterator[DailyScores]:
    """The scores of each rep on each day from `first` to `last`, in blocks of `chunk` reps and of days with the same norms.

    Args:
        panes: those of the subjects, as far as `measures_of` the scorecard go; one that is not among them has none.
        reps: ids of reps.
        reference: as of all days, like that of a `Scorer`.
        scorecard: likewise.
        norms_on: the norms in force on a day.
        first: ordinal of the first day.
        last: of the last one, included.
        chunk: bounds the memory.
        improvement: on a day that pillar, of the norms in force: it changes when a week is over or norms change, and is asked no
            oftener. None: there is none.
        kind: what the ids are of: reps, or groups of one kind.
    """
    norms = {day: norms_on(day) for day in range(first, last + 1)}
    stretches = [(list(days), of) for of, days in _stretches(norms)]
    horizons = [Scorer(reference, scorecard, days[0], of).horizons for days, of in stretches]
    back = max(max(each) for each in horizons)
    year = any(name.startswith("year_") for name in measures_of(scorecard))
    start = first - max(back, 365 if year else 0)
    for at in range(0, len(reps), chunk):
        some = tuple(reps[at : at + chunk])
        subjects = [f"{kind}:{each}" for each in some]
        found = Columns(panes, subjects, start, last)
        for days, of in stretches:
            scorer = Scorer(reference, scorecard, days[0], of)
            slopes = None if improvement is None else _slopes(subjects, improvement, days)
            present = present_all(subjects, found.unrecorded, scorer, days[0], days[-1])
            seen = seen_of(found, subjects, scorer, present, (days[0], days[-1]))
            of_norms = some if kind == "rep" else None
            yield _scores(some, days[0], stand_all(of_norms, seen, scorecard, of, slopes), scorer)


def _slopes(subjects: Sequence[str], improvement: Callable[[int], Improvement], days: Sequence[int]) -> Pillar | None:
    """What weeks tell of each subject, spread over the days; all are under the same norms."""
    runs = [list(run) for _, run in groupby(days, key=lambda day: monday_of(day + 1))]  # the same weeks are complete
    by_week = [pillar for pillar in pillars_at([improvement(run[0]) for run in runs], subjects) if pillar is not None]
    if not by_week:
        return None
    named, *columns = zip(*by_week, strict=True)
    lengths = [len(run) for run in runs]
    return Pillar(named[0], *(np.repeat(np.stack(column, axis=2), lengths, axis=2) for column in columns))


def _stretches(norms: Mapping[int, Norms]) -> Iterator[tuple[Norms, list[int]]]:
    for _, group in groupby(norms.items(), key=lambda entry: entry[1].label):
        entries = list(group)
        yield entries[0][1], [day for day, _ in entries]


def _scores(reps: tuple[str, ...], first: int, found: Standings, scorer: Scorer) -> DailyScores:
    shown = {m: x if BY_NAME[m].scored_as is None else each(math.exp, x) for m, x in found.shrunk.items()}
    return DailyScores(
        reps,
        first,
        scorer.norms.label if scorer.norms.first_week else None,
        found.score,
        found.low,
        found.high,
        found.level,
        found.coverage,
        found.coverage >= scorer.scorecard.coverage_gate - 1e-12,
        found.values,
        shown,
        found.utility,
    )
