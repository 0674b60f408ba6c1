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
from streams.moments import Integers

RECORDS_A_BUCKET: Final = 250_000
"""Rows of a bucket are in memory together: some 80 MB."""

_ROWS_AT_ONCE: Final = 20_000
_FEW: Final = 2**16
_HEAD: Final = Struct("<I")


Order = tuple[int, int, int, int]
"""Of a version: `updated_at`, version, offset and Kafka timestamp."""

_Row = tuple[str, Order, bytes]


class Versions(NamedTuple):
    """Versions of records, in columns. Keys are `<type>:<id>`; the partition is that of the file."""

    keys: list[str]
    updated_at: Integers
    version: Integers
    offset: Integers
    timestamp_ms: Integers


class Cells(NamedTuple):
    """What versions stand for, in columns: `row` says which version, then day, subject, measure and amount, at most 62 bits.

    Subjects and measures are places in tables of names.
    """

    row: Integers
    day: Integers
    subject: Integers
    measure: Integers
    amount: Integers


class Names(dict[Any, int]):
    """A number for each name, in the order in which they are first asked for."""

    def __missing__(self, name: Any) -> int:
        self[name] = number = len(self)
        return number


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
        self._values: list[list[_Row]] = [[] for _ in range(self._buckets)]
        self._references: list[tuple[Any, ...]] = []
        self._count = 0

    def put(self, key: str, order: Order, facts: list[Facts]) -> None:
        """Take a version that stands for facts, none where the record is deleted."""
        self._facts[_bucket(key, self._buckets)].append((key, order, pack(facts)))
        self._count += 1

    def put_value(self, key: str, order: Order, value: bytes) -> None:
        """Take a version of which facts are made once it is known to be the newest."""
        self._values[_bucket(key, self._buckets)].append((key, order, value))
        self._count += 1

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
        columns = _by_bucket(self._cells, self._buckets) if self._cells else {}
        subjects, measures = list(self.subjects), list(self.measures)
        for bucket, (facts, values) in enumerate(zip(self._facts, self._values, strict=True)):
            if bucket in columns or facts or values:
                versions, cells = columns.get(bucket, _NOTHING)
                yield bucket, _block(versions, cells, subjects, measures, facts + values, len(facts))
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
            versions = Versions(keys, *np.frombuffer(order, np.int64).reshape(4, -1))
            yield Block(source, versions, in_cells, Cells(*np.frombuffer(cells, np.int64).reshape(5, -1)), *others)


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


def _bucket(key: str, buckets: int) -> int:
    return crc32(key.encode()) % buckets


def _by_bucket(some: list[tuple[Versions, Cells]], buckets: int) -> dict[int, tuple[Versions, Cells]]:
    """The same versions and cells, those of a bucket together."""
    keys = [key for versions, _ in some for key in versions.keys]
    orders = np.concatenate([versions[1:] for versions, _ in some], axis=1)
    cells = np.concatenate([cells for _, cells in some], axis=1)
    cells[0] += np.repeat(
        np.cumsum([0, *(len(versions.keys) for versions, _ in some[:-1])]), [len(each.row) for _, each in some]
    )
    if buckets == 1:
        return {0: (Versions(keys, *orders), Cells(*cells))}
    bucket = np.fromiter(map(crc32, map(str.encode, keys)), np.uint32, len(keys)) % buckets
    found, place = {}, np.zeros(len(keys), np.int64)
    of_cells = np.split(*_grouped(bucket[cells[0]], buckets))
    for number, rows in enumerate(np.split(*_grouped(bucket, buckets))):
        place[rows] = np.arange(len(rows))
        row, *others = cells[:, of_cells[number]]
        versions = Versions(list(map(keys.__getitem__, rows.tolist())), *orders[:, rows])
        found[number] = versions, Cells(place[row], *others)
    return found


def _grouped(bucket: NDArray[np.uint32], buckets: int) -> tuple[Integers, Integers]:
    """Places in order of their buckets, and where the second and each later bucket begins."""
    if buckets < _FEW:
        bucket = bucket.astype(np.uint16)  # of which numpy sorts many in linear time
    return np.argsort(bucket, kind="stable"), np.cumsum(np.bincount(bucket, minlength=buckets))[:-1]


def _block(
    versions: Versions, cells: Cells, subjects: list[Any], measures: list[Any], others: list[_Row], with_facts: int
) -> bytes:
    """What `blocks_of` reads, but for the partition."""
    order = np.array([row[1] for row in others], np.int64).reshape(-1, 4).T
    of_subjects, subject = _distinct(cells.subject)
    of_measures, measure = _distinct(cells.measure)
    rows = [row[2] for row in others]
    return pack(
        (
            versions.keys + [row[0] for row in others],
            np.concatenate((versions[1:], order), axis=1).tobytes(),
            len(versions.keys),
            np.array((cells.row, cells.day, subject, measure, cells.amount), np.int64).tobytes(),
            [subjects[number] for number in of_subjects.tolist()],
            [measures[number] for number in of_measures.tolist()],
            rows[:with_facts],
            rows[with_facts:],
        )
    )


def _distinct(numbers: Integers) -> tuple[Integers, Integers]:
    """Which numbers there are, and of each the place among these."""
    there = np.bincount(numbers) > 0
    return np.flatnonzero(there), (np.cumsum(there) - 1)[numbers]


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
