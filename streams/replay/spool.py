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

import msgspec

from scoring.facts import Facts
from streams.codec import from_json, pack, to_json, unpack

RECORDS_A_BUCKET: Final = 100_000
"""Rows of a bucket are in memory together: some 60 MB."""

_ROWS_AT_ONCE: Final = 8_000
_HEAD: Final = Struct("<IB")
_WIDE: Final = 1

_pack = msgspec.msgpack.Encoder().encode
_rows = msgspec.msgpack.Decoder(list[tuple[str, int, int, int, int, int, list[tuple[str, int, dict[str, int]]]]]).decode


class Row(NamedTuple):
    """One version of one record: `order` decides which is the newest.

    `key` is `<type>:<id>`; `facts` is empty for a deletion.
    """

    key: str
    updated_at: int
    version: int
    offset: int
    partition: int
    timestamp_ms: int
    facts: list[Facts]


class ReferenceRow(NamedTuple):
    """Likewise of a reference record: its bytes, None where it is deleted."""

    key: str
    updated_at: int
    version: int
    offset: int
    partition: int
    timestamp_ms: int
    value: bytes | None


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
        self._count = 0
        found = progress_of(folder, source)
        self.progress = found or Progress(start, 0, [0] * (buckets + 1))
        for bucket, size in enumerate(self.progress.sizes):
            path = _path(folder, source, bucket)
            if path.exists() and path.stat().st_size != size:
                os.truncate(path, size)

    def put(self, row: Any) -> None:
        """Take a row of a record with facts (a `Row` as a plain tuple)."""
        self._waiting[crc32(row[0].encode()) % self._buckets].append(row)
        self._count += 1

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
            if rows:
                with _path(self._folder, self._source, bucket).open("ab") as file:
                    sizes[bucket] += file.write(_block(rows))
        self._waiting = [[] for _ in range(self._buckets + 1)]
        self._count = 0
        self.progress = Progress(offset, max(newest_ms, self.progress.newest_ms), sizes)
        write_whole(_mark(self._folder, self._source), to_json(self.progress))


def progress_of(folder: Path, source: int) -> Progress | None:
    """How far a partition is; None where nothing is written."""
    path = _mark(folder, source)
    return Progress(*from_json(path.read_bytes())) if path.exists() else None


def rows_of(folder: Path, sources: int, bucket: int) -> Iterator[list[Any]]:
    """The rows of a bucket of all partitions, a block at a time, as plain tuples."""
    for source in range(sources):
        for wide, block in _blocks(_path(folder, source, bucket)):
            yield unpack_wide(block) if wide else _rows(block)


def reference_rows(folder: Path, sources: int, buckets: int) -> Iterator[ReferenceRow]:
    """The rows of all reference records."""
    for source in range(sources):
        for _, block in _blocks(_path(folder, source, buckets)):
            for row in unpack(block):
                yield ReferenceRow(*row)


def unpack_wide(block: bytes) -> list[Any]:
    """Rows with numbers beyond 64 bits, which are decimal text there."""
    return [
        (*row[:-1], [(subject, day, {key: int(n) for key, n in amounts.items()}) for subject, day, amounts in row[-1]])
        for row in unpack(block)
    ]


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole or not at all."""
    beside = path.with_suffix(".new")
    beside.write_bytes(content)
    beside.replace(path)


def _block(rows: list[Any]) -> bytes:
    try:
        packed, wide = _pack(rows), 0
    except OverflowError:
        packed, wide = pack(rows), _WIDE
    return _HEAD.pack(len(packed), wide) + packed


def _blocks(path: Path) -> Iterator[tuple[int, bytes]]:
    if not path.exists():
        return
    with path.open("rb") as file:
        while head := file.read(_HEAD.size):
            size, wide = _HEAD.unpack(head)
            yield wide, file.read(size)


def _path(folder: Path, source: int, bucket: int) -> Path:
    return folder / f"{source}-{bucket}.rows"


def _mark(folder: Path, source: int) -> Path:
    return folder / f"{source}.json"
