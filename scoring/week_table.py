"""Week table: the week rows of many subjects as columns, and as rows where somebody asks for one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from scoring.cohorts import Deals
from scoring.evidence import Evidence
from scoring.fiscal import monday_of
from scoring.pane_columns import PaneColumns, cells_of, places_of
from scoring.weekly import WeekRow
from scoring.weeks import DAYS, Opened

Array = NDArray[Any]

_evidence: Final = Evidence._make
_SUMS: Final = len(Evidence._fields)


class Cells(NamedTuple):
    """Each evidence of one metric, subject and week: the subject's row, the Monday, the metric's place, its six sums."""

    row: Array
    monday: Array
    metric: Array
    seen: Array

    @classmethod
    def joined(cls, several: Sequence[Cells]) -> Cells:
        """All of them in order of rows, weeks and metrics."""
        none = np.zeros(0, dtype=np.int64)
        row, monday, metric = (
            np.concatenate([none, *of]) for of in list(zip(*several, strict=True))[:3] or ((), (), ())
        )
        seen = np.concatenate([np.zeros((_SUMS, 0)), *(each.seen for each in several)], axis=1)
        order = np.lexsort((metric, monday, row))
        return cls(row[order], monday[order], metric[order], seen[:, order])

    def some(self, which: Any) -> Cells:
        """Some of them."""
        return Cells(self.row[which], self.monday[which], self.metric[which], self.seen[:, which])


class WeekTable(Mapping[str, Mapping[int, WeekRow]]):
    """Week rows by subject and Monday, made of columns when they are asked for."""

    def __init__(self, panes: PaneColumns, metrics: tuple[str, ...], cells: Cells) -> None:
        """Take the cells in order, and the panes they are of: rows are theirs."""
        self.metrics, self.cells = metrics, cells
        self._panes = panes
        self._row_of = {subject: row for row, subject in enumerate(panes.subjects)}
        self._kept: dict[str, Mapping[int, WeekRow]] = {}

    @property
    def deals(self) -> Deals:
        """The deals that were opened; their owners are the rows."""
        return self._panes.deals

    @cached_property
    def mondays(self) -> set[int]:
        """Of all weeks of which anybody has a row."""
        return {*np.unique(self.cells.monday).tolist(), *map(monday_of, np.unique(self.deals.opened).tolist())}

    def __getitem__(self, subject: str) -> Mapping[int, WeekRow]:
        """The rows of a subject by Monday; none of one that has no evidence and opened nothing."""
        found = self._kept.get(subject)
        if found is None:
            found = self._kept[subject] = self._rows(self._row_of[subject])
        return found

    def __iter__(self) -> Iterator[str]:
        """All subjects, those without a row too."""
        return iter(self._row_of)

    def __len__(self) -> int:
        """How many they are."""
        return len(self._row_of)

    def rows_of(self, subjects: Iterable[str]) -> list[int]:
        """The row of each subject, -1 of one that is not known."""
        return [self._row_of.get(subject, -1) for subject in subjects]

    def deals_of(self, subjects: Sequence[str]) -> Deals:
        """The deals opened by some subjects, owners numbered as asked for."""
        return self.deals.among(places_of(self.rows_of(subjects), len(self)))

    def sums(self, subjects: Sequence[str], metrics: Sequence[str], weeks: range) -> Array:
        """`n`, `total` and `base` as one array of 3 x subjects x metrics x weeks, 0 where there is no evidence."""
        found = np.zeros((3, len(subjects), len(metrics), len(weeks)))
        column = np.full(len(self.metrics), -1)
        for place, name in enumerate(metrics):
            if name in self.metrics:
                column[self.metrics.index(name)] = place
        subject, at = cells_of(self.cells.row, self.rows_of(subjects))
        _, monday, metric, seen = self.cells.some(at)
        asked = (column[metric] >= 0) & (weeks.start <= monday) & (monday < weeks.stop)
        week = (monday - weeks.start) // DAYS
        found[:, subject[asked], column[metric[asked]], week[asked]] = seen[:3, asked]
        return found

    def _rows(self, row: int) -> dict[int, WeekRow]:
        evidence: dict[int, dict[str, Evidence]] = {}
        _, monday, metric, seen = self.cells.some(slice(*np.searchsorted(self.cells.row, (row, row + 1))))
        names, last, of_week = self.metrics, 0, {}
        for week, place, sums in zip(monday.tolist(), metric.tolist(), map(_evidence, seen.T.tolist()), strict=True):
            if week != last:
                last, of_week = week, evidence.setdefault(week, {})
            of_week[names[place]] = sums
        days: dict[int, dict[int, Opened]] = {}
        opened = self._panes.openings([row])[0]
        for day in sorted(opened):
            days.setdefault(monday_of(day), {})[day] = opened[day]
        return {
            week: WeekRow(evidence.get(week, {}), days.get(week, {})) for week in sorted(evidence.keys() | days.keys())
        }


def mondays_in(rows: Mapping[str, Mapping[int, WeekRow]]) -> set[int]:
    """Of all weeks of which anybody has a row."""
    return rows.mondays if isinstance(rows, WeekTable) else set(chain.from_iterable(rows.values()))
