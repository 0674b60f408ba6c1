"""Control: the topic that says which generation speaks, read and written by commands."""

from __future__ import annotations

from typing import ClassVar, Final

from aiokafka import AIOKafkaProducer

from streams.as_of import known_at
from streams.broker_security import client_arguments
from streams.errors import UpscoreError
from streams.generations import SPEAKER, Generations, Speaker
from streams.kafka_clients import closed, read_topics, started
from streams.settings import Settings
from streams.topic_names import TopicNames

__all__ = ["SwitchRefused", "announce", "read_generations"]

_TRANSACTION_TIMEOUT_MS: Final = 10_000


class SwitchRefused(UpscoreError):
    """The switch that was asked for is none that can be made now; nothing has changed."""


class SwitchUnfinished(UpscoreError):
    """A switch was begun, and lanes have yet to do their part: they will as soon as they run."""

    retriable: ClassVar[bool] = True


async def read_generations(settings: Settings) -> Generations:
    """What the topic says now.

    Raises:
        TopicMismatch: there is none.
        KafkaError: the broker went away.
    """
    generations = Generations()
    async for records in read_topics(settings, [TopicNames.of(settings).generation]):
        for record in records:
            generations.put(record.key, record.value)
    return generations


async def announce(settings: Settings, generation: int, after: Speaker) -> Speaker:
    """Say that a generation speaks from now on; what that makes.

    Args:
        settings: where.
        generation: the one.
        after: the last switch that the caller knows of.

    Raises:
        SwitchRefused: there was another one meanwhile.
        KafkaError: the broker went away, or another command is doing the same; nothing is said.
    """
    topic = TopicNames.of(settings).generation
    producer = AIOKafkaProducer(
        bootstrap_servers=settings.broker.split(","),
        client_id=f"{settings.app}-switch",
        transactional_id=f"{settings.app}-switch",  # of two commands at once, one is shut out
        transaction_timeout_ms=_TRANSACTION_TIMEOUT_MS,
        **client_arguments(settings),
    )
    try:
        await started(producer)
        newest = (await read_generations(settings)).speaker
        if newest != after:
            raise SwitchRefused(
                f"generation {newest.generation} was made to speak at {newest.at}, by somebody else: look again"
            )
        speaker = Speaker(after.epoch + 1, generation, after.generation, known_at())
        await producer.begin_transaction()
        await producer.send_and_wait(topic, speaker.value(), key=SPEAKER, partition=0)
        await producer.commit_transaction()
    finally:
        await closed(producer)
    return speaker
