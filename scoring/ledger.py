"""Ledger: the newest version of each record, with the facts it emitted, and what a delivery changes."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from enum import StrEnum
from typing import NamedTuple

from scoring.facts import Amounts, Facts, times


class Outcome(StrEnum):
    """What became of a delivery that is valid."""

    APPLIED = "applied"
    UNCHANGED = "unchanged"
    STALE = "stale"


class Entry(NamedTuple):
    """One version of one record, as the ledger holds it.

    `updated_at` is in microseconds since 1970 (the Kafka timestamp where the record states none), `version` orders versions
    of equal `updated_at`. `facts` is what this version emitted: nothing for a deletion. `content` identifies what has no
    facts (reference records): two versions with the same content are one.
    """

    updated_at: int
    version: int
    facts: list[Facts]
    content: bytes = b""


def settle(held: Entry | None, new: Entry) -> Outcome:
    """Whether `new` takes the place of `held`.

    The greater (`updated_at`, `version`) wins, whatever the order of arrival; among equals the later delivery does, and it is
    `UNCHANGED` if it says the same. Source: contract.md section 1.

    >>> first = Entry(10, 0, [("rep:a", 1, {"calls": 1})])
    >>> settle(None, first), settle(first, first), settle(first, Entry(9, 5, [])), settle(first, Entry(10, 1, []))
    (<Outcome.APPLIED: 'applied'>, <Outcome.UNCHANGED: 'unchanged'>, <Outcome.STALE: 'stale'>, <Outcome.APPLIED: 'applied'>)
    """
    if held is None:
        return Outcome.APPLIED
    if new[:2] < held[:2]:
        return Outcome.STALE
    if new == held:
        return Outcome.UNCHANGED
    return Outcome.APPLIED


def of_all(outcomes: Collection[Outcome]) -> Outcome:
    """What a tombstone for several types did: applied if it was anywhere, stale if it was everywhere.

    >>> of_all([Outcome.STALE, Outcome.UNCHANGED]), of_all([Outcome.STALE, Outcome.STALE])
    (<Outcome.UNCHANGED: 'unchanged'>, <Outcome.STALE: 'stale'>)
    """
    for outcome in (Outcome.APPLIED, Outcome.UNCHANGED):
        if outcome in outcomes:
            return outcome
    return Outcome.STALE


class FactSums:
    """Facts added up by subject and day, so that many records become few messages."""

    def __init__(self) -> None:
        """Start with no facts."""
        # By day first: days are few, and a subject knows its hash, where a pair of both would be made and hashed for each fact.
        self._days: dict[int, dict[str, Amounts]] = {}

    def add(self, facts: Iterable[Facts], sign: int = 1) -> None:
        """Add facts, or take them back with `sign` -1."""
        days = self._days
        for subject, day, amounts in facts:
            sums = days.get(day)
            if sums is None:
                sums = days[day] = {}
            added = amounts if sign == 1 else times(sign, amounts)
            cell = sums.get(subject)
            if cell is None:
                sums[subject] = added.copy()
            else:
                for measure, amount in added.items():
                    cell[measure] = cell[measure] + amount if measure in cell else amount

    def take(self) -> list[Facts]:
        """What has been added since the last call, without what cancelled out; days, and subjects of each, as first mentioned."""
        taken: list[Facts] = []
        for day, sums in self._days.items():
            for subject, cell in sums.items():
                amounts = (
                    {measure: amount for measure, amount in cell.items() if amount} if 0 in cell.values() else cell
                )
                if amounts:
                    taken.append((subject, day, amounts))
        self._days = {}
        return taken
