"""The broker hangs, dies, and tidies up."""

from __future__ import annotations

import os
import signal
import time

from tests.faults.administration import alter
from tests.faults.course import Course
from tests.faults.scenario import scenario
from tests.faults.workers import start_pair
from tests.installation import wait_until


@scenario("the broker stopped for longer than the session timeout, and continued", own_stack=True)
def broker_stopped(course: Course) -> None:
    start_pair(course)
    course.feed_for(course.rng.uniform(0.5, 3.0))
    assert course.own_stack is not None
    broker = course.own_stack.kafka.running()
    assert broker is not None
    os.kill(broker.pid, signal.SIGSTOP)
    course.fault("SIGSTOP to the broker")
    course.feed_for(course.line.settings.session_seconds + course.rng.uniform(2.0, 5.0))
    os.kill(broker.pid, signal.SIGCONT)
    course.note("SIGCONT to the broker")
    course.await_progress()
    course.feed_rest()


@scenario("the broker killed with -9 and started again on its folder", own_stack=True)
def broker_killed(course: Course) -> None:
    start_pair(course)
    course.feed_for(course.rng.uniform(0.5, 3.0))
    assert course.own_stack is not None
    kafka = course.own_stack.kafka
    kafka.kill()
    course.fault("killed the broker with -9")
    course.feed_for(course.rng.uniform(0.5, 4.0))
    kafka.start(for_life=True)
    kafka.wait_until_it_answers()
    course.note("the broker answers again")
    course.await_progress()
    course.feed_rest()


@scenario(
    "state and reference topics compacted to their newest rows, then all workers killed",
    own_stack=True,
    kafka_settings={"log.cleaner.backoff.ms": "500"},
)
def compaction(course: Course) -> None:
    state = f"{course.line.settings.app}-state"
    for topic in (state, f"{course.line.settings.app}-reference"):
        alter(
            course.line.settings,
            topic,
            **{
                "segment.ms": "500",
                "min.cleanable.dirty.ratio": "0.001",
                "max.compaction.lag.ms": "500",
                "min.compaction.lag.ms": "0",
                "delete.retention.ms": "100",
            },
        )
    start_pair(course)

    def is_compacted() -> bool:
        rows = list(course.line.read_all([state]))
        keys = {(row.partition(), row.key()) for row in rows}
        ends = {row.partition(): row.offset() + 1 for row in rows}
        return len(rows) < 1.15 * len(keys) and len(rows) < 0.9 * sum(ends.values())

    course.feed_until(lambda: course.sent >= len(course.messages) * 0.8, "most of the traffic")
    wait_until(is_compacted, 60, "the cleaner")
    course.fault("the state is compacted")
    since = time.monotonic()
    for worker in course.running:
        course.kill(worker)
    course.start()
    course.start()
    course.await_service(since=since)
    course.feed_rest()
