"""Transactional producer: aiokafka's, without the tasks between a transaction and the broker.

aiokafka takes single messages from anybody at any time, so a task of its own gathers them, makes a task of every request and
wakes whoever waits. A lane has its whole transaction in its hands: it asks the broker itself, one question after the other.
What the questions are, and what is done about the answers, stays aiokafka's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Any, Final

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.producer.sender import SendProduceReqHandler
from aiokafka.producer.transaction_manager import TransactionResult, TransactionState
from aiokafka.structs import RecordMetadata

__all__ = ["TransactionalProducer"]

_WAIT_FOR_LEADER_SECONDS: Final = 0.1


class TransactionalProducer(AIOKafkaProducer):  # type: ignore[misc]  # aiokafka has no types
    """One transaction after the other, each of batches that are delivered together. Once it has raised something, close it."""

    async def start(self) -> None:
        """Connect, and fence whoever had the same id.

        Raises:
            KafkaError: the broker did not let it.
        """
        await self.client.bootstrap()
        await self._sender._maybe_wait_for_pid()  # noqa: SLF001 - of the sender only what asks the broker

    async def begin_transaction(self) -> None:
        """Begin; the broker need not know yet."""
        self._txn_manager.begin_transaction()

    async def deliver(self, batches: Collection[tuple[TopicPartition, BatchBuilder]]) -> list[RecordMetadata]:
        """Send all batches and wait until the broker has them, those of a partition in their order; where each begins.

        Raises:
            KafkaError: whatever became of the first one that failed.
        """
        for topic in {place.topic for place, _ in batches}:
            await self.partitions_for(topic)
        waiting = self._message_accumulator
        sent = [waiting._append_batch(batch, place) for place, batch in batches]  # noqa: SLF001
        await self._add_partitions()
        while waiting._batches:  # noqa: SLF001 - what has to be sent again is put back there
            by_leader, some_have_none = waiting.drain_by_nodes(ignore_nodes=())
            requests = [SendProduceReqHandler(self._sender, some).do(node) for node, some in by_leader.items()]
            if len(requests) == 1:
                await requests[0]
            else:
                await asyncio.gather(*requests)
            if some_have_none:
                await self.client.force_metadata_update()
                await asyncio.sleep(_WAIT_FOR_LEADER_SECONDS)
        errors = [batch.future.exception() for batch in sent]  # of all: one that nobody asks for is logged
        for error in filter(None, errors):
            raise error
        return [batch.future.result() for batch in sent]

    async def _add_partitions(self) -> None:
        transaction = self._txn_manager
        while places := transaction.partitions_to_add():
            await self._sender._do_add_partitions_to_txn(places)  # noqa: SLF001 - waits where it has to be asked again
        if not transaction.is_in_transaction():
            transaction.wait_for_transaction_end().result()  # raises why it may not write there

    async def commit_transaction(self) -> None:
        """All that was delivered has happened.

        Raises:
            ProducerFenced: another one has the id.
            KafkaError: nobody knows whether it has happened.
        """
        self._txn_manager.committing_transaction()
        await self._end(TransactionResult.COMMIT)

    async def abort_transaction(self) -> None:
        """Nothing has happened.

        Raises:
            KafkaError: the broker will say so by itself, later.
        """
        self._txn_manager.aborting_transaction()
        await self._end(TransactionResult.ABORT)

    async def _end(self, result: Any) -> None:
        while self._txn_manager.state is not TransactionState.READY:
            await self._sender._do_txn_commit(result)  # noqa: SLF001 - waits where it has to be asked again
