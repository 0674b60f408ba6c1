"""Letters: a search among the newest dead letters, read from their topic when somebody asks."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from streams.kafka_clients import partitions_of, reader
from streams.settings import Settings

__all__ = ["MOST_LETTERS", "Wanted", "search_letters"]

MOST_LETTERS: Final = 5_000
"""So many are looked through at most, the newest of each partition."""
_MOST_BYTES: Final = 64_000_000
_AT_ONCE: Final = 200
"""Offsets by which a search goes back in a partition."""
_TEXT: Final = 2_000


class Wanted(NamedTuple):
    """What is searched for: a text anywhere in the letter or its reason ("" for all), a reason (None: any), and how many."""

    text: str
    reason: str | None
    limit: int


async def search_letters(settings: Settings, topic: str, wanted: Wanted) -> dict[str, Any]:
    """A `schemas.board_stream.DeadLetters`: the newest letters that match.

    Each partition is read backwards until it has given as many as are wanted, or its share of what is looked through.

    Args:
        settings: where the broker is.
        topic: the dead letters' name on the broker.
        wanted: what to look for.

    Raises:
        TopicMismatch: the topic is missing.
        KafkaError: the broker went away.
    """
    found: list[tuple[int, dict[str, Any]]] = []
    searched, everything = 0, True
    async with reader(settings, []) as consumer:
        partitions = await partitions_of(consumer, [topic], settings.broker)
        starts, ends = await consumer.beginning_offsets(partitions), await consumer.end_offsets(partitions)
        for place in partitions:
            part = _Part(wanted, MOST_LETTERS // len(partitions), _MOST_BYTES // len(partitions))
            all_of_it = await _search(consumer, place, (starts[place], ends[place]), part)
            found += part.found
            searched += part.searched
            everything &= all_of_it
    found.sort(key=lambda letter: -letter[0])
    return {"letters": [letter for _, letter in found[: wanted.limit]], "searched": searched, "all": everything}


class _Part:
    """The search of one partition, and what is left of its share."""

    def __init__(self, wanted: Wanted, letters: int, size: int) -> None:
        self.found: list[tuple[int, dict[str, Any]]] = []
        self.searched = 0
        self._wanted, self._letters, self._size = wanted, max(1, letters), size

    @property
    def is_done(self) -> bool:
        return len(self.found) >= self._wanted.limit or self.searched >= self._letters or self._size <= 0

    def look(self, records: Iterable[ConsumerRecord[Any, Any]]) -> None:
        for record in records:
            self.searched += 1
            self._size -= len(record.value or b"")
            letter = _letter(record)
            if _matches(letter, record.value or b"", self._wanted):
                self.found.append((record.timestamp, letter))


async def _search(consumer: AIOKafkaConsumer, place: TopicPartition, offsets: tuple[int, int], part: _Part) -> bool:
    """Look through a partition backwards; whether all of it was looked at."""
    first, after = offsets
    while after > first and not part.is_done:
        begin = max(first, after - _AT_ONCE)
        part.look(reversed(await _read(consumer, place, begin, after)))
        after = begin
    return after <= first


async def _read(
    consumer: AIOKafkaConsumer, place: TopicPartition, begin: int, after: int
) -> list[ConsumerRecord[Any, Any]]:
    """The committed records from an offset up to, not including, another."""
    records: list[ConsumerRecord[Any, Any]] = []
    consumer.assign([place])
    consumer.seek(place, begin)
    while await consumer.position(place) < after:
        for some in (await consumer.getmany(timeout_ms=500)).values():
            records += [record for record in some if record.offset < after]
    return records


def _letter(record: ConsumerRecord[Any, Any]) -> dict[str, Any]:
    headers = {name: value.decode(errors="replace") for name, value in record.headers}
    value = record.value or b""
    return {
        "time": datetime.fromtimestamp(record.timestamp / 1000, UTC).isoformat(timespec="milliseconds"),
        "source_topic": headers.get("source_topic", ""),
        "source_partition": _number(headers.get("source_partition")),
        "source_offset": _number(headers.get("source_offset")),
        "reason": headers.get("reason", ""),
        "detail": headers.get("detail", ""),
        "key": None if record.key is None else record.key.decode(errors="replace"),
        "text": value[: 4 * _TEXT].decode(errors="replace")[:_TEXT],
        "bytes": len(value),
    }


def _matches(letter: dict[str, Any], value: bytes, wanted: Wanted) -> bool:
    if wanted.reason is not None and letter["reason"] != wanted.reason:
        return False
    if not wanted.text:
        return True
    text = wanted.text.casefold()
    where = (
        letter["detail"],
        letter["reason"],
        letter["source_topic"],
        letter["key"] or "",
        value.decode(errors="replace"),
    )
    return any(text in each.casefold() for each in where)


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() else None
