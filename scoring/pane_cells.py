"""Pane cells: what the panes of many subjects hold, key by key: in which pane, how much. Panes are numbered as they are read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import count
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from scoring.money import WHOLE
from scoring.weeks import Opened
from scoring.windows import Panes

Array = NDArray[Any]

OPENED: Final = "opened"
PIPELINE: Final = "pipeline"
COHORT_WON: Final = "cohort_won|"

Cells = tuple[Array, Array]
"""Panes, and an amount in each."""
Closing = tuple[int, str, int]
"""The pane of a key by closing day, the key, and the amount."""
Wanted = Callable[[str], bool]
"""Whether anybody wants a key."""

_NONE: Final = (np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))


class PaneCells:
    """The panes of some subjects, row by row, with the keys that somebody wants, those by closing day apart."""

    def __init__(
        self,
        subjects: Iterable[str],
        row: Array,
        day: Array,
        by_key: Mapping[str, Cells],
        pipeline: list[Closing],
        won: list[Closing],
    ) -> None:
        """Take what `read` or `PaneTable.cells` found.

        Args:
            subjects: by row.
            row: of each pane.
            day: of each pane.
            by_key: of each key, the panes that hold it, in order, and the amounts.
            pipeline: of deals opened and closed.
            won: of wins by the day of opening.
        """
        self._row_of = {subject: row for row, subject in enumerate(subjects)}
        self.row, self.day = row, day
        self.pipeline = pipeline
        self._by_key, self._won = by_key, won

    @classmethod
    def read(cls, panes_of: Iterable[tuple[str, Panes]], wanted: Wanted) -> PaneCells:
        """Read all panes; `wanted` is asked once of each key without a closing day, and of `pipeline`."""
        subjects: list[str] = []
        known: dict[str, list[int]] = {}  # by key, panes and amounts in turn: a single list grows fastest
        pipeline: list[Closing] = []
        won: list[Closing] = []
        rows: list[int] = []
        days: list[int] = []
        unread: list[int] = []
        numbers, pipeline_wanted = count(), wanted(PIPELINE)
        for row, (subject, panes) in enumerate(panes_of):
            subjects.append(subject)
            for day, pane in panes.items():
                number = next(numbers)
                rows.append(row)
                days.append(day)
                for key, amount in pane.items():
                    flat = known.get(key)
                    if flat is None:  # closing days come without end: such keys are not kept
                        if key.startswith(PIPELINE):
                            if pipeline_wanted:
                                pipeline.append((number, key, amount))
                            continue
                        if key.startswith(COHORT_WON):
                            won.append((number, key, amount))
                            continue
                        flat = known[key] = [] if key == OPENED or wanted(key) else unread
                    flat += (number, amount)
            unread.clear()
        by_key = {
            key: (np.array(flat[::2], dtype=np.int64), whole_numbers(flat[1::2]))
            for key, flat in known.items()
            if flat is not unread
        }
        row_of_pane, day_of_pane = np.array(rows, dtype=np.int64), np.array(days, dtype=np.int64)
        return cls(subjects, row_of_pane, day_of_pane, by_key, pipeline, won)

    @property
    def subjects(self) -> tuple[str, ...]:
        """By row."""
        return tuple(self._row_of)

    def rows_of(self, subjects: Iterable[str]) -> list[int]:
        """The row of each subject, -1 of one that has no panes."""
        return [self._row_of.get(subject, -1) for subject in subjects]

    @property
    def keys(self) -> Iterable[str]:
        """All that were wanted and found."""
        return self._by_key.keys()

    def of(self, key: str) -> Cells:
        """The panes that hold a key, in order, and the amounts: machine integers, or Python's own where they are too large."""
        return self._by_key.get(key, _NONE)

    def within(self, key: str, panes: Array) -> Array:
        """The amount of a key in each of some panes, 0 where it is not in one."""
        there, amounts = self.of(key)
        found = np.zeros(len(panes), dtype=amounts.dtype)
        if len(there):
            at = np.minimum(np.searchsorted(there, panes), len(there) - 1)
            is_there = there[at] == panes
            found[is_there] = amounts[at[is_there]]
        return found

    def openings(self) -> list[dict[int, Opened]]:
        """By row, as `scoring.weeks.openings` says of all days above 0: what became of the deals opened on each."""
        rows, days = self.row.tolist(), self.day.tolist()
        won_after: dict[int, dict[int, int]] = {}
        closed_on = {key: int(key.rpartition("|")[2]) for key in {key for _, key, _ in self._won}}
        for pane, key, amount in self._won:
            age = max(0, closed_on[key] - days[pane])
            of_pane = won_after.setdefault(pane, {})
            of_pane[age] = of_pane.get(age, 0) + amount
        found: list[dict[int, Opened]] = [{} for _ in self._row_of]
        panes, amounts = self.of(OPENED)
        for pane, opened in zip(panes.tolist(), amounts.tolist(), strict=True):
            if opened and days[pane] > 0:
                won = won_after.get(pane)
                after = {age: won[age] / WHOLE for age in sorted(won)} if won else {}
                found[rows[pane]][days[pane]] = Opened(opened / WHOLE, after)
        return found


def whole_numbers(amounts: Sequence[int]) -> Array:
    """Amounts as machine integers, as Python's own where one is too large.

    >>> whole_numbers([1, -2]).dtype, whole_numbers([2**63]).dtype
    (dtype('int64'), dtype('O'))
    """
    try:
        return np.array(amounts, dtype=np.int64)
    except OverflowError:
        return np.array(amounts, dtype=object)
