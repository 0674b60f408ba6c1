"""Daily columns: the panes of many reps as sums up to each day, from which any window is a difference. Exact whole numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import gcd
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from scoring.cohorts import Deals
from scoring.measures import LIFELONG, MONEY, MONEY_SQUARED, counts_as, parse_key
from scoring.money import Rates
from scoring.weeks import openings
from scoring.windows import Panes

Array = NDArray[Any]

EXACT: Final = 2**53
"""Whole numbers below it are exact as floats."""
_ROOM: Final = 2.0**61
_LOGS: Final = frozenset({"ln", "ln_squares"})
_COUNTED_IF_UNRATED: Final = frozenset({"won", "won_n"})
_PIPELINE: Final = {"pipeline": 1, "pipeline_closed": -1, "pipeline_n": 1, "pipeline_closed_n": -1}
_LAST_DAY: Final = 10**7


@dataclass(slots=True)
class Columns:
    """Sums of measures of reps (rows) up to each day (columns), with money in `unit`-ths of `BASE_SCALE`-ths.

    Column 0 is what was before `start`, column i up to day `start + i - 1`. `stock` has what opens and closes the pipeline:
    (row, day, closing day, whether a count, amount); `opened` the deals opened, their owners the rows.
    """

    start: int
    days: int
    rows: int
    sums: dict[str, Array] = field(default_factory=dict)
    unit: int = 1
    stock: list[tuple[int, int, int, bool, int]] = field(default_factory=list)
    opened: Deals = field(default_factory=lambda: Deals.of([]))

    def up_to(self, measure: str, first: int, last: int) -> Array:
        """The sums up to each day from `first` to `last`; zeros for a measure that nobody has."""
        found = self.sums.get(measure)
        at = first - self.start + 1
        if found is None:
            return np.zeros((self.rows, last - first + 1), dtype=np.int64)
        return found[:, at : at + last - first + 1]

    def window(self, measure: str, days: int, first: int, last: int) -> Array:
        """The sums over the `days` that end with each day from `first` to `last`."""
        return np.asarray(self.up_to(measure, first, last) - self.up_to(measure, first - days, last - days))


def columns(reps: Sequence[Panes], start: int, last: int, rates: Rates, measures: frozenset[str]) -> Columns:
    """The columns of some measures, of all pane days up to `last`; those before `start` count for lifelong ones alone.

    Measures are those of `window_sums`, unrated wins and activities by figure among them.
    """
    found = Columns(start, last - start + 2, len(reps))
    taken, opened = _Taken(found, rates, measures), []
    for row, panes in enumerate(reps):
        within = {day: pane for day, pane in panes.items() if start <= day <= last}
        for day, pane in panes.items():
            if day < start:
                taken.early(row, pane)
        for day, pane in within.items():
            taken.pane(row, day, pane)
        opened.append(openings(within, start, _LAST_DAY))
    taken.settle()
    found.opened = Deals.of(opened)
    return found


class _Cells:
    """Amounts of one key, by place: row by row, each row's columns. They count in some measures, `in_base` times base money."""

    __slots__ = ("amounts", "in_base", "measures", "places")

    def __init__(self, measures: Iterable[str], *, in_base: bool = False) -> None:
        self.measures, self.in_base = tuple(measures), in_base
        self.places: list[int] = []
        self.amounts: list[int] = []


_UNREAD: Final = _Cells(())
"""Of keys that no score reads."""
_BY_DAY: Final = _Cells(())
"""Of keys that are read otherwise on each day."""


class _Taken:
    """What panes say, key by key, until it is summed up."""

    def __init__(self, found: Columns, rates: Rates, measures: frozenset[str]) -> None:
        self._found, self._rates, self._measures = found, rates, measures
        self._cells: dict[str, _Cells] = {}
        self._put_in: dict[str, _Cells] = {name: _Cells([name]) for name in measures}
        self._money: dict[str, list[tuple[int, int, int]]] = {}

    def early(self, row: int, pane: Mapping[str, int]) -> None:
        """What was before the first column counts for lifelong measures alone."""
        for key in LIFELONG & pane.keys() & self._measures:
            self._put(key, row * self._found.days, pane[key])

    def pane(self, row: int, day: int, pane: Mapping[str, int]) -> None:
        """A day of a row."""
        known, place = self._cells, row * self._found.days + day - self._found.start + 1
        for key, amount in pane.items():
            cells = known.get(key)
            if cells is None:
                cells = known[key] = self._plan(key)
            if cells is _BY_DAY:
                self._by_day(row, day, place, key, pane)
            elif cells is not _UNREAD:
                cells.places.append(place)
                cells.amounts.append(amount)

    def settle(self) -> None:
        """Sum up, money in the largest unit in which all of it is whole."""
        found = self._found
        found.unit = gcd(self._rates.base_factor, *(factor for of in self._money.values() for _, _, factor in of))
        for name, entries in self._money.items():
            for place, amount, factor in entries:
                self._put(name, place, amount * (factor // found.unit))
        by_measure: dict[str, list[tuple[_Cells, int]]] = {}
        for cells in (*self._put_in.values(), *self._cells.values()):
            times = self._rates.base_factor // found.unit if cells.in_base else 1
            for name in cells.measures if cells.places else ():
                by_measure.setdefault(name, []).append((cells, times))
        for name, of_measure in by_measure.items():
            found.sums[name] = _cumulated(of_measure, found.rows, found.days)

    def _plan(self, key: str) -> _Cells:
        """Where the amounts of a key go, the same on every day; or that it depends on the day."""
        name, currency, closing_day = parse_key(key)
        names = [name, *counts_as(key)] if currency is None else [name]
        if name in _PIPELINE:
            return _BY_DAY if self._measures & _PIPELINE.keys() else _UNREAD
        # squares are for norms, no score reads them
        read = closing_day is None and name not in MONEY_SQUARED and bool(self._measures.intersection(names))
        if currency in (None, self._rates.base_currency):
            in_base = currency is not None and name in MONEY
            return _Cells(self._measures.intersection(names), in_base=in_base) if read else _UNREAD
        return _BY_DAY if closing_day is None else _UNREAD

    def _put(self, name: str, place: int, amount: int) -> None:
        cells = self._put_in.get(name)
        if cells is not None:
            cells.places.append(place)
            cells.amounts.append(amount)

    def _by_day(self, row: int, day: int, place: int, key: str, pane: Mapping[str, int]) -> None:
        """Money of other currencies, and the pipeline."""
        name, currency, closing_day = parse_key(key)
        amount, factor = pane[key], None if currency is None else self._rates.factor(currency, day)
        if name in _PIPELINE:
            if factor is not None:
                counts = name.endswith("_n")
                value = _PIPELINE[name] * amount * (1 if counts else factor)
                self._found.stock.append((row, day, max(day, closing_day or day), counts, value))
        elif factor is None or currency is None:
            if name in _COUNTED_IF_UNRATED:
                self._put(name + "_unrated", place, amount)
        elif name in MONEY:
            if name in self._measures:
                self._money.setdefault(name, []).append((place, amount, factor))
        elif name in _LOGS:
            ln_rate = self._rates.logarithm(currency, factor)
            n, logs = pane.get(f"ln_won|{currency}", 0), pane.get(f"ln|{currency}", 0)
            more = n * ln_rate if name == "ln" else 2 * logs * ln_rate + n * ln_rate * ln_rate
            self._put(name, place, amount + round(more))
        elif name not in MONEY_SQUARED:
            self._put(name, place, amount)


def _cumulated(of_measure: Sequence[tuple[_Cells, int]], rows: int, days: int) -> Array:
    """Sums up to each day: machine integers where all of them together leave room, Python's own where not."""
    whole = sum(times * sum(map(abs, cells.amounts)) for cells, times in of_measure) < _ROOM
    table: Array = np.zeros(rows * days, dtype=np.int64 if whole else object)
    for cells, times in of_measure:
        np.add.at(table, cells.places, np.array(cells.amounts, dtype=table.dtype) * times)
    return np.asarray(np.cumsum(table.reshape(rows, days), axis=1))


def quotient(amounts: Array, times: int, by: int) -> NDArray[np.float64]:
    """`amounts · times / by`, each rounded once as Python rounds the quotient of two whole numbers.

    >>> quotient(np.array([1, 2**62]), 10**6, 3 * 10**6).tolist() == [1 / 3, 2**62 / 3]
    True
    """
    part = Fraction(times, by)
    times, by = part.numerator, part.denominator
    if amounts.dtype != object and by < EXACT and times < EXACT:
        most = max(int(amounts.max(initial=0)), -int(amounts.min(initial=0)))
        if most * times < EXACT:
            return np.asarray((amounts * times) / float(by), dtype=np.float64)
    return np.asarray((amounts.astype(object) * times) / by, dtype=np.float64)
