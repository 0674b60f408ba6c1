"""Where a key lives: the partitioners of Kafka's clients, so that our homes are where producers put records."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from aiokafka.partitioner import murmur2 as murmur2_of_one

Hashes = npt.NDArray[np.uint32]

_SEED = np.uint32(0x9747B28C)
_M = np.uint32(0x5BD1E995)
_POSITIVE = np.uint32(0x7FFFFFFF)
_MANY = 50
"""Keys from which on arrays are faster than one key after the other."""


def murmur2(keys: Sequence[bytes]) -> Hashes:
    """The positive murmur2 hashes by which Java's clients place keys, of many keys at once: alone, each would take 2 us.

    Source: Kafka's `Utils.murmur2` and `Utils.toPositive`.

    >>> (murmur2([b"21", b"foobar", b""]) % 1000).tolist()
    [340, 166, 681]
    """
    if len(keys) < _MANY:
        return np.array([murmur2_of_one(key) for key in keys], np.uint32) & _POSITIVE
    lengths = np.fromiter(map(len, keys), np.uint32, len(keys))
    words = int(lengths.max(initial=0)) // 4 + 1
    padded = b"".join([key.ljust(words * 4, b"\0") for key in keys])
    blocks = np.frombuffer(padded, "<u4").reshape(len(keys), words)
    h: Hashes = _SEED ^ lengths
    for i in range(words):
        block = blocks[:, i]
        k = block * _M
        k = (k ^ (k >> np.uint32(24))) * _M
        whole = (h * _M) ^ k
        tail = (h ^ block) * _M  # the padding is 0, so the block holds the last one to three bytes alone
        left = lengths.astype(np.int64) - 4 * i
        h = np.where(left >= 4, whole, np.where(left > 0, tail, h))  # noqa: PLR2004 - bytes of a block
    h = (h ^ (h >> np.uint32(13))) * _M
    return (h ^ (h >> np.uint32(15))) & _POSITIVE


def crc32(keys: Sequence[bytes]) -> Hashes:
    """The hashes by which librdkafka's default (`consistent_random`) places keys."""
    return np.fromiter(map(zlib.crc32, keys), np.uint32, len(keys))


PARTITIONERS: Final[dict[str, Callable[[Sequence[bytes]], Hashes]]] = {"murmur2": murmur2, "crc32": crc32}


class Homes:
    """The partition in which an id, or a subject, lives."""

    def __init__(self, partitioner: str, partitions: int) -> None:
        """Place keys as `partitioner` (a name in `PARTITIONERS`) does over so many partitions."""
        self._hash = PARTITIONERS[partitioner]
        self._partitions = partitions
        self._subjects: dict[str, int] = {}

    def of_ids(self, ids: Sequence[str]) -> list[int]:
        """The homes of records' ids: all records with an id, whatever their type, are kept there."""
        homes: list[int] = (self._hash([record_id.encode() for record_id in ids]) % self._partitions).tolist()
        return homes

    def of_subject(self, subject: str) -> int:
        """The home of a subject key such as `rep:r-17`; subjects are few, so the answer is remembered."""
        return self.of_subjects([subject])[0]

    def of_subjects(self, subjects: Sequence[str]) -> list[int]:
        """The homes of several."""
        known = self._subjects
        try:
            return [known[subject] for subject in subjects]
        except KeyError:
            new = [subject for subject in dict.fromkeys(subjects) if subject not in known]
            known |= zip(new, self.of_ids(new), strict=True)
            return [known[subject] for subject in subjects]
