"""What tests of the stream's stages share: a real desk at a fixed date, messages as Kafka delivers them, outboxes read."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, date, datetime
from functools import cache
from itertools import starmap
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from aiokafka import ConsumerRecord

from scoring.scorecard import Scorecard
from streams.as_of import AsOf
from streams.desk import Desk
from streams.long_rows import Row
from streams.outbox import Outbox, Outgoing
from streams.program_metrics import ProgramMetrics
from streams.scorecard_file import load_scorecard
from streams.settings import Settings

TODAY = date(2026, 1, 15)
NOW_MS = int(datetime(2026, 1, 15, 12, tzinfo=UTC).timestamp() * 1000)


class Clock:
    """The wall clock, moved by hand."""

    def __init__(self, today: date) -> None:
        self.today = today

    def __call__(self) -> float:
        return datetime(self.today.year, self.today.month, self.today.day, 12, tzinfo=UTC).timestamp()


class Sent(NamedTuple):
    """A message in an outbox, with where it goes."""

    topic: str
    partition: int
    key: bytes | None
    value: bytes | None
    timestamp_ms: int | None
    headers: list[tuple[str, bytes]]


@cache
def scorecard() -> Scorecard:
    return load_scorecard(None)


def desk_at(wall: Clock | None = None, card: Scorecard | None = None, **settings: Any) -> Desk:
    """A worker's desk whose wall clock is the given one; what it is told to show is kept in `desk.show.shown`."""
    made = Settings(**({"partitions": 2} | settings))
    desk = Desk.of(made, card or scorecard(), ProgramMetrics(), Shown(), lambda _: None)
    desk.as_of = AsOf(made.clock, ZoneInfo(made.time_zone), wall or Clock(TODAY))
    return desk


class Shown:
    """Takes what is published, as the score store does."""

    def __init__(self) -> None:
        self.shown: dict[str, Any] = {}

    def __call__(self, scores: Any) -> None:
        self.shown |= scores


def message(
    topic: str,
    value: bytes | dict[str, Any] | None,
    *,
    key: bytes | None = b"any",
    offset: int = 0,
    partition: int = 0,
    timestamp_ms: int = NOW_MS,
    headers: Iterable[tuple[str, bytes]] = (),
) -> ConsumerRecord[bytes | None, bytes | None]:
    """A message as a consumer delivers it; a dict is sent as JSON."""
    data = json.dumps(value).encode() if isinstance(value, dict) else value
    return ConsumerRecord(topic, partition, offset, timestamp_ms, 0, key, data, None, -1, -1, tuple(headers))


def sent(outbox: Outbox, topic: str | None = None) -> list[Sent]:
    """What an outbox would send, to one topic or all."""
    return [
        Sent(name, partition, *outgoing)
        for (name, partition), parts in outbox._parts.items()
        for outgoing in messages_in(parts)
        if topic in (None, name)
    ]


def messages_in(parts: Iterable[Outgoing | list[Row]]) -> list[Outgoing]:
    """The messages of what was put into an outbox for one place, rows among them."""
    return [each for part in parts for each in ([part] if isinstance(part, Outgoing) else starmap(Outgoing, part))]


def deal(deal_id: str = "d-1", **fields: Any) -> dict[str, Any]:
    """A won deal of rep r-1 over 100 USD, closed on 2026-01-10."""
    won = {
        "type": "deal",
        "id": deal_id,
        "updated_at": "2026-01-10T12:00:00Z",
        "rep_id": "r-1",
        "status": "won",
        "opened_at": "2026-01-01T12:00:00Z",
        "closed_at": "2026-01-10T12:00:00Z",
        "amount": "100.00",
        "currency": "USD",
    }
    return won | fields
