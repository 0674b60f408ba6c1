"""Topics that change under the workers' feet."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter

from schemas.topics import ACTIVITIES, DEAD_LETTERS, EVENTS
from tests.faults.administration import alter, delete_history, delete_topic, make_anew
from tests.faults.course import Course
from tests.faults.scenario import scenario
from tests.faults.workers import start_pair
from tests.installation import wait_until


@scenario("history that retention deleted while no worker ran: the gap is counted, the rest is exact")
def retention(course: Course) -> None:
    start_pair(course)
    course.feed_until(lambda: course.sent >= len(course.messages) // 2, "half of the traffic")
    course.witness()
    course.line.wait_for_scores(course.line.oracle_scores(), 60)
    course.await_caught_up()
    for worker in course.running:
        course.stop(worker)
    read = ends_of(course, EVENTS)
    course.feed(len(course.messages) // 4)
    course.flush()
    written = ends_of(course, EVENTS)
    gone = {number: (read.get(number, 0) + written[number]) // 2 for number in written}
    delete_history(course.line.settings, course.line.settings.topic_prefix + EVENTS, gone)
    missing = sum(offset - read.get(number, 0) for number, offset in gone.items())
    course.fault(f"retention deleted {missing} events that no worker had read")
    since = time.monotonic()
    course.start()
    course.await_service(since=since, feeding=False)
    counted = lambda: sum(course.running[0].metric("upscore_gap_records_total").values())  # noqa: E731
    wait_until(lambda: counted() == missing, 30, f"a gap of {missing} to be counted")
    course.feed_rest()


@scenario("a source topic deleted and made anew: its offsets start again")
def topic_anew(course: Course) -> None:
    start_pair(course)
    course.feed_until(lambda: course.sent >= len(course.messages) // 2, "half of the traffic")
    course.witness()
    course.line.wait_for_scores(course.line.oracle_scores(), 60)
    course.await_caught_up()
    if course.seed % 2:
        for worker in course.running:
            course.stop(worker)
    topic = course.line.settings.topic_prefix + ACTIVITIES
    delete_topic(course.line.settings, topic)
    course.fault(f"deleted {ACTIVITIES} while {len(course.running)} workers ran")
    make_anew(course.line.settings, ACTIVITIES)
    course.note("made it anew")
    course.feed(len(course.messages) // 16)  # fewer than before: one that outgrew the old one is in test_lane.py
    course.flush()
    since = time.monotonic()
    if not course.running:
        course.start()
        course.start()
    course.await_service(since=since, feeding=False)

    def is_said() -> bool:
        return any("it was made anew" in worker.log.read_text() for worker in course.line.workers)

    wait_until(is_said, 30, "a worker to notice")
    course.feed_rest()


@scenario(
    "another number of partitions: refused at the start, in one line", in_cut=True, options={"traffic": {"count": 500}}
)
def partition_count(course: Course) -> None:
    course.feed_rest()
    refused = subprocess.run(
        [sys.executable, "-m", "streams", "worker"],
        env=course.line.environment | {"UPSCORE_PARTITIONS": "6"},
        cwd=course.folder,
        capture_output=True,
        check=False,
        timeout=60,
    )
    said = refused.stderr.decode()
    course.fault(f"a worker with 6 partitions: {said.strip()}")
    assert refused.returncode == 1, refused
    assert said.count("\n") == 1, said
    assert "has 4 partitions, expected 6 (UPSCORE_PARTITIONS)" in said
    course.start()
    course.await_service(feeding=False)


@scenario("a dead-letter topic that takes nothing, or is deleted, for a while")
def dead_letters(course: Course) -> None:
    start_pair(course)
    course.flush()
    course.await_caught_up()
    settings = course.line.settings
    topic = settings.topic_prefix + DEAD_LETTERS
    letters = Counter((letter.key(), letter.value()) for letter in course.line.dead_letters())
    deleted = course.seed % 2 == 0
    if deleted:
        delete_topic(settings, topic)
    else:
        alter(settings, topic, **{"max.message.bytes": "128"})  # a marker of a transaction must still fit
    course.fault("the dead-letter topic " + ("is deleted" if deleted else "takes nothing"))
    course.feed_until(lambda: any(worker.get("/readyz")[0] == 503 for worker in course.running), "a worker not ready")
    course.note("a worker is not ready")
    course.feed_for(5)
    course.check_nobody_died()
    if deleted:
        make_anew(settings, DEAD_LETTERS)
        course.letters_gone = letters + course.letters_gone
    else:
        alter(settings, topic, **{"max.message.bytes": "10485760"})
    course.note("mended")
    course.await_service()
    course.feed_rest()


@scenario("two producers of the same records with different partitioners", in_cut=True)
def two_partitioners(course: Course) -> None:
    start_pair(course)
    course.feed(len(course.messages) // 2)
    since = time.monotonic()
    course.kill(course.rng.choice(course.running))
    course.start()
    course.await_service(since=since)
    course.feed_rest()
    course.note("the same again, each record by the other partitioner")
    course.swap_producers()
    course.sent, sent = 0, course.sent
    course.rng.seed(course.seed)
    course.feed_until(lambda: course.sent >= len(course.messages), "the traffic to end")
    course.sent += sent
    course.fault("every record came twice, most of them by either partitioner")


def ends_of(course: Course, topic: str) -> dict[int, int]:
    """Where each partition of an input ends."""
    ends: dict[int, int] = {}
    for message in course.line.read_all([course.line.settings.topic_prefix + topic]):
        ends[message.partition()] = message.offset() + 1
    return ends
