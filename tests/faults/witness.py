"""Witness: what was in the input topics of an installation, whenever that was looked at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from confluent_kafka import Message

from schemas.records import InvalidRecord
from schemas.topics import INPUTS
from scoring import oracle
from streams.intake import read
from tests.faults.verdict import Letters
from tests.installation import Installation
from tests.traffic import BAD


class Witness:
    """Messages by their places; of each partition in its order."""

    def __init__(self, line: Installation) -> None:
        """Nothing is seen yet."""
        self._line = line
        self._seen: dict[tuple[Any, ...], Message] = {}
        self._there = 0

    def look(self) -> None:
        """Read the topics, and remember what they hold besides what they held before."""
        self._there = 0
        for message in self._line.read_all([self._line.settings.topic_prefix + spec.name for spec in INPUTS]):
            self._there += 1
            # A topic made anew begins again at 0: its messages have other timestamps.
            place = (message.topic(), message.partition(), message.offset(), message.timestamp()[1])
            self._seen[place] = message

    def __len__(self) -> int:
        return len(self._seen)

    def __iter__(self) -> Iterator[Message]:
        return iter(self._seen.values())

    @property
    def misses_some(self) -> bool:
        """Whether the topics did not hold everything any more at the last look."""
        return len(self._seen) > self._there

    @property
    def bad(self) -> Letters:
        """The bad records among them."""
        return Letters((message.key(), message.value()) for message in self if message.value() in BAD)

    def deliveries(self) -> list[oracle.Delivery]:
        """All records among them.

        Bad ones are left out by name, for `read` has nothing against one of the year 2190: workers refuse it by their clock, and
        lines that held it would go over all weeks until then.
        """
        found, prefix = [], self._line.settings.topic_prefix
        for message in self:
            if message.value() in BAD:
                continue
            topic = message.topic().removeprefix(prefix)
            try:
                sent = read(topic, message.key(), message.value(), message.timestamp()[1])
            except InvalidRecord:
                continue
            found += [oracle.Delivery(d.type, d.id, d.updated_at, d.version, message.offset(), d.record) for d in sent]
        return found
