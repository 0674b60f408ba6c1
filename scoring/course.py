"""Course: the weeks of subjects, metric by metric, beside what was to be expected of them. Source: method.md section 5.

Many subjects are worked out at once, as arrays; one by one `scoring.expectation` says the same, to the last digit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, groupby
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from scoring.evidence import Evidence
from scoring.expectation import HIGHEST_RATE, LARGEST_CHANGE, LOWEST_RATE, NORM_WEIGHT, baseline
from scoring.facts import COMPANY
from scoring.market import FOLLOWS_MARKET, NORMAL
from scoring.maturation import cohort
from scoring.norming import COHORT
from scoring.norms import Norms
from scoring.quarter import OF_NO_WEEK, deals_opened, is_positive, kind_of, known_before
from scoring.reference import Everybody
from scoring.scorecard import Scorecard
from scoring.weekly import WeekRow
from scoring.weeks import DAYS
from scoring.workdays import Present, Workdays

Array = npt.NDArray[Any]
Sums = tuple[Array, Array, Array]
"""n, total and base."""
_THURSDAY: Final = 3
_EVER: Final = 10**7
_AWAY: Final = Present()
_NO_ROWS: Final[Mapping[int, WeekRow]] = {}


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
    """

    rows: Mapping[str, Mapping[int, WeekRow]]
    people: Everybody
    workdays: Workdays
    begun: int

    @classmethod
    def of(cls, rows: Mapping[str, Mapping[int, WeekRow]], people: Everybody, scorecard: Scorecard) -> Ground:
        """The ground of everybody's week rows, by subject."""
        roster = people.roster
        without_record = [
            rep for subject in rows if (rep := _rep_of(subject)) and rep not in roster.reps and rows[subject]
        ]
        workdays = Workdays(roster, people.attendances, scorecard.people, without_record)
        return cls(rows, people, workdays, min(chain.from_iterable(rows.values()), default=_EVER))

    def rows_of_reps(self) -> dict[str, Mapping[int, WeekRow]]:
        """The rows of every rep that has any, by its id."""
        return {rep: of_rep for subject, of_rep in self.rows.items() if (rep := _rep_of(subject))}


def _rep_of(subject: str) -> str:
    """The rep's id; nothing where the subject is none."""
    return subject.removeprefix("rep:") if subject.startswith("rep:") else ""


@dataclass(frozen=True, slots=True)
class Courses:
    """Courses under a scorecard and norms, over some weeks, read at the end of the last of them."""

    ground: Ground
    scorecard: Scorecard
    norms: Norms
    weeks: range
    metrics: tuple[str, ...] = field(init=False)
    """The scored metrics that weeks tell of, in the scorecard's order."""
    _places: dict[str, int] = field(init=False)
    _sums: list[int] = field(init=False)
    _wholes: dict[str, Sums] = field(init=False, default_factory=dict)
    _levels: dict[str | None, Array] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Leave out what no week tells of."""
        metrics = charted(self.scorecard)
        object.__setattr__(self, "metrics", metrics)
        object.__setattr__(self, "_places", {metric: place for place, metric in enumerate(metrics)})
        object.__setattr__(self, "_sums", [place for place, metric in enumerate(metrics) if kind_of(metric) == "sum"])

    def of(self, subjects: Sequence[str]) -> Course:
        """The courses of some subjects.

        What is expected of a rep: the norm, moved by phase and market, then by the rest of the company and then by the rest of
        its team in the same week; of a team or territory, by the rest of the company; of the company by nothing. A rep that
        changed teams in the week has no team in it.
        """
        shape = (len(subjects), len(self.metrics), len(self.weeks))
        own, full = (tuple(np.zeros(shape) for _ in range(3)) for _ in range(2))
        whole, wide = (tuple(np.zeros(shape) for _ in range(3)) for _ in range(2))
        level, ramp = np.zeros(shape), np.ones(shape)
        company = self._whole(COMPANY)
        for place, subject in enumerate(subjects):
            own_of, full_of, ramp[place] = self._read(subject)
            for column in range(3):
                own[column][place], full[column][place] = own_of[column], full_of[column]
            level[place] = self._level(subject)
            for inside, weeks in self._insides(subject):
                around = full_of if inside == subject else self._whole(inside)
                for column in range(3):
                    whole[column][place, :, weeks] = around[column][:, weeks]
                    wide[column][place, :, weeks] = company[column][:, weeks]
        rest, beyond = _less(whole, full), _less(wide, whole)
        expected = self._bounded(_drawn(_drawn(level, beyond), rest), level)
        n, total, base = own
        return Course(n, total, base, expected * ramp, rest[0])

    def _insides(self, subject: str) -> Iterator[tuple[str, slice]]:
        """What the subject is compared with first, and in which of the weeks."""
        each = [self._inside(subject, monday) for monday in self.weeks]
        start = 0
        for inside, of_it in groupby(each):
            end = start + len(list(of_it))
            yield inside, slice(start, end)
            start = end

    def _inside(self, subject: str, monday: int) -> str:
        """Its team, or the company; itself where there is nothing."""
        if not subject.startswith("rep:"):
            return COMPANY
        team, rep_id = self.ground.people.roster.team_on, subject.removeprefix("rep:")
        first = team(rep_id, monday)
        return "team:" + first if first == team(rep_id, monday + DAYS - 1) else subject

    def _whole(self, subject: str) -> Sums:
        """A group's evidence, sums over the days as much as was expected of them."""
        found = self._wholes.get(subject)
        if found is None:
            found = self._wholes[subject] = self._read(subject)[1]
        return found

    def _read(self, subject: str) -> tuple[Sums, Sums, Array]:
        """A subject's evidence over days as they are, over days as much as was expected of them, and how much that was a day."""
        rows, weeks = self.ground.rows.get(subject, _NO_ROWS), len(self.weeks)
        n, total, base = ([[0.0] * weeks for _ in self.metrics] for _ in range(3))
        present = [_AWAY] * weeks
        for week, monday in enumerate(self.weeks):
            if monday >= self.ground.begun:
                present[week] = self.ground.workdays.present(subject, monday)
            for place, seen in self._evidence(rows.get(monday)):
                n[place][week], total[place][week], base[place][week] = seen[:3]
        own: Sums = (np.array(n), np.array(total), np.array(base))
        full: Sums = (own[0].copy(), own[1], own[2].copy())
        days, ramped = np.array([each.days for each in present]), np.array([each.ramped for each in present])
        ramp = np.ones(own[0].shape)
        if self._sums:
            own[0][self._sums] = own[2][self._sums] = days
            full[0][self._sums] = full[2][self._sums] = ramped
            own[1][self._sums] *= days > 0
            ramp[self._sums] = np.divide(ramped, days, out=np.ones(weeks), where=days > 0)
        return own, full, ramp

    def _evidence(self, row: WeekRow | None) -> Iterator[tuple[int, Evidence]]:
        """What a row says, with the place of its metric; a sum has its total alone."""
        if row is None:
            return
        for metric, seen in row.evidence.items():
            place = self._places.get(metric)
            if place is not None and ((seen.n > 0 and seen.base > 0) or place in self._sums):
                yield place, seen
        if COHORT in self._places and row.opened:
            end = self.weeks[-1] + DAYS - 1
            seen = cohort(deals_opened(known_before(row.opened, end + 1)), end, self.norms.ripening, _EVER)
            if seen.n > 0:
                yield self._places[COHORT], seen

    def _level(self, subject: str) -> Array:
        """e0 of each metric and week, by the territory whose market counts."""
        rep = subject.removeprefix("rep:") if subject.startswith("rep:") else None
        territory = subject.removeprefix("territory:") if subject.startswith("territory:") else None
        if rep is not None:
            territory = self.ground.people.roster.territory_on(rep, self.weeks[-1] + DAYS - 1)
        if territory not in self._levels:
            self._levels[territory] = np.array(
                [[self._baseline(metric, monday, territory) for monday in self.weeks] for metric in self.metrics]
            ).reshape(len(self.metrics), len(self.weeks))
        return self._levels[territory]

    def _baseline(self, metric: str, monday: int, territory: str | None) -> float:
        norm = self.norms.metrics[metric]
        thursday = monday + _THURSDAY
        phase = norm.phase(self.scorecard.calendar.third(thursday))
        market = self.ground.people.market.on(thursday, territory) if metric in FOLLOWS_MARKET else NORMAL
        level = norm.norm.level
        if kind_of(metric) == "rate" and not 0 < level < 1:  # of a rate of two counts, such as returns; it has no odds
            return level
        return baseline(kind_of(metric), level, phase, market, positive=is_positive(metric))

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
