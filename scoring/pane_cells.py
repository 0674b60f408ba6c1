"""Pane cells: what the panes of many subjects hold, key by key: in which pane, how much. Panes are numbered as they are read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import count
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from scoring.money import WHOLE
from scoring.weeks import Opened
from scoring.windows import Panes

Array = NDArray[Any]

_OPENED: Final = "opened"


Closing = tuple[int, str, int]
"""The pane of a key by closing day, the key, and the amount."""


class PaneCells:
    """The panes of some subjects, row by row, with the keys that somebody wants, those by closing day apart."""

    def __init__(self, panes_of: Iterable[tuple[str, Panes]], wanted: Callable[[str], bool]) -> None:
        """Read all panes; `wanted` is asked once of each key without a closing day, and of `pipeline`."""
        self._row_of: dict[str, int] = {}
        self._flat: dict[str, list[int]] = {}
        """By key, panes and amounts in turn: a single list grows fastest."""
        self.pipeline: list[Closing] = []
        """Of deals opened and closed."""
        self._won: list[Closing] = []
        rows: list[int] = []
        days: list[int] = []
        unread: list[int] = []
        numbers, known = count(), self._flat
        pipeline: list[Closing] | None = self.pipeline if wanted("pipeline") else None
        for row, (subject, panes) in enumerate(panes_of):
            self._row_of[subject] = row
            for day, pane in panes.items():
                number = next(numbers)
                rows.append(row)
                days.append(day)
                for key, amount in pane.items():
                    flat = known.get(key)
                    if flat is None:  # closing days come without end: such keys are not kept
                        if key.startswith("pipeline"):
                            if pipeline is not None:
                                pipeline.append((number, key, amount))
                            continue
                        if key.startswith("cohort_won|"):
                            self._won.append((number, key, amount))
                            continue
                        flat = known[key] = [] if key == _OPENED or wanted(key) else unread
                    flat += (number, amount)
            unread.clear()
        self.row = np.array(rows, dtype=np.int64)
        """Of each pane."""
        self.day = np.array(days, dtype=np.int64)
        self._flat = {key: flat for key, flat in known.items() if flat is not unread}

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
        return self._flat.keys()

    def of(self, key: str) -> tuple[list[int], list[int]]:
        """The panes that hold a key, in order, and the amounts."""
        flat = self._flat.get(key, [])
        return flat[::2], flat[1::2]

    def openings(self) -> list[dict[int, Opened]]:
        """By row, as `scoring.weeks.openings` says of all days above 0: what became of the deals opened on each."""
        rows, days = self.row.tolist(), self.day.tolist()
        won_after: dict[int, dict[int, int]] = {}
        for pane, key, amount in self._won:
            age = max(0, int(key.rpartition("|")[2]) - days[pane])
            of_pane = won_after.setdefault(pane, {})
            of_pane[age] = of_pane.get(age, 0) + amount
        found: list[dict[int, Opened]] = [{} for _ in self._row_of]
        for pane, opened in zip(*self.of(_OPENED), strict=True):
            if opened and days[pane] > 0:
                won = won_after.get(pane, {})
                found[rows[pane]][days[pane]] = Opened(opened / WHOLE, {age: won[age] / WHOLE for age in sorted(won)})
        return found
