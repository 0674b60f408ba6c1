"""What workers write to goes away and comes back."""

from __future__ import annotations

import json

import redis

from tests.faults.course import Course
from tests.faults.scenario import scenario
from tests.faults.workers import start_pair
from tests.installation import first_difference, wait_until


@scenario(
    "Redis killed with -9 and back: the stream goes on meanwhile, and Redis has the latest scores afterwards",
    own_stack=True,
)
def redis_away(course: Course) -> None:
    stack = course.own_stack
    assert stack is not None
    course.line.settings = course.line.settings.model_copy(update={"redis_url": stack.addresses.redis_url})
    start_pair(course)
    course.feed_until(lambda: course.sent >= len(course.messages) // 3, "a third of the traffic")
    stack.redis.kill()
    course.fault("killed Redis with -9")
    course.feed_until(lambda: course.sent >= len(course.messages) * 2 // 3, "another third")
    course.flush()
    course.line.wait_for_scores(course.line.oracle_scores(), 30)
    assert all(worker.get("/readyz")[0] == 200 for worker in course.running)
    course.note("the scores on Kafka are exact without Redis")
    stack.redis.start(for_life=True)
    stack.redis.wait_until_it_answers()
    course.note("Redis answers again")
    course.feed_rest()
    expected = course.line.oracle_scores()
    course.line.wait_for_scores(expected, 60)
    client = redis.Redis.from_url(stack.addresses.redis_url)

    def held_in_redis() -> str | None:
        found = {key: client.get(f"{course.line.settings.app}:score:{key[0]}:{key[1]}") for key in expected}
        return first_difference({key: json.loads(value) for key, value in found.items() if value}, expected)

    wait_until(lambda: held_in_redis() is None, 60, "Redis to have the latest scores")
    client.close()
    course.note("Redis has the latest scores")
