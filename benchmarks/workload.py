"""Workload: the records that every contestant reads, the same bytes on any machine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from zlib import crc32

from schemas.records import TYPES
from streams.simulator import line, records

REPS = 100
RECORDS_A_DAY = 950
"""About what the company publishes."""
SEED = 1
_DAYS = 3650
"""More than any number of records takes: days are simulated as they are asked for."""

_WHO_IS_WHERE = (b'{"type":"rep"', b'{"type":"team"')

TOPIC_OF = {record_type: topic for topic, types in TYPES.items() for record_type in types}


@dataclass(frozen=True, slots=True)
class Sent:
    """One message: the logical name of its topic, its key and its value."""

    topic: str
    key: bytes
    value: bytes


@dataclass(frozen=True, slots=True)
class Workload:
    """Messages in the order in which a CRM would publish them."""

    messages: tuple[Sent, ...]

    @classmethod
    def simulated(cls, count: int, start: date | None = None) -> Workload:
        """The first `count` records of a simulated company of `REPS` reps.

        Without `start` they begin as long ago as they need to end some days before today.
        """
        if start is None:
            start = datetime.now(UTC).date() - timedelta(days=count // RECORDS_A_DAY + 7)
        return cls(tuple(simulated_messages(count, REPS, start)))

    def sample(self, part: float) -> Workload:
        """About that part (0..1) of the records: all versions of some ids, chosen by hash, and all reps and teams.

        So a shorter workload has the same mix as the whole; its beginning alone would be the setting up of a company.
        """
        limit = part * 2**32
        return Workload(
            tuple(
                message
                for message in self.messages
                if crc32(message.key) < limit or message.value.startswith(_WHO_IS_WHERE)
            )
        )

    def beside(self, companies: int) -> Workload:
        """So many such companies beside each other: all days as they are, reps and records so many times."""
        return self if companies == 1 else Workload(tuple(copies(self.messages, companies)))

    def __iter__(self) -> Iterator[Sent]:
        return iter(self.messages)

    def __len__(self) -> int:
        return len(self.messages)

    @property
    def mean_bytes(self) -> float:
        """Mean length of a value."""
        return sum(len(message.value) for message in self.messages) / len(self)

    @property
    def activity_share(self) -> float:
        """Part of the records that are on the topic of activities, 0..1."""
        return sum(message.topic == TOPIC_OF["activity"] for message in self.messages) / len(self)


def simulated_messages(count: int, reps: int, start: date) -> Iterator[Sent]:
    """The first `count` records of a simulated company of so many reps, one by one."""
    for record in islice(records(seed=SEED, days=_DAYS, reps=reps, start=start), count):
        yield Sent(TOPIC_OF[record["type"]], record["id"].encode(), line(record).rstrip(b"\n"))


def copies(messages: Iterable[Sent], count: int) -> Iterator[Sent]:
    """So many companies that are alike in all but their ids, beside each other: larger than one can be simulated in time."""
    for message in messages:
        for number in range(count):
            own = message.value
            for name in (b'"id":"', b'_id":"', b'"parent":"'):
                own = own.replace(name, b"%s%d." % (name, number))
            yield Sent(message.topic, b"%d." % number + message.key, own)


def copied(name: str, number: int) -> str:
    """What an id is called in the company of that number.

    >>> copied("r-1", 3)
    '3.r-1'
    """
    return f"{number}.{name}"
