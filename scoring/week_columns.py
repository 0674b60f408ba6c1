"""Week columns: the week rows of many subjects as arrays, read once for all dates that look back on the same weeks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from scoring.cohorts import Deals
from scoring.facts import COMPANY
from scoring.quarter import kind_of
from scoring.roster import Membership, Roster
from scoring.week_table import WeekTable, mondays_in
from scoring.weekly import WeekRow
from scoring.weeks import DAYS
from scoring.workdays import Present, Workdays

Array = NDArray[Any]

ITSELF: Final = -1
_NO_ROWS: Final[Mapping[int, WeekRow]] = {}


class WeekColumns(NamedTuple):
    """What some subjects did in some weeks: arrays of subjects x metrics x weeks, `days`, `ramped` and `inside` without metrics.

    `n`, `total` and `base` are 0 where nothing was seen; of a sum there is the total alone, and nothing of cohorts, which depend
    on the date: they are made of `deals`, whose owners are the subjects' places. `days` and `ramped` are those of `Present`.
    `inside` is whom a subject is compared with first, as a place in `around`, or `ITSELF` where there is nobody.
    """

    weeks: range
    n: Array
    total: Array
    base: Array
    days: Array
    ramped: Array
    deals: Deals
    inside: Array
    around: tuple[str, ...]

    def of(self, weeks: range) -> WeekColumns:
        """The columns of some of the weeks."""
        begin = (weeks.start - self.weeks.start) // DAYS
        within = slice(begin, begin + len(weeks))
        return WeekColumns(
            weeks,
            self.n[..., within],
            self.total[..., within],
            self.base[..., within],
            self.days[..., within],
            self.ramped[..., within],
            self.deals.opened_within(weeks.start, weeks.stop - 1),
            self.inside[:, within],
            self.around,
        )

    def told_of(self, metrics: list[int]) -> WeekColumns:
        """The columns of some of the metrics, by their places."""
        return self._replace(n=self.n[:, metrics], total=self.total[:, metrics], base=self.base[:, metrics])


class RowsWithin(Mapping[str, Mapping[int, WeekRow]]):
    """Week rows, by subject, of which some weeks alone are seen. They are picked out when a subject is asked for."""

    def __init__(self, rows: Mapping[str, Mapping[int, WeekRow]], weeks: range) -> None:
        """Pick nothing out yet."""
        self._rows, self._weeks = rows, weeks

    def __getitem__(self, subject: str) -> Mapping[int, WeekRow]:
        """The rows of a subject in these weeks."""
        of_subject = self._rows[subject]
        return {week: of_subject[week] for week in self._weeks if week in of_subject}

    def __iter__(self) -> Iterator[str]:
        """All subjects, those without a row in these weeks too."""
        return iter(self._rows)

    def __len__(self) -> int:
        """How many they are."""
        return len(self._rows)


class WeekReader:
    """Reads week rows as columns. With `lasting` it keeps them: whoever goes from date to date asks for the same again."""

    def __init__(
        self, rows: Mapping[str, Mapping[int, WeekRow]], roster: Roster, workdays: Workdays, *, lasting: bool
    ) -> None:
        """Read nothing before it is asked for."""
        self._rows, self._roster, self._workdays = rows, roster, workdays
        mondays = mondays_in(rows) if lasting else set()
        self._first, self._last = min(mondays, default=0), max(mondays, default=0)
        self._kept: dict[tuple[Sequence[str], Sequence[str]], WeekColumns] | None = {} if lasting else None
        self._memberships: dict[str, list[Membership]] = {}

    def columns(self, subjects: tuple[str, ...], metrics: tuple[str, ...], weeks: range) -> WeekColumns:
        """The columns of subjects in some weeks, by metrics that weeks tell of."""
        if self._kept is None:
            return self._read(subjects, metrics, weeks)
        found = self._kept.get((subjects, metrics))
        if found is None or not (weeks[0] in found.weeks and weeks[-1] in found.weeks):
            more = range(weeks.start, max(weeks.stop, self._last + DAYS), DAYS)
            found = self._kept[subjects, metrics] = self._read(subjects, metrics, more)
        return found.of(weeks)

    def territory_of(self, subject: str, day: int) -> str | None:
        """The territory whose market counts for a subject; None for all of it."""
        kind, _, subject_id = subject.partition(":")
        if kind == "rep":
            first, *others = self._memberships_of(subject_id)
            return next(past.territory for past in (first, *others) if day < past.until) if others else first.territory
        return subject_id if kind == "territory" else None

    def _read(self, subjects: tuple[str, ...], metrics: tuple[str, ...], weeks: range) -> WeekColumns:
        counted = [monday for monday in weeks if monday >= self._first]  # what was before the first row nobody knows
        unknown = [Present()] * (len(weeks) - len(counted))
        present = [unknown + [self._workdays.present(subject, monday) for monday in counted] for subject in subjects]
        days, ramped = np.array(present).reshape(len(subjects), len(weeks), 2).transpose(2, 0, 1)
        around = {COMPANY: 0}
        inside = [
            [ITSELF if of is None else around.setdefault(of, len(around)) for of in self._insides(subject, weeks)]
            for subject in subjects
        ]
        sums, deals = self._seen(subjects, metrics, weeks)
        n, total, base = _cleared(sums, metrics)
        return WeekColumns(weeks, n, total, base, days, ramped, deals, np.array(inside), tuple(around))

    def _seen(self, subjects: tuple[str, ...], metrics: tuple[str, ...], weeks: range) -> tuple[Array, Deals]:
        """`n`, `total` and `base` as one array, and the deals opened."""
        if isinstance(self._rows, WeekTable):
            deals = self._rows.deals_of(subjects).opened_within(weeks.start, weeks[-1] + DAYS - 1)
            return self._rows.sums(subjects, metrics, weeks), deals
        rows = [self._rows_of(subject, weeks) for subject in subjects]
        opened = [{day: of for row in own.values() for day, of in row.opened.items()} for own in rows]
        return _sums(rows, metrics, weeks), Deals.of(opened)

    def _rows_of(self, subject: str, weeks: range) -> dict[int, WeekRow]:
        """Each looked at once, for a worker decodes it then."""
        own = self._rows.get(subject, _NO_ROWS)
        return {week: own[week] for week in weeks if week in own}

    def _insides(self, subject: str, weeks: range) -> list[str | None]:
        """`inside` of each week; most are in one place throughout."""
        if not subject.startswith("rep:") or len(self._memberships_of(subject.removeprefix("rep:"))) == 1:
            return [self.inside(subject, weeks.start)] * len(weeks)
        return [self.inside(subject, monday) for monday in weeks]

    def inside(self, subject: str, monday: int) -> str | None:
        """Whom a subject is compared with first in a week: of a rep its team, of a group the company.

        None of a rep that changed teams in the week.
        """
        if not subject.startswith("rep:"):
            return COMPANY
        memberships = self._memberships_of(subject.removeprefix("rep:"))
        first, last = (
            next(past.team for past in memberships if day < past.until) for day in (monday, monday + DAYS - 1)
        )
        return "team:" + first if first == last else None

    def _memberships_of(self, rep_id: str) -> list[Membership]:
        found = self._memberships.get(rep_id)
        if found is None:
            found = self._memberships[rep_id] = self._roster.memberships(rep_id)
        return found


def _sums(rows: Sequence[Mapping[int, WeekRow]], metrics: tuple[str, ...], weeks: range) -> Array:
    """As those of a `WeekTable`."""
    places = {metric: place for place, metric in enumerate(metrics)}
    cells, seen = [], []
    for subject, own in enumerate(rows):
        for week, monday in enumerate(weeks):
            row = own.get(monday)
            for metric, of in () if row is None else row.evidence.items():
                place = places.get(metric)
                if place is not None:
                    cells.append((subject * len(metrics) + place) * len(weeks) + week)
                    seen.append(of[:3])
    columns = np.zeros((3, len(rows) * len(metrics) * len(weeks)))
    if cells:
        columns[:, cells] = np.array(seen).T
    return columns.reshape(3, len(rows), len(metrics), len(weeks))


def _cleared(sums: Array, metrics: tuple[str, ...]) -> tuple[Array, Array, Array]:
    """`n`, `total` and `base`, 0 where nothing was seen; of a sum the total alone."""
    n, total, base = sums
    is_sum = np.array([kind_of(metric) == "sum" for metric in metrics])[:, None]
    there = (n > 0) & (base > 0) & ~is_sum
    return np.where(there, n, 0.0), np.where(there | is_sum, total, 0.0), np.where(there, base, 0.0)
