"""Week evidence: the week rows of many subjects at once, from pane columns; one by one `scoring.weekly` says the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import gcd
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from scoring.daily_columns import quotient
from scoring.kpi import UNKNOWN_NOISE, Kpi
from scoring.measures import power_of
from scoring.money import Rates
from scoring.pane_columns import PaneColumns
from scoring.week_table import Cells, WeekTable
from scoring.windows import Panes

Array = NDArray[Any]

_AT_ONCE: Final = 256
"""Subjects worked out together: arrays of some megabytes."""


def week_table(panes: PaneColumns, kpis: Mapping[str, Kpi]) -> WeekTable:
    """`scoring.weekly.week_rows` of every subject and all weeks that have a pane, to the last digit."""
    cells = []
    everybody = range(len(panes.subjects))
    for start in range(0, len(everybody), _AT_ONCE):
        some = _Some(panes, everybody[start : start + _AT_ONCE])
        cells += [some.cells(place, kpi) for place, kpi in enumerate(kpis.values())]
    return WeekTable(panes, tuple(kpis), Cells.joined(cells))


def week_rows_together(
    panes_of: Iterable[tuple[str, Panes, range]], kpis: Mapping[str, Kpi], rates: Rates
) -> WeekTable:
    """`scoring.weekly.week_rows` of several subjects, each of its own weeks, to the last digit.

    Of twenty long histories each costs half of what it does alone; of a few weeks, or a few subjects, more.
    """
    measures = frozenset().union(*(kpi.measures for kpi in kpis.values()))
    within = ((subject, _within(panes, weeks)) for subject, panes, weeks in panes_of)
    return week_table(PaneColumns(within, rates, measures), kpis)


def _within(panes: Panes, weeks: range) -> Panes:
    return {day: pane for day, pane in panes.items() if weeks.start <= day < weeks.stop}


class _Some:
    """Some rows of pane columns, summed up by week."""

    def __init__(self, panes: PaneColumns, rows: Sequence[int]) -> None:
        self._rows, self._panes = rows, panes
        self._sums: dict[str, Array] = {}

    def cells(self, place: int, kpi: Kpi) -> Cells:
        """The evidence of a metric, whose place this is, wherever there is any: as `Kpi.evidence` has it, a sum's total alone."""
        there, *sums = self._evidence(kpi)
        rows, weeks = np.nonzero(there)
        seen = np.stack([of[rows, weeks] for of in sums])
        return Cells(rows + self._rows[0], self._panes.mondays[weeks], np.full(len(rows), place), seen)

    def _evidence(self, kpi: Kpi) -> tuple[Array, ...]:
        """Where there is any, and its sums."""
        if kpi.is_sum:
            total = self._of(kpi.numerator, kpi.scale)
            nothing = np.zeros(total.shape)
            return total != 0, nothing, total, nothing, nothing, nothing, nothing
        noise = kpi.noise or UNKNOWN_NOISE
        n = self._of(kpi.denominator, noise.one)
        total = self._of(kpi.numerator, kpi.scale * noise.one)
        if noise.kind == "rate":
            total = np.minimum(np.maximum(total, 0.0), n)
            return n > 0, n, total, n, total, total, n
        squares = self._of(noise.squares, noise.scale)
        if noise.kind == "mean":
            return n > 0, n, total, n, squares, total, n
        records = self._of(dict.fromkeys(kpi.n, 1), 1)
        cross, base_squares = (self._of(of, noise.scale) for of in (noise.cross, noise.base_squares))
        return n > 0, records, total, n, squares, cross, base_squares

    def _of(self, factors: Mapping[str, int], by: int) -> Array:
        """The sums of measures times whole numbers, all of the same power of money, over `by`."""
        common = gcd(*factors.values()) or 1
        total: Array = np.zeros((len(self._rows), len(self._panes.mondays)), dtype=np.int64)
        for measure, factor in factors.items():
            found = self._sums_of(measure)
            total = total + (found if factor == common else found * (factor // common))
        power = max(map(power_of, factors), default=0)
        return quotient(total, common * self._panes.unit**power, by)

    def _sums_of(self, measure: str) -> Array:
        found = self._sums.get(measure)
        if found is None:
            found = self._sums[measure] = self._panes.by_week(measure, self._rows)
        return found
