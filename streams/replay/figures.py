"""Figures: the scores of many subjects on many days, as one table of numbers in a file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from scoring.aggregate import IMPROVEMENT
from scoring.daily import DailyScores, daily_scores
from scoring.scorecard import PILLARS
from streams.replay.judging import Judging

Array = NDArray[np.float64]

FIGURES: Final = ("score", "low", "high", "level", "improvement", "coverage")
"""As in a score object; `score`, `low` and `high` are NaN without evidence enough, `improvement` without a slope."""

FIELDS: Final = (*FIGURES, *(f"pillar_{name}" for name in PILLARS))
"""The columns of the table: figures, then the value of each pillar, NaN where it is not there."""

_AT_ONCE: Final = 64


@dataclass(frozen=True, slots=True)
class Table:
    """`values[field, day - first, place]` of `FIELDS` and of `subjects` in their order."""

    subjects: Sequence[str]
    first: int
    last: int
    values: Array

    @classmethod
    def create(cls, path: Path, subjects: Sequence[str], first: int, last: int) -> Table:
        """An empty table in a file, which processes that were forked from this one write as well."""
        shape = (len(FIELDS), last - first + 1, len(subjects))
        values: Any = np.zeros(shape) if not len(subjects) else np.lib.format.open_memmap(path, "w+", np.float64, shape)
        return cls(subjects, first, last, values)

    def of(self, subject_place: int, day: int) -> list[float | None]:
        """The figures of a subject on a day, None for NaN; in the order of `FIELDS`."""
        row = self.values[:, day - self.first, subject_place].tolist()
        return [None if value != value else value for value in row]  # noqa: PLR0124 - NaN


def fill(table: Table, judging: Judging, places: Sequence[int], advance: Callable[[int], None]) -> None:
    """Work out the columns of some subjects; `advance` is told of days of subjects done."""
    line = judging.line
    for start in range(0, len(places), _AT_ONCE):
        some = places[start : start + _AT_ONCE]
        blocks = daily_scores(
            line.columns(judging.scorecard),
            [table.subjects[place] for place in some],
            line.reference,
            judging.scorecard,
            judging.norms,
            table.first,
            table.last,
            chunk=_AT_ONCE,
            improvement=judging.improvement,
        )
        for block in blocks:
            _put_block(table, block, some)
            advance(block.score.size)


def _put_block(table: Table, block: DailyScores, places: Sequence[int]) -> None:
    days = slice(block.first - table.first, block.first - table.first + block.score.shape[1])
    nothing = np.full(block.score.shape, np.nan)
    shown = [np.where(block.scored, figure, np.nan) for figure in (block.score, block.low, block.high)]
    slopes = block.pillars.get(IMPROVEMENT)
    pillars = [block.pillars.get(name, nothing) for name in PILLARS]
    figures = [*shown, block.level, nothing if slopes is None else 100 * slopes, block.coverage, *pillars]
    for field, figure in enumerate(figures):
        table.values[field][days, places] = figure.T
