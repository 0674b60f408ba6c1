"""Sums: facts added up by subject and day, in memory that grows with these alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from scoring.facts import Facts
from scoring.ledger import FactSums
from scoring.pane_table import PaneTable
from scoring.roster import Route, weights_on
from streams.moments import Integers
from streams.replay.columns import Names, distinct

_DAY_BITS: Final = 17
_MEASURE_BITS: Final = 22
"""Of a cell's number, subject above day above measure: days up to the year 2328, 4 million measures, 16 million subjects."""
_EPOCH: Final = date(1970, 1, 1).toordinal() - 1
"""Business dates begin behind it; before it there is only day 0, of what stands outside of days."""
_SUBJECT: Final = 1 << (_DAY_BITS + _MEASURE_BITS)
_LARGEST: Final = 2**62
_AT_ONCE: Final = 500_000
_FACTS_AT_ONCE: Final = 20_000

Number = TypeVar("Number", int, Integers)


class Sums:
    """Facts summed up by subject and day: arrays, but for what is beyond 62 bits."""

    def __init__(self) -> None:
        """Start with nothing."""
        self._subjects, self._measures = Names(), Names()
        self._cells = self._amounts = np.zeros(0, np.int64)
        self._waiting: list[tuple[Integers, Integers]] = []
        self._count = 0
        self._facts: list[Facts] = []
        self._large = FactSums()

    def subjects_of(self, names: Iterable[str]) -> Integers:
        """A number for each subject, the same in later calls."""
        return _numbers(self._subjects, names)

    def measures_of(self, names: Iterable[str]) -> Integers:
        """A number for each measure, the same in later calls."""
        return _numbers(self._measures, names)

    def put(self, subject: Integers, day: Integers, measure: Integers, amount: Integers) -> None:
        """Add amounts of at most 62 bits, by the numbers of subjects and measures."""
        self._put(_cells(subject, day - _EPOCH, measure), amount)

    def add(self, facts: Iterable[Facts]) -> None:
        """Add other facts."""
        self._facts += facts
        if len(self._facts) > _FACTS_AT_ONCE:
            self._put_facts()

    def add_all(self, other: Sums) -> None:
        """Add what another has, which is of no use afterwards."""
        other.settle()
        subjects, measures = self.subjects_of(other._subjects), self.measures_of(other._measures)
        subject, day, measure = _parts(other._cells)
        self._put(_cells(subjects[subject], day, measures[measure]), other._amounts)
        self._large.add(other._large.take())

    def subjects(self) -> list[str]:
        """Of whom there are facts."""
        self.settle()
        names = list(self._subjects)
        numbers = _parts(self._cells)[0]
        numbers = numbers[np.diff(numbers, prepend=-1) > 0].tolist()
        return list(
            dict.fromkeys([*(names[number] for number in numbers), *(subject for subject, _, _ in self._beyond())])
        )

    def take(self) -> list[Facts]:
        """All of it, in the order of subject and day; the sums are of no use afterwards."""
        self.settle()
        table = self._table()
        panes = [
            (subject, day, pane)
            for place, subject in enumerate(table.subjects)
            for day, pane in table.panes(place).items()
        ]
        large = self._large.take()
        return _with(panes, large) if large else panes

    def table(self) -> PaneTable | None:
        """All of it likewise, as a table; None where something is beyond 62 bits."""
        self.settle()
        return None if self._beyond() else self._table()

    def _table(self) -> PaneTable:
        """What is not beyond 62 bits, of settled sums."""
        subject, day, measure = _parts(self._cells)
        rank = self._ranks()[subject]
        in_order = not (np.diff(rank) < 0).any()  # days are already
        order: Any = slice(None) if in_order else np.argsort(rank, kind="stable")
        rank, dated, names = rank[order], day[order], sorted(self._subjects)
        firsts = np.diff(rank, prepend=-1) > 0
        return PaneTable(
            [names[place] for place in rank[firsts].tolist()],
            list(self._measures),
            np.cumsum(firsts) - 1,
            np.where(dated > 0, dated + _EPOCH, 0),
            measure[order],
            self._amounts[order],
        )

    def _ranks(self) -> Integers:
        """Of each subject's number the place of its name among all."""
        ranks = np.zeros(len(self._subjects), np.int64)
        ranks[[self._subjects[name] for name in sorted(self._subjects)]] = np.arange(len(ranks))
        return ranks

    def passed_on(self, route_of: Callable[[str], Route]) -> Sums:
        """What counts in groups: each fact on its day, with the weight that the route of its subject says."""
        self.settle()
        below_subject, place = self._days_and_measures()
        members: dict[str, list[tuple[int, int, int]]] = {}
        for subject, number in self._subjects.items():
            start = _cells(number, 0, 0)
            for until, weights in route_of(subject):
                edge = _cells(number, min(max(until - _EPOCH, 0), 2**_DAY_BITS), 0)
                first, behind = np.searchsorted(self._cells, (start, edge)).tolist()
                start = edge
                for group, weight in weights:
                    members.setdefault(group, []).append((first, behind, weight))
        groups = Sums()
        groups._measures = self._measures
        for group, parts in sorted(members.items()):  # numbered by name, they need not be put in order
            at = np.concatenate([place[first:behind] for first, behind, _ in parts])
            amounts = np.concatenate([self._amounts[first:behind] * weight for first, behind, weight in parts])
            [into] = groups.subjects_of((group,))
            at, amounts = _added_up(at, amounts, len(below_subject))
            groups._put(_cells(into, 0, 0) + below_subject[at], amounts)
        for subject, day, amounts_of_day in self._beyond():
            for group, weight in weights_on(route_of(subject), day):
                groups._large.add(((group, day, amounts_of_day),), weight)
        return groups

    def _days_and_measures(self) -> tuple[Integers, Integers]:
        """What cells are below their subject, in order and each once, and of each cell the place among these."""
        _, day, measure = _parts(self._cells)
        days, day = distinct(day)
        there, place = distinct(day * len(self._measures) + measure)
        day, measure = np.divmod(there, max(1, len(self._measures)))
        return _cells(np.zeros(len(there), np.int64), days[day], measure), place

    def _beyond(self) -> list[Facts]:
        """What is beyond 62 bits, which stays."""
        large = self._large.take()
        self._large.add(large)
        return large

    def settle(self) -> None:
        """Make arrays of everything, and one cell of all that are the same."""
        if self._facts:
            self._put_facts()
        if self._waiting:
            self._merge()

    def _put(self, cells: Integers, amounts: Integers) -> None:
        self._waiting.append((cells, amounts))
        self._count += len(cells)
        if self._count > max(_AT_ONCE, len(self._cells)):
            self._merge()

    def _put_facts(self) -> None:
        facts, self._facts = self._facts, []
        lengths = [len(amounts) for _, _, amounts in facts]
        amounts = [amount for _, _, amounts in facts for amount in amounts.values()]
        small = np.abs(np.array(amounts, np.float64)) < _LARGEST
        if not small.all():
            for subject, day, of_day in facts:
                large = {measure: amount for measure, amount in of_day.items() if abs(amount) >= _LARGEST}
                self._large.add(((subject, day, large),))
            amounts = [amount for amount, is_small in zip(amounts, small.tolist(), strict=True) if is_small]
        days = np.array([day - _EPOCH if day else 0 for _, day, _ in facts], np.int64)
        places = _cells(self.subjects_of(subject for subject, _, _ in facts), days, np.zeros(len(facts), np.int64))
        measures = self.measures_of(measure for _, _, amounts in facts for measure in amounts)
        self._put((np.repeat(places, lengths) + measures)[small], np.array(amounts, np.int64))

    def _merge(self) -> None:
        cells, amounts = (
            np.concatenate(column) for column in zip((self._cells, self._amounts), *self._waiting, strict=True)
        )
        self._waiting, self._count = [], 0
        if not len(cells):
            return
        firsts, sums, large = np.arange(len(cells)), amounts, np.abs(amounts) >= _LARGEST
        if not (np.diff(cells) > 0).all():
            order = np.argsort(cells, kind="stable")
            cells, amounts = cells[order], amounts[order]
            firsts = np.flatnonzero(np.diff(cells, prepend=-1))
            sums, large = np.add.reduceat(amounts, firsts), np.zeros(len(firsts), np.bool_)
            if int(np.abs(amounts).max()) * len(amounts) >= _LARGEST:  # else none can be
                large = np.abs(np.add.reduceat(amounts.astype(np.float64), firsts)) >= _LARGEST
        self._cells, self._amounts = cells[firsts], sums
        if large.any() or not sums.all():
            self._set_aside(amounts, [*firsts.tolist(), len(amounts)], large)

    def _set_aside(self, terms: Integers, starts: list[int], large: NDArray[np.bool_]) -> None:
        """Take out the cells whose sums went beyond 62 bits, added up anew, and those that came to nothing."""
        subjects, measures = list(self._subjects), list(self._measures)
        for place in np.flatnonzero(large).tolist():
            subject, day, measure = (int(part) for part in _parts(self._cells[place]))
            amount = sum(terms[starts[place] : starts[place + 1]].tolist())
            self._large.add(((subjects[subject], day + _EPOCH if day else 0, {measures[measure]: amount}),))
        left = ~large & (self._amounts != 0)
        self._cells, self._amounts = self._cells[left], self._amounts[left]


def _added_up(place: Integers, amounts: Integers, places: int) -> tuple[Integers, Integers]:
    """Each place once, with the sum of its amounts; all as they are where a sum might be beyond 62 bits."""
    if np.bincount(place, np.abs(amounts), places).max(initial=0) >= _LARGEST:
        return place, amounts
    sums = np.zeros(places, np.int64)
    np.add.at(sums, place, amounts)
    there = np.flatnonzero(sums)
    return there, sums[there]


def _with(panes: list[Facts], large: list[Facts]) -> list[Facts]:
    """Panes and what is beyond 62 bits, in order."""
    by_place = {(subject, day): pane for subject, day, pane in panes}
    for subject, day, amounts in large:
        pane = by_place.setdefault((subject, day), {})
        for measure, amount in amounts.items():
            pane[measure] = pane.get(measure, 0) + amount
        if 0 in pane.values():
            by_place[subject, day] = {measure: amount for measure, amount in pane.items() if amount}
    return [(*place, by_place[place]) for place in sorted(by_place) if by_place[place]]


def _numbers(table: Names, names: Iterable[str]) -> Integers:
    return np.fromiter(map(table.__getitem__, names), np.int64)


def _cells(subject: Number, day: Number, measure: Number) -> Number:
    return (subject << (_DAY_BITS + _MEASURE_BITS)) + (day << _MEASURE_BITS) + measure


def _parts(cells: Integers) -> tuple[Integers, Integers, Integers]:
    """Subject, day and measure of cells."""
    return (
        cells >> (_DAY_BITS + _MEASURE_BITS),
        (cells >> _MEASURE_BITS) & (2**_DAY_BITS - 1),
        cells & (2**_MEASURE_BITS - 1),
    )
