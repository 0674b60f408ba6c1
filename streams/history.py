"""History: the scores of any date, recomputed from the input topics without a worker."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from schemas.currencies import EXPONENTS
from schemas.records import InvalidRecord
from scoring.facts import Facts, facts_of
from scoring.line import Line
from scoring.organisation import Organisation
from streams.as_of import AsOf, zone_named
from streams.intake import Delivery, check_not_ahead, newest_day, read
from streams.kafka_clients import read_topics
from streams.settings import Settings
from streams.topic_names import TopicNames

Progress = Callable[[int], None]
"""Told now and then how many records have been read."""

Seen = Callable[[Delivery, list[Facts]], None]
"""Told of every valid version that is read, older ones too, with the facts that it stands for."""


@dataclass(frozen=True, slots=True)
class History:
    """Everything that the topics say, and the wall clock's date when they were read."""

    line: Line
    today: int
    records: int


async def read_history(
    settings: Settings,
    known_at_ms: int | None = None,
    progress: Progress = lambda _: None,
    seen: Seen | None = None,
) -> History:
    """Read all input topics from the beginning to where they end now.

    Bad records are passed over silently: dead letters are the workers' business.

    Args:
        settings: broker, topics, time zone.
        known_at_ms: leave out what came later, by its Kafka timestamp in milliseconds; None for nothing.
        progress: called after every batch.
        seen: called with every valid version.

    Raises:
        TopicMismatch: an input topic is missing.
        KafkaError: the broker went away.
    """
    [history] = await read_histories(settings, [known_at_ms], progress, seen=seen)
    return history


async def read_histories(
    settings: Settings,
    known_at_ms: Sequence[int | None],
    progress: Progress = lambda _: None,
    *,
    explains: bool = False,
    seen: Seen | None = None,
) -> list[History]:
    """One history for each time up to which records are known, from one reading; as `read_history`, which says the rest.

    `explains` is that of `Line`.
    """
    zone = zone_named(settings.time_zone)
    organisation = Organisation(zone, settings.base_currency, EXPONENTS)
    today = AsOf(settings.clock, zone).today()
    names = TopicNames.of(settings).inputs
    lines, count = [Line(organisation, explains=explains) for _ in known_at_ms], 0
    async for messages in read_topics(settings, list(names)):
        for message in messages:
            known = [
                line
                for line, until in zip(lines, known_at_ms, strict=True)
                if until is None or message.timestamp <= until
            ]
            if known:
                _take(known, names[message.topic], message, organisation, today, seen)
        count += len(messages)
        progress(count)
    return [History(line, today, count) for line in lines]


def usual_day(line: Line, clock: str, today: int) -> int:
    """The date of scores where none is asked for: today, or with the `events` clock the newest business date up to it."""
    newest = line.newest_day(today) if clock == "events" else None
    return today if newest is None else newest


def _take(
    lines: Sequence[Line], topic: str, message: Any, organisation: Organisation, today: int, seen: Seen | None
) -> None:
    now_us = time.time_ns() // 1000
    try:
        for delivery in read(topic, message.key, message.value, message.timestamp):
            facts = [] if delivery.record is None else facts_of(delivery.record, organisation)
            check_not_ahead(delivery, newest_day(facts), now_us, today)
            if seen is not None:
                seen(delivery, facts)
            for line in lines:
                line.take(delivery.type, delivery.id, delivery.updated_at, delivery.version, delivery.record)
    except InvalidRecord:
        return
