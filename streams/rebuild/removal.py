"""Removal: a generation that nobody needs any longer - its topics, its group, its copy in Redis, its word of itself."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from kafka.errors import GroupIdNotFoundError

from streams.admin_client import REQUEST_SECONDS, admin_client
from streams.errors import UpscoreError
from streams.generations import Generations, about_key
from streams.kafka_clients import closed, started, transactional_producer
from streams.outbox import Outbox, Outgoing
from streams.rebuild.standing import Standing, own_topics
from streams.redis_store import RedisScoreStore, create_score_store
from streams.settings import Settings
from streams.topic_names import TopicNames

__all__ = ["RemovalRefused", "refuse_unless_idle", "remove"]


class RemovalRefused(UpscoreError):
    """The generation is in use; nothing was removed."""


def refuse_unless_idle(generation: int, found: Sequence[Standing], generations: Generations, partitions: int) -> None:
    """Return if a generation can go.

    Raises:
        RemovalRefused: it speaks, runs, is being switched from, or has yet to tell something.
    """
    speaker = generations.speaker
    here = next((each for each in found if each.generation == generation), None)
    if here is None:
        raise RemovalRefused(
            f"there is no generation {generation}: there are {', '.join([str(each.generation) for each in found])}"
        )
    if here.speaks:
        raise RemovalRefused(f"generation {generation} speaks: switch to another one first")
    if generation == speaker.before and len(generations.taken_by(speaker.epoch)) < partitions:
        raise RemovalRefused(
            f"the switch to generation {speaker.generation} is not finished: see `upscore rebuild status`"
        )
    if here.workers:
        raise RemovalRefused(f"{here.workers} workers of generation {generation} run: stop them first")


async def remove(settings: Settings) -> list[str]:
    """Remove everything of the generation that the settings name; the topics that are gone. May be repeated.

    Raises:
        UpscoreError: the broker or Redis cannot be reached, or refuses.
        KafkaError: the broker went away.
    """
    await _forget(settings)
    store = create_score_store(settings)
    try:
        if isinstance(store, RedisScoreStore):
            await store.remove_copy()
    finally:
        await store.close()
    with admin_client(settings) as client:
        names = set(own_topics(settings)) & set(client.list_topics())
        if names:
            client.delete_topics(sorted(names), timeout_ms=REQUEST_SECONDS * 1000)
        with suppress(GroupIdNotFoundError):
            client.delete_groups([settings.state_name])
    return sorted(names)


async def _forget(settings: Settings) -> None:
    """Take back what it said of itself."""
    producer = transactional_producer(settings, 0)
    outbox = Outbox()
    outbox.put(TopicNames.of(settings).generation, 0, Outgoing(about_key(settings.generation), None))
    try:
        await started(producer)
        await producer.begin_transaction()
        await outbox.send(producer)
        await producer.commit_transaction()
    finally:
        await closed(producer)
