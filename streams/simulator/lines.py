"""Records as lines of text."""

from __future__ import annotations

import json
from functools import lru_cache

from streams.simulator.versions import Record

_FIRST = ("type", "id", "updated_at", "version", "deleted")
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


def line(record: Record) -> bytes:
    r"""The record as one line of JSON with its line end: UTF-8, the fields of every record first, the others by name.

    >>> line({"kind": "call", "id": "a-1", "type": "activity"})
    b'{"type":"activity","id":"a-1","kind":"call"}\n'
    """
    return f"{_encode({key: record[key] for key in _order(tuple(record))})}\n".encode()


@lru_cache(maxsize=4096)
def _order(keys: tuple[str, ...]) -> tuple[str, ...]:
    """Records come in few shapes: each is sorted once."""
    return (*(key for key in _FIRST if key in keys), *sorted(set(keys) - set(_FIRST)))
