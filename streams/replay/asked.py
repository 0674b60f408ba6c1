"""What is asked of a replay: from which records, and as known when."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final

from schemas.currencies import EXPONENTS
from scoring.organisation import Organisation
from streams.as_of import AsOf, zone_named
from streams.codec import to_json
from streams.settings import Settings
from streams.topic_names import TopicNames

FACTS_VERSION: Final = 4
"""Changes whenever the same records would become other rows: an interrupted replay is then begun anew."""

Partition = tuple[str, int]
"""A topic's name on the broker, and a number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which records count: all of the input topics from their start up to `ends`, but for what came too late.

    Attributes:
        settings: broker, topics, time zone, base currency.
        starts: the first offset of each partition.
        ends: the offset behind the last one that is read.
        bounds: which of these were asked for; the others are where the topics ended.
        cuts: times in milliseconds since 1970, by Kafka timestamp, after which records are not known yet; None: as known now.
            Each makes a line of its own.
        now_us: the wall clock, in microseconds since 1970: what lies too far ahead of it is refused, as workers do.
    """

    settings: Settings
    starts: Mapping[Partition, int]
    ends: Mapping[Partition, int]
    cuts: tuple[int | None, ...] = (None,)
    now_us: int = field(default_factory=lambda: time.time_ns() // 1000)
    bounds: Mapping[Partition, int] = field(default_factory=dict)

    @property
    def partitions(self) -> list[Partition]:
        """In a fixed order: a partition's place is its number in the spool."""
        return sorted(self.ends)

    @property
    def records(self) -> int:
        """Offsets to read: records at most."""
        return sum(max(0, self.ends[each] - self.starts[each]) for each in self.ends)

    @property
    def organisation(self) -> Organisation:
        """The setting in which facts are dated and money is counted."""
        return Organisation(zone_named(self.settings.time_zone), self.settings.base_currency, EXPONENTS)

    @property
    def today(self) -> int:
        """The local date of `now_us`."""
        return AsOf(self.settings.clock, zone_named(self.settings.time_zone), lambda: self.now_us / 1_000_000).today()

    @property
    def latest_ms(self) -> int | None:
        """What came later is known in no line; None: everything is known in one."""
        known = [cut for cut in self.cuts if cut is not None]
        return max(known) if len(known) == len(self.cuts) else None

    def logical(self, topic: str) -> str:
        """The name that a topic has in the contract."""
        return TopicNames.of(self.settings).inputs[topic]

    @property
    def fingerprint(self) -> str:
        """What rows in a spool depend on, but for where topics ended and the clock: another spool is of no use."""
        settings = self.settings
        basis = [FACTS_VERSION, settings.broker, settings.topic_prefix, settings.time_zone, self.cuts]
        basis += [sorted((*key, offset) for key, offset in self.bounds.items())]
        basis += [sorted(TopicNames.of(settings).inputs), sorted((*key, start) for key, start in self.starts.items())]
        return blake2b(to_json(basis), digest_size=16).hexdigest()
