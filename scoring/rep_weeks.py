"""Rep weeks: the week rows of all reps as arrays, read once for all quarters that look back on the same weeks."""

from __future__ import annotations

import math
from collections.abc import Container, Iterable, Mapping
from itertools import chain
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from scoring.cohorts import Deals
from scoring.evidence import Evidence
from scoring.exact_sums import exact_sums
from scoring.pane_columns import mondays_of, places_of
from scoring.week_table import WeekTable
from scoring.weekly import WeekRow
from scoring.weeks import DAYS, Opened

Array = NDArray[Any]
_SUMS: Final = len(Evidence._fields)
_REP: Final = "rep:"


class Cells(NamedTuple):
    """Each evidence of one metric, one rep and one week: its place among `metrics` and `reps`, its Monday, and its six sums."""

    monday: Array
    rep: Array
    metric: Array
    seen: Array


class RepWeeks(NamedTuple):
    """Week rows, in order of the weeks, reps and metrics in that of their names.

    Of each row there are its rep's place, its Monday and whether it has any evidence, of a metric named here or not; `cells` are
    the evidence of the metrics. `deals` are those opened, whose owners are the reps' places.
    """

    metrics: tuple[str, ...]
    reps: tuple[str, ...]
    monday: Array
    rep: Array
    tells: Array
    cells: Cells
    deals: Deals

    @classmethod
    def read(cls, rows: Mapping[str, Mapping[int, WeekRow]], metrics: Iterable[str]) -> RepWeeks:
        """The rows of reps by Monday; each is looked at once, for a worker decodes it then."""
        metrics, reps = tuple(sorted(metrics)), tuple(sorted(rows))
        places = {metric: place for place, metric in enumerate(metrics)}
        of_rows: list[tuple[int, int, bool, int]] = []
        metric: list[int] = []
        seen: list[Evidence] = []
        opened = []
        for rep, rep_id in enumerate(reps):
            by_day: dict[int, Opened] = {}
            for monday, row in rows[rep_id].items():
                evidence = row.evidence
                named = evidence if evidence.keys() <= places.keys() else _some(evidence, places)
                of_rows.append((monday, rep, bool(evidence), len(named)))
                metric.extend(map(places.__getitem__, named))
                seen.extend(named.values())
                by_day.update(row.opened)
            opened.append(by_day)
        table = np.fromiter(chain.from_iterable(of_rows), np.int64, 4 * len(of_rows)).reshape(-1, 4).T
        sums = np.fromiter(chain.from_iterable(seen), np.float64, _SUMS * len(seen)).reshape(-1, _SUMS).T
        week, of_rep = np.repeat(table[:2], table[3], axis=1)
        order = np.argsort(week, kind="stable")
        cells = Cells(week[order], of_rep[order], np.array(metric, dtype=np.int64)[order], sums[:, order])
        monday, rep, tells, _ = table[:, np.argsort(table[0], kind="stable")]
        return cls(metrics, reps, monday, rep, tells.astype(bool), cells, Deals.of(opened))

    @classmethod
    def of(cls, table: WeekTable, metrics: Iterable[str]) -> RepWeeks:
        """The same of the reps in a table that has these metrics and no others."""
        metrics, reps = tuple(sorted(metrics)), sorted(filter(_is_rep, table))
        rep_of = places_of(table.rows_of(reps), len(table))
        place_of = np.array([metrics.index(metric) for metric in table.metrics], dtype=np.int64)
        deals, cells = table.deals.among(rep_of), table.cells
        cells = cells.some(rep_of[cells.row] >= 0)
        cells = cells.some(np.argsort(cells.monday, kind="stable"))
        told, opened = (rep_of[cells.row], cells.monday), (deals.owner, mondays_of(deals.opened))
        tells, begun = ({*zip(*(of.tolist() for of in pair), strict=True)} for pair in (told, opened))
        rows = sorted((monday, rep, (rep, monday) in tells) for rep, monday in tells | begun)
        monday, rep, tell = np.array(rows, dtype=np.int64).reshape(-1, 3).T
        found = Cells(cells.monday, rep_of[cells.row], place_of[cells.metric], cells.seen)
        return cls(
            metrics, tuple(subject.removeprefix(_REP) for subject in reps), monday, rep, tell.astype(bool), found, deals
        )

    def within(self, weeks: range) -> RepWeeks:
        """Some of the weeks, and of the reps those who have a row in them."""
        rows, cells = (
            slice(*np.searchsorted(of, (weeks.start, weeks.stop))) for of in (self.monday, self.cells.monday)
        )
        there, rep = np.unique(self.rep[rows], return_inverse=True)
        places = np.full(len(self.reps), -1)
        places[there] = np.arange(len(there))
        monday, of_rep, metric, seen = self.cells
        return RepWeeks(
            self.metrics,
            tuple(self.reps[place] for place in there.tolist()),
            self.monday[rows],
            rep,
            self.tells[rows],
            Cells(monday[cells], places[of_rep[cells]], metric[cells], seen[:, cells]),
            self.deals.opened_within(weeks.start, weeks.stop - 1).of_owners(places),
        )

    def first(self) -> int | None:
        """Monday of the first week; None where there is none."""
        return int(self.monday[0]) if len(self.monday) else None

    def begun(self) -> int | None:
        """Monday of the first week with evidence; None where there is none."""
        told = self.monday[self.tells]
        return int(told[0]) if len(told) else None

    def grid(self, weeks: range) -> tuple[Array, Array]:
        """n, total and base as arrays of metrics x reps x weeks, 0 where there is no evidence, and where there is some.

        The weeks are all those that there are, or more.
        """
        shape = len(self.metrics), len(self.reps), len(weeks)
        where = self.cells.metric, self.cells.rep, (self.cells.monday - weeks.start) // DAYS
        seen, there = np.zeros((3, *shape)), np.zeros(shape, dtype=bool)
        for of, sums in zip(seen, self.cells.seen, strict=False):
            of[where] = sums
        there[where] = True
        return seen, there

    def scatter(self) -> Array:
        """The other three sums over all weeks, each an array of metrics x reps."""
        shape = len(self.metrics), len(self.reps)
        places = self.cells.metric * shape[1] + self.cells.rep
        return np.stack([exact_sums(of, places, math.prod(shape)).reshape(shape) for of in self.cells.seen[3:]])


class RepReader:
    """Reads the rows of all reps as arrays. With `lasting` it keeps them, for whoever goes from date to date."""

    def __init__(self, rows: Mapping[str, Mapping[int, WeekRow]], *, lasting: bool) -> None:
        """Take everybody's rows, by subject; read nothing before it is asked for."""
        self._rows = rows
        self._kept: dict[tuple[str, ...], RepWeeks] | None = {} if lasting else None

    def read(self, metrics: tuple[str, ...]) -> RepWeeks:
        """The rows of the reps, by some metrics."""
        if self._kept is None:
            return self._read(metrics)
        found = self._kept.get(metrics)
        if found is None:
            found = self._kept[metrics] = self._read(metrics)
        return found

    def _read(self, metrics: tuple[str, ...]) -> RepWeeks:
        if isinstance(self._rows, WeekTable) and {*metrics} == {*self._rows.metrics}:
            return RepWeeks.of(self._rows, metrics)
        return RepWeeks.read(rows_of_reps(self._rows), metrics)


def rows_of_reps(
    rows: Mapping[str, Mapping[int, WeekRow]], but: Container[str] = ()
) -> dict[str, Mapping[int, WeekRow]]:
    """The rows of every rep that has any, by its id, `but` some."""
    return {
        rep: rows[subject] for subject in rows if _is_rep(subject) and (rep := subject.removeprefix(_REP)) not in but
    }


def _is_rep(subject: str) -> bool:
    return subject.startswith(_REP) and subject != _REP


def _some(evidence: Mapping[str, Evidence], metrics: Mapping[str, int]) -> dict[str, Evidence]:
    return {metric: of for metric, of in evidence.items() if metric in metrics}
