"""Week evidence: the week rows of many subjects at once, from pane columns; one by one `scoring.weekly` says the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import gcd
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from scoring.daily_columns import quotient
from scoring.evidence import Evidence
from scoring.fiscal import monday_of
from scoring.kpi import UNKNOWN_NOISE, Kpi
from scoring.pane_columns import PaneColumns, power_of
from scoring.weekly import WeekRow
from scoring.weeks import Opened

Array = NDArray[Any]

_AT_ONCE: Final = 256
"""Subjects worked out together: arrays of some megabytes."""


def all_week_rows(panes: PaneColumns, kpis: Mapping[str, Kpi]) -> dict[str, dict[int, WeekRow]]:
    """`scoring.weekly.week_rows` of every subject and all weeks that have a pane, to the last digit."""
    rows: dict[str, dict[int, WeekRow]] = {}
    for start in range(0, len(panes.subjects), _AT_ONCE):
        subjects = panes.subjects[start : start + _AT_ONCE]
        some = _Some(panes, range(start, start + len(subjects)))
        seen: list[dict[int, dict[str, Evidence]]] = [{} for _ in subjects]
        for metric, kpi in kpis.items():
            for row, monday, evidence in some.evidence(kpi):
                seen[row].setdefault(monday, {})[metric] = evidence
        for subject, by_week, opened in zip(subjects, seen, panes.openings(some.rows), strict=True):
            rows[subject] = _told(by_week, opened)
    return rows


class _Some:
    """Some rows of pane columns, summed up by week."""

    def __init__(self, panes: PaneColumns, rows: Sequence[int]) -> None:
        self.rows, self._panes = rows, panes
        self._sums: dict[str, Array] = {}

    def evidence(self, kpi: Kpi) -> Iterator[tuple[int, int, Evidence]]:
        """Row, Monday and evidence wherever there is any, as `Kpi.evidence` has it; a sum's total alone."""
        total = self._of(kpi.numerator, kpi.scale)
        nothing = np.zeros(total.shape)
        if kpi.is_sum:
            yield from self._there(total != 0, nothing, total, nothing, nothing, nothing, nothing)
            return
        noise = kpi.noise or UNKNOWN_NOISE
        n = self._of(kpi.denominator, noise.one)
        total = self._of(kpi.numerator, kpi.scale * noise.one)
        if noise.kind == "rate":
            total = np.minimum(np.maximum(total, 0.0), n)
            yield from self._there(n > 0, n, total, n, total, total, n)
            return
        squares = self._of(noise.squares, noise.scale)
        if noise.kind == "mean":
            yield from self._there(n > 0, n, total, n, squares, total, n)
            return
        records = self._of(dict.fromkeys(kpi.n, 1), 1)
        cross, base_squares = (self._of(of, noise.scale) for of in (noise.cross, noise.base_squares))
        yield from self._there(n > 0, records, total, n, squares, cross, base_squares)

    def _there(self, there: Array, *columns: Array) -> Iterator[tuple[int, int, Evidence]]:
        rows, weeks = np.nonzero(there)
        mondays = self._panes.mondays[weeks]
        found = (column[rows, weeks].tolist() for column in columns)
        yield from zip(rows.tolist(), mondays.tolist(), map(Evidence, *found), strict=True)

    def _of(self, factors: Mapping[str, int], by: int) -> Array:
        """The sums of measures times whole numbers, all of the same power of money, over `by`."""
        common = gcd(*factors.values()) or 1
        total: Array = np.zeros((len(self.rows), len(self._panes.mondays)), dtype=np.int64)
        for measure, factor in factors.items():
            found = self._sums_of(measure)
            total = total + (found if factor == common else found * (factor // common))
        power = max(map(power_of, factors), default=0)
        return quotient(total, common * self._panes.unit**power, by)

    def _sums_of(self, measure: str) -> Array:
        found = self._sums.get(measure)
        if found is None:
            found = self._sums[measure] = self._panes.by_week(measure, self.rows)
        return found


def _told(by_week: Mapping[int, Mapping[str, Evidence]], opened: Mapping[int, Opened]) -> dict[int, WeekRow]:
    days: dict[int, dict[int, Opened]] = {}
    for day in sorted(opened):
        days.setdefault(monday_of(day), {})[day] = opened[day]
    return {week: WeekRow(by_week.get(week, {}), days.get(week, {})) for week in sorted(by_week.keys() | days.keys())}
