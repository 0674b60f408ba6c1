"""Spool: what a replay has read, on disk, by buckets of record ids - so that memory does not grow with the records.

Each partition has a file for each bucket, and one that says up to which offset they hold it. What a killed replay wrote
beyond that is cut off when the next one goes on.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from struct import Struct
from typing import Any, Final, NamedTuple

import numpy as np

from scoring.facts import Facts
from streams.codec import from_json, pack, to_json, unpack
from streams.replay.columns import (
    Cells,
    Names,
    Versions,
    bucket_of,
    cells_by_bucket,
    distinct,
    joined,
    narrowed,
    values_by_bucket,
    widened,
)

RECORDS_A_BUCKET: Final = 250_000
"""Rows of a bucket are in memory together: some 80 MB."""

_ROWS_AT_ONCE: Final = 20_000
_HEAD: Final = Struct("<I")


Order = tuple[int, int, int, int]
"""Of a version: `updated_at`, version, offset and Kafka timestamp."""

_Row = tuple[str, Order, bytes]


class ReferenceRow(NamedTuple):
    """One version of a reference record: its bytes, None where it is deleted. `partition` is its number."""

    key: str
    updated_at: int
    version: int
    offset: int
    partition: int
    timestamp_ms: int
    value: bytes | None


class Block(NamedTuple):
    """What a bucket holds from one partition: versions in cells, then others with facts, then others as they came."""

    partition: int
    versions: Versions
    in_cells: int
    """How many versions stand for what is in cells."""
    cells: Cells
    subjects: list[str]
    measures: list[str]
    facts: list[bytes]
    """Of the next ones what `facts_in` unpacks; nothing is in them where the record is deleted."""
    values: list[bytes]
    """Of the last ones the bytes of the record, valid ones."""


class Progress(NamedTuple):
    """How far a partition is spooled: the next offset, the newest Kafka timestamp, and how long each of its files is."""

    offset: int
    newest_ms: int
    sizes: list[int]


def buckets_for(records: int) -> int:
    """How many buckets hold so many records."""
    return max(1, -(-records // RECORDS_A_BUCKET))


class SpoolWriter:
    """Writes the rows of one partition."""

    def __init__(self, folder: Path, source: int, buckets: int, start: int) -> None:
        """Go on where the files of partition number `source` end; with none at `start`."""
        self._folder, self._source, self._buckets = folder, source, buckets
        self.subjects, self.measures = Names(), Names()
        """Numbers of what is put in cells."""
        self._start_anew()
        self.progress = progress_of(folder, source) or Progress(start, 0, [0] * (buckets + 1))
        for bucket, size in enumerate(self.progress.sizes):
            path = _path(folder, source, bucket)
            if path.exists() and path.stat().st_size != size:
                os.truncate(path, size)

    def _start_anew(self) -> None:
        self._cells: list[tuple[Versions, Cells]] = []
        self._facts: list[list[_Row]] = [[] for _ in range(self._buckets)]
        self._values: list[tuple[Versions, list[bytes]]] = []
        self._references: list[tuple[Any, ...]] = []
        self._count = 0

    def put(self, key: str, order: Order, facts: list[Facts]) -> None:
        """Take a version that stands for facts, none where the record is deleted."""
        self._facts[bucket_of(key, self._buckets)].append((key, order, pack(facts)))
        self._count += 1

    def put_values(self, versions: Versions, values: list[bytes]) -> None:
        """Take versions of which facts are made once they are known to be the newest."""
        self._values.append((versions, values))
        self._count += len(values)

    def put_cells(self, versions: Versions, cells: Cells) -> None:
        """Take versions that stand for what is in cells."""
        self._cells.append((versions, cells))
        self._count += len(versions.keys)

    def put_reference(self, row: tuple[Any, ...]) -> None:
        """Take a `ReferenceRow` as a plain tuple."""
        self._references.append(row)
        self._count += 1

    def moved_to(self, offset: int, newest_ms: int, *, last: bool = False) -> None:
        """Everything before `offset` has been put: write it down, once there is enough of it or it was the last."""
        if self._count < _ROWS_AT_ONCE and not last:
            return
        sizes = list(self.progress.sizes)
        for bucket, content in self._contents():
            with _path(self._folder, self._source, bucket).open("ab") as file:
                sizes[bucket] += file.write(_HEAD.pack(len(content)) + content)
        self._start_anew()
        self.progress = Progress(offset, max(newest_ms, self.progress.newest_ms), sizes)
        write_whole(_mark(self._folder, self._source), to_json(self.progress))

    def _contents(self) -> Iterator[tuple[int, bytes]]:
        """What is to be added to the files, by their numbers."""
        columns = cells_by_bucket(self._cells, self._buckets) if self._cells else {}
        as_they_came = values_by_bucket(self._values, self._buckets) if self._values else {}
        subjects, measures = list(self.subjects), list(self.measures)
        for bucket, facts in enumerate(self._facts):
            if bucket in columns or facts or bucket in as_they_came:
                versions, cells = columns.get(bucket, _NOTHING)
                with_values, values = as_they_came.get(bucket, (_NOTHING[0], []))
                with_facts = Versions(
                    [row[0] for row in facts], *np.array([row[1] for row in facts], np.int64).reshape(-1, 4).T
                )
                of_facts = [row[2] for row in facts]
                every = versions, with_facts, with_values
                yield bucket, _block(every, cells, subjects, measures, of_facts, values)
        if self._references:
            yield self._buckets, pack(self._references)


def progress_of(folder: Path, source: int) -> Progress | None:
    """How far a partition is; None where nothing is written."""
    path = _mark(folder, source)
    return Progress(*from_json(path.read_bytes())) if path.exists() else None


def blocks_of(folder: Path, sources: int, bucket: int) -> Iterator[Block]:
    """What a bucket holds of all partitions."""
    for source in range(sources):
        for keys, order, in_cells, cells, *others in _unpacked(_path(folder, source, bucket)):
            versions = Versions(keys, *map(widened, order))
            yield Block(source, versions, in_cells, Cells(*map(widened, cells)), *others)


def reference_rows(folder: Path, sources: int, buckets: int) -> Iterator[ReferenceRow]:
    """The rows of all reference records."""
    for source in range(sources):
        for rows in _unpacked(_path(folder, source, buckets)):
            for row in rows:
                yield ReferenceRow(*row)


def facts_in(row: bytes) -> list[Facts]:
    """The facts of a row; `pack` makes text of numbers beyond 64 bits."""
    return [
        (subject, day, {key: int(n) for key, n in amounts.items()} if str in map(type, amounts.values()) else amounts)
        for subject, day, amounts in unpack(row)
    ]


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole or not at all."""
    beside = path.with_suffix(".new")
    beside.write_bytes(content)
    beside.replace(path)


def _block(
    versions: Sequence[Versions],
    cells: Cells,
    subjects: list[Any],
    measures: list[Any],
    facts: list[bytes],
    values: list[bytes],
) -> bytes:
    """What `blocks_of` reads, but for the partition; versions are those with cells, those with facts, those with values."""
    whole = joined(versions)
    of_subjects, subject = distinct(cells.subject)
    of_measures, measure = distinct(cells.measure)
    return pack(
        (
            whole.keys,
            [narrowed(column) for column in whole[1:]],
            len(versions[0].keys),
            [narrowed(column) for column in (cells.row, cells.day, subject, measure, cells.amount)],
            [subjects[number] for number in of_subjects.tolist()],
            [measures[number] for number in of_measures.tolist()],
            facts,
            values,
        )
    )


_NOTHING: Final = Versions([], *np.zeros((4, 0), np.int64)), Cells(*np.zeros((5, 0), np.int64))


def _unpacked(path: Path) -> Iterator[Any]:
    if not path.exists():
        return
    with path.open("rb") as file:
        while head := file.read(_HEAD.size):
            yield unpack(file.read(*_HEAD.unpack(head)))


def _path(folder: Path, source: int, bucket: int) -> Path:
    return folder / f"{source}-{bucket}.rows"


def _mark(folder: Path, source: int) -> Path:
    return folder / f"{source}.json"
