"""Records as a CRM holds them: each change publishes the whole record again, as a new version."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from streams.simulator.workdays import LAST_SECOND, clock

Record = dict[str, Any]


@dataclass(slots=True)
class Today:
    """One day of the run and what the CRM publishes on it, as (second of the day, record)."""

    day: date
    ordinal: int
    iso: str
    out: list[tuple[int, Record]] = field(default_factory=list)

    @classmethod
    def of(cls, ordinal: int) -> Today:
        """The day with nothing published yet."""
        day = date.fromordinal(ordinal)
        return cls(day=day, ordinal=ordinal, iso=day.isoformat())

    def stamp(self, second: int) -> str:
        """A moment of this day as RFC 3339 in UTC.

        >>> Today.of(739252).stamp(60)
        '2025-01-01T00:01:00Z'
        """
        return f"{self.iso}T{clock(second)}Z"

    def add(self, second: int, kind: str, name: str, /, **fields: object) -> None:
        """Publish a record that no version number orders (reference data: one version a moment)."""
        record: Record = {"type": kind, "id": name, "updated_at": self.stamp(second)}
        record.update((key, value) for key, value in fields.items() if value is not None)
        self.out.append((second, record))


class Versioned:
    """A record that changes: its fields as they now stand, its version, and when it was last published.

    Lists among the fields are replaced, never changed in place: earlier versions that were published share them.
    """

    __slots__ = ("fields", "kind", "name", "ordinal", "second", "version")

    def __init__(self, kind: str, name: str, /, **fields: object) -> None:
        self.kind = kind
        self.name = name
        self.fields: Record = fields
        self.version = 0
        self.ordinal = 0
        self.second = 0

    def not_before(self, today: Today, second: int) -> int:
        """The second at which a next version can be published: the one wished for, but after the last version."""
        if self.ordinal == today.ordinal and second <= self.second:
            return min(self.second + 1, LAST_SECOND)
        return min(second, LAST_SECOND)

    def publish(self, today: Today, second: int) -> None:
        """Publish the record as it now stands."""
        record = self._next(today, second)
        record.update((key, value) for key, value in self.fields.items() if value is not None)

    def delete(self, today: Today, second: int) -> None:
        """Publish its deletion."""
        self._next(today, second)["deleted"] = True

    def _next(self, today: Today, second: int) -> Record:
        self.second = self.not_before(today, second)
        self.ordinal = today.ordinal
        self.version += 1
        record: Record = {
            "type": self.kind,
            "id": self.name,
            "updated_at": today.stamp(self.second),
            "version": self.version,
        }
        today.out.append((self.second, record))
        return record


Action = Callable[[Today], None]


class Agenda:
    """What is due on later days; actions of one day run in the order in which they were put down."""

    def __init__(self) -> None:
        self._due: defaultdict[int, list[Action]] = defaultdict(list)

    def put(self, ordinal: int, action: Action) -> None:
        """Have the action run on that day, which must lie ahead."""
        self._due[ordinal].append(action)

    def run(self, today: Today) -> None:
        """Run what is due today."""
        for action in self._due.pop(today.ordinal, ()):
            action(today)
