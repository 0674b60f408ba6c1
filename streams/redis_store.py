"""Redis as a score store, for any program that reads scores without a worker.

Keys, all beginning with the application's name:

- `<app>:score:<subject>:<id>`: the score object as JSON;
- `<app>:leaderboard:<subject>:<metric>`: a sorted set of ids by score or 28-day value; who has no value is not in it;
- `<app>:intervals:<subject>`: a hash, by id the score with its interval as JSON, `[score, low, high]`, for who has one;
- `<app>:leaderboards:<subject>`: the set of metrics that have a leaderboard;
- `<app>:cooldown:<rule>:<id>`: the alert by which a drop was told, for as long as it should not be told again (`cooldowns.py`);
- `<app>:writer:<writer>`: the last batch of a writer, by which it sees that Redis has lost some;
- the channel `<app>:changes`: what each batch has changed (`changes.py`).

What each holds, who writes it and how long it lasts, for those who read it: docs/redis.md.
"""

from __future__ import annotations

import asyncio
import math
import time
import uuid
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, get_args
from weakref import WeakKeyDictionary

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from schemas.score import Subject
from streams.changes import changes_message, channel_of
from streams.codec import from_json, to_json
from streams.cooldowns import Cooldown
from streams.leaderboard import ScoredSubject
from streams.redis_connection import certificates, place_of
from streams.score_store import (
    BATCH_SUBJECTS,
    LEADERBOARD_WINDOW,
    MemoryScoreStore,
    ScoresLost,
    ScoreStore,
    StoreUnavailable,
)
from streams.settings import Settings

_MARK_SECONDS: Final = 3600
"""How long a writer's mark outlives it. A writer that was silent for longer writes everything anew: no harm."""

_TOP: Final = """
local top = redis.call('ZREVRANGE', KEYS[1], 0, ARGV[1] - 1, 'WITHSCORES')
if #top == 0 then return {top, {}} end
return {top, redis.call('ZRANGEBYSCORE', KEYS[1], top[#top], top[#top], 'LIMIT', 0, ARGV[1])}
"""
"""The greatest, and the first by id of those that equal the last of them: Redis orders equals the other way round."""

Rows = dict[str, Mapping[str, float | None]]
"""Leaderboard values by metric, by a subject's id; empty for a removed subject."""


def create_score_store(settings: Settings) -> ScoreStore:
    """The store that the settings name: Redis, or memory where `redis_url` is unset.

    Raises:
        SettingsError: `redis_url` is not a URL of a Redis, or the file of certificates cannot be read.
    """
    if not settings.redis_url:
        return MemoryScoreStore()
    return RedisScoreStore(settings.redis_url, settings.app, ca_file=settings.redis_ca_file)


class RedisScoreStore:
    """Scores and leaderboards of all workers in one Redis (6 or newer; Valkey too).

    Args:
        url: `redis://[[user]:password@]host:port/db`, `rediss://…` for TLS or `unix://…`; never shown in a message.
        app: name of the installation, before every key.
        timeout_seconds: how long connecting, and each answer, may take.
        ca_file: certificates that a `rediss://` server's must be signed by; None: those that this machine trusts.

    Raises:
        SettingsError: the URL is none of a Redis, or `ca_file` cannot be read.
    """

    def __init__(self, url: str, app: str, timeout_seconds: float = 5.0, ca_file: str | None = None) -> None:
        """Connects when first used."""
        self._tls: dict[str, Any] = {} if ca_file is None else {"ssl_ca_certs": certificates(ca_file)}
        self._url = url
        self._app = app
        self._timeout_seconds = timeout_seconds
        self._place = place_of(url)
        # A connection belongs to the event loop that opened it, and both the worker's and the web server's loop ask.
        self._clients: WeakKeyDictionary[asyncio.AbstractEventLoop, Redis] = WeakKeyDictionary()
        self._boards: dict[str, frozenset[str]] = {}
        self._mark = f"{app}:writer:{uuid.uuid4().hex}"
        self._last_batch: bytes | None = None
        self._cooldowns: dict[str, Cooldown] = {}
        self._unwritten: dict[str, None] = {}
        """Keys of cooldowns that Redis does not have, as far as is known."""

    async def put(self, scores: Sequence[dict[str, Any]], removed: Sequence[str]) -> None:
        """Writes in batches of at most 500 subjects, one round trip each. One task at a time may put."""
        lost = False
        for start in range(0, max(len(scores) + len(removed), 1), BATCH_SUBJECTS):
            end = start + BATCH_SUBJECTS
            kept = scores[start:end]
            gone = removed[max(start - len(scores), 0) : max(end - len(scores), 0)]
            lost |= not await self._put_batch(kept, gone)
        if lost:
            self._unwritten = dict.fromkeys(self._cooldowns)
            raise ScoresLost(f"Redis at {self._place} has lost scores (was it emptied, or restarted without its data?)")

    async def get(self, subject_key: str) -> dict[str, Any] | None:
        """Decodes what was put."""
        async with self._client() as client:
            held = await client.get(f"{self._app}:score:{subject_key}")
        return None if held is None else from_json(held)

    async def leaderboard(self, subject: str, metric: str, limit: int) -> list[tuple[str, float]]:
        """Reads the sorted set in one round trip."""
        async with self._client() as client:
            board = f"{self._app}:leaderboard:{subject}:{metric}"
            top, ties = await client.eval(_TOP, 1, board, limit)
        entries = [(member.decode(), float(value)) for member, value in zip(top[::2], top[1::2], strict=True)]
        if not entries:
            return []
        least = entries[-1][1]
        above = sorted((-value, subject_id) for subject_id, value in entries if value != least)
        return [(subject_id, -value) for value, subject_id in above] + [
            (member.decode(), least) for member in ties[: len(entries) - len(above)]
        ]

    async def scored(self, subject: str) -> list[ScoredSubject]:
        """Reads one hash, of which every field was written at once: no score stands beside another one's interval."""
        async with self._client() as client:
            held: Any = await client.hgetall(f"{self._app}:intervals:{subject}")
        return [ScoredSubject(subject_id.decode(), *from_json(value)) for subject_id, value in held.items()]

    async def subjects(self) -> set[str]:
        """Looks through the whole keyspace, a thousand keys a round trip, and through the intervals."""
        prefix = f"{self._app}:score:"
        async with self._client() as client:
            found = {key.decode().removeprefix(prefix) async for key in client.scan_iter(f"{prefix}*", count=1000)}
            for kind in get_args(Subject):
                ids: Any = await client.hkeys(f"{self._app}:intervals:{kind}")
                found.update(f"{kind}:{subject_id.decode()}" for subject_id in ids)
        return found

    def cool_down(self, cooldowns: Iterable[Cooldown]) -> None:
        """Holds them until they end, to write them again if Redis loses them."""
        now = time.time()
        self._cooldowns = {key: held for key, held in self._cooldowns.items() if held.until > now}
        for cooldown in cooldowns:
            if cooldown.until > now and cooldown.key not in self._cooldowns:
                self._cooldowns[cooldown.key] = cooldown
                self._unwritten[cooldown.key] = None

    async def close(self) -> None:
        """Closes this event loop's connections; the next use opens new ones."""
        client = self._clients.pop(asyncio.get_running_loop(), None)
        if client is not None:
            await client.aclose()

    async def _put_batch(self, scores: Sequence[dict[str, Any]], removed: Sequence[str]) -> bool:
        """Writes a batch; whether the writer's earlier ones are still there."""
        kinds = _rows_by_kind(scores, removed)
        boards = {kind: self._boards.get(kind, frozenset()).union(*rows.values()) for kind, rows in kinds.items()}
        # Unknown until the answer: a failed write may have reached Redis or not.
        last_batch, self._last_batch = self._last_batch, None
        this_batch = uuid.uuid4().hex.encode()
        cooldowns = [self._cooldowns[key] for key in self._unwritten if key in self._cooldowns]
        async with self._client() as client:
            pipe = client.pipeline(transaction=False)
            pipe.get(self._mark)
            for kind in kinds:
                pipe.smembers(f"{self._app}:leaderboards:{kind}")
            for score in scores:
                pipe.set(f"{self._app}:score:{score['subject']}:{score['id']}", to_json(score))
            for key in removed:
                pipe.delete(f"{self._app}:score:{key}")
            self._put_intervals(pipe, scores, removed)
            for kind, rows in kinds.items():
                self._rank(pipe, kind, boards[kind], rows)
            self._write_cooldowns(pipe, cooldowns)
            if scores or removed:
                pipe.publish(channel_of(self._app), changes_message(scores, removed))
            pipe.set(self._mark, this_batch, ex=_MARK_SECONDS)
            replies = await pipe.execute()
            for kind, members in zip(kinds, replies[1:], strict=False):
                # Boards of free-text criteria that another worker, or an earlier run, has made.
                others = frozenset(member.decode() for member in members) - boards[kind]
                if others:
                    boards[kind] |= others
                    pipe = client.pipeline(transaction=False)
                    self._rank(pipe, kind, others, kinds[kind])
                    await pipe.execute()
        self._boards |= boards
        self._last_batch = this_batch
        for cooldown in cooldowns:
            self._unwritten.pop(cooldown.key, None)
        # This very batch stands there when the connection broke after the first try.
        return last_batch is None or replies[0] in {last_batch, this_batch}

    def _write_cooldowns(self, pipe: Any, cooldowns: Iterable[Cooldown]) -> None:
        now = time.time()
        for cooldown in cooldowns:
            seconds = math.ceil(cooldown.until - now)
            if seconds > 0:
                pipe.set(f"{self._app}:{cooldown.key}", cooldown.value, ex=seconds, nx=True)

    def _put_intervals(self, pipe: Any, scores: Sequence[dict[str, Any]], removed: Sequence[str]) -> None:
        held: dict[str, dict[str, bytes]] = {}
        gone: dict[str, list[str]] = {}
        for score in scores:
            kind, subject_id = score["subject"], score["id"]
            if score["score"] is None:
                gone.setdefault(kind, []).append(subject_id)
            else:
                row = to_json([score["score"], score["low"], score["high"]])
                held.setdefault(kind, {})[subject_id] = row
        for key in removed:
            kind, _, subject_id = key.partition(":")
            gone.setdefault(kind, []).append(subject_id)
        for kind, rows in held.items():
            pipe.hset(f"{self._app}:intervals:{kind}", mapping=rows)
        for kind, ids in gone.items():
            pipe.hdel(f"{self._app}:intervals:{kind}", *ids)

    def _rank(self, pipe: Any, kind: str, boards: Iterable[str], rows: Rows) -> None:
        """Adds each subject to the leaderboards where it has a value, and takes it off the others."""
        names = sorted(boards)
        if any(rows.values()):
            pipe.sadd(f"{self._app}:leaderboards:{kind}", *names)
        for metric in names:
            board = f"{self._app}:leaderboard:{kind}:{metric}"
            values = {subject_id: row.get(metric) for subject_id, row in rows.items()}
            ranked = {subject_id: value for subject_id, value in values.items() if value is not None}
            if ranked:
                pipe.zadd(board, ranked)
            if len(ranked) < len(values):
                pipe.zrem(board, *(values.keys() - ranked.keys()))

    @asynccontextmanager
    async def _client(self) -> AsyncIterator[Redis]:
        """This event loop's client; what goes wrong with it is a `StoreUnavailable`."""
        loop = asyncio.get_running_loop()
        client = self._clients.get(loop)
        if client is None:
            client = Redis.from_url(
                self._url,
                **self._tls,
                socket_timeout=self._timeout_seconds,
                socket_connect_timeout=self._timeout_seconds,
                # Once more at once, for a connection that Redis has closed meanwhile; waiting is the writer's business.
                retry=Retry(NoBackoff(), 1),
            )
            self._clients[loop] = client
        try:
            yield client
        except (RedisError, OSError) as error:
            raise StoreUnavailable(f"Redis at {self._place}: {type(error).__name__}: {error}") from error


def _rows_by_kind(scores: Sequence[dict[str, Any]], removed: Sequence[str]) -> dict[str, Rows]:
    kinds: dict[str, Rows] = {}
    for score in scores:
        row = {name: figure["windows"][LEADERBOARD_WINDOW]["value"] for name, figure in score["metrics"].items()}
        kinds.setdefault(score["subject"], {})[score["id"]] = {"score": score["score"], **row}
    for key in removed:
        kind, _, subject_id = key.partition(":")
        kinds.setdefault(kind, {})[subject_id] = {}
    return kinds
