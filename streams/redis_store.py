"""Redis as a score store, for any program that reads scores without a worker.

Keys, all beginning with the application's name:

- `<app>:score:<subject>:<id>`: the score object as JSON;
- `<app>:leaderboard:<subject>:<metric>`: a sorted set of ids by score or 28-day value; who has no value is not in it;
- `<app>:intervals:<subject>`: a hash, by id the score with its interval as JSON, `[score, low, high]`, for who has one;
- `<app>:leaderboards:<subject>`: the set of metrics that have a leaderboard;
- `<app>:cooldown:<rule>:<id>`: the alert by which a drop was told, for as long as it should not be told again (`cooldowns.py`);
- `<app>:writer:<writer>`: the last batch of a writer, by which it sees that Redis has lost some;
- `<app>:voice`, `…:written` and `…:g<generation>:…`: whose scores these are, copies of others (`redis_voice.py`);
- the channel `<app>:changes`: what each batch has changed (`changes.py`).

What each holds, who writes it and how long it lasts, for those who read it: docs/redis.md.
"""

from __future__ import annotations

import asyncio
import math
import time
import uuid
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
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
from streams.redis_batch import TOP, RedisBatch, Rows, put_intervals, rank, rows_by_kind
from streams.redis_connection import certificates, place_of
from streams.redis_voice import LOOK, SWAP, WRITE, WRITTEN, RedisVoice
from streams.score_store import BATCH_SUBJECTS, MemoryScoreStore, ScoresLost, ScoreStore, StoreUnavailable
from streams.settings import Settings

_MARK_SECONDS: Final = 3600
"""How long a writer's mark outlives it. A writer that was silent for longer writes everything anew: no harm."""

_TRIES: Final = 3
"""Times that a batch is tried at once, where readers see another generation before it is written."""

_NOT_HERE: Final = b""
"""No mark of a batch."""


def create_score_store(settings: Settings, *, whoever_speaks: bool = False) -> ScoreStore:
    """The store that the settings name: Redis, or memory where `redis_url` is unset.

    A silent generation's is apart from what readers see, unless `whoever_speaks`.

    Raises:
        SettingsError: `redis_url` is not a URL of a Redis, or the file of certificates cannot be read.
    """
    if not settings.redis_url:
        return MemoryScoreStore()
    of = None if whoever_speaks else settings.generation
    return RedisScoreStore(settings.redis_url, settings.app, ca_file=settings.redis_ca_file, generation=of)


class RedisScoreStore:
    """Scores and leaderboards of all workers in one Redis (6 or newer; Valkey too).

    Args:
        url: `redis://[[user]:password@]host:port/db`, `rediss://…` for TLS or `unix://…`; never shown in a message.
        app: name of the installation, before every key.
        timeout_seconds: how long connecting, and each answer, may take.
        ca_file: certificates that a `rediss://` server's must be signed by; None: those that this machine trusts.
        generation: of the state whose scores are written; None: whichever readers see.

    Raises:
        SettingsError: the URL is none of a Redis, or `ca_file` cannot be read.
    """

    def __init__(
        self,
        url: str,
        app: str,
        timeout_seconds: float = 5.0,
        ca_file: str | None = None,
        *,
        generation: int | None = None,
    ) -> None:
        """Connects when first used."""
        self.voice = RedisVoice(app, generation)
        self.whole_told: frozenset[int] = frozenset()
        """Partitions of which Redis is known to say that they are wholly written."""
        self._whole: frozenset[int] = frozenset()
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

    @property
    def spoken_since(self) -> int | None:
        """As `streams.redis_voice.RedisVoice` has it."""
        return self.voice.spoken_since

    @spoken_since.setter
    def spoken_since(self, epoch: int | None) -> None:
        self.voice.spoken_since = epoch

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
            self._whole = self.whole_told = frozenset()
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
            top, ties = await client.eval(TOP, 1, board, limit)
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
        async with self._client() as client:
            asked: Any = client.eval(LOOK, 2, self.voice.key, self._mark, *self.voice.look_arguments([]))
            place = (await asked)[0].decode()
            prefix = f"{place}score:"
            found = {key.decode().removeprefix(prefix) async for key in client.scan_iter(f"{prefix}*", count=1000)}
            for kind in get_args(Subject):
                ids: Any = await client.hkeys(f"{place}intervals:{kind}")
                found.update(f"{kind}:{subject_id.decode()}" for subject_id in ids)
        return found

    def say_whole(self, partitions: Iterable[int]) -> None:
        """Partitions are wholly written: says so with the next batch, if nothing was lost by then."""
        self._whole = frozenset(partitions)

    async def speak(self, epoch: int, partitions: int, before: int) -> bool:
        """Renames everything in one script, of which readers see nothing but the end."""
        voice = self.voice
        async with self._client() as client:
            asked: Any = client.eval(
                SWAP, 1, voice.key, self._app, str(voice.generation), str(epoch), str(partitions), str(before)
            )
            return bool(await asked)

    async def remove_copy(self) -> None:
        """Forgets the copy that readers do not see, a thousand keys a round trip."""
        async with self._client() as client:
            keys = [key async for key in client.scan_iter(f"{self.voice.own}*", count=1000)]
            for start in range(0, len(keys), 1000):
                await client.unlink(*keys[start : start + 1000])

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
        kinds = rows_by_kind(scores, removed)
        # Unknown until the answer: a failed write may have reached Redis or not.
        last_batch, self._last_batch = self._last_batch, None
        this_batch = uuid.uuid4().hex.encode()
        async with self._client() as client:
            for _ in range(_TRIES):
                known = {last_batch, this_batch}
                if (seen := await self._try_batch(client, scores, removed, kinds, known, this_batch)) is not _NOT_HERE:
                    break
            else:
                raise StoreUnavailable(f"Redis at {self._place}: who speaks changes faster than scores are written")
        self._last_batch = this_batch
        return last_batch is None or seen in {last_batch, this_batch}  # this very one, if it is a second try

    async def _try_batch(
        self,
        client: Redis,
        scores: Sequence[dict[str, Any]],
        removed: Sequence[str],
        kinds: Mapping[str, Rows],
        known: Collection[bytes | None],
        this_batch: bytes,
    ) -> bytes | None:
        """Writes a batch all at once; the mark of the last one, or `_NOT_HERE` if nothing is written.

        That is so where readers saw another generation between the look and the writing: its place is another one now.
        """
        voice = self.voice
        looked: Any = client.eval(LOOK, 2, voice.key, self._mark, *voice.look_arguments(list(kinds)))
        place, said, mark, *members = await looked
        prefix, mark = place.decode(), mark or None
        # Of free-text criteria another worker, or an earlier run, may have made boards.
        boards = {
            kind: self._boards.get(kind, frozenset()).union([board.decode() for board in there], *rows.values())
            for (kind, rows), there in zip(kinds.items(), members, strict=True)
        }
        batch = RedisBatch()
        for score in scores:
            batch.put("SET", f"{prefix}score:{score['subject']}:{score['id']}", to_json(score))
        for key in removed:
            batch.put("DEL", f"{prefix}score:{key}")
        put_intervals(batch, prefix, scores, removed)
        for kind, rows in kinds.items():
            rank(batch, prefix, kind, boards[kind], rows)
        cooldowns = [self._cooldowns[key] for key in self._unwritten if key in self._cooldowns]
        self._write_cooldowns(batch, cooldowns)
        if (scores or removed) and prefix == voice.readers:
            batch.put("PUBLISH", channel_of(self._app), changes_message(scores, removed))
        whole = self._whole if mark in known and mark is not None else frozenset()
        if whole - self.whole_told:
            batch.put("SADD", prefix + WRITTEN, *map(str, whole))
        if voice.word is not None:
            batch.put("SET", voice.key, voice.word, "NX")
        batch.put("SET", self._mark, this_batch, "EX", str(_MARK_SECONDS))
        written: Any = client.eval(WRITE, 1, voice.key, said, *batch.words)
        if not await written:
            return _NOT_HERE
        self._boards |= boards
        self.whole_told = whole
        for cooldown in cooldowns:
            self._unwritten.pop(cooldown.key, None)
        return mark

    def _write_cooldowns(self, batch: RedisBatch, cooldowns: Iterable[Cooldown]) -> None:
        now = time.time()
        for cooldown in cooldowns:
            seconds = math.ceil(cooldown.until - now)
            if seconds > 0:
                batch.put("SET", f"{self._app}:{cooldown.key}", cooldown.value, "EX", str(seconds), "NX")

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
