"""A Redis that lost its data, while workers run and while none does, holds again what the scores topic says, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from streams.local import Addresses, OwnedStack
from tests.installation import Installation, Scores, installation, wait_until
from tests.traffic import rough_messages

RECORDS = 4_000
SECONDS = 90


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[str]:
    """A Redis that a test may empty; its URL."""
    with OwnedStack(tmp_path / "redis", broker="127.0.0.1:9") as owned:
        yield owned.addresses.redis_url


def held(redis: Redis, app: str) -> dict[str, dict[str, Any]]:
    """The scores in Redis by subject key."""
    prefix = f"{app}:score:"
    keys = list(redis.scan_iter(f"{prefix}*"))
    values = redis.mget(keys) if keys else []
    return {
        key.decode().removeprefix(prefix): json.loads(value)
        for key, value in zip(keys, values, strict=True)
        if value is not None
    }


def boards(redis: Redis, app: str) -> dict[str, dict[str, float]]:
    """Every leaderboard's members."""
    return {
        key.decode(): {member.decode(): value for member, value in redis.zrange(key, 0, -1, withscores=True)}
        for key in redis.scan_iter(f"{app}:leaderboard:*")
    }


def by_key(scores: Scores) -> dict[str, dict[str, Any]]:
    return {f"{subject}:{subject_id}": score for (subject, subject_id), score in scores.items()}


def assert_redis_says_what_the_topic_says(redis: Redis, line_: Installation) -> None:
    app, published = line_.settings.app, by_key(line_.published_scores())
    assert held(redis, app) == published
    expected = {f"{app}:leaderboard:rep:score": {}, f"{app}:leaderboard:rep:calls": {}}
    for key, score in published.items():
        if key.startswith("rep:"):
            for board, value in (
                ("score", score["score"]),
                ("calls", score["metrics"]["calls"]["windows"]["28d"]["value"]),
            ):
                if value is not None:
                    expected[f"{app}:leaderboard:rep:{board}"][key.removeprefix("rep:")] = value
    found = boards(redis, app)
    assert {name: found.get(name, {}) for name in expected} == expected


def test_a_redis_emptied_under_a_worker_or_without_one_is_filled_again(
    stack: Addresses, own_redis: str, tmp_path: Path
) -> None:
    with (
        installation(stack, tmp_path, "emptied", redis_url=own_redis) as line_,
        closing(Redis.from_url(own_redis)) as redis,
    ):
        app = line_.settings.app
        line_.produce(rough_messages(RECORDS, seed=61))
        worker = line_.start_worker()
        line_.wait_for_scores(line_.oracle_scores(), SECONDS)
        wait_until(lambda: held(redis, app) == by_key(line_.published_scores()), SECONDS, "Redis to have all")

        redis.flushall()  # under a running worker
        line_.produce(rough_messages(50, seed=62))
        line_.wait_for_scores(line_.oracle_scores(), SECONDS)
        wait_until(lambda: held(redis, app) == by_key(line_.published_scores()), SECONDS, "Redis to have all again")
        assert_redis_says_what_the_topic_says(redis, line_)

        assert worker.stop() == 0
        redis.flushall()  # while none runs: by the command, from the topic alone
        said = line_.command("redis", "rebuild").stdout.decode()
        assert said == f"{len(line_.published_scores())} subjects written, 0 removed, 0 cooldowns in force\n"
        assert_redis_says_what_the_topic_says(redis, line_)

        redis.flushall()  # and by a worker that starts
        line_.start_worker().wait_until_ready()
        wait_until(lambda: held(redis, app).keys() == by_key(line_.published_scores()).keys(), SECONDS, "all subjects")
        wait_until(lambda: held(redis, app) == by_key(line_.published_scores()), SECONDS, "Redis to have all once more")
        assert_redis_says_what_the_topic_says(redis, line_)


def stale(redis: Redis, app: str, subject_id: str) -> None:
    """As of a rep whose removal never reached Redis."""
    redis.copy(f"{app}:score:rep:r-1", f"{app}:score:rep:{subject_id}")
    redis.zadd(f"{app}:leaderboard:rep:score", {subject_id: 99.0})
    redis.hset(f"{app}:intervals:rep", subject_id, "[99, 98, 100]")


def test_subjects_that_exist_no_more_leave_redis(stack: Addresses, own_redis: str, tmp_path: Path) -> None:
    with (
        installation(stack, tmp_path, "vanished", redis_url=own_redis) as line_,
        closing(Redis.from_url(own_redis)) as redis,
    ):
        app = line_.settings.app
        line_.produce(rough_messages(RECORDS, seed=63))
        worker = line_.start_worker()
        line_.wait_for_scores(line_.oracle_scores(), SECONDS)
        wait_until(lambda: held(redis, app) == by_key(line_.published_scores()), SECONDS, "Redis to have all")
        assert worker.stop() == 0

        stale(redis, app, "gone-1")
        assert ", 1 removed, " in line_.command("redis", "rebuild").stdout.decode()
        assert_redis_says_what_the_topic_says(redis, line_)

        stale(redis, app, "gone-2")
        line_.start_worker().wait_until_ready()
        wait_until(lambda: "rep:gone-2" not in held(redis, app), SECONDS, "a worker to remove what exists no more")
        wait_until(lambda: held(redis, app) == by_key(line_.published_scores()), SECONDS, "Redis to have all")
        assert_redis_says_what_the_topic_says(redis, line_)


def test_without_a_redis_to_fill_the_command_says_what_is_missing(stack: Addresses, tmp_path: Path) -> None:
    with installation(stack, tmp_path, "nowhere") as line_:
        done = line_.command("redis", "rebuild", check=False)
        assert done.returncode == 1
        assert done.stderr.decode().startswith("upscore: UPSCORE_REDIS_URL is not set: expected redis://")
        refused = line_.command("redis", "rebuild", "--redis-url", "redis://:hush@127.0.0.1:9/0", check=False)
        assert refused.returncode == 1
        assert "Redis at 127.0.0.1:9" in refused.stderr.decode()
        assert "hush" not in refused.stderr.decode()
