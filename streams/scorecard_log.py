"""Scorecard log: every scorecard that went into force, with its text, on a compacted topic that keeps all of them.

A worker that speaks with another one than the last on the topic adds it. Its key is its place and its digest: workers that begin
at the same time with the same file write the same key, so it stands there once.
"""

from __future__ import annotations

import asyncio
import getpass
import logging
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, NamedTuple

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from scoring.kpi import BY_NAME
from scoring.scorecard import InvalidScorecard, Scorecard, parse
from streams.as_of import known_at
from streams.broker_security import client_arguments
from streams.codec import from_json, to_json
from streams.errors import UpscoreError
from streams.kafka_clients import read_topics
from streams.scorecard_file import scorecard_text
from streams.settings import Settings
from streams.topic_names import TopicNames

log = logging.getLogger(__name__)

_NOBODY = "unknown"
_TRIES = 5
_PAUSE_SECONDS = 1.0
"""A broker that starts anew is back by then."""


class InForce(NamedTuple):
    """One that went into force; the fields are those of `schemas.scorecard_in_force`."""

    place: int
    scorecard: str
    digest: str
    author: str
    since: datetime
    toml: str

    def parsed(self) -> Scorecard:
        """The scorecard itself.

        Raises:
            UpscoreError: this version of upscore does not take it.
        """
        try:
            return parse(self.toml, frozenset(BY_NAME))
        except InvalidScorecard as error:
            raise UpscoreError(
                f"scorecard {self.scorecard} ({self.digest[:12]}), in force since {self.since.isoformat()}, is none for this "
                f"upscore: {error}"
            ) from error


async def read_log(settings: Settings) -> list[InForce]:
    """Every scorecard that went into force, in order; of those written at the same time with the same content, the first.

    Raises:
        TopicMismatch: the topic is missing.
        KafkaError: the broker went away.
    """
    found: dict[bytes, InForce] = {}
    async for messages in read_topics(settings, [TopicNames.of(settings).scorecards]):
        for message in messages:
            if message.value is not None:
                told = from_json(message.value)
                told["since"] = datetime.fromisoformat(told["since"])
                found.setdefault(message.key, InForce(**{name: told[name] for name in InForce._fields}))
    return sorted(found.values(), key=lambda entry: entry.place)


def in_force_at(entries: Sequence[InForce], moment: datetime) -> InForce | None:
    """The last that went into force by a moment; before all of them the first, which is the oldest known; None without any."""
    by_then = [entry for entry in entries if entry.since <= moment]
    return by_then[-1] if by_then else next(iter(entries), None)


def note_in_force(settings: Settings, scorecard: Scorecard) -> InForce | None:
    """Write down that a worker speaks with the settings' scorecard; what was written, None where it is in force already.

    Raises:
        UpscoreError: the topic cannot be read or written.
    """
    text = scorecard_text(settings.scorecard)
    for left in reversed(range(_TRIES)):
        try:
            return asyncio.run(_note(settings, scorecard, text))
        except KafkaError as error:
            if not left:
                raise UpscoreError(
                    f"cannot write down which scorecard goes into force, on {settings.broker}: {error}; is it running, and may "
                    f"workers write {TopicNames.of(settings).scorecards}?"
                ) from error
            time.sleep(_PAUSE_SECONDS)
    return None


async def _note(settings: Settings, scorecard: Scorecard, text: str) -> InForce | None:
    entries, digest = await read_log(settings), digest_of(text)
    if entries and entries[-1].digest == digest:
        return None
    for entry in entries:
        if entry.scorecard == scorecard.label and entry.digest != digest:
            log.warning(
                "scorecard %s is another one than %s that went into force on %s: scores by the two cannot be told apart by name; "
                "give it a new version",
                scorecard.label,
                scorecard.label,
                entry.since.isoformat(),
            )
            break
    place = entries[-1].place + 1 if entries else 1
    since = datetime.fromisoformat(known_at())
    new = InForce(place, scorecard.label, digest, scorecard.author or _user(), since, text)
    await _send(settings, new)
    log.info("scorecard %s (%s) goes into force", scorecard.label, digest[:12])
    return new


async def _send(settings: Settings, entry: InForce) -> None:
    producer = AIOKafkaProducer(
        bootstrap_servers=settings.broker.split(","),
        client_id=f"{settings.app}-scorecards",
        acks="all",
        enable_idempotence=True,
        max_request_size=16_000_000,
        **client_arguments(settings),
    )
    await producer.start()
    try:
        key = f"{entry.place}:{entry.digest}".encode()
        told = {"type": "ScorecardInForce", **told_of(entry)}
        await producer.send_and_wait(TopicNames.of(settings).scorecards, to_json(told), key)
    finally:
        await producer.stop()


def told_of(entry: InForce) -> dict[str, Any]:
    """An entry as an object of JSON."""
    since = entry.since.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return entry._asdict() | {"since": since}


def digest_of(text: str) -> str:
    """What tells one content from another.

    >>> digest_of("name = 'a'")[:12]
    '35630599e91e'
    """
    return sha256(text.encode()).hexdigest()


def _user() -> str:
    """The user that this process runs as, where the system knows a name for it."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return _NOBODY
