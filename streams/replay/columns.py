"""Columns: versions of records and what they stand for, many together - joined, dealt out to buckets, and as bytes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from streams.moments import Integers

_FEW: Final = 2**16
_ROOM: Final = 16
"""Numbers up to so many times as many as they are, are looked for place by place."""


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


def bucket_of(key: str, buckets: int) -> int:
    """The bucket of a record, the same in every process."""
    return crc32(key.encode()) % buckets


def cells_by_bucket(some: list[tuple[Versions, Cells]], buckets: int) -> dict[int, tuple[Versions, Cells]]:
    """The same versions and cells, those of a bucket together."""
    whole = joined([versions for versions, _ in some])
    cells = np.concatenate([cells for _, cells in some], axis=1)
    cells[0] += np.repeat(
        np.cumsum([0, *(len(versions.keys) for versions, _ in some[:-1])]), [len(each.row) for _, each in some]
    )
    if buckets == 1:
        return {0: (whole, Cells(*cells))}
    bucket = _buckets_of(whole.keys, buckets)
    found, place = {}, np.zeros(len(whole.keys), np.int64)
    of_cells = np.split(*_grouped(bucket[cells[0]], buckets))
    for number, rows in enumerate(np.split(*_grouped(bucket, buckets))):
        place[rows] = np.arange(len(rows))
        row, *others = cells[:, of_cells[number]]
        found[number] = _some(whole, rows), Cells(place[row], *others)
    return found


def values_by_bucket(some: list[tuple[Versions, list[bytes]]], buckets: int) -> dict[int, tuple[Versions, list[bytes]]]:
    """The same versions and values, those of a bucket together."""
    whole, values = joined([versions for versions, _ in some]), [value for _, values in some for value in values]
    if buckets == 1:
        return {0: (whole, values)}
    rows_of = np.split(*_grouped(_buckets_of(whole.keys, buckets), buckets))
    return {number: (_some(whole, rows), [values[row] for row in rows.tolist()]) for number, rows in enumerate(rows_of)}


def joined(several: Sequence[Versions]) -> Versions:
    """All of them, one behind the other."""
    keys = [key for versions in several for key in versions.keys]
    return Versions(keys, *np.concatenate([versions[1:] for versions in several], axis=1))


def _some(versions: Versions, rows: Integers) -> Versions:
    return Versions(list(map(versions.keys.__getitem__, rows.tolist())), *(column[rows] for column in versions[1:]))


def _buckets_of(keys: Sequence[str], buckets: int) -> NDArray[np.uint32]:
    return np.fromiter(map(crc32, map(str.encode, keys)), np.uint32, len(keys)) % np.uint32(buckets)


def _grouped(bucket: NDArray[np.uint32], buckets: int) -> tuple[Integers, Integers]:
    """Places in order of their buckets, and where the second and each later bucket begins."""
    if buckets < _FEW:
        bucket = bucket.astype(np.uint16)  # of which numpy sorts many in linear time
    return np.argsort(bucket, kind="stable"), np.cumsum(np.bincount(bucket, minlength=buckets))[:-1]


def narrowed(column: Integers) -> tuple[int, str, bytes]:
    """The least of the numbers, and by how much each is above it, in as few bytes as hold that: a third of the disk."""
    least, most = (int(column.min()), int(column.max())) if len(column) else (0, 0)
    kind = np.min_scalar_type(most - least)
    return least, kind.char, (column - least).astype(kind).tobytes()


def widened(column: tuple[int, str, bytes]) -> Integers:
    """What `narrowed` took."""
    least, kind, above = column
    return np.frombuffer(above, kind).astype(np.int64) + least


def distinct(numbers: Integers) -> tuple[Integers, Integers]:
    """Which numbers of 0 or more there are, in order, and of each the place among these.

    >>> [of.tolist() for of in distinct(np.array([7, 2, 7]))]
    [[2, 7], [1, 0, 1]]
    """
    if int(numbers.max(initial=0)) > _ROOM * len(numbers) + _FEW:
        found, place = np.unique(numbers, return_inverse=True)
        return found, place
    there = np.zeros(int(numbers.max(initial=0)) + 1, np.bool_)  # sorting takes several times as long
    there[numbers] = True
    return np.flatnonzero(there), np.cumsum(there, dtype=np.int32)[numbers] - np.int64(1)
