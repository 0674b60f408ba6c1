"""Long rows: a row that a message should not hold is written as several, and read back as one.

A pane with thousands of criteria, a customer with a thousand renewals: rare, but a message above the broker's limit would
stop its lane for ever. All parts of a row are written in one transaction, so no reader sees parts of different rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from streams.errors import StateMismatch

PART_BYTES: Final = 400_000
"""What one message holds of a row at most; with the longest key, a set of a hundred reps, it stays far below 1 MB."""

_HEAD: Final = b"\xc1"
"""Begins what stands in place of a long row, before the number of its parts; msgpack, in which rows are, never uses it."""

_PART: Final = b"+"

Row = tuple[bytes, bytes | None]
"""Key and row; None removes it."""


class LongRows:
    """Which rows of a lane are written in parts, and in how many."""

    def __init__(self) -> None:
        """None are."""
        self._parts: dict[bytes, int] = {}

    def written(self, rows: Iterable[Row]) -> Sequence[Row]:
        """The rows as they are to be written, those that are long in parts; parts that are no longer needed are removed."""
        rows = list(rows)
        longest = max(map(len, [row for _, row in rows if row is not None]), default=0)
        if longest <= PART_BYTES and not self._parts:  # nearly always
            return rows
        return [part for key, row in rows for part in self._parts_of(key, row)]

    def _parts_of(self, key: bytes, row: bytes | None) -> Iterator[Row]:
        before, count = self._parts.pop(key, 0), 0
        if row is None or len(row) <= PART_BYTES:
            yield key, row
        else:
            starts = range(0, len(row), PART_BYTES)
            self._parts[key] = count = len(starts)
            yield key, _HEAD + str(count).encode()
            for number, start in enumerate(starts):
                yield _part_key(key, number), row[start : start + PART_BYTES]
        for number in range(count, before):
            yield _part_key(key, number), None

    def joined(self, rows: dict[bytes, bytes]) -> dict[bytes, bytes]:
        """Rows as they were before they were written in parts; `rows` itself where none was.

        Raises:
            StateMismatch: a part is missing.
        """
        heads = {key: int(row[1:]) for key, row in rows.items() if row[:1] == _HEAD and key[:1] != _PART}
        self._parts = heads
        if not heads:
            return rows
        whole = {key: row for key, row in rows.items() if key[:1] != _PART}
        for key, count in heads.items():
            parts = [rows.get(_part_key(key, number)) for number in range(count)]
            if None in parts:
                raise StateMismatch(
                    f"row {key[:60]!r} of the state lacks part {parts.index(None)} of {count}: was the state topic changed by "
                    "hand? Choose another UPSCORE_APP to build the state anew from the topics"
                )
            whole[key] = b"".join(part for part in parts if part is not None)
        return whole


class ArrivingRows:
    """Puts rows together that come one message after another, such as those of a topic that is followed."""

    def __init__(self) -> None:
        """Nothing has come."""
        self._waiting: dict[bytes, dict[bytes, bytes]] = {}

    def take(self, key: bytes, row: bytes) -> tuple[bytes, bytes] | None:
        """The row that is complete with this message; None while parts of it are missing."""
        is_part = key[:1] == _PART
        if not is_part and row[:1] != _HEAD:
            return key, row
        whole = key.partition(b":")[2] if is_part else key
        waiting = self._waiting.setdefault(whole, {})
        waiting[key] = row
        if whole not in waiting or len(waiting) <= int(waiting[whole][1:]):
            return None
        return whole, LongRows().joined(self._waiting.pop(whole))[whole]


def _part_key(key: bytes, number: int) -> bytes:
    return _PART + str(number).encode() + b":" + key
