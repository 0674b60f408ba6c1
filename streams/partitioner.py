"""Where a key lives: the partitioners of Kafka's clients, so that our homes are where producers put records."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from struct import unpack_from
from typing import Final

_MASK = 0xFFFFFFFF
_SEED = 0x9747B28C
_M = 0x5BD1E995


def murmur2(key: bytes) -> int:
    """The positive murmur2 hash by which Java's clients place keys.

    Source: Kafka's `Utils.murmur2` and `Utils.toPositive`.

    >>> murmur2(b"21") % 100, murmur2(b"foobar")
    (40, 1357151166)
    """
    length = len(key)
    h = _SEED ^ length
    for k in unpack_from(f"<{length >> 2}I", key):
        k = k * _M & _MASK  # noqa: PLW2901 - mixing in place
        h = (h * _M & _MASK) ^ ((k ^ (k >> 24)) * _M & _MASK)
    if tail := length & 3:
        h ^= int.from_bytes(key[length - tail :], "little")
        h = h * _M & _MASK
    h ^= h >> 13
    h = h * _M & _MASK
    return (h ^ (h >> 15)) & 0x7FFFFFFF


def crc32(key: bytes) -> int:
    """The hash by which librdkafka's default (`consistent_random`) places keys."""
    return zlib.crc32(key)


PARTITIONERS: Final[dict[str, Callable[[bytes], int]]] = {"murmur2": murmur2, "crc32": crc32}


class Homes:
    """The partition in which an id, or a subject, lives."""

    def __init__(self, partitioner: str, partitions: int) -> None:
        """Place keys as `partitioner` (a name in `PARTITIONERS`) does over so many partitions."""
        self._hash = PARTITIONERS[partitioner]
        self._partitions = partitions
        self._subjects: dict[str, int] = {}

    def of_id(self, record_id: str) -> int:
        """The home of a record's id: all records with this id, whatever their type, are kept there."""
        return self._hash(record_id.encode()) % self._partitions

    def of_subject(self, subject: str) -> int:
        """The home of a subject key such as `rep:r-17`; subjects are few, so the answer is remembered."""
        home = self._subjects.get(subject)
        if home is None:
            home = self._subjects[subject] = self.of_id(subject)
        return home
