"""Pane table: the panes of many subjects as one table of cells, from which anybody's panes are made when somebody asks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scoring.pane_cells import COHORT_WON, OPENED, PIPELINE, PaneCells, Wanted, whole_numbers
from scoring.panes import PaneBook, Panes

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class PaneTable:
    """Cells in order of subject and day: in a pane one of each key, no amount 0."""

    subjects: Sequence[str]
    keys: Sequence[str]
    subject: Array
    """Of each cell the place of its subject."""
    day: Array
    key: Array
    """Of each cell the place of its key."""
    amount: Array
    """Machine integers, or Python's own where one is too large."""

    @classmethod
    def of(cls, panes_of: Iterable[tuple[str, Mapping[int, Mapping[str, int]]]]) -> PaneTable:
        """The panes of some subjects, who are in it without any too.

        >>> table = PaneTable.of([("rep:a", {5: {"calls": 2}, 4: {"won|USD": 3, "calls": 1}}), ("rep:b", {})])
        >>> table.subjects, table.keys, table.day.tolist(), table.key.tolist(), table.amount.tolist()
        (['rep:a', 'rep:b'], ['calls', 'won|USD'], [5, 4, 4], [0, 1, 0], [2, 3, 1])
        """
        subjects: list[str] = []
        panes: list[Mapping[str, int]] = []
        days: list[int] = []
        counts: list[int] = []
        for subject, own in panes_of:
            subjects.append(subject)
            panes += own.values()
            days += own
            counts.append(len(own))
        places = _Places()
        sizes = np.fromiter(map(len, panes), np.int64, len(panes))
        of_subject = np.repeat(np.arange(len(subjects)), counts)
        key = np.fromiter(map(places.__getitem__, chain.from_iterable(panes)), np.int64, int(sizes.sum()))
        amounts = _amounts_of(panes, len(key))
        subject_of, day_of = np.repeat(of_subject, sizes), np.repeat(np.array(days, dtype=np.int64), sizes)
        return cls(subjects, list(places), subject_of, day_of, key, amounts)

    def cells(self, wanted: Wanted) -> PaneCells:
        """The panes key by key as far as keys are `wanted`: it is asked once of each without a closing day, and of `pipeline`."""
        new = (np.diff(self.subject, prepend=-1) != 0) | (np.diff(self.day, prepend=-1) != 0)
        pane, firsts = np.cumsum(new) - 1, np.flatnonzero(new)
        small = np.uint16 if len(self.keys) < 2**16 else np.int64  # in which few bits are sorted without comparing
        order = np.argsort(self.key.astype(small), kind="stable")
        bounds = np.cumsum([0, *np.bincount(self.key, minlength=len(self.keys)).tolist()]).tolist()
        by_key = {}
        pipeline = np.zeros(len(self.keys), dtype=bool)
        closing_days = np.zeros(len(self.keys), dtype=np.int64)  # of wins
        pipeline_wanted = wanted(PIPELINE)
        for place, key in enumerate(self.keys):
            if key.startswith(PIPELINE):
                pipeline[place] = pipeline_wanted
            elif key.startswith(COHORT_WON):
                closing_days[place] = int(key.rpartition("|")[2])
            elif bounds[place] < bounds[place + 1] and (key == OPENED or wanted(key)):
                at = order[bounds[place] : bounds[place + 1]]
                by_key[key] = pane[at], _narrow(self.amount[at])
        at = np.flatnonzero(pipeline[self.key])
        keys = [self.keys[place] for place in self.key[at].tolist()]
        closing = list(zip(pane[at].tolist(), keys, self.amount[at].tolist(), strict=True))
        at = np.flatnonzero(closing_days[self.key])
        won = pane[at], closing_days[self.key[at]], _narrow(self.amount[at])
        return PaneCells(self.subjects, self.subject[firsts], self.day[firsts], by_key, closing, won)

    def panes(self, place: int) -> Panes:
        """The panes of one subject, by its place; made anew at each call."""
        first, behind = np.searchsorted(self.subject, (place, place + 1)).tolist()
        days, names = self.day[first:behind].tolist(), self.key[first:behind].tolist()
        found: Panes = {}
        for day, key, amount in zip(days, names, self.amount[first:behind].tolist(), strict=True):
            pane = found.get(day)
            if pane is None:
                pane = found[day] = {}
            pane[self.keys[key]] = amount
        return found

    def only(self, wanted: Callable[[str], bool]) -> PaneTable:
        """The panes of some subjects, the others without any and not among the subjects."""
        chosen = np.array([wanted(subject) for subject in self.subjects], dtype=bool)
        if chosen.all():
            return self
        within = chosen[self.subject]
        places = np.cumsum(chosen) - 1
        kept = (each[within] for each in (self.day, self.key, self.amount))
        subjects = [subject for subject, is_chosen in zip(self.subjects, chosen.tolist(), strict=True) if is_chosen]
        return PaneTable(subjects, self.keys, places[self.subject[within]], *kept)

    def and_then(self, other: PaneTable) -> PaneTable:
        """The panes of this and, behind them, those of another; nobody is in both."""
        known = {key: place for place, key in enumerate(self.keys)}
        places = np.array([known.setdefault(key, len(known)) for key in other.keys], dtype=np.int64)
        return PaneTable(
            [*self.subjects, *other.subjects],
            list(known),
            np.concatenate((self.subject, other.subject + len(self.subjects))),
            np.concatenate((self.day, other.day)),
            np.concatenate((self.key, places[other.key])),
            np.concatenate((self.amount, other.amount)),
        )


class _Places(dict[str, int]):
    """Numbers keys as they come."""

    def __missing__(self, key: str) -> int:
        place = self[key] = len(self)
        return place


def _amounts_of(panes: Iterable[Mapping[str, int]], count: int) -> Array:
    try:
        return np.fromiter(chain.from_iterable(pane.values() for pane in panes), np.int64, count)
    except OverflowError:
        return np.array([*chain.from_iterable(pane.values() for pane in panes)], dtype=object)


def _narrow(amounts: Array) -> Array:
    return whole_numbers(amounts.tolist()) if amounts.dtype == object else amounts


class LaidBook(PaneBook):
    """A book of the panes of a table, each subject's made when somebody asks for them."""

    def __init__(self, table: PaneTable) -> None:
        """Nothing is made yet."""
        super().__init__()
        self.by_subject = _Laid(table)
        self.table: PaneTable | None = table
        """None as soon as a pane may be another one."""

    def add(self, subject: str, day: int, amounts: Mapping[str, int], sign: int = 1) -> None:
        """As of any book."""
        self.table = None
        super().add(subject, day, amounts, sign)

    def restore(self, subject: str, day: int, pane: dict[str, int]) -> None:
        """As of any book; `replace` likewise."""
        self.table = None
        super().restore(subject, day, pane)


class _Laid(MutableMapping[str, Panes]):
    """The panes of a table by subject; whoever has none is not in it."""

    def __init__(self, table: PaneTable) -> None:
        self._table = table
        there = table.subject[np.diff(table.subject, prepend=-1) != 0].tolist()  # they are in order
        self._places = {table.subjects[place]: place for place in there}
        self._made: dict[str, Panes] = {}

    def __getitem__(self, subject: str) -> Panes:
        found = self._made.get(subject)
        if found is None:
            found = self._made[subject] = self._table.panes(self._places[subject])
        return found

    def __setitem__(self, subject: str, panes: Panes) -> None:
        self._places.setdefault(subject, -1)
        self._made[subject] = panes

    def __delitem__(self, subject: str) -> None:
        del self._places[subject]
        self._made.pop(subject, None)

    def __contains__(self, subject: object) -> bool:
        return subject in self._places

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)
