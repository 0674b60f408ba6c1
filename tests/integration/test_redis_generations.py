"""Two generations in one Redis: a copy each, of which readers see one, renamed all at once."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from contextlib import closing

import pytest
from redis import Redis

from streams.local import Addresses
from streams.redis_store import RedisScoreStore
from streams.redis_voice import SWAP, RedisVoice
from tests.integration.test_redis_store import score_of

Scenario = Callable[[RedisScoreStore, RedisScoreStore, Redis], Awaitable[None]]


@pytest.fixture
def app() -> str:
    return f"generations-{uuid.uuid4().hex}"


def play(stack: Addresses, app: str, scenario: Scenario) -> None:
    """A store of each of two generations, of which the first one speaks and both have written, and Redis itself."""

    async def in_loop() -> None:
        one, two = (RedisScoreStore(stack.redis_url, app, generation=number) for number in (1, 2))
        try:
            for store, value in ((one, 10.0), (two, 20.0)):
                await store.put([score_of("r-1", value, calls=5.0), score_of("r-2", value + 1.0)], [])
                store.say_whole([0, 1])
                await store.put([], [])
            with closing(Redis.from_url(stack.redis_url, decode_responses=True)) as redis:
                await scenario(one, two, redis)
        finally:
            for store in (one, two):
                await store.close()

    asyncio.run(in_loop())


def board(redis: Redis, app: str) -> list[tuple[str, float]]:
    return redis.zrange(f"{app}:leaderboard:rep:score", 0, -1, withscores=True)


OF_ONE, OF_TWO = [("r-1", 10.0), ("r-2", 11.0)], [("r-1", 20.0), ("r-2", 21.0)]


async def switch(one: RedisScoreStore, two: RedisScoreStore, epoch: int) -> bool:
    """Let the second of them speak."""
    one.spoken_since, two.spoken_since = None, epoch
    return await two.speak(epoch, partitions=2, before=1)


def test_a_switch_and_one_back_change_all_keys_of_readers_and_lose_none(stack: Addresses, app: str) -> None:
    async def scenario(one: RedisScoreStore, two: RedisScoreStore, redis: Redis) -> None:
        assert board(redis, app) == OF_ONE
        before = set(redis.scan_iter(f"{app}:*"))
        assert await switch(one, two, 1)
        assert board(redis, app) == OF_TWO
        assert redis.get(f"{app}:voice") == "1:2"
        assert await two.get("rep:r-2") == await one.get("rep:r-2") == score_of("r-2", 21.0)
        assert await switch(two, one, 2)
        assert board(redis, app) == OF_ONE
        assert set(redis.scan_iter(f"{app}:*")) == before

    play(stack, app, scenario)


def test_a_silent_generation_writes_its_own_copy_before_and_after_a_switch(stack: Addresses, app: str) -> None:
    async def scenario(one: RedisScoreStore, two: RedisScoreStore, redis: Redis) -> None:
        await two.put([score_of("r-1", 22.0)], ["rep:r-2"])
        assert board(redis, app) == OF_ONE
        one.spoken_since = None
        await one.put([score_of("r-1", 12.0)], [])  # it has ceased to speak, and readers still see it: no mixture
        assert board(redis, app) == [("r-2", 11.0), ("r-1", 12.0)]
        assert await switch(one, two, 1)
        assert board(redis, app) == [("r-1", 22.0)]
        await one.put([score_of("r-1", 13.0), score_of("r-3", 14.0)], [])
        assert board(redis, app) == [("r-1", 22.0)]
        assert await one.subjects() == {"rep:r-1", "rep:r-2", "rep:r-3"}
        assert await switch(two, one, 2)
        assert board(redis, app) == [("r-2", 11.0), ("r-1", 13.0), ("r-3", 14.0)]

    play(stack, app, scenario)


def test_what_is_not_wholly_written_is_not_shown(stack: Addresses, app: str) -> None:
    async def scenario(one: RedisScoreStore, two: RedisScoreStore, redis: Redis) -> None:
        redis.srem(f"{app}:g2:written", "1")
        assert not await switch(one, two, 1)
        assert board(redis, app) == OF_ONE
        two.whole_told = frozenset({0})
        await two.put([], [])
        assert await switch(one, two, 1)
        assert board(redis, app) == OF_TWO

    play(stack, app, scenario)


def test_a_switch_that_was_made_is_not_made_again_nor_an_older_one(stack: Addresses, app: str) -> None:
    async def scenario(one: RedisScoreStore, two: RedisScoreStore, redis: Redis) -> None:
        assert await switch(one, two, 3)
        assert await two.speak(3, partitions=2, before=1)
        assert await one.speak(2, partitions=2, before=2)
        assert board(redis, app) == OF_TWO

    play(stack, app, scenario)


class Meanwhile(RedisVoice):
    """Something happens once, between a writer's look for its place and its writing."""

    def __init__(self, app: str, generation: int, what: Callable[[], object]) -> None:
        super().__init__(app, generation)
        self._waiting = [what]

    @property
    def word(self) -> str | None:
        while self._waiting:
            self._waiting.pop()()
        return super().word


def test_a_batch_that_is_on_its_way_at_the_switch_goes_to_the_copy(stack: Addresses, app: str) -> None:
    async def scenario(one: RedisScoreStore, two: RedisScoreStore, redis: Redis) -> None:
        one.voice = Meanwhile(app, 1, lambda: redis.eval(SWAP, 1, f"{app}:voice", app, "2", "1", "2", "1"))
        await one.put([score_of("r-1", 13.0)], [])
        assert board(redis, app) == OF_TWO
        assert redis.zscore(f"{app}:g1:leaderboard:rep:score", "r-1") == 13.0
        assert await switch(two, one, 2)
        assert board(redis, app) == [("r-2", 11.0), ("r-1", 13.0)]

    play(stack, app, scenario)


def test_whatever_is_written_meanwhile_a_board_is_of_one_generation(stack: Addresses, app: str) -> None:
    async def scenario(one: RedisScoreStore, two: RedisScoreStore, redis: Redis) -> None:
        async def many(store: RedisScoreStore, value: float) -> None:
            for nth in range(60):
                await store.put([score_of(f"r-{number}", value + nth / 100, calls=1.0) for number in range(1, 3)], [])

        writing = [asyncio.create_task(many(one, 10.0)), asyncio.create_task(many(two, 20.0))]
        speaker, other, seen = one, two, []
        for epoch in range(1, 9):
            await asyncio.sleep(0.01)
            speaker, other = other, speaker
            assert await switch(other, speaker, epoch)
            seen.append(board(redis, app))
            assert {value // 10 for _, value in seen[-1]} == {2.0 if speaker is two else 1.0}, seen
        await asyncio.gather(*writing)
        assert {value // 10 for _, value in board(redis, app)} == {1.0}

    play(stack, app, scenario)


def test_an_emptied_redis_is_filled_by_the_one_that_speaks(stack: Addresses, app: str) -> None:
    async def scenario(one: RedisScoreStore, two: RedisScoreStore, redis: Redis) -> None:
        assert await switch(one, two, 1)
        redis.delete(*redis.scan_iter(f"{app}:*"))
        for store, value in ((one, 10.0), (two, 20.0)):
            with pytest.raises(Exception, match="has lost scores"):
                await store.put([score_of("r-1", value)], [])
        assert board(redis, app) == [("r-1", 20.0)]
        assert redis.get(f"{app}:voice") == "1:2"
        assert redis.zrange(f"{app}:g1:leaderboard:rep:score", 0, -1) == ["r-1"]

    play(stack, app, scenario)


def test_changes_are_told_of_what_readers_see_alone_and_a_copy_can_be_removed(stack: Addresses, app: str) -> None:
    async def scenario(one: RedisScoreStore, two: RedisScoreStore, redis: Redis) -> None:
        listener = redis.pubsub(ignore_subscribe_messages=True)
        listener.subscribe(f"{app}:changes")
        listener.get_message(timeout=1)
        await two.put([score_of("r-1", 23.0)], [])
        await one.put([score_of("r-1", 13.0)], [])
        heard = listener.get_message(timeout=5)
        assert heard is not None
        assert '"score":13.0' in heard["data"]
        listener.close()
        await two.remove_copy()
        assert list(redis.scan_iter(f"{app}:g2:*")) == []
        assert board(redis, app) == [("r-2", 11.0), ("r-1", 13.0)]

    play(stack, app, scenario)
