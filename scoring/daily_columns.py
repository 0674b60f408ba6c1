"""Daily columns: the panes of many reps as sums up to each day, from which any window is a difference. Exact whole numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import fsum, gcd
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from scoring.measures import LIFELONG, MONEY, MONEY_SQUARED, counts_as, parse_key
from scoring.money import Rates
from scoring.weeks import Opened, openings
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
    (row, day, closing day, whether a count, amount); `opened` each row's deals opened by day.
    """

    start: int
    days: int
    rows: int
    sums: dict[str, Array] = field(default_factory=dict)
    unit: int = 1
    stock: list[tuple[int, int, int, bool, int]] = field(default_factory=list)
    opened: list[dict[int, Opened]] = field(default_factory=list)

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
    taken = _Taken(found, rates, measures)
    for row, panes in enumerate(reps):
        within = {day: pane for day, pane in panes.items() if start <= day <= last}
        for day, pane in panes.items():
            if day < start:
                taken.early(row, pane)
        for day, pane in within.items():
            taken.pane(row, day, pane)
        found.opened.append(openings(within, start, _LAST_DAY))
    taken.settle()
    return found


class _Cells:
    """Amounts of one measure, by place: row by row, each row's columns."""

    __slots__ = ("amounts", "places")

    def __init__(self) -> None:
        self.places: list[int] = []
        self.amounts: list[int] = []


class _Taken:
    """What panes say, measure by measure, until it is summed up."""

    def __init__(self, found: Columns, rates: Rates, measures: frozenset[str]) -> None:
        self._found, self._rates, self._measures = found, rates, measures
        self._cells: dict[str, _Cells] = {name: _Cells() for name in measures}
        self._plain: dict[str, list[_Cells]] = {}
        self._money: dict[str, list[tuple[int, int, int]]] = {}

    def early(self, row: int, pane: Mapping[str, int]) -> None:
        """What was before the first column counts for lifelong measures alone."""
        for key in LIFELONG & pane.keys() & self._measures:
            self._put(key, row * self._found.days, pane[key])

    def pane(self, row: int, day: int, pane: Mapping[str, int]) -> None:
        """A day of a row."""
        plain, place = self._plain, row * self._found.days + day - self._found.start + 1
        for key, amount in pane.items():
            counted = plain.get(key)
            if counted is None:
                if "|" in key:
                    self._keyed(row, day, place, key, pane)
                    continue
                names = (key, *counts_as(key))
                counted = plain[key] = [self._cells[name] for name in names if name in self._measures]
            for cells in counted:
                cells.places.append(place)
                cells.amounts.append(amount)

    def settle(self) -> None:
        """Sum up, money in the largest unit in which all of it is whole."""
        found = self._found
        found.unit = gcd(self._rates.base_factor, *(factor for of in self._money.values() for _, _, factor in of))
        for name, entries in self._money.items():
            for place, amount, factor in entries:
                self._put(name, place, amount * (factor // found.unit))
        for name, cells in self._cells.items():
            if cells.places:
                found.sums[name] = _cumulated(cells, found.rows, found.days)

    def _put(self, name: str, place: int, amount: int) -> None:
        cells = self._cells.get(name)
        if cells is not None:
            cells.places.append(place)
            cells.amounts.append(amount)

    def _keyed(self, row: int, day: int, place: int, key: str, pane: Mapping[str, int]) -> None:
        name, currency, closing_day = parse_key(key)
        amount = pane[key]
        if name in _PIPELINE:
            factor = None if currency is None else self._rates.factor(currency, day)
            if factor is not None:
                counts = name.endswith("_n")
                value = _PIPELINE[name] * amount * (1 if counts else factor)
                self._found.stock.append((row, day, max(day, closing_day or day), counts, value))
        elif closing_day is None and name not in MONEY_SQUARED:  # squares are for norms, no score reads them
            if currency is None:
                self._put(name, place, amount)
            else:
                self._in_currency(name, currency, day, place, amount, pane)

    def _in_currency(
        self, name: str, currency: str, day: int, place: int, amount: int, pane: Mapping[str, int]
    ) -> None:
        factor = self._rates.factor(currency, day)
        if factor is None:
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
        else:
            self._put(name, place, amount)


def _cumulated(cells: _Cells, rows: int, days: int) -> Array:
    """Sums up to each day: machine integers where all of them together leave room, Python's own where not."""
    whole = sum(map(abs, cells.amounts)) < _ROOM
    table: Array = np.zeros(rows * days, dtype=np.int64 if whole else object)
    np.add.at(table, cells.places, np.array(cells.amounts, dtype=table.dtype))
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


Pieces = tuple[list[list[float]], list[list[float]], list[list[float]]]


def ripening_terms(opened: dict[int, Opened], won_by_age: Sequence[float], days: int, first: int, last: int) -> Pieces:
    """What the wins so far, ΣF and ΣF(1-F) of a cohort are summed from on each day; the terms of `maturation.ripened`."""
    horizon, count = len(won_by_age) - 1, last - first + 1
    won: list[list[float]] = [[] for _ in range(count)]
    expected: list[list[float]] = [[] for _ in range(count)]
    spread: list[list[float]] = [[] for _ in range(count)]
    terms: dict[float, list[tuple[float, float]]] = {}  # by weight, age by age
    for day, of_day in opened.items():
        end = min(last, day + days - 1)
        if end < first or day > last:
            continue
        ages = sorted(of_day.won_after)
        pieces = [(max(first, day + age), end, of_day.won_after[age], age <= horizon) for age in ages]
        for place in range(len(ages) + 1):
            rest = of_day.deals - fsum(of_day.won_after[age] for age in ages[:place])
            since = day + ages[place - 1] if place else day
            until = day + ages[place] - 1 if place < len(ages) else end
            if rest > 0:
                pieces.append((max(first, since), min(end, until), rest, False))
        for since, until, weight, counts in pieces:
            if since > until:
                continue
            if weight not in terms:  # nearly all weigh 1
                of = [(weight * share, weight * share * (1 - share)) for share in won_by_age]
                terms[weight] = of + [of[-1]] * (days - len(of))
            begin, after = since - first, until + 1 - first
            aged = terms[weight][since - day : until + 1 - day]
            for (one, other), ones, others in zip(aged, expected[begin:after], spread[begin:after], strict=True):
                ones.append(one)
                others.append(other)
            for so_far in won[begin:after] if counts else ():
                so_far.append(weight)
    return won, expected, spread
