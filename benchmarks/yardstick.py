"""Yardstick: how fast the machine is at the moment, by a fixed piece of work of the kind that workers do.

A shared machine is a quarter faster or slower from one minute to the next: what was measured minutes apart can be compared at one
speed alone.
"""

from __future__ import annotations

import time
from functools import cache
from statistics import median
from typing import Final

import msgspec

__all__ = ["cpu_seconds"]

_RECORDS: Final = 60_000
_REPS: Final = 1_000
_DAYS: Final = 30
_TIMES: Final = 15

_decode = msgspec.json.Decoder().decode


def cpu_seconds() -> float:
    """CPU seconds that the work takes now: the median of several times, a second in all."""
    return median(_once() for _ in range(_TIMES))


def _once() -> float:
    """Decode records, keep each by its id, and count them by rep and day."""
    messages = _messages()
    began = time.thread_time()
    newest: dict[str, tuple[int, str]] = {}
    counts: dict[tuple[str, int], dict[str, int]] = {}
    for message in messages:
        record = _decode(message)
        newest[record["id"]] = record["day"], record["rep"]
        cell = counts.setdefault((record["rep"], record["day"]), {})
        cell[record["kind"]] = cell.get(record["kind"], 0) + 1
    return time.thread_time() - began


@cache
def _messages() -> list[bytes]:
    kinds = "call", "email", "meeting"
    return [
        (
            f'{{"id":"a-{number:09}","rep":"r-{number * 7919 % _REPS}","day":{number % _DAYS},'
            f'"kind":"{kinds[number % len(kinds)]}"}}'
        ).encode()
        for number in range(_RECORDS)
    ]
