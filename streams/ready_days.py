"""Ready days: up to which day each lane has taken in all that there was when the day before it ended, stage by stage.

Each lane keeps one row of it on the weeks topic, which every worker reads whole: so all know of all, dead workers' lanes among
them, and by the time a row is read, the week rows that were sent before it are too.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from streams.codec import pack, unpack

_PREFIX: Final = b"ready "

INPUTS, FORWARDED, FACTS, CHANGES = range(4)
"""The stages, in the order in which records pass them: each hands on what the next one reads, maybe in another lane."""
STAGES: Final = 4


class ReadyRow(NamedTuple):
    """What one lane says. Days are those that had begun: it has taken in all that there was before them."""

    days: tuple[int, ...] = (0,) * STAGES
    """By stage, the day up to which the lane has read and handed on; of the last one, with its week rows on the topic."""
    norms_day: int = 0
    """The day up to which the norms are made of such week rows; only the company's lane says it."""
    norms_read: int = 0
    """The offset of the norms topic before which these stand."""
    reference_read: int = 0
    """The offset of the reference topic before which everything stands that such inputs say of people."""
    newest: int = 0
    """The newest `as_of` that the lane knows of."""


class ReadyDays:
    """The rows of all lanes, as the topic has them."""

    def __init__(self, partitions: int, company: int) -> None:
        """Nobody has said anything. `company`: the partition that owns the company."""
        self._rows: dict[int, ReadyRow] = dict.fromkeys(range(partitions), ReadyRow())
        self._company = company

    def put(self, key: bytes, value: bytes | None) -> None:
        """Take a row, or take one out."""
        self._rows[int(key.removeprefix(_PREFIX))] = row_of(value)

    def through(self, stage: int) -> int:
        """The day up to which all lanes are through a stage; 0 while one has said nothing, whoever owns it."""
        return min(row.days[stage] for row in self._rows.values())

    def day(self, reference_read: int, norms_read: int) -> int:
        """The day before which every day can be decided, by a worker that has read these two topics so far; 0 for none."""
        norms = self._rows[self._company]
        if norms_read < norms.norms_read or reference_read < max(row.reference_read for row in self._rows.values()):
            return 0
        return min(self.through(CHANGES), norms.norms_day)

    @property
    def newest(self) -> int:
        """The newest `as_of` that any lane knew of."""
        return max(row.newest for row in self._rows.values())


def row_of(value: bytes | None) -> ReadyRow:
    """What `value_of` wrote; nothing said where there is none."""
    if value is None:
        return ReadyRow()
    days, *rest = unpack(value)
    return ReadyRow(tuple(days), *rest)


def value_of(row: ReadyRow) -> bytes:
    """A row as it stands on the topic."""
    return pack(list(row))


def ready_key(partition: int) -> bytes:
    """The key of a lane's row on the weeks topic. Those of week rows begin with a number.

    >>> ready_key(3)
    b'ready 3'
    """
    return _PREFIX + str(partition).encode()


def is_ready_key(key: bytes) -> bool:
    """Whether that is what a key is."""
    return key.startswith(_PREFIX)
