"""Row reader: the rows of a lane as they stand on the broker, read as fast as they come."""

from __future__ import annotations

import asyncio
from itertools import chain, islice
from typing import Final

from aiokafka import TopicPartition
from faust.types import TP

from streams.cutting import cut
from streams.fetched_batches import Record
from streams.kafka_clients import reader
from streams.settings import Settings

_FETCH_SECONDS: Final = 0.2
_BREATH: Final = 2_000
"""Rows after which the event loop gets a turn: some milliseconds."""


async def read_whole_partition(settings: Settings, topic: str, partition: int) -> dict[bytes, bytes]:
    """The newest value of each key of a compacted partition; tombstones are gone.

    Batches stay bytes until their rows are taken, as in frames: most of what aiokafka makes of a record is not looked at here.
    """
    rows: dict[bytes, bytes] = {}
    place = TopicPartition(topic, partition)
    async with reader(settings, [place]) as consumer:
        fetcher = consumer._fetcher  # noqa: SLF001 - aiokafka's public calls hand out single records
        await consumer.seek_to_beginning(place)
        end = (await consumer.end_offsets([place]))[place]
        while await consumer.position(place) < end:
            fetched = await cut(fetcher, {TP(topic, partition)})
            for frame in chain.from_iterable(fetched.values()):
                records = iter(frame.records)
                while some := list(islice(records, _BREATH)):
                    _take(rows, some)
                    await asyncio.sleep(0)
            if not fetched:
                await asyncio.wait([fetcher._create_fetch_waiter()], timeout=_FETCH_SECONDS)  # noqa: SLF001
    return rows


def _take(rows: dict[bytes, bytes], records: list[Record]) -> None:
    for record in records:
        key, value = record.key, record.value
        assert key is not None  # noqa: S101 - nobody else writes to that topic
        if value is None:
            rows.pop(key, None)
        else:
            rows[key] = value
