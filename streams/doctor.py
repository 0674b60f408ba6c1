"""Doctor: what is wrong with an installation, as far as it can be seen from outside the workers, and what to do."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any, Final, Literal
from urllib.request import urlopen

from kafka.admin import KafkaAdminClient
from kafka.errors import (
    CoordinatorLoadInProgressError,
    CoordinatorNotAvailableError,
    NotCoordinatorError,
)
from kafka.structs import TopicPartition

from schemas.topics import INPUTS
from streams import topic_admin
from streams.admin_client import BrokerUnreachable, admin_client
from streams.board.neighbours import addresses_told
from streams.broker_access import BrokerRefused
from streams.errors import UpscoreError
from streams.group_lag import behind, committed
from streams.redis_store import create_score_store
from streams.scorecard_file import load_scorecard
from streams.settings import PREFIX, Settings

__all__ = ["Finding", "examine"]

PATIENCE_SECONDS: Final = 12.0
"""How long positions of a group that is behind may stand still; workers commit them every few seconds."""
LOOK_EVERY_SECONDS: Final = 0.5
ANSWER_SECONDS: Final = 3.0
MARKER: Final = 1
"""How far behind a partition may seem for ever: the marker that ends a producer's transaction is no record."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        subject: what was looked at.
        status: `note` is worth knowing but no fault.
        text: what was found.
        remedy: what to do, empty if nothing.
    """

    subject: Literal["settings", "broker", "topics", "redis", "lag", "workers"]
    status: Literal["ok", "note", "wrong"]
    text: str
    remedy: str = ""


def examine(settings: Settings) -> Iterator[Finding]:
    """Every check in turn, as soon as its answer is known; no secret is in any text.

    Where the broker does not answer, what depends on it is left out.
    """
    yield _settings(settings)
    yield from _redis(settings)
    try:
        with admin_client(settings) as client:
            yield from _broker(settings, client)
            yield from _topics(settings)
            yield from _lag(settings, client)
            yield from _workers(settings, client)
    except (BrokerUnreachable, BrokerRefused) as error:
        text, _, remedy = str(error).rpartition(": ")
        yield Finding("broker", "wrong", text, remedy)
    except UpscoreError as error:
        yield Finding("broker", "wrong", str(error), "see the broker's log")


def _settings(settings: Settings) -> Finding:
    stated = [f"{variable}={value}" for variable, value in settings.stated().items()]
    try:
        scorecard = load_scorecard(settings.scorecard)
    except UpscoreError as error:
        return Finding("settings", "wrong", str(error), f"mend the file, or unset {PREFIX}SCORECARD")
    return Finding("settings", "ok", f"scorecard {scorecard.label}; {', '.join(stated) or 'all others are defaults'}")


def _redis(settings: Settings) -> Iterator[Finding]:
    if settings.redis_url is None:
        yield Finding("redis", "note", f"{PREFIX}REDIS_URL is not set: scores are in the workers' memory alone")
        return

    async def ask() -> None:
        store = create_score_store(settings)
        try:
            await store.get("company:company")
        finally:
            await store.close()

    try:
        asyncio.run(ask())
    except UpscoreError as error:
        yield Finding("redis", "wrong", str(error), f"start it, or mend {PREFIX}REDIS_URL")
    else:
        yield Finding("redis", "ok", "answers")


def _broker(settings: Settings, client: KafkaAdminClient) -> Iterator[Finding]:
    brokers = len(client.describe_cluster()["brokers"])
    text = f"{settings.broker} answers; {brokers} broker{'' if brokers == 1 else 's'}"
    if brokers < settings.replication:
        remedy = f"start more brokers, or set {PREFIX}REPLICATION={brokers}"
        yield Finding("broker", "wrong", f"{text}, but {PREFIX}REPLICATION is {settings.replication}", remedy)
    else:
        yield Finding("broker", "ok", text)


def _topics(settings: Settings) -> Iterator[Finding]:
    differences = topic_admin.verify(settings)
    for difference in differences:
        text, _, remedy = difference.rpartition(": ")
        yield Finding("topics", "wrong", text, remedy)
    if not differences:
        yield Finding("topics", "ok", "all are there, as declared")


def _lag(settings: Settings, client: KafkaAdminClient) -> Iterator[Finding]:
    """How far the group is behind on the inputs, and whether anybody is reading."""
    names = {topic_admin.topic_name(settings, spec) for spec in INPUTS}
    partitions = [
        TopicPartition(topic["name"], partition["partition_index"])
        for topic in client.describe_topics(sorted(names))
        for partition in topic["partitions"]
    ]
    if not partitions:
        return
    _await_coordinator(client, settings.state_name)
    members = _members(client, settings.state_name)
    before = behind(client, settings.state_name, partitions)
    text = f"group {settings.state_name!r}: {members} member{'' if members == 1 else 's'}, {sum(before.values())} records behind"
    if not members:
        remedy = "start `upscore worker`"
        yield Finding("lag", "wrong" if any(before.values()) else "note", f"{text}; no worker is running", remedy)
    elif stuck := _stuck(client, settings.state_name, before):
        places = ", ".join([f"{tp.topic}[{tp.partition}] by {before[tp]}" for tp in stuck])
        remedy = "ask each worker's /readyz what is in its way, and read its log; a restart loses nothing"
        yield Finding("lag", "wrong", f"{text}; positions stand still: {places}", remedy)
    else:
        yield Finding("lag", "ok", text)


def _workers(settings: Settings, client: KafkaAdminClient) -> Iterator[Finding]:
    """Whether several workers can ask each other, which their boards do."""
    told = addresses_told(client, settings.state_name)
    if len(told) < 2:  # noqa: PLR2004 - one has nobody to ask
        return
    addresses = sorted(address for address in told if address is not None)
    remedy = (
        f"set {PREFIX}HTTP_HOST and {PREFIX}HTTP_PORT, or {PREFIX}HTTP_URL, of each worker so that the others reach it"
    )
    shared = sorted({address for address in addresses if addresses.count(address) > 1})
    silent = {address: why for address in dict.fromkeys(addresses) if (why := _unreachable(address)) is not None}
    if shared:
        yield Finding("workers", "wrong", f"several say that they are reached at {', '.join(shared)}", remedy)
    elif silent:
        places = ", ".join([f"{address} ({why})" for address, why in silent.items()])
        yield Finding("workers", "note", f"seen from here, these do not answer: {places}", remedy)
    elif len(addresses) < len(told):
        yield Finding(
            "workers", "note", f"{len(told) - len(addresses)} of {len(told)} do not say where they are reached", remedy
        )
    else:
        yield Finding("workers", "ok", f"{len(addresses)} answer: {', '.join(addresses)}")


def _unreachable(address: str) -> str | None:
    """Why a worker does not answer; None where it does."""
    try:
        with urlopen(f"{address}/healthz", timeout=ANSWER_SECONDS):  # noqa: S310 - http or https, as the worker told it
            return None
    except (OSError, HTTPException, ValueError) as error:
        return str(error) or type(error).__name__


def _await_coordinator(client: KafkaAdminClient, group: str) -> None:
    """Return once the broker can speak of groups: a new one makes the topic for that when it is first asked."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            committed(client, group)
        except (CoordinatorNotAvailableError, CoordinatorLoadInProgressError, NotCoordinatorError):
            if time.monotonic() > deadline:
                raise
            time.sleep(LOOK_EVERY_SECONDS)
        else:
            return


def _members(client: KafkaAdminClient, group: str) -> int:
    return len(client.describe_groups([group])[group]["members"])


def _stuck(client: KafkaAdminClient, group: str, before: Mapping[Any, int]) -> list[Any]:
    """Partitions with records to read whose positions do not move while we look."""
    standing = {tp for tp, behind in before.items() if behind > MARKER}
    start = committed(client, group)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while standing and time.monotonic() < deadline:
        time.sleep(LOOK_EVERY_SECONDS)
        now = committed(client, group)
        standing = {tp for tp in standing if now.get(tp) == start.get(tp)}
    return sorted(standing)
