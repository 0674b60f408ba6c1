"""Folding: of each record its newest version, and of these the facts, summed up by subject and day."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from schemas.records import decode
from schemas.topics import REFERENCE
from scoring.facts import Facts
from scoring.ledger import FactSums
from scoring.line import Line
from scoring.organisation import Organisation
from streams.replay.spool import Block, Integers, ReferenceRow, blocks_of, reference_rows

_DAY: Final = 16
_SUBJECT: Final = 36
_AT_ONCE: Final = 500_000
"""Bits below a day and a subject in a cell's number: 65,536 measures, days up to the year 2870, 134 million subjects."""


class Sums:
    """Facts summed up by subject and day. Counts of one measure are in arrays: most of what there is."""

    def __init__(self) -> None:
        """Start with nothing."""
        self._names: dict[str, int] = {}
        self._cells: Integers = np.zeros(0, np.int64)
        self._counts: Integers = np.zeros(0, np.int64)
        self._facts = FactSums()
        self._waiting: list[Integers] = []
        self._count = 0

    def numbers_of(self, names: Sequence[str]) -> Integers:
        """A number for each name, of subject or measure, the same in later calls."""
        return np.array([self._names.setdefault(name, len(self._names)) for name in names], np.int64)

    def count(self, subject: Integers, day: Integers, measure: Integers) -> None:
        """Add 1 of each measure, by the numbers of names, in memory that grows with the cells alone."""
        self._waiting.append((subject << _SUBJECT) | (day << _DAY) | measure)
        self._count += len(day)
        if self._count > _AT_ONCE:
            self._settle()

    def add(self, facts: Iterable[Facts]) -> None:
        """Add other facts."""
        self._facts.add(facts)

    def add_all(self, other: Sums) -> None:
        """Add what another has."""
        self._settle()
        other._settle()
        numbers = self.numbers_of(list(other._names))
        cells = other._cells
        subject, measure = numbers[cells >> _SUBJECT], numbers[cells & (2**_DAY - 1)]
        day = (cells >> _DAY) & (2 ** (_SUBJECT - _DAY) - 1)
        self._merge((subject << _SUBJECT) | (day << _DAY) | measure, other._counts)
        self._facts.add(other._facts.take())

    def take(self) -> list[Facts]:
        """All of it, in the order of subject and day."""
        self._settle()
        names = list(self._names)
        sums = {fact[:2]: fact[2] for fact in self._facts.take()}
        days = ((self._cells >> _DAY) & (2 ** (_SUBJECT - _DAY) - 1)).tolist()
        subjects, measures = (self._cells >> _SUBJECT).tolist(), (self._cells & (2**_DAY - 1)).tolist()
        for subject, day, measure, count in zip(subjects, days, measures, self._counts.tolist(), strict=True):
            cell = sums.setdefault((names[subject], day), {})
            name = names[measure]
            cell[name] = cell.get(name, 0) + count
        return [(*place, sums[place]) for place in sorted(sums)]

    def _settle(self) -> None:
        if self._waiting:
            cells = np.concatenate(self._waiting)
            self._waiting, self._count = [], 0
            self._merge(cells, np.ones(len(cells), np.int64))

    def _merge(self, cells: Integers, counts: Integers) -> None:
        every = np.concatenate((self._cells, cells))
        self._cells, places = np.unique(every, return_inverse=True)
        summed = np.zeros(len(self._cells), np.int64)
        np.add.at(summed, places, np.concatenate((self._counts, counts)))
        self._counts = summed


def fold(
    folder: Path, sources: int, buckets: Iterable[int], cuts: Sequence[int | None], advance: Callable[[int], None]
) -> list[Sums]:
    """For each cut the facts of the newest versions in some buckets: of what was known by then."""
    sums = [Sums() for _ in cuts]
    for bucket in buckets:
        blocks = [_Block(block) for block in blocks_of(folder, sources, bucket)]
        for cut, into in zip(cuts, sums, strict=True):
            for block, places in zip(blocks, _newest(blocks, cut), strict=True):
                block.sum_up(places, into)
        advance(sum(len(block.keys) for block in blocks))
    return sums


class _Block:
    """A block with all its versions in a row: those counted, then the others."""

    def __init__(self, block: Block) -> None:
        self._counted, self._rows = block.counted, block.rows
        counted, rows = block.counted, block.rows
        self.keys = counted.keys + [row.key for row in rows]
        self.timestamps = counted.timestamp_ms + [row.timestamp_ms for row in rows]
        self._updated_at = counted.updated_at + [row.updated_at for row in rows]
        self._versions = counted.version + [row.version for row in rows]
        self._offsets = counted.offset + [row.offset for row in rows]
        self._partition = block.partition

    def order(self, place: int) -> tuple[int, int, int, int]:
        """What decides which version is the newest; the partition, where one id was sent to several, whatever came first."""
        return self._updated_at[place], self._versions[place], self._offsets[place], self._partition

    def sum_up(self, places: list[int], into: Sums) -> None:
        """Add what the versions at some places stand for."""
        count = len(self._counted.keys)
        chosen = np.array(places, np.int64)
        counted = chosen[chosen < count]
        if len(counted):
            numbers, own = into.numbers_of(self._counted.names), self._counted
            into.count(numbers[own.subject[counted]], own.day[counted], numbers[own.measure[counted]])
        for place in chosen[chosen >= count].tolist():
            into.add(self._rows[place - count].facts)


def _newest(blocks: Sequence[_Block], cut: int | None) -> list[list[int]]:
    """By block the places of the versions that are the newest of their record known by `cut`."""
    newest: dict[str, int] = {}
    starts, start = [], 0
    for block in blocks:
        starts.append(start)
        start += len(block.keys)
    found: dict[str, tuple[int, int]] = {}
    for at, block in enumerate(blocks):
        first = starts[at]
        for place, key in enumerate(block.keys):
            if cut is not None and block.timestamps[place] > cut:
                continue
            held = newest.setdefault(key, first + place)
            if held != first + place:
                at_held, place_held = found.get(key) or _place(starts, held)
                if block.order(place) >= blocks[at_held].order(place_held):
                    newest[key] = first + place
                    found[key] = at, place
    by_block: list[list[int]] = [[] for _ in blocks]
    chosen = np.sort(np.fromiter(newest.values(), np.int64, len(newest)))
    edges = np.searchsorted(chosen, [*starts, start])
    for at, first in enumerate(starts):
        by_block[at] = (chosen[edges[at] : edges[at + 1]] - first).tolist()
    return by_block


def _place(starts: Sequence[int], overall: int) -> tuple[int, int]:
    at = int(np.searchsorted(starts, overall, side="right")) - 1
    return at, overall - starts[at]


def lines_of(
    organisation: Organisation,
    folder: Path,
    sources: int,
    buckets: int,
    cuts: Sequence[int | None],
    parts: Sequence[Sequence[Sums]],
) -> list[Line]:
    """For each cut the line of what was known by then.

    Args:
        organisation: time zone and money.
        folder: the spool, for its reference records.
        sources: how many partitions it has.
        buckets: how many buckets.
        cuts: likewise.
        parts: what `fold` gave of each part of the buckets.
    """
    lines = []
    for place, cut in enumerate(cuts):
        line = Line(organisation)
        newest: dict[str, ReferenceRow] = {}
        for row in reference_rows(folder, sources, buckets):
            if cut is None or row.timestamp_ms <= cut:
                held = newest.setdefault(row.key, row)
                if row[1:5] >= held[1:5]:
                    newest[row.key] = row
        for key, row in sorted(newest.items()):
            record: Any = None if row.value is None else decode(REFERENCE, row.value)
            record_type, _, record_id = key.partition(":")
            line.take(record_type, record_id, row.updated_at, row.version, record)
        whole = parts[0][place]
        for part in parts[1:]:
            whole.add_all(part[place])
        line.reps.apply(whole.take())
        lines.append(line)
    return lines
