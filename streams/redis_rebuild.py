"""Redis rebuild: fills a Redis from the compacted scores topic and the alerts, with or without workers.

Workers fill a Redis that lost its data by themselves, as soon as they notice. This is for when none runs, and for a Redis that
holds what no worker knows of any longer.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.codec import from_json
from streams.cooldowns import cooldowns_of, in_force
from streams.kafka_clients import partitions_of, read_on, read_topics, reader
from streams.score_store import BATCH_SUBJECTS, ScoresLost, ScoreStore
from streams.settings import Settings
from streams.topic_names import TopicNames

__all__ = ["Rebuilt", "rebuild"]

_ROUNDS = 50
"""Scores that workers publish meanwhile are written in further rounds, each far shorter than the last."""

_Newest = dict[str, bytes | None]


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What was done: subjects written, subjects removed that exist no more, cooldowns in force."""

    written: int
    removed: int
    cooldowns: int


async def rebuild(settings: Settings, store: ScoreStore, cooldown_days: int) -> Rebuilt:
    """Makes a store hold the newest score of every subject on the topic, no other subject, and the cooldowns in force.

    Workers may run meanwhile: a score is on the topic before it is in a store, so what they wrote during a round is read in
    the next one, until nothing is new.

    Raises:
        UpscoreError: a topic is missing, or the store cannot be reached.
    """
    names = TopicNames.of(settings)
    now = time.time()
    alerts = [each async for batch in read_topics(settings, [names.alerts]) for each in batch if each.value is not None]
    told = cooldowns_of((from_json(alert.value) for alert in alerts), cooldown_days)
    held_back = in_force(told, now)
    store.cool_down(held_back)
    async with _standing_at_the_beginning(settings, names.scores) as (consumer, partitions):
        newest: _Newest = {}
        await _read(consumer, partitions, newest)
        held = await store.subjects()
        await _read(consumer, partitions, newest)  # all that was held then is on the topic now
        removed = [key for key in held if newest.get(key) is None]
        written = await _write(store, newest | dict.fromkeys(removed))
        for _ in range(_ROUNDS):
            fresh: _Newest = {}
            await _read(consumer, partitions, fresh)
            if not fresh:
                break
            await _write(store, fresh)
    return Rebuilt(written, len(removed), len(held_back))


@asynccontextmanager
async def _standing_at_the_beginning(
    settings: Settings, topic: str
) -> AsyncIterator[tuple[AIOKafkaConsumer, list[TopicPartition]]]:
    async with reader(settings, []) as consumer:
        partitions = await partitions_of(consumer, [topic], settings.broker)
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        yield consumer, partitions


async def _read(consumer: AIOKafkaConsumer, partitions: list[TopicPartition], newest: _Newest) -> None:
    async for messages in read_on(consumer, partitions):
        newest.update((message.key.decode(), message.value) for message in messages)


async def _write(store: ScoreStore, newest: Mapping[str, bytes | None]) -> int:
    """Writes what there is and removes what is None; how many were written."""
    keys = list(newest)
    written = 0
    for start in range(0, max(len(keys), 1), BATCH_SUBJECTS):  # once with nothing: cooldowns are written too
        some = {key: newest[key] for key in keys[start : start + BATCH_SUBJECTS]}
        scores = [from_json(value) for value in some.values() if value is not None]
        try:
            await store.put(scores, [key for key, value in some.items() if value is None])
        except ScoresLost:  # emptied while we write: begin again, with all of it
            return await _write(store, newest)
        written += len(scores)
    return written
