"""Cutting: frames out of what a consumer of aiokafka has fetched.

Nothing of Faust is needed for it, so that commands which read topics need not wait for its import.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiokafka.consumer.fetcher import FetchResult

from streams.fetched_batches import FetchedBatches, Record

if TYPE_CHECKING:
    from aiokafka import TopicPartition


@dataclass(frozen=True, slots=True)
class Frame:
    """What one fetch covered of one partition: the offsets from `start` up to, not including, `end`.

    `records` may be fewer than the range (transaction markers and compacted records have offsets too), even none. They come
    fresh from their bytes as they are asked for, once.
    """

    topic: str
    partition: int
    start: int
    end: int
    left: int
    """Offsets that the broker had beyond `end` when it answered: how far behind the reader is."""
    records: Iterable[Record]
    size: int = 0
    """Bytes that it came as."""

    def __len__(self) -> int:
        """How many offsets it covers: its records at most."""
        return self.end - self.start

    @property
    def offset(self) -> int:
        """What Faust takes for the message's offset."""
        return self.start


async def cut(fetcher: Any, active: set[TopicPartition]) -> dict[TopicPartition, list[Frame]]:
    """What has been fetched as frames, each with the range by which the consumer's position moves with it.

    Nothing is awaited while positions move, so no seek can come between.
    """
    subscription = fetcher._subscriptions.subscription  # noqa: SLF001
    assignment = None if subscription is None else subscription.assignment
    if assignment is None or fetcher._subscriptions.reassignment_in_progress:  # noqa: SLF001
        return {}
    frames = {}
    fetched = fetcher._records  # noqa: SLF001 - by partition, what its last fetch brought
    for tp, result in list(fetched.items()):
        if tp not in assignment.tps:
            del fetched[tp]
        elif tp in active and isinstance(result, FetchResult):
            del fetched[tp]
            if result.check_assignment(tp) and (frame := _frame(tp, result, assignment.state_value(tp))):
                frames[tp] = [frame]
        elif tp in active and not frames:
            await fetcher.fetched_records([tp])  # raises what the broker answered
    fetcher._notify(fetcher._wait_consume_future)  # noqa: SLF001 - there is room for the next fetches
    return frames


def _frame(tp: TopicPartition, result: Any, state: Any) -> Frame | None:
    """A fetch's batches as a frame, and the position moved behind them; None if it brought nothing new."""
    start = state.position
    batches = FetchedBatches(result._partition_records)  # noqa: SLF001
    if batches.end <= start:
        return None
    state.consumed_to(batches.end)
    left = max(0, (state.highwater or batches.end) - batches.end)
    return Frame(tp.topic, tp.partition, start, batches.end, left, batches, batches.size)
