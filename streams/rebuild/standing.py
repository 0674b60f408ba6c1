"""Standing: which generations there are, who runs them, and how far each is."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from kafka.admin import KafkaAdminClient
from kafka.errors import GroupIdNotFoundError
from kafka.structs import TopicPartition

from schemas.topics import INPUTS, INTERNALS, TOPICS
from streams.admin_client import admin_client
from streams.generations import FIRST, Generations
from streams.group_lag import behind
from streams.kafka_clients import read_topics
from streams.settings import Settings
from streams.topic_names import TopicNames, topic_name

__all__ = ["Standing", "own_topics", "standings", "there"]

_MARKER: Final = 1
"""How far behind a partition may seem for ever: the marker that ends a producer's transaction is no record."""
_SUMS: Final = ("forwarded", "facts", "pane-changes")


@dataclass(frozen=True, slots=True)
class Standing:
    """One generation.

    Attributes:
        generation: its number.
        speaks: whether it is the one, or about to be.
        workers: members of its group.
        behind: records of the inputs that it has yet to read.
        waiting: sums and records on the way between its own lanes.
        day: with the `events` clock, the date that it has come to; None with the other, or before any.
        about: what its state is made under, and by which scorecard, as it says; empty before it has.
    """

    generation: int
    speaks: bool
    workers: int
    behind: int
    waiting: int
    day: date | None
    about: dict[str, Any]


def there(settings: Settings, client: KafkaAdminClient) -> list[int]:
    """The generations that have a state on the broker."""
    pattern = re.compile(re.escape(settings.app) + r"(?:-g([1-9]\d{0,2}))?-state")
    found = [pattern.fullmatch(name) for name in client.list_topics()]
    return sorted([int(match[1] or FIRST) for match in found if match])


async def standings(settings: Settings, generations: Generations) -> list[Standing]:
    """All generations that have a state, by number.

    Raises:
        UpscoreError: the broker cannot be reached.
        KafkaError: it went away.
    """
    with admin_client(settings) as client:
        counted = [
            (number, _workers(client, of.state_name), _lag(client, of))
            for number in there(settings, client)
            for of in (settings.of_generation(number),)
        ]
    return [
        Standing(
            generation=number,
            speaks=number == generations.speaker.generation,
            workers=workers,
            behind=sum([records for name, records in lag.items() if name not in _SUMS]),
            waiting=sum([lag[name] for name in _SUMS]),
            day=await _day(settings.of_generation(number)),
            about=generations.about.get(number, {}),
        )
        for number, workers, lag in counted
    ]


def own_topics(settings: Settings) -> list[str]:
    """The internal topics that are one generation's alone, by name on the broker."""
    return [topic_name(settings, spec) for spec in INTERNALS if not spec.of_all_generations]


def _workers(client: KafkaAdminClient, group: str) -> int:
    with suppress(GroupIdNotFoundError):
        return len(client.describe_groups([group])[group]["members"])
    return 0


def _lag(client: KafkaAdminClient, settings: Settings) -> Counter[str]:
    """By logical name, how many records of each topic wait for the lanes; markers of transactions are none."""
    specs: Sequence[Any] = [*INPUTS, *[TOPICS[name] for name in _SUMS]]
    names = {topic_name(settings, spec): spec.name for spec in specs}
    partitions = [TopicPartition(topic, number) for topic in names for number in range(settings.partitions)]
    lag: Counter[str] = Counter()
    for place, records in behind(client, settings.state_name, partitions).items():
        lag[names[place.topic]] += records if records > _MARKER else 0
    return lag


async def _day(settings: Settings) -> date | None:
    newest = None
    async for records in read_topics(settings, [TopicNames.of(settings).clock]):
        for record in records:
            newest = record.value
    return date.fromordinal(int(newest)) if newest else None
