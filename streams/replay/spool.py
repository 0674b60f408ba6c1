"""Spool: what a replay has read, on disk, by buckets of record ids - so that memory does not grow with the records.

Each partition has a file for each bucket, and one that says up to which offset they hold it. What a killed replay wrote
beyond that is cut off when the next one goes on.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from struct import Struct
from typing import Any, Final, NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from scoring.facts import Facts
from streams.codec import from_json, pack, to_json, unpack

Integers = NDArray[np.int64]

RECORDS_A_BUCKET: Final = 100_000
"""Rows of a bucket are in memory together: some 60 MB."""

_ROWS_AT_ONCE: Final = 8_000
_HEAD: Final = Struct("<I")


class Row(NamedTuple):
    """One version of one record, its partition being that of the file. `key` is `<type>:<id>`; no facts: a deletion."""

    key: str
    updated_at: int
    version: int
    offset: int
    timestamp_ms: int
    facts: list[Facts]


class ReferenceRow(NamedTuple):
    """One version of a reference record: its bytes, None where it is deleted. `partition` is its number."""

    key: str
    updated_at: int
    version: int
    offset: int
    partition: int
    timestamp_ms: int
    value: bytes | None


class Counted(NamedTuple):
    """The versions of a block that count 1 of one measure, nine in ten of all: columns, with the places of their names."""

    keys: list[str]
    updated_at: list[int]
    version: list[int]
    offset: list[int]
    timestamp_ms: list[int]
    day: Integers
    subject: Integers
    measure: Integers
    names: list[str]


class Block(NamedTuple):
    """Versions of a bucket from one partition."""

    partition: int
    counted: Counted
    rows: list[Row]


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
        self._waiting: list[list[Any]] = [[] for _ in range(buckets + 1)]
        self._counted: list[list[Any]] = [[] for _ in range(buckets)]
        self._count = 0
        found = progress_of(folder, source)
        self.progress = found or Progress(start, 0, [0] * (buckets + 1))
        for bucket, size in enumerate(self.progress.sizes):
            path = _path(folder, source, bucket)
            if path.exists() and path.stat().st_size != size:
                os.truncate(path, size)

    def put(self, key: str, order: tuple[int, int, int, int], facts: list[Facts]) -> None:
        """Take a version: `updated_at`, version, offset and Kafka timestamp are its `order`."""
        bucket = crc32(key.encode()) % self._buckets
        self._count += 1
        if len(facts) == 1:
            subject, day, amounts = facts[0]
            if len(amounts) == 1:
                [(measure, amount)] = amounts.items()
                if amount == 1:
                    self._counted[bucket].append((key, *order, day, subject, measure))
                    return
        self._waiting[bucket].append((key, *order, facts))

    def put_reference(self, row: Any) -> None:
        """Take a `ReferenceRow` as a plain tuple."""
        self._waiting[-1].append(row)
        self._count += 1

    def moved_to(self, offset: int, newest_ms: int, *, last: bool = False) -> None:
        """Everything before `offset` has been put: write it down, once there is enough of it or it was the last."""
        if self._count < _ROWS_AT_ONCE and not last:
            return
        sizes = list(self.progress.sizes)
        for bucket, rows in enumerate(self._waiting):
            counted = self._counted[bucket] if bucket < self._buckets else []
            if rows or counted:
                with _path(self._folder, self._source, bucket).open("ab") as file:
                    sizes[bucket] += file.write(_block(rows, counted))
        self._waiting = [[] for _ in range(self._buckets + 1)]
        self._counted = [[] for _ in range(self._buckets)]
        self._count = 0
        self.progress = Progress(offset, max(newest_ms, self.progress.newest_ms), sizes)
        write_whole(_mark(self._folder, self._source), to_json(self.progress))


def progress_of(folder: Path, source: int) -> Progress | None:
    """How far a partition is; None where nothing is written."""
    path = _mark(folder, source)
    return Progress(*from_json(path.read_bytes())) if path.exists() else None


def blocks_of(folder: Path, sources: int, bucket: int) -> Iterator[Block]:
    """What a bucket holds of all partitions."""
    for source in range(sources):
        for rows, (keys, names, *columns) in _blocks(_path(folder, source, bucket)):
            numbers = [np.frombuffer(column, np.int64) for column in columns]
            updated_at, version, offset, timestamp_ms = (column.tolist() for column in numbers[:4])
            day, subject, measure = numbers[4:]
            counted = Counted(keys, updated_at, version, offset, timestamp_ms, day, subject, measure, names)
            yield Block(source, counted, [Row._make((*row[:5], _facts(row[5]))) for row in rows])


def reference_rows(folder: Path, sources: int, buckets: int) -> Iterator[ReferenceRow]:
    """The rows of all reference records."""
    for source in range(sources):
        for rows, _ in _blocks(_path(folder, source, buckets)):
            for row in rows:
                yield ReferenceRow(*row)


def _facts(found: list[Any]) -> list[Facts]:
    """Facts; `pack` makes text of numbers beyond 64 bits."""
    return [
        (subject, day, {key: int(n) for key, n in amounts.items()} if str in map(type, amounts.values()) else amounts)
        for subject, day, amounts in found
    ]


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole or not at all."""
    beside = path.with_suffix(".new")
    beside.write_bytes(content)
    beside.replace(path)


def _block(rows: list[Any], counted: list[Any]) -> bytes:
    columns = list(zip(*counted, strict=True)) if counted else [()] * 8
    names: dict[str, int] = {}
    places = [[names.setdefault(name, len(names)) for name in column] for column in columns[6:]]
    numbers = [np.array(column, np.int64).tobytes() for column in (*columns[1:6], *places)]
    packed = pack((rows, (columns[0], list(names), *numbers)))
    return _HEAD.pack(len(packed)) + packed


def _blocks(path: Path) -> Iterator[Any]:
    if not path.exists():
        return
    with path.open("rb") as file:
        while head := file.read(_HEAD.size):
            yield unpack(file.read(*_HEAD.unpack(head)))


def _path(folder: Path, source: int, bucket: int) -> Path:
    return folder / f"{source}-{bucket}.rows"


def _mark(folder: Path, source: int) -> Path:
    return folder / f"{source}.json"
