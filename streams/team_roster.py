"""Team roster: the newest record of every team, from the reference topic or from NDJSON, for what is set up by teams."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping

from schemas.records import InvalidRecord, Team
from schemas.topics import REFERENCE
from streams.errors import UpscoreError
from streams.intake import Delivery, check_not_ahead, read
from streams.kafka_clients import read_topics
from streams.publisher import read_record
from streams.settings import Settings
from streams.topic_names import TopicNames

__all__ = ["UnreadableRoster", "read_roster", "roster_of"]


class UnreadableRoster(UpscoreError):
    """A line of a file of records is none."""


class _Newest:
    """The newest version of each team, in whatever order they come."""

    def __init__(self) -> None:
        self._held: dict[str, Delivery] = {}

    def take(self, deliveries: Iterable[Delivery]) -> None:
        for delivery in deliveries:
            if delivery.type != "team":
                continue
            held = self._held.get(delivery.id)
            if held is None or (delivery.updated_at, delivery.version) >= (held.updated_at, held.version):
                self._held[delivery.id] = delivery

    def teams(self) -> dict[str, Team]:
        return {name: held.record for name, held in sorted(self._held.items()) if held.record is not None}


async def read_roster(settings: Settings) -> Mapping[str, Team]:
    """Teams in force by id, as the reference topic has them now; records that are invalid are passed over silently.

    Raises:
        TopicMismatch: the topic is missing.
        KafkaError: the broker went away.
    """
    newest = _Newest()
    name = next(name for name, logical in TopicNames.of(settings).inputs.items() if logical == REFERENCE)
    async for messages in read_topics(settings, [name]):
        for message in messages:
            newest.take(_valid(message.key, message.value, message.timestamp))
    return newest.teams()


def _valid(key: bytes | None, value: bytes | None, timestamp_ms: int) -> list[Delivery]:
    """The deliveries that a worker would take."""
    try:
        deliveries = read(REFERENCE, key, value, timestamp_ms)
        for delivery in deliveries:
            check_not_ahead(delivery, 0, time.time_ns() // 1000, 0)
    except InvalidRecord:
        return []
    return deliveries


def roster_of(lines: Iterable[bytes], name: str) -> Mapping[str, Team]:
    """Teams in force by id among records as NDJSON; records of other types are passed over.

    A record without `updated_at` counts as older than those that have one; of equal ones the later line.

    Args:
        lines: one JSON object each; blank ones are none.
        name: what errors call the file.

    Raises:
        UnreadableRoster: a line is no record. Half a roster would leave managers out.
    """
    newest = _Newest()
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        if not text:
            continue
        try:
            topic, kind, _ = read_record(text)
            if kind == "team":
                newest.take(read(topic, None, text, 0))
        except InvalidRecord as error:
            raise UnreadableRoster(
                f"{name}:{number}: {error.reason}: {error.detail}; expected what `upscore publish` takes: correct the line"
            ) from error
    return newest.teams()
