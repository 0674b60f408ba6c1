"""Course: the weeks of subjects, metric by metric, beside what was to be expected of them. Source: method.md section 5.

Many subjects are worked out at once, as arrays; one by one `scoring.expectation` says the same, to the last digit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from scoring.cohorts import cohorts
from scoring.expectation import HIGHEST_RATE, LARGEST_CHANGE, LOWEST_RATE, NORM_WEIGHT, baseline
from scoring.facts import COMPANY
from scoring.market import FOLLOWS_MARKET, NORMAL
from scoring.norming import COHORT
from scoring.norms import Norms
from scoring.quarter import OF_NO_WEEK, is_positive, kind_of
from scoring.reference import Everybody
from scoring.rep_weeks import RepReader, rows_of_reps
from scoring.scorecard import Scorecard
from scoring.week_columns import ITSELF, RowsWithin, WeekColumns, WeekReader
from scoring.week_table import mondays_in
from scoring.weekly import WeekRow
from scoring.weeks import DAYS
from scoring.workdays import Workdays

Array = npt.NDArray[Any]
Sums = tuple[Array, Array, Array]
"""n, total and base."""
_THURSDAY: Final = 3
_EVER: Final = 10**7


class Course(NamedTuple):
    """The weeks of some subjects: arrays of subjects x metrics x weeks, in the order asked for.

    `n`, `total` and `base` are their own evidence (a sum's n is the days present), `expected` is e in the metric's unit (a new
    rep's sums as much as its ramp asks), `rest` the observations of the rest of the whole, on which e rests. Where nothing was
    seen n is 0.
    """

    n: Array
    total: Array
    base: Array
    expected: Array
    rest: Array


@dataclass(frozen=True, slots=True)
class Ground:
    """What courses are worked out on: everybody's week rows, and the reference records.

    Args:
        rows: of every subject, by Monday.
        people: who belonged where, and how the market stood.
        workdays: the days present.
        begun: Monday of the first week of which anybody has a row; sums of earlier weeks are unknown, not 0.
        reader: of the rows, and perhaps of other weeks, which are not asked for.
        reps: reads the rows of all reps, and perhaps of other weeks.
    """

    rows: Mapping[str, Mapping[int, WeekRow]]
    people: Everybody
    workdays: Workdays
    begun: int
    reader: WeekReader
    reps: RepReader

    @classmethod
    def of(
        cls,
        rows: Mapping[str, Mapping[int, WeekRow]],
        people: Everybody,
        scorecard: Scorecard,
    ) -> Ground:
        """The ground of everybody's week rows, by subject."""
        return Grounds(rows, people, scorecard, lasting=False).whole()

    def rows_of_reps(self) -> dict[str, Mapping[int, WeekRow]]:
        """The rows of every rep that has any, by its id."""
        return rows_of_reps(self.rows)


class Grounds:
    """The grounds of many dates on the same week rows: with `lasting`, what one has read of a week serves all."""

    def __init__(
        self,
        rows: Mapping[str, Mapping[int, WeekRow]],
        people: Everybody,
        scorecard: Scorecard,
        *,
        lasting: bool = True,
    ) -> None:
        """Take everybody's rows of all weeks, by subject."""
        self._rows, self._people, self._scorecard, self._lasting = rows, people, scorecard, lasting
        self._mondays = sorted(mondays_in(rows))
        self._unrecorded = [of for rep, of in rows_of_reps(rows, people.roster.reps).items()]
        self._reps = RepReader(rows, lasting=True) if lasting else None
        self._read: dict[int, tuple[Workdays, WeekReader]] = {}
        """By the number of reps without a record, which is all that days present hang on beside the people."""

    def of_weeks(self, weeks: range) -> Ground:
        """The ground of a date on which these are the shared weeks."""
        return self._of(RowsWithin(self._rows, weeks), weeks)

    def whole(self) -> Ground:
        """The ground of all rows."""
        return self._of(self._rows, range(_EVER))

    def _of(self, rows: Mapping[str, Mapping[int, WeekRow]], weeks: range) -> Ground:
        begun = next((monday for monday in self._mondays if monday in weeks), _EVER)
        unrecorded = sum(any(monday in weeks for monday in of) for of in self._unrecorded)
        found = self._read.get(unrecorded)
        if found is None:
            people = self._people
            workdays = Workdays(people.roster, people.attendances, self._scorecard.people, unrecorded)
            found = workdays, WeekReader(self._rows, people.roster, workdays, lasting=self._lasting)
            self._read[unrecorded] = found
        return Ground(rows, self._people, found[0], begun, found[1], self._reps or RepReader(rows, lasting=False))


class _Read(NamedTuple):
    """Evidence over days as they are, over days as much as was expected of them, and how much that was a day."""

    own: Sums
    full: Sums
    ramp: Array


@dataclass(frozen=True, slots=True)
class Courses:
    """Courses under a scorecard and norms, over some weeks, read at the end of the last of them."""

    ground: Ground
    scorecard: Scorecard
    norms: Norms
    weeks: range
    metrics: tuple[str, ...] = ()
    """Scored metrics that weeks tell of, in the scorecard's order; of none named, all of them."""
    _sums: list[int] = field(init=False)
    _wholes: dict[str, Sums] = field(init=False, default_factory=dict)
    _levels: dict[str | None, Array] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Leave out what no week tells of."""
        metrics = self.metrics or charted(self.scorecard)
        object.__setattr__(self, "metrics", metrics)
        object.__setattr__(self, "_sums", [place for place, metric in enumerate(metrics) if kind_of(metric) == "sum"])

    def of(self, subjects: Sequence[str]) -> Course:
        """The courses of some subjects.

        What is expected of a rep: the norm, moved by phase and market, then by the rest of the company and then by the rest of
        its team in the same week; of a team or territory, by the rest of the company; of the company by nothing. A rep that
        changed teams in the week has no team in it.
        """
        columns = self.columns(subjects)
        own, full, ramp = self._read(columns)
        n, total, base = own
        expected, rest = self.expected(self.level(subjects), full, self._whole(columns.around), columns)
        return Course(n, total, base, expected * ramp, rest)

    def columns(self, subjects: Sequence[str]) -> WeekColumns:
        """The week rows of some subjects, those of the metrics."""
        every = charted(self.scorecard)
        columns = self.ground.reader.columns(tuple(subjects), every, self.weeks)
        return columns if self.metrics == every else columns.told_of([every.index(metric) for metric in self.metrics])

    def expected(self, level: Array, full: Sums, around: Sums, columns: WeekColumns) -> tuple[Array, Array]:
        """What is expected in a week of whole days, and the observations of the rest of the whole.

        `full` is the evidence over days as much as was expected of them, `around` that of the `columns`' `around`.
        """
        whole = _inside(full, around, columns.inside)
        place = columns.around.index(COMPANY)
        rest, beyond = _less(whole, full), _less([of[place : place + 1] for of in around], whole)
        return self._bounded(_drawn(_drawn(level, beyond), rest), level), rest[0]

    def _read(self, columns: WeekColumns) -> _Read:
        n, total, base = columns.n.copy(), columns.total.copy(), columns.base.copy()
        if COHORT in self.metrics:
            place = self.metrics.index(COHORT)
            n[:, place], total[:, place] = self._cohorts(columns)
            base[:, place] = n[:, place]
        full_n, full_base, ramp = n.copy(), base.copy(), np.ones(n.shape)
        known = np.array(self.weeks) >= self.ground.begun
        days, ramped = columns.days * known, columns.ramped * known
        n[:, self._sums] = base[:, self._sums] = days[:, None]
        full_n[:, self._sums] = full_base[:, self._sums] = ramped[:, None]
        total[:, self._sums] *= (days > 0)[:, None]
        ramp[:, self._sums] = np.divide(ramped, days, out=np.ones(days.shape), where=days > 0)[:, None]
        return _Read((n, total, base), (full_n, total, full_base), ramp)

    def _cohorts(self, columns: WeekColumns) -> Iterator[Array]:
        """`n` and wins of the deals that each subject opened in each week."""
        shape, last = columns.days.shape, self.weeks[-1] + DAYS - 1
        deals = columns.deals.known_on(last)
        places = deals.owner * len(self.weeks) + (deals.opened - self.weeks.start) // DAYS
        for found in cohorts(deals, places, last - deals.opened, columns.days.size, self.norms.ripening):
            yield found.reshape(shape)

    def _whole(self, groups: Sequence[str]) -> Sums:
        """The evidence of groups, sums over the days as much as was expected of them."""
        missing = [group for group in groups if group not in self._wholes]
        if missing:
            n, total, base = self._read(self.columns(missing)).full
            for place, group in enumerate(missing):
                one = slice(place, place + 1)
                self._wholes[group] = n[one], total[one], base[one]
        n, total, base = (np.concatenate(of) for of in zip(*(self._wholes[group] for group in groups), strict=True))
        return n, total, base

    def level(self, subjects: Sequence[str]) -> Array:
        """e0 of each metric and week, by the territory whose market counts."""
        last = self.weeks[-1] + DAYS - 1
        return np.stack([self._level_in(self.ground.reader.territory_of(subject, last)) for subject in subjects])

    def _level_in(self, territory: str | None) -> Array:
        found = self._levels.get(territory)
        if found is None:
            thursdays = [monday + _THURSDAY for monday in self.weeks]
            thirds = [self.scorecard.calendar.third(day) for day in thursdays]
            market = [self.ground.people.market.on(day, territory) for day in thursdays]
            found = self._levels[territory] = np.array(
                [self._baselines(metric, thirds, market) for metric in self.metrics]
            ).reshape(len(self.metrics), len(self.weeks))
        return found

    def _baselines(self, metric: str, thirds: Sequence[int], market: Sequence[float]) -> list[float]:
        norm, kind = self.norms.metrics[metric], kind_of(metric)
        level = norm.norm.level
        if kind == "rate" and not 0 < level < 1:  # of a rate of two counts, such as returns; it has no odds
            return [level] * len(thirds)
        weeks = [
            (third, index if metric in FOLLOWS_MARKET else NORMAL) for third, index in zip(thirds, market, strict=True)
        ]
        found = {
            week: baseline(kind, level, norm.phase(week[0]), week[1], positive=is_positive(metric))
            for week in set(weeks)
        }
        return [found[week] for week in weeks]

    def _bounded(self, values: Array, level: Array) -> Array:
        kinds = [(kind_of(metric), is_positive(metric)) for metric in self.metrics]
        rate = np.array([kind == "rate" for kind, _ in kinds])[:, None]
        proportional = np.array([kind == "sum" or (kind == "mean" and positive) for kind, positive in kinds])[:, None]
        rates = np.minimum(HIGHEST_RATE, np.maximum(LOWEST_RATE, values))
        moved = np.minimum(level * LARGEST_CHANGE, np.maximum(level / LARGEST_CHANGE, values))
        found: Array = np.where(rate, rates, np.where(proportional & (level > 0), moved, values))
        return found


def charted(scorecard: Scorecard) -> tuple[str, ...]:
    """The scored metrics that weeks tell of."""
    return tuple(scored.metric for scored in scorecard.metrics if scored.metric not in OF_NO_WEEK)


def _inside(full: Sums, around: Sums, inside: Array) -> Sums:
    """The evidence of the whole that each subject is compared with first; its own where there is none."""
    together = [np.concatenate(of) for of in zip(full, around, strict=True)]
    rows = np.arange(len(inside))
    inside = np.where(inside == ITSELF, rows[:, None], inside + len(rows))
    first = inside[:, 0]
    found = [of[first] for of in together]
    for row in rows[(inside != first[:, None]).any(axis=1)]:
        for part, of in zip(found, together, strict=True):
            part[row] = of[inside[row], :, np.arange(inside.shape[1])].T
    n, total, base = found
    return n, total, base


def _less(whole: Sequence[Array], own: Sequence[Array]) -> Sums:
    """`scoring.expectation.rest_of`, as far as expectations need it."""
    n, total, base = (one - other for one, other in zip(whole, own, strict=True))
    there = (n > 0) & (base > 0)
    return np.where(there, n, 0.0), np.where(there, total, 0.0), np.where(there, base, 0.0)


def _drawn(level: Array, rest: Sums) -> Array:
    """A level, moved by evidence against which it weighs 20 observations."""
    n, total, base = rest
    with np.errstate(invalid="ignore", divide="ignore"):
        found = np.where(n == base, total, n * (total / base))
        drawn: Array = np.where(n > 0, (found + NORM_WEIGHT * level) / (n + NORM_WEIGHT), level)
    return drawn
