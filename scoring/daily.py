"""Daily: the scores of many reps on each of many days at once, equal to `Scorer.score` one by one to the last digit."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

import numpy as np

from scoring.aggregate import MetricPart
from scoring.daily_columns import Array, columns
from scoring.daily_evidence import Seen, seen_of
from scoring.daily_standing import Slopes, each, stand_all
from scoring.fiscal import monday_of
from scoring.kpi import BY_NAME
from scoring.norms import Norms
from scoring.reference import Reference
from scoring.score import Scorer
from scoring.scorecard import Scorecard
from scoring.windows import Panes

_CHUNK: Final = 64


def _no_slopes(_: str, __: int) -> tuple[MetricPart, ...]:
    return ()


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
    panes_of: Mapping[str, Panes],
    reps: Sequence[str],
    reference: Reference,
    scorecard: Scorecard,
    norms_on: Callable[[int], Norms],
    first: int,
    last: int,
    chunk: int = _CHUNK,
    improvement: Callable[[str, int], Sequence[MetricPart]] = _no_slopes,
) -> Iterator[DailyScores]:
    """The scores of each rep on each day from `first` to `last`, in blocks of `chunk` reps and of days with the same norms.

    Args:
        panes_of: panes by subject, `rep:<id>`.
        reps: ids of reps.
        reference: as of all days, like that of a `Scorer`.
        scorecard: likewise.
        norms_on: the norms in force on a day.
        first: ordinal of the first day.
        last: of the last one, included.
        chunk: bounds the memory.
        improvement: of a subject on a day the parts of that pillar, as `scoring.improvement.Improvement.of` has them: they change
            when a week is over or norms change, so it is asked once for each rep and week.

    Raises:
        ValueError: `improvement` tells of other metrics, or by other weights, of one rep than of another under the same norms.
    """
    norms = {day: norms_on(day) for day in range(first, last + 1)}
    stretches = [(list(days), of) for of, days in _stretches(norms)]
    horizons = [Scorer(reference, scorecard, days[0], of).horizons for days, of in stretches]
    measures = _measures(scorecard)
    back = max(max(each) for each in horizons)
    year = any(name.startswith("year_") for name in measures)
    start = first - max(back, 365 if year else 0)
    for at in range(0, len(reps), chunk):
        some = tuple(reps[at : at + chunk])
        found = columns([panes_of.get("rep:" + rep, {}) for rep in some], start, last, reference.rates, measures)
        for days, of in stretches:
            scorer = Scorer(reference, scorecard, days[0], of)
            slopes = _slopes([[improvement("rep:" + rep, day) for rep in some] for day in _week_by_week(days)], days)
            yield _scores(some, days[0], seen_of(found, some, scorer, days[0], days[-1]), scorer, slopes)


def _week_by_week(days: Sequence[int]) -> list[int]:
    """The first day of each run of days on which the same weeks are complete."""
    return [next(run) for _, run in groupby(days, key=lambda day: monday_of(day + 1))]


def _slopes(by_week: Sequence[Sequence[Sequence[MetricPart]]], days: Sequence[int]) -> Slopes | None:
    """What weeks tell of each rep, spread over the days."""
    one = by_week[0][0]
    named = [(part.name, part.weight, part.sign) for part in one]
    for parts in (parts for week in by_week for parts in week):
        if [(part.name, part.weight, part.sign) for part in parts] != named:
            raise ValueError(f"improvement of {[part.name for part in parts]}; of another rep it is of {named}")
    if not named:
        return None
    lengths = [len(list(run)) for _, run in groupby(days, key=lambda day: monday_of(day + 1))]
    numbers = np.array(
        [[[_numbers(part) for part in parts] for parts in week] for week in by_week], dtype=np.float64
    )  # week, rep, metric, number
    spread = np.repeat(numbers, lengths, axis=0).transpose(3, 2, 1, 0)
    return Slopes(tuple(named), spread[0], spread[1], spread[2], spread[3] > 0)


def _numbers(part: MetricPart) -> tuple[float, float, float, float]:
    low, high = part.u_low, part.u_high
    return part.u, part.u if low is None else low, part.u if high is None else high, part.n


def _stretches(norms: Mapping[int, Norms]) -> Iterator[tuple[Norms, list[int]]]:
    for _, group in groupby(norms.items(), key=lambda entry: entry[1].label):
        entries = list(group)
        yield entries[0][1], [day for day, _ in entries]


def _measures(scorecard: Scorecard) -> frozenset[str]:
    names = {"margin_revenue", "margin_cost", "customers_new", "customers_churned", "opened", "opened_n"}
    for scored in scorecard.metrics:
        kpi = BY_NAME[scored.metric]
        for of in (kpi, kpi.scored_as or kpi):
            names |= {*of.numerator, *of.denominator, *of.n}
    return frozenset(names)


def _scores(
    reps: tuple[str, ...], first: int, seen: Mapping[str, Seen], scorer: Scorer, slopes: Slopes | None
) -> DailyScores:
    found = stand_all(reps, seen, scorer.scorecard, scorer.norms, slopes)
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
