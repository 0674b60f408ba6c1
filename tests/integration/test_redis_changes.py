"""What a real Redis tells and holds beside scores: changes on a channel, cooldowns, and the least rights that all of it needs."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from redis.client import PubSub
from redis.exceptions import NoPermissionError

from streams.cooldowns import Cooldown
from streams.local import Addresses, OwnedStack
from streams.redis_store import RedisScoreStore
from streams.score_store import ScoresLost, StoreUnavailable
from streams.store_writer import StoreWriter
from tests.compose_file import ROOT
from tests.integration.test_redis_store import ELSEWHERE, score_of, until

DAY = 86_400.0


@pytest.fixture
def app() -> str:
    return f"test-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def redis(stack: Addresses) -> Iterator[Redis]:
    with closing(Redis.from_url(stack.redis_url)) as client:
        yield client


def listening(redis: Redis, app: str) -> PubSub:
    listener = redis.pubsub()
    listener.subscribe(f"{app}:changes")
    assert listener.get_message(timeout=10)["type"] == "subscribe"
    return listener


def next_change(listener: PubSub) -> list[dict[str, Any]]:
    message = listener.get_message(ignore_subscribe_messages=True, timeout=10)
    assert message is not None, "nothing was told within 10 s"
    return json.loads(message["data"])


def cooldown(alert: bytes, *, since: float = 0.0, days: float = 14, subject_id: str = "r-1") -> Cooldown:
    """Told so many seconds ago."""
    told = time.time() - since
    return Cooldown(f"cooldown:SalesRepScoreDropped:{subject_id}", alert, told, told + days * DAY)


def test_listeners_are_told_what_a_batch_changed_and_find_it_written(stack: Addresses, redis: Redis, app: str) -> None:
    async def put(scores: list[dict[str, Any]], removed: list[str]) -> None:
        store = RedisScoreStore(stack.redis_url, app)
        await store.put(scores, removed)
        await store.close()

    with closing(listening(redis, app)) as listener:
        scored = score_of("r-1", 61.5, calls=1.0) | {"as_of": "2026-03-31"}
        unscored = score_of("t", None, subject="team") | {"as_of": "2026-03-31"}
        asyncio.run(put([scored, unscored], ["rep:a:b"]))
        assert next_change(listener) == [
            {
                "subject": "rep",
                "id": "r-1",
                "score": 61.5,
                "low": scored["low"],
                "high": scored["high"],
                "as_of": "2026-03-31",
            },
            {"subject": "team", "id": "t", "score": None, "low": None, "high": None, "as_of": "2026-03-31"},
            {"subject": "rep", "id": "a:b", "removed": True},
        ]
        assert json.loads(redis.get(f"{app}:score:rep:r-1"))["score"] == 61.5
        asyncio.run(put([], []))
        asyncio.run(put([score_of("r-2", 1.0)], []))
        assert [change["id"] for change in next_change(listener)] == ["r-2"], (
            "a look that changes nothing tells nothing"
        )


def test_other_installations_are_not_heard(stack: Addresses, redis: Redis, app: str) -> None:
    async def put(name: str) -> None:
        store = RedisScoreStore(stack.redis_url, name)
        await store.put([score_of(name, 1.0)], [])
        await store.close()

    with closing(listening(redis, app)) as listener:
        asyncio.run(put(f"{app}-2"))
        asyncio.run(put(app))
        assert [change["id"] for change in next_change(listener)] == [app]


def test_a_cooldown_names_the_alert_that_began_it_until_it_ends(stack: Addresses, redis: Redis, app: str) -> None:
    async def scenario() -> None:
        one, other = RedisScoreStore(stack.redis_url, app), RedisScoreStore(stack.redis_url, app)
        one.cool_down([cooldown(b"first", since=DAY)])
        await one.put([], [])
        one.cool_down([cooldown(b"second")])
        await one.put([], [])
        other.cool_down([cooldown(b"third"), cooldown(b"of another", subject_id="r-2")])
        await other.put([score_of("x", 1.0)], [])
        await one.close()
        await other.close()

    asyncio.run(scenario())
    key = f"{app}:cooldown:SalesRepScoreDropped:r-1"
    assert redis.get(key) == b"first"
    assert 0 <= 13 * DAY - redis.ttl(key) + 1 < 60
    assert redis.get(f"{app}:cooldown:SalesRepScoreDropped:r-2") == b"of another"


def test_what_is_over_begins_no_cooldown(stack: Addresses, redis: Redis, app: str) -> None:
    async def scenario() -> None:
        store = RedisScoreStore(stack.redis_url, app)
        store.cool_down([cooldown(b"old", since=15 * DAY)])
        await store.put([], [])
        await store.close()

    asyncio.run(scenario())
    assert list(redis.scan_iter(f"{app}:cooldown:*")) == []


def test_cooldowns_that_redis_did_not_take_or_lost_are_written_again(stack: Addresses, redis: Redis, app: str) -> None:
    async def scenario() -> None:
        store = RedisScoreStore(stack.redis_url, app)
        await store.put([score_of("a", 1.0)], [])
        key = f"{app}:cooldown:SalesRepScoreDropped:r-1"
        redis.set(f"{app}:leaderboard:rep:score", "of somebody else")
        store.cool_down([cooldown(b"alert")])
        with pytest.raises(StoreUnavailable):
            await store.put([score_of("b", 1.0)], [])
        redis.delete(*redis.scan_iter(f"{app}:*"))
        await store.put([], [])
        assert redis.get(key) == b"alert"
        redis.delete(*redis.scan_iter(f"{app}:*"))
        with pytest.raises(ScoresLost):
            await store.put([], [])
        await store.put([], [])
        assert redis.get(key) == b"alert"
        await store.close()

    asyncio.run(scenario())


def test_a_writer_without_scores_to_write_takes_a_cooldown_over_at_once(
    stack: Addresses, redis: Redis, app: str
) -> None:
    async def scenario() -> None:
        store = RedisScoreStore(stack.redis_url, app)
        writer = StoreWriter(store, list, check_seconds=3600)
        writer.start()
        writer.offer([score_of("a", 1.0)])
        await until(lambda: writer.behind == 0)
        store.cool_down([cooldown(b"alert")])
        writer.write_now()
        await until(lambda: redis.get(f"{app}:cooldown:SalesRepScoreDropped:r-1") == b"alert")
        await writer.stop()
        await store.close()

    asyncio.run(scenario())


def test_subjects_are_all_that_are_held_of_this_installation(stack: Addresses, redis: Redis, app: str) -> None:
    async def scenario() -> None:
        store, other = RedisScoreStore(stack.redis_url, app), RedisScoreStore(stack.redis_url, f"{app}-2")
        ids = ["a", "a:b", "東京 🙂", "line\nend", "*", *(f"r-{number}" for number in range(1500))]
        await store.put([score_of(each, 1.0) for each in ids] + [score_of("t", None, subject="team")], [])
        await other.put([score_of("elsewhere", 1.0)], [])
        redis.delete(f"{app}:score:rep:a")  # thrown away by somebody: it still stands among the intervals
        assert await store.subjects() == {"team:t", *(f"rep:{each}" for each in ids)}
        await store.close()
        await other.close()

    asyncio.run(scenario())


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[OwnedStack]:
    with OwnedStack(tmp_path / "redis", broker=ELSEWHERE) as owned:
        yield owned


def documented_rights(user: str) -> list[str]:
    """What docs/redis.md grants a user: the line of its session that begins so."""
    page = (ROOT / "docs" / "redis.md").read_text("utf-8")
    (line,) = [line for line in page.splitlines() if line.startswith(f"ACL SETUSER {user} ")]
    return line.split()


def test_the_documented_rights_are_enough_for_workers_and_let_readers_only_read(
    own_redis: OwnedStack, app: str
) -> None:
    url = own_redis.addresses.redis_url
    with closing(Redis.from_url(url)) as admin:
        for user in ("upscore", "reader"):
            admin.execute_command(*documented_rights(user))

    def as_user(user: str) -> Redis:
        return Redis.from_url(url, username=user, password="change-me")  # noqa: S106 - the page's own words

    async def scenario() -> None:
        scheme, place = url.split("://")
        store = RedisScoreStore(f"{scheme}://upscore:change-me@{place}", "upscore")
        store.cool_down([cooldown(b"alert")])
        await store.put([score_of("r-1", 50.0, calls=2.0)], ["rep:gone"])
        await store.put([score_of("r-1", 51.0, evaluation_wit=2.0)], [])
        assert await store.get("rep:r-1") is not None
        assert await store.subjects() == {"rep:r-1"}
        assert await store.leaderboard("rep", "score", 3) == [("r-1", 51.0)]
        assert await store.scored("rep")
        await store.close()
        foreign = RedisScoreStore(f"{scheme}://upscore:change-me@{place}", app)
        with pytest.raises(StoreUnavailable, match="NoPermission"):
            await foreign.put([score_of("r-1", 50.0)], [])
        await foreign.close()

    asyncio.run(scenario())
    with closing(as_user("reader")) as reader:
        assert json.loads(reader.get("upscore:score:rep:r-1"))["score"] == 51.0
        assert reader.zrevrange("upscore:leaderboard:rep:score", 0, 9) == [b"r-1"]
        with closing(listening(reader, "upscore")):
            pass
        for refused in (
            lambda: reader.set("upscore:score:rep:r-1", "mine"),
            lambda: reader.publish("upscore:changes", "[]"),
            lambda: reader.get("other:key"),
            reader.flushall,
        ):
            with pytest.raises(NoPermissionError):
                refused()
