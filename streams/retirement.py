"""Retirement: what is out of retention leaves a lane's state little by little, once a day and after every recovery."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from itertools import chain
from typing import Final

from scoring.organisation import microseconds
from streams.desk import Desk
from streams.partition_state import PartitionState

ROWS_AT_A_TIME: Final = 2_000
"""Rows that one transaction reduces or removes."""
LOOKS_AT_A_TIME: Final = 5_000
"""Rows that are looked at before records get their turn again."""


class Retirement:
    """How far a lane is with letting go what lies before the retention. With the `events` clock nothing ever goes."""

    def __init__(self, desk: Desk) -> None:
        """Everything has still to be looked at."""
        self._desk = desk
        self._done_day = 0
        self._rest: Iterator[int] | None = None
        self.changed = False
        """Whether the last `some` changed rows, which are then to be written down."""

    def recovered(self) -> None:
        """Begin from the start: what was in the making may not have been committed."""
        self._done_day, self._rest = 0, None

    def is_due(self) -> bool:
        """Whether there is something to look at."""
        return self._rest is not None or self._first_day() > self._done_day

    def some(self, state: PartitionState, rows: int = ROWS_AT_A_TIME) -> Iterator[None]:
        """Let about so many rows go, pausing after each look; `changed` then says whether any did."""
        if self._rest is None:
            self._done_day = self._first_day()
            self._rest = _everything(state, self._done_day)
        count = looks = 0
        self.changed = False
        for changed in self._rest:
            count, looks = count + changed, looks + 1
            self.changed = count > 0
            yield
            if count >= rows or looks >= LOOKS_AT_A_TIME:
                return
        self._rest = None

    def _first_day(self) -> int:
        settings = self._desk.settings
        return self._desk.as_of.today() - settings.retention_days if settings.clock == "wall" else 0


def _everything(state: PartitionState, first_day: int) -> Iterator[int]:
    first_us = microseconds(datetime.combine(date.fromordinal(first_day), datetime.min.time(), UTC))
    yield state.retire_before(first_day)
    yield from chain(state.ledger.retire(first_day, first_us), state.reps.retire(), state.groups.retire())
