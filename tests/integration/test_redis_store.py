"""Score stores: one suite over all of them, and what only a real Redis can do: end, stall, lose its data."""

from __future__ import annotations

import asyncio
import json
import logging
import random
import uuid
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from streams.local import Addresses, OwnedStack
from streams.redis_store import RedisScoreStore
from streams.score_store import MemoryScoreStore, ScoresLost, ScoreStore, StoreUnavailable
from streams.store_writer import StoreWriter

SECONDS = 30.0
ELSEWHERE = "127.0.0.1:9"
"""Given as the address of a Kafka that is there already, so that only Redis is started."""


def score_of(
    subject_id: str, score: float | None = 50.0, *, subject: str = "rep", **values: float | None
) -> dict[str, Any]:
    """A score object with the given metrics, each with its 28-day value; every other window has another one."""
    return {
        "subject": subject,
        "id": subject_id,
        "team_id": None,
        "score": score,
        "low": None if score is None else score - 1 / 3,
        "high": None if score is None else score + 1 / 7,
        "metrics": {
            name: {"windows": {"7d": {"value": -1.0}, "28d": {"value": value}, "91d": {"value": -2.0}}}
            for name, value in values.items()
        },
    }


@pytest.fixture
def app() -> str:
    return f"test-{uuid.uuid4().hex[:8]}"


@pytest.fixture(params=["memory", "redis"])
def create_store(request: pytest.FixtureRequest, app: str) -> Callable[[], ScoreStore]:
    if request.param == "memory":
        return MemoryScoreStore
    addresses: Addresses = request.getfixturevalue("stack")
    return lambda: RedisScoreStore(addresses.redis_url, app)


class TestAnyStore:
    @staticmethod
    def run(create_store: Callable[[], ScoreStore], scenario: Callable[[ScoreStore], Awaitable[None]]) -> None:
        async def in_loop() -> None:
            store = create_store()
            try:
                await scenario(store)
            finally:
                await store.close()

        asyncio.run(in_loop())

    def test_what_was_put_is_got_with_every_digit(self, create_store: Callable[[], ScoreStore]):
        async def scenario(store: ScoreStore) -> None:
            score = score_of("r-1", 0.1 + 0.2, calls=1e-300, nps=-100.0, net_revenue=1e22)
            await store.put([score], [])
            assert await store.get("rep:r-1") == score
            assert await store.get("rep:r-2") is None

        self.run(create_store, scenario)

    def test_the_newest_put_wins_and_removed_subjects_are_gone(self, create_store: Callable[[], ScoreStore]):
        async def scenario(store: ScoreStore) -> None:
            await store.put([score_of("a", 1.0, calls=1.0), score_of("b", 2.0, calls=2.0, evaluation_wit=9.0)], [])
            await store.put([score_of("a", 3.0, calls=4.0)], ["rep:b", "rep:never-there", "team:neither"])
            await store.put([score_of("a", 3.0, calls=4.0)], ["rep:b"])
            assert await store.get("rep:a") == score_of("a", 3.0, calls=4.0)
            assert await store.get("rep:b") is None
            assert await store.leaderboard("rep", "score", 10) == [("a", 3.0)]
            assert await store.leaderboard("rep", "calls", 10) == [("a", 4.0)]
            assert await store.leaderboard("rep", "evaluation_wit", 10) == []

        self.run(create_store, scenario)

    def test_who_no_longer_has_a_value_leaves_the_leaderboard(self, create_store: Callable[[], ScoreStore]):
        async def scenario(store: ScoreStore) -> None:
            await store.put([score_of("a", 1.0, csat=0.9, evaluation_wit=80.0), score_of("b", 2.0, csat=0.8)], [])
            await store.put([score_of("a", None, csat=None)], [])
            assert await store.leaderboard("rep", "score", 10) == [("b", 2.0)]
            assert await store.leaderboard("rep", "csat", 10) == [("b", 0.8)]
            assert await store.leaderboard("rep", "evaluation_wit", 10) == []
            await store.put([score_of("a", 5.0, csat=1.0)], [])
            assert await store.leaderboard("rep", "csat", 10) == [("a", 1.0), ("b", 0.8)]

        self.run(create_store, scenario)

    def test_scores_stand_with_their_own_intervals_to_the_last_digit(self, create_store: Callable[[], ScoreStore]):
        async def scenario(store: ScoreStore) -> None:
            scores = [score_of("b", 0.1 + 0.2), score_of("a", 0.1 + 0.2), score_of("c", 61.4), score_of("d", 9.0)]
            await store.put([*scores, score_of("x", None), score_of("t", 99.0, subject="team")], [])
            shown = [(each["id"], each["score"], each["low"], each["high"]) for each in scores]
            assert sorted(await store.scored("rep")) == sorted(shown)
            assert [each.id for each in await store.scored("team")] == ["t"]
            assert await store.scored("territory") == []
            await store.put([score_of("c", None), score_of("a", 2.0)], ["rep:d", "rep:never-there", "team:t"])
            assert {each.id: each.score for each in await store.scored("rep")} == {"a": 2.0, "b": 0.1 + 0.2}
            assert await store.scored("team") == []

        self.run(create_store, scenario)

    def test_leaderboards_of_subjects_and_metrics_are_apart(self, create_store: Callable[[], ScoreStore]):
        async def scenario(store: ScoreStore) -> None:
            await store.put([score_of("x", 1.0, calls=7.0), score_of("x", 2.0, subject="team", calls=8.0)], [])
            assert await store.leaderboard("rep", "score", 10) == [("x", 1.0)]
            assert await store.leaderboard("team", "score", 10) == [("x", 2.0)]
            assert await store.leaderboard("team", "calls", 10) == [("x", 8.0)]
            assert await store.leaderboard("territory", "calls", 10) == []
            assert await store.leaderboard("rep", "emails", 10) == []

        self.run(create_store, scenario)

    def test_leaderboards_descend_and_equals_ascend_by_id_at_every_limit(self, create_store: Callable[[], ScoreStore]):
        drawn = random.Random(7)
        ids = [f"r-{number}" for number in range(30)] + ["é", "東京", "🙂", "\uffff", "Z", "a", "a b", "a\nb", "-", ":"]
        values = {subject_id: drawn.choice([-2.5, -0.0, 0.0, 1 / 3, 70.0, 70.00000000000001]) for subject_id in ids}
        expected = sorted(values.items(), key=lambda entry: (-entry[1], entry[0]))

        async def scenario(store: ScoreStore) -> None:
            await store.put([score_of(subject_id, value) for subject_id, value in values.items()], [])
            for limit in (*range(1, len(ids) + 2), 10_000):
                assert await store.leaderboard("rep", "score", limit) == expected[:limit]

        self.run(create_store, scenario)

    @pytest.mark.parametrize(
        "subject_id", ["a:b:c", "team:x", "line\nend", "東京 🙂", "%2F", "x" * 200, '"\\', " ", "*"]
    )
    def test_any_id_can_be_held(self, create_store: Callable[[], ScoreStore], subject_id: str):
        async def scenario(store: ScoreStore) -> None:
            await store.put([score_of(subject_id, 5.0), score_of("other", 4.0)], [])
            assert await store.get(f"rep:{subject_id}") == score_of(subject_id, 5.0)
            assert await store.leaderboard("rep", "score", 1) == [(subject_id, 5.0)]
            await store.put([], [f"rep:{subject_id}"])
            assert await store.get(f"rep:{subject_id}") is None
            assert await store.leaderboard("rep", "score", 9) == [("other", 4.0)]

        self.run(create_store, scenario)

    def test_more_than_a_batch_is_written_and_removed_whole(self, create_store: Callable[[], ScoreStore]):
        scores = [score_of(f"{number:04}", float(number), calls=float(number)) for number in range(1_234)]

        async def scenario(store: ScoreStore) -> None:
            await store.put(scores, [])
            assert len(await store.leaderboard("rep", "calls", 10_000)) == 1_234
            await store.put([score_of("new", 1.0)], [f"rep:{score['id']}" for score in scores[1:]])
            assert await store.leaderboard("rep", "calls", 10_000) == [("0000", 0.0)]
            assert await store.get("rep:1233") is None
            assert await store.get("rep:0000") == scores[0]

        self.run(create_store, scenario)

    def test_two_event_loops_may_use_one_store_at_the_same_time(self, create_store: Callable[[], ScoreStore]):
        async def scenario(store: ScoreStore) -> None:
            await store.put([score_of("a", 1.0)], [])

            async def elsewhere() -> list[tuple[str, float]]:
                try:
                    return await store.leaderboard("rep", "score", 10)
                finally:
                    await store.close()

            assert await asyncio.to_thread(asyncio.run, elsewhere()) == [("a", 1.0)]
            assert await store.leaderboard("rep", "score", 10) == [("a", 1.0)]

        self.run(create_store, scenario)

    def test_put_with_nothing_changes_nothing(self, create_store: Callable[[], ScoreStore]):
        async def scenario(store: ScoreStore) -> None:
            await store.put([], [])
            await store.put([score_of("a", 1.0)], [])
            await store.put([], [])
            assert await store.leaderboard("rep", "score", 10) == [("a", 1.0)]

        self.run(create_store, scenario)


def test_the_keys_are_as_documented_and_all_begin_with_the_app(stack: Addresses, app: str):
    async def write() -> None:
        store = RedisScoreStore(stack.redis_url, app)
        await store.put([score_of("r-1", 61.4, calls=5.0, csat=None), score_of("company", 50.0, subject="company")], [])
        await store.close()

    with closing(Redis.from_url(stack.redis_url)) as redis:
        before = set(redis.scan_iter())
        asyncio.run(write())
        made = {key.decode() for key in set(redis.scan_iter()) - before}
        mark = next(key for key in made if key.startswith(f"{app}:writer:"))
        assert made - {mark} == {
            f"{app}:score:rep:r-1",
            f"{app}:score:company:company",
            f"{app}:leaderboard:rep:score",
            f"{app}:leaderboard:rep:calls",
            f"{app}:leaderboard:company:score",
            f"{app}:intervals:rep",
            f"{app}:intervals:company",
            f"{app}:leaderboards:rep",
            f"{app}:leaderboards:company",
        }
        assert json.loads(redis.get(f"{app}:score:rep:r-1")) == score_of("r-1", 61.4, calls=5.0, csat=None)
        assert redis.zrevrange(f"{app}:leaderboard:rep:calls", 0, -1, withscores=True) == [(b"r-1", 5.0)]
        assert redis.ttl(mark) > 0


def test_a_batch_takes_one_command_a_leaderboard_not_one_a_subject(stack: Addresses, app: str):
    async def scenario() -> None:
        store = RedisScoreStore(stack.redis_url, app)
        scores = [score_of(f"r-{number}", 1.0, calls=2.0, csat=None) for number in range(400)]
        scores += [score_of(f"t-{number}", 1.0, subject="team", calls=2.0) for number in range(100)]
        await store.put(scores, [])
        with closing(Redis.from_url(stack.redis_url)) as redis:
            commands = redis.info("stats")["total_commands_processed"]
            await store.put(scores, [])
            assert redis.info("stats")["total_commands_processed"] - commands < 500 + 30
        await store.close()

    asyncio.run(scenario())


def test_two_apps_in_one_redis_do_not_meet(stack: Addresses, app: str):
    async def scenario() -> None:
        one, other = RedisScoreStore(stack.redis_url, app), RedisScoreStore(stack.redis_url, f"{app}-2")
        await one.put([score_of("a", 1.0)], [])
        await other.put([score_of("b", 2.0)], [])
        await other.put([], ["rep:a"])
        assert await one.leaderboard("rep", "score", 10) == [("a", 1.0)]
        assert await one.get("rep:a") is not None
        await one.close()
        await other.close()

    asyncio.run(scenario())


def test_leaderboards_that_another_worker_made_are_left_too(stack: Addresses, app: str):
    async def scenario() -> None:
        old, new = RedisScoreStore(stack.redis_url, app), RedisScoreStore(stack.redis_url, app)
        await new.put([score_of("z", 1.0)], [])
        await old.put([score_of("a", 1.0, evaluation_wit=90.0), score_of("b", 1.0, evaluation_wit=80.0)], [])
        # The reps moved to the new owner, and their only evaluations were deleted.
        await new.put([score_of("a", 1.0)], ["rep:b"])
        assert await new.leaderboard("rep", "evaluation_wit", 10) == []
        await old.close()
        await new.close()

    asyncio.run(scenario())


def test_a_refusal_of_redis_says_where_and_why(stack: Addresses, app: str):
    async def scenario() -> None:
        store = RedisScoreStore(stack.redis_url, app)
        with closing(Redis.from_url(stack.redis_url)) as redis:
            redis.set(f"{app}:leaderboard:rep:score", "of somebody else")
        with pytest.raises(StoreUnavailable, match=r"Redis at 127\.0\.0\.1:\d+: .*WRONGTYPE"):
            await store.put([score_of("a", 1.0)], [])
        await store.close()

    asyncio.run(scenario())


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[OwnedStack]:
    """A Redis that a test may kill."""
    with OwnedStack(tmp_path / "redis", broker=ELSEWHERE) as owned:
        yield owned


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(SECONDS):
        while not condition():  # noqa: ASYNC110 - conditions of many kinds
            await asyncio.sleep(0.005)


def writer_of(store: RedisScoreStore, everything: Callable[[], list[dict[str, Any]]], **options: float) -> StoreWriter:
    return StoreWriter(store, everything, first_pause_seconds=0.02, longest_pause_seconds=0.1, **options)


def test_scores_offered_while_redis_is_down_are_there_when_it_is_back(
    own_redis: OwnedStack, app: str, caplog: pytest.LogCaptureFixture
):
    async def scenario() -> None:
        store = RedisScoreStore(own_redis.addresses.redis_url, app)
        published = {name: score_of(name, 1.0) for name in ("a", "b", "c")}
        writer = writer_of(store, lambda: list(published.values()))
        writer.start()
        writer.offer(published.values())
        await until(lambda: writer.behind == 0)
        own_redis.redis.kill()
        published["a"] = score_of("a", 2.0)
        writer.offer([published["a"]])
        await until(lambda: writer.errors >= 3)
        del published["b"]
        writer.offer([], removed=["rep:b"])
        assert writer.failing
        own_redis.redis.start(for_life=True)
        await until(lambda: writer.behind == 0)
        assert await store.leaderboard("rep", "score", 10) == [("a", 2.0), ("c", 1.0)]
        await writer.stop()
        await store.close()

    with caplog.at_level(logging.WARNING, "streams.store_writer"):
        asyncio.run(scenario())
    assert len(caplog.records) == 2


def test_a_redis_emptied_between_two_writes_is_filled_again_by_itself(own_redis: OwnedStack, app: str):
    async def scenario() -> None:
        store = RedisScoreStore(own_redis.addresses.redis_url, app)
        published = [score_of(f"r-{number}", float(number)) for number in range(700)]
        writer = writer_of(store, lambda: published, check_seconds=0.05)
        writer.start()
        writer.offer(published)
        await until(lambda: writer.behind == 0)
        with closing(Redis.from_url(own_redis.addresses.redis_url)) as redis:
            redis.flushall()
            await until(lambda: redis.zcard(f"{app}:leaderboard:rep:score") == 700)
        assert writer.errors == 0
        await writer.stop()
        await store.close()

    asyncio.run(scenario())


def test_redis_that_lost_its_last_second_is_noticed(own_redis: OwnedStack, app: str):
    async def scenario() -> None:
        store = RedisScoreStore(own_redis.addresses.redis_url, app)
        await store.put([score_of("a", 1.0)], [])
        with closing(Redis.from_url(own_redis.addresses.redis_url)) as redis:
            mark = next(redis.scan_iter(f"{app}:writer:*"))
            before = redis.get(mark)
            await store.put([score_of("a", 2.0)], [])
            redis.set(mark, before)  # as after a crash that took the last batch with it
        with pytest.raises(ScoresLost):
            await store.put([score_of("b", 1.0)], [])
        assert await store.get("rep:b") is not None
        await store.put([], [])
        await store.close()

    asyncio.run(scenario())


def test_a_quick_restart_of_redis_is_no_error(own_redis: OwnedStack, app: str):
    async def scenario() -> None:
        store = RedisScoreStore(own_redis.addresses.redis_url, app)
        await store.put([score_of("a", 1.0)], [])
        own_redis.redis.stop()
        own_redis.redis.start(for_life=True)
        own_redis.redis.wait_until_it_answers()
        await store.put([score_of("b", 2.0)], [])
        assert await store.leaderboard("rep", "score", 10) == [("b", 2.0), ("a", 1.0)]
        await store.close()

    asyncio.run(scenario())


def test_a_redis_that_accepts_and_never_answers_does_not_hold_up_the_loop(app: str):
    async def scenario() -> None:
        async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read()
            writer.close()

        silent = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
        port = silent.sockets[0].getsockname()[1]
        store = RedisScoreStore(f"redis://:hunter2@127.0.0.1:{port}/0", app)
        writer = writer_of(store, list, timeout_seconds=0.1)
        writer.start()
        loop = asyncio.get_running_loop()
        longest = 0.0
        value = 0.0
        while writer.errors < 3:
            began = loop.time()
            value += 1.0
            writer.offer([score_of("a", value)])
            await asyncio.sleep(0)
            longest = max(longest, loop.time() - began)
        assert longest < 0.5
        assert writer.behind == 1
        await writer.stop()
        await store.close()
        silent.close()

    asyncio.run(scenario())


def test_an_absent_redis_is_reported_without_the_password(app: str, caplog: pytest.LogCaptureFixture):
    async def scenario() -> None:
        store = RedisScoreStore(f"redis://user:hunter2@{ELSEWHERE}/0", app)
        with pytest.raises(StoreUnavailable, match=r"Redis at 127\.0\.0\.1:9") as refused:
            await store.get("rep:a")
        assert "hunter2" not in f"{refused.value}"
        writer = writer_of(store, list)
        writer.start()
        writer.offer([score_of("a", 1.0)])
        await until(lambda: writer.errors >= 5)
        await writer.stop()
        await store.close()

    with caplog.at_level(logging.DEBUG):
        asyncio.run(scenario())
    assert [record.levelname for record in caplog.records if record.name == "streams.store_writer"] == ["WARNING"]
    assert "hunter2" not in caplog.text
