"""Alert book: what was told of drops and their ends, as the alerts topic has it: which are open, and the last that are not."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import msgspec

from schemas.board import ALERT_FIELDS
from streams.codec import from_json

__all__ = ["PAST", "AlertBook", "Entry", "as_alert"]

PAST: Final = 100
"""So many alerts that are not open are shown at most."""

Place = tuple[str, str, str]
"""Subject key, metric and the drop's `as_of`: what a recovery names."""


class Entry(NamedTuple):
    """A message, undecoded, with what the book needs of it."""

    subject: str
    metric: str
    as_of: str
    ends: str | None
    """`as_of` of the drop that it ends; None for a drop."""
    timestamp_ms: int
    value: bytes

    @property
    def place(self) -> Place:
        """The drop that it is, or ends."""
        return self.subject, self.metric, self.as_of if self.ends is None else self.ends


class _Brief(msgspec.Struct):
    type: str
    subject: str
    id: str
    metric: str
    as_of: str
    dropped_as_of: str | None = None


_brief = msgspec.json.Decoder(_Brief).decode


class AlertBook:
    """The alerts of all subjects. Messages of one subject come in their order, for they are of one partition."""

    def __init__(self) -> None:
        """Nothing was told."""
        self._open: dict[Place, Entry] = {}
        self._others: deque[Entry] = deque(maxlen=2 * PAST)

    def take(self, value: bytes, timestamp_ms: int) -> Entry:
        """Take a message; what it says in brief."""
        brief = _brief(value)
        ends = brief.dropped_as_of if brief.type == "ScoreRecovered" else None
        entry = Entry(f"{brief.subject}:{brief.id}", brief.metric, brief.as_of, ends, timestamp_ms, value)
        if ends is None:
            self._open[entry.place] = entry
        else:
            ended = self._open.pop(entry.place, None)
            self._others.extend([entry] if ended is None else [ended, entry])
        return entry

    def open(self, exists: Callable[[str], bool]) -> list[Entry]:
        """Drops that have not ended, newest first; of subjects that no longer exist there are none."""
        return _newest_first(entry for entry in self._open.values() if exists(entry.subject))

    def past(self, exists: Callable[[str], bool]) -> list[Entry]:
        """The last drops that have ended and recoveries, newest first."""
        gone = [entry for entry in self._open.values() if not exists(entry.subject)]
        return _newest_first([*self._others, *gone])[:PAST]

    def is_open(self, entry: Entry) -> bool:
        """Whether a drop has not ended."""
        return entry.ends is None and entry.place in self._open


def as_alert(entry: Entry, *, name: str | None, is_open: bool, acknowledged: bool | None) -> dict[str, Any]:
    """A `schemas.board.BoardAlert`."""
    message = from_json(entry.value)
    told_at = datetime.fromtimestamp(entry.timestamp_ms / 1000, UTC).isoformat(timespec="milliseconds")
    return {field: message.get(field) for field in ALERT_FIELDS} | {
        "name": name,
        "parts": message.get("parts") or [],
        "told_at": told_at.replace("+00:00", "Z"),
        "open": is_open,
        "acknowledged": acknowledged,
    }


def _newest_first(entries: Iterable[Entry]) -> list[Entry]:
    return sorted(entries, key=lambda entry: (-entry.timestamp_ms, entry.subject, entry.metric, entry.as_of))
