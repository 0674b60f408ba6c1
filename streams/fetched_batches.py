"""Fetched batches: what a fetch brought of a partition, as the broker sent it, and its committed records one by one.

aiokafka's own way makes a dozen objects of every record as soon as it is fetched, long before anybody looks at it. Here the
batches stay bytes until a lane takes them, and a record lives no longer than it takes to count it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any, Protocol

from aiokafka.errors import CorruptRecordException
from aiokafka.record.control_record import ABORT_MARKER, ControlRecord


class Record(Protocol):
    """A message of a topic."""

    @property
    def offset(self) -> int:
        """Its place in the partition."""

    @property
    def timestamp(self) -> int:
        """Milliseconds since 1970: when it was produced, or appended."""

    @property
    def key(self) -> bytes | None:
        """As it was sent."""

    @property
    def value(self) -> bytes | None:
        """As it was sent; None is a tombstone."""

    @property
    def headers(self) -> Any:
        """Pairs of name and bytes."""


class FetchedBatches:
    """The committed records that one fetch brought of a partition. They can be gone through once."""

    def __init__(self, partition_records: Any) -> None:
        """Look at the heads of all batches; no record is touched yet.

        Args:
            partition_records: aiokafka's `PartitionRecords`, of which nothing was taken yet.

        Raises:
            CorruptRecordException: a batch does not have the checksum it states.
        """
        self._start: int = partition_records.next_fetch_offset
        self.end = self._start
        """The offset behind the last batch, markers and aborted ones included."""
        self.size: int = partition_records._records.size_in_bytes()  # noqa: SLF001
        """Bytes that the fetch brought."""
        self._batches = deque(self._committed(partition_records))
        # It refers to itself by the iterator that nobody goes through: the bytes of every fetch would stay until the garbage
        # collector comes, which here is seldom.
        partition_records._records_iterator = None  # noqa: SLF001

    def __iter__(self) -> Iterator[Record]:
        first = self._batches.popleft() if self._batches else ()
        yield from (record for record in first if record.offset >= self._start)  # it may begin within a batch
        while self._batches:
            yield from self._batches.popleft()

    def _committed(self, partition_records: Any) -> Iterator[Any]:
        """The batches with records that count: no markers, and none of a transaction that was aborted.

        The broker lists the aborted transactions beside the batches: each lasts from its first offset to its producer's marker.
        """
        memory = partition_records._records  # noqa: SLF001 - aiokafka hands records out one by one only
        aborts = deque(partition_records._aborted_transactions)  # noqa: SLF001 - by first offset
        aborted: set[int] = set()
        while memory.has_next():
            batch = memory.next_batch()
            if partition_records._check_crcs and not batch.validate_crc():  # noqa: SLF001
                raise CorruptRecordException(
                    f"a batch before offset {batch.next_offset} has not the checksum it states"
                )
            self.end = max(self.end, batch.next_offset)
            producer = batch.producer_id
            if producer is not None:  # None in the formats before transactions
                while aborts and aborts[0][1] <= batch.base_offset:
                    aborted.add(aborts.popleft()[0])
            if batch.is_control_batch:
                if ControlRecord.parse(next(batch).key) == ABORT_MARKER:
                    aborted.discard(producer)
            elif not (batch.is_transactional and producer in aborted):
                yield batch
