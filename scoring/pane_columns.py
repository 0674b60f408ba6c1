"""Pane columns: the panes of many subjects as arrays, measure by measure - who, on what day, how much. Exact whole numbers.

Read once, they serve week rows and the scores of every day.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache, cached_property
from math import gcd
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from scoring.cohorts import Deals
from scoring.kpi import BY_NAME
from scoring.measures import counts_as, parse_key, power_of
from scoring.money import Rates
from scoring.pane_cells import whole_numbers
from scoring.pane_table import PaneTable
from scoring.scorecard import Scorecard
from scoring.weeks import Opened
from scoring.windows import COUNTED_IF_UNRATED, LOGARITHMS, STANDING, Panes

Array = NDArray[Any]

_ROOM: Final = 2**61
"""Amounts whose absolute values sum to less are machine integers."""
_UNRECORDED: Final = "unrecorded"
_UNRATED: Final = "_unrated"
_OF_LOGARITHMS: Final = frozenset({"ln", "ln_won"})
"""What a rate shifts logarithms by."""


class Standing(NamedTuple):
    """What a deal opened on a day does to a row's pipeline since then, or since it was closed: a count, or an amount of money."""

    row: int
    day: int
    since: int
    counts: bool
    amount: int


class _Measure(NamedTuple):
    """A measure's cells: rows in order, days, amounts."""

    rows: Array
    days: Array
    amounts: Array


class PaneColumns:
    """The panes of some subjects as far as some measures go; rows are subjects in the order given.

    Measures are those of `window_sums`, unrated wins and activities by figure among them. Money is in `unit`-ths of
    `BASE_SCALE`-ths of the base currency, money squared in those of its square.
    """

    def __init__(
        self, panes_of: Iterable[tuple[str, Panes]] | PaneTable, rates: Rates, measures: frozenset[str]
    ) -> None:
        """Read all panes; sum up nothing before it is asked for."""
        self._rates = rates
        measures |= {_UNRECORDED}
        if measures & LOGARITHMS:
            measures |= _OF_LOGARITHMS

        def wanted(key: str) -> bool:
            return not measures.isdisjoint(_measures_in(key))

        table = panes_of if isinstance(panes_of, PaneTable) else PaneTable.of(panes_of)
        self._cells = table.cells(wanted)
        self._keys: dict[str, list[str]] = {}
        for key in self._cells.keys:
            for measure in _measures_in(key):
                self._keys.setdefault(measure, []).append(key)
        self._kept: dict[str, _Measure] = {}
        self._factors: dict[tuple[str, int], int | None] = {}

    @property
    def subjects(self) -> tuple[str, ...]:
        """By row."""
        return self._cells.subjects

    def rows_of(self, subjects: Iterable[str]) -> list[int]:
        """The row of each subject, -1 of one that has no panes."""
        return self._cells.rows_of(subjects)

    @cached_property
    def mondays(self) -> Array:
        """Of every week in which anybody has a pane, in order. What stands outside of days lies at 0 and before, or on day 1."""
        days = self._cells.day
        return np.unique(mondays_of(days[days > 1]))

    def by_day(self, measure: str, rows: Sequence[int], first: int, last: int) -> Array:
        """The sums of a measure, rows x days from `first` to `last`; rows of -1 are empty.

        Machine integers where all of them together leave room, Python's own where not.
        """
        places, days, amounts = self._some(measure, rows)
        within = (first <= days) & (days <= last)
        return _table(len(rows), last - first + 1, places[within], days[within] - first, amounts[within])

    def by_week(self, measure: str, rows: Sequence[int]) -> Array:
        """Likewise rows x weeks, those of `mondays`."""
        places, days, amounts = self._some(measure, rows)
        within = days > 1
        weeks = np.searchsorted(self.mondays, mondays_of(days[within]))
        return _table(len(rows), len(self.mondays), places[within], weeks, amounts[within])

    def before(self, measure: str, rows: Sequence[int], start: int) -> Array:
        """The sum of a measure over all days before `start`, by row."""
        places, days, amounts = self._some(measure, rows)
        early = days < start
        return _table(len(rows), 1, places[early], 0, amounts[early])[:, 0]

    def unrecorded(self, rows: Sequence[int]) -> Array:
        """How many members without a record each row has."""
        return self.by_day(_UNRECORDED, rows, 0, 0)[:, 0]

    def standings(self, rows: Sequence[int]) -> list[Standing]:
        """What opens and closes the pipeline of some rows, numbered as asked for. What has no rate is left out."""
        places = {row: place for place, row in enumerate(rows) if row >= 0}
        cells, found = self._cells, []
        row_of, day_of = cells.row.tolist(), cells.day.tolist()
        for pane, key, amount in cells.pipeline:
            place = places.get(row_of[pane])
            if place is None:
                continue
            day = day_of[pane]
            name, currency, closing_day = parse_key(key)
            factor = None if currency is None else self._rates.factor(currency, day)
            if factor is not None:
                measure, sign = STANDING[name]
                counts = measure == "pipeline_n"
                value = sign * amount * (1 if counts else factor)
                found.append(Standing(place, day, max(day, closing_day or day), counts, value))
        return found

    def openings(self, rows: Iterable[int]) -> list[dict[int, Opened]]:
        """By row, as `scoring.weeks.openings` says of all days above 0: what became of the deals opened on each."""
        return [self._openings[row] if row >= 0 else {} for row in rows]

    @cached_property
    def deals(self) -> Deals:
        """The same as arrays; owners are rows."""
        return Deals.of(self._openings)

    def deals_of(self, rows: Sequence[int]) -> Deals:
        """Those of some rows, numbered as asked for."""
        return self.deals.among(places_of(rows, len(self.subjects)))

    @cached_property
    def _openings(self) -> list[dict[int, Opened]]:
        return self._cells.openings()

    @cached_property
    def unit(self) -> int:
        """The largest in which all money is whole."""
        found = self._rates.base_factor
        days_of: dict[str, list[Array]] = {}
        for key in self._cells.keys:
            name, currency, _ = parse_key(key)
            if power_of(name) and currency not in (None, self._rates.base_currency):
                days_of.setdefault(currency or "", []).append(self._cells.day[self._cells.of(key)[0]])
        for currency, several in days_of.items():
            days = np.unique(np.concatenate(several)).tolist()
            found = gcd(found, *(self._factor(currency, day) or 0 for day in days))
        return found

    def _factor(self, currency: str, day: int) -> int | None:
        """`Rates.factor`, asked once."""
        found = self._factors.get((currency, day), 0)
        if found == 0:
            found = self._factors[currency, day] = self._rates.factor(currency, day)
        return found

    def _some(self, measure: str, rows: Sequence[int]) -> _Measure:
        """The cells of some rows, these numbered as asked for."""
        whole = self._of(measure)
        places, at = cells_of(whole.rows, rows)
        return _Measure(places, whole.days[at], _room(whole.amounts[at]))

    def _of(self, measure: str) -> _Measure:
        found = self._kept.get(measure)
        if found is None:
            found = self._kept[measure] = self._gathered(measure)
        return found

    def _gathered(self, measure: str) -> _Measure:
        found = [(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))]
        for key in self._keys.get(measure, ()):
            name, currency, _ = parse_key(key)
            if currency not in (None, self._rates.base_currency):
                found.append(self._in_base(key, measure))
            elif not measure.endswith(_UNRATED) or measure == name:
                panes, amounts = self._cells.of(key)
                times = (self._rates.base_factor // self.unit) ** power_of(measure) if currency else 1
                found.append((panes, _integers(amounts, times)))
        panes, of_measure = (np.concatenate(column) for column in zip(*found, strict=True))
        order = np.argsort(panes, kind="stable")  # panes are numbered row by row
        panes = panes[order]
        return _Measure(self._cells.row[panes], self._cells.day[panes], of_measure[order])

    def _in_base(self, key: str, measure: str) -> tuple[Array, Array]:
        """Panes and amounts of a key of another currency as they count in a measure: in its own, or as unrated without a rate."""
        name, currency, _ = parse_key(key)
        panes, amounts = self._cells.of(key)
        days, place = np.unique(self._cells.day[panes], return_inverse=True)
        factors = [self._factor(currency or "", day) for day in days.tolist()]
        rated = np.array([factor is not None for factor in factors], dtype=bool)[place]
        if measure != name:
            return panes[~rated], _integers(amounts[~rated])
        if name in LOGARITHMS:
            rates = np.array([self._rates.logarithm(currency or "", factor or 1) for factor in factors])[place]
            shift = self._shift(name, currency or "", panes, rates)[rated].tolist()
            shifted = [amount + round(by) for amount, by in zip(amounts[rated].tolist(), shift, strict=True)]
            return panes[rated], _integers(whole_numbers(shifted))
        power = power_of(name)
        times = [((factor or 0) // self.unit) ** power for factor in factors]
        found = _products(amounts, times, place) if power else _integers(amounts)
        return panes[rated], found[rated]

    def _shift(self, name: str, currency: str, panes: Array, ln_rate: Array) -> Array:
        """What `scoring.windows.in_base` adds to logarithms in some panes, digit by digit."""
        n, logs = (self._cells.within(f"{each}|{currency}", panes) for each in ("ln_won", "ln"))
        n = n.astype(np.float64)
        if name == "ln":
            return np.asarray(n * ln_rate)
        return np.asarray((2 * logs.astype(object)).astype(np.float64) * ln_rate + n * ln_rate * ln_rate)


@cache
def _measures_in(key: str) -> tuple[str, ...]:
    """The measures to which the amounts of a key may add."""
    name, currency, _ = parse_key(key)
    if currency is None:
        return name, *counts_as(key)
    return (name, name + _UNRATED) if name in COUNTED_IF_UNRATED else (name,)


def measures_of(scorecard: Scorecard) -> frozenset[str]:
    """What the scores and week rows of a scorecard read of panes."""
    standing = {"margin_revenue", "margin_cost", "customers_new", "customers_churned", "opened_n"}
    return frozenset(standing).union(*(BY_NAME[scored.metric].measures for scored in scorecard.metrics))


def places_of(rows: Sequence[int], count: int) -> Array:
    """Where each of `count` rows is asked for, -1 where it is not.

    >>> places_of([2, -1, 0], 4).tolist()
    [2, -1, 0, -1]
    """
    places = np.full(count + 1, -1)
    places[list(rows)] = np.arange(len(rows))  # a row of -1 is the last one
    return places[:count]


def cells_of(row_of_cell: Array, rows: Sequence[int]) -> tuple[Array, Array]:
    """Of each cell of some rows the place at which its row is asked for, and where the cell is; cells are in order of their rows.

    >>> [of.tolist() for of in cells_of(np.array([0, 0, 2]), [2, -1, 0])]
    [[0, 2, 2], [2, 0, 1]]
    """
    asked = np.array(rows, dtype=np.int64)
    begin, end = (np.searchsorted(row_of_cell, asked, side) for side in ("left", "right"))
    times = end - begin
    places = np.repeat(np.arange(len(asked)), times)
    return places, np.arange(len(places)) + np.repeat(begin - (np.cumsum(times) - times), times)


def _integers(amounts: Array, times: int = 1) -> Array:
    """`amounts` times a whole number, as machine integers where there is room for their sum."""
    if amounts.dtype != object and times * _size(amounts) < _ROOM:
        return amounts * times
    return amounts.astype(object) * times


def _products(amounts: Array, times: Sequence[int], place: Array) -> Array:
    """Each amount times what stands at its place, machine integers likewise."""
    there_is_room = amounts.dtype != object and max(times, default=0) * _size(amounts) < _ROOM
    kind = np.int64 if there_is_room else object
    return np.asarray(amounts.astype(kind) * np.array(times, dtype=kind)[place])


def _size(amounts: Array) -> float:
    """The sum of the absolute values, as near as a float is."""
    return float(np.abs(amounts.astype(np.float64)).sum())


def _room(amounts: Array) -> Array:
    """Machine integers where there is room for the sum of these."""
    if amounts.dtype != object or sum(map(abs, amounts.tolist())) >= _ROOM:
        return amounts
    small: Array = np.array(amounts, dtype=np.int64)
    return small


def _table(rows: int, columns: int, row: Array, column: Array | int, amounts: Array) -> Array:
    found: Array = np.zeros(rows * columns, dtype=amounts.dtype)
    np.add.at(found, row.astype(np.int64) * columns + column, amounts)
    return found.reshape(rows, columns)


def mondays_of(days: Array) -> Array:
    """`scoring.fiscal.monday_of` of each."""
    return np.asarray(days - (days - 1) % 7)
