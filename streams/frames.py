"""Frames: a Faust transport that delivers everything one fetch brought of one partition as one message.

Stock Faust spends 71 us of event loop on every record; a frame costs that once for thousands of them. The broker URL
`frames://host:port` selects this transport (entry point group `faust.transports`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any, ClassVar

import aiokafka
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.coordinator.protocol import ConsumerProtocolMemberMetadata
from aiokafka.errors import ConsumerStoppedError
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage

from streams.cutting import Frame, cut
from streams.kafka_clients import FETCHER_LOOK_MS
from streams.paced_consumer import PacedConsumer

_WAIT_MS = 500
"""How long a fetch waits at the broker for the first record. Not for more: before it, it has rested (`streams/pace.py`)."""
_SHORT_WAIT_MS = 25
"""The same while lanes recover: where logs begin and end is asked on the same connection, and is answered after the fetch."""


def range_assignor(address: str | None) -> type[RangePartitionAssignor]:
    """The range assignor of a member that tells the group where its web server is reached; None: it tells nothing.

    Kafka keeps it as the member's user data, which no assignor reads; members that tell and others that do not get along.
    """
    told = (address or "").encode()

    class TellingAssignor(RangePartitionAssignor):  # type: ignore[misc]  # aiokafka has no types
        """Its name stays `range`, which all members have to agree on."""

        @classmethod
        def metadata(cls, topics: Iterable[str]) -> ConsumerProtocolMemberMetadata:
            return ConsumerProtocolMemberMetadata(cls.version, list(topics), told)

    return TellingAssignor


class FrameConsumerThread(driver.AIOKafkaConsumerThread):
    """The thread that fetches; it cuts the frames, for only there the covered range is known for certain."""

    def _create_worker_consumer(self, transport: driver.Transport) -> aiokafka.AIOKafkaConsumer:
        """Faust's consumer with what it leaves to defaults: committed data alone, batches by load, partitions side by side.

        The range assignor gives a worker the same partition numbers of every topic: a lane's whole set.
        """
        conf = self.app.conf
        self._assignor = range_assignor(getattr(self.app, "address", None))
        security = driver.credentials_to_aiokafka_auth(conf.broker_credentials, conf.ssl_context)
        return PacedConsumer(
            pace=self.app.pace,  # type: ignore[attr-defined]  # of `streams.app`
            client_id=conf.broker_client_id,
            group_id=conf.id,
            bootstrap_servers=driver.server_list(transport.url, transport.default_port),
            partition_assignment_strategy=[self._assignor],
            isolation_level="read_committed",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_poll_records=conf.broker_max_poll_records,
            max_poll_interval_ms=int((conf.broker_max_poll_interval or 0) * 1000),
            max_partition_fetch_bytes=conf.consumer_max_fetch_size,
            fetch_max_wait_ms=_SHORT_WAIT_MS,
            consumer_timeout_ms=FETCHER_LOOK_MS,
            check_crcs=conf.broker_check_crcs,
            request_timeout_ms=int(conf.broker_request_timeout * 1000),
            session_timeout_ms=int(conf.broker_session_timeout * 1000),
            rebalance_timeout_ms=int(conf.broker_rebalance_timeout * 1000),
            heartbeat_interval_ms=int(conf.broker_heartbeat_interval * 1000),
            metadata_max_age_ms=conf.consumer_metadata_max_age_ms,
            **security,
        )

    async def _fetch_records(
        self,
        consumer: aiokafka.AIOKafkaConsumer,
        active_partitions: set[TP],
        timeout: float | None = None,  # noqa: ASYNC109 - Faust's signature
        max_records: int | None = None,  # noqa: ARG002 - a frame is what a fetch brought
    ) -> dict[TP, list[Frame]]:
        if not self.consumer.flow_active:
            return {}
        fetcher = consumer._fetcher  # noqa: SLF001 - aiokafka's public calls do not tell what range they covered
        if consumer._closed or fetcher._closed:  # noqa: SLF001
            raise ConsumerStoppedError
        with fetcher._subscriptions.fetch_context():  # noqa: SLF001
            frames = await cut(fetcher, active_partitions)
            if not frames and timeout:
                await asyncio.wait([fetcher._create_fetch_waiter()], timeout=timeout)  # noqa: SLF001
                frames = await cut(fetcher, active_partitions)
            if frames:
                self.app.pace.brought(frame for of_one in frames.values() for frame in of_one)  # type: ignore[attr-defined]
        return frames

    async def seek_back(self, tp: TP, offset: int) -> None:
        """Fetch from `offset` next. On this thread: aiokafka's buffers must not change under a fetch."""
        await self.call_thread(self._seek_back, tp, offset)

    async def _seek_back(self, tp: TP, offset: int) -> None:
        consumer = self._ensure_consumer()
        if tp in consumer.assignment():
            consumer.seek(tp, offset)


def _position(assignment: Any, tp: TP) -> int | None:
    if tp not in assignment.tps:
        return None
    state = assignment.state_value(tp)
    return int(state.position) if state.has_valid_position else None


class FrameConsumer(driver.Consumer):
    """Faust's consumer over frames: what it calls a message is a frame."""

    _thread: FrameConsumerThread

    def _new_consumer_thread(self) -> FrameConsumerThread:
        return FrameConsumerThread(self, loop=self.loop, beacon=self.beacon)

    async def seek(self, partition: TP, offset: int) -> None:
        """Read a partition again from `offset`; what is on the way from beyond it may still arrive."""
        await self._thread.seek_back(partition, offset)
        self._read_offset[partition] = None  # or Faust would drop what it has seen before

    def wait_at_broker(self, *, short: bool) -> None:
        """Let fetches from now on wait for the first record; `short`: hardly, for there are other questions."""
        fetcher = self._thread._ensure_consumer()._fetcher  # noqa: SLF001 - aiokafka takes it only at the start
        fetcher._fetch_max_wait_ms = _SHORT_WAIT_MS if short else _WAIT_MS  # noqa: SLF001

    def fetch_position(self, tp: TP) -> int | None:
        """The offset from which the next fetch of a partition begins; None while it is not assigned."""
        consumer = self._thread._ensure_consumer()  # noqa: SLF001 - the thread is ours
        subscription = consumer._subscription.subscription  # noqa: SLF001
        assignment = None if subscription is None else subscription.assignment
        return None if assignment is None else _position(assignment, tp)

    async def commit_positions(self, offsets: dict[TP, int]) -> None:
        """Commit offsets to the group as they are, past Faust's bookkeeping of acknowledged messages."""
        await self._thread.commit(offsets)

    def _to_message(self, tp: TP, record: Any) -> ConsumerMessage:
        return ConsumerMessage(
            tp.topic,
            tp.partition,
            record.offset,
            0.0,
            0,
            [],
            None,
            record,
            None,
            0,
            0,
            tp,
            generation_id=self.app.consumer_generation_id,
        )


class Transport(driver.Transport):
    """The driver behind `frames://` broker URLs."""

    Consumer: ClassVar[type[FrameConsumer]] = FrameConsumer
