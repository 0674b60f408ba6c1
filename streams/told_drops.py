"""Told drops: which alerts a lane has sent, as rows of its state; so what was told is told once, whoever owns the lane next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import astuple

from scoring.choices import Drops
from scoring.drops import Alert, Drop, Recovery, still_counts
from streams.codec import pack, unpack
from streams.long_rows import Row

TOLD = "a"
"""Begins the keys of the rows: a subject follows, or nothing in the row of the last day that was decided."""


class ToldDrops:
    """What was told of each subject, as far as it still counts, and the last day that was decided."""

    def __init__(self) -> None:
        """Nothing was told, and no day decided."""
        self.decided: int | None = None
        self._by_subject: dict[str, tuple[Alert, ...]] = {}
        self._changed: dict[str, None] = {}

    def of(self, subject: str) -> tuple[Alert, ...]:
        """What was told of a subject, in order."""
        return self._by_subject.get(subject, ())

    @property
    def subjects(self) -> Iterable[str]:
        """Those of whom anything still counts."""
        return list(self._by_subject)

    def tell(self, subject: str, fresh: Iterable[Alert], day: int, chosen: Drops) -> None:
        """Add what is told on a day, and let go what counts no longer."""
        told = self.of(subject)
        self._put(subject, still_counts((*told, *fresh), day, chosen))

    def forget(self, subject: str) -> None:
        """A subject is gone, and its score withdrawn."""
        self._put(subject, ())

    def decide(self, day: int) -> None:
        """Take a day, and all before it, as decided."""
        self.decided = day
        self._changed[""] = None

    def take_over(self, told: Mapping[str, tuple[Alert, ...]], decided: int | None) -> None:
        """Take what another lane has told, and decided, for what was: all of it, and nothing else."""
        for subject in {*self._by_subject, *told}:
            self._put(subject, told.get(subject, ()))
        if decided is not None:
            self.decide(decided)

    def _put(self, subject: str, told: tuple[Alert, ...]) -> None:
        if told == self.of(subject):
            return
        self._changed[subject] = None
        self._by_subject[subject] = told
        if not told:
            del self._by_subject[subject]

    def take_changed(self) -> list[Row]:
        """The rows that changed since the last call."""
        changed, self._changed = self._changed, {}
        return [((TOLD + subject).encode(), self._row(subject)) for subject in changed]

    def restore(self, subject: str, row: bytes) -> None:
        """Take a row back."""
        if not subject:
            self.decided = unpack(row)
            return
        kinds = {"drop": Drop, "recovery": Recovery}
        self._by_subject[subject] = tuple(kinds[kind](*fields) for kind, *fields in unpack(row))

    def _row(self, subject: str) -> bytes | None:
        if not subject:
            return pack(self.decided)
        told = self.of(subject)
        rows = [("drop" if isinstance(alert, Drop) else "recovery", *astuple(alert)) for alert in told]
        return pack(rows) if rows else None
