"""Workers that die, hang, come and go."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from schemas.topics import REFERENCE
from tests.faults.course import Course
from tests.faults.scenario import scenario
from tests.installation import WorkerProcess

POINTS = ("computed", "sent", "committed", "fenced", "scored")
MOST_WORKERS = 4


def start_pair(course: Course) -> None:
    """Two workers that serve all partitions, and traffic."""
    course.start()
    course.start()
    course.await_service(feeding=False)
    course.ready_seconds.clear()  # a first start is no fault
    course.feed_for(course.rng.uniform(0.2, 1.0))


@scenario("kill -9 at random moments, another worker started soon after", runs=20, in_cut=True)
def kills(course: Course) -> None:
    start_pair(course)
    for _ in range(3):
        course.feed_for(course.rng.uniform(0.1, 2.0))
        since = time.monotonic()
        course.kill(course.rng.choice(course.running))
        course.feed_for(course.rng.uniform(0.0, 2.0))
        course.start()
        if course.rng.random() < 0.5:  # else the next one falls into the recovery
            course.await_service(since=since)
    course.await_service(since=since)
    course.feed_rest()


@scenario("kill -9 at fault points, between sending and committing among them", runs=20, in_cut=True)
def fault_points(course: Course) -> None:
    first = course.seed % len(POINTS)
    course.start()
    for point in (POINTS[first], POINTS[(first + 1) % len(POINTS)]):
        after = course.rng.randint(1, 2 if point in ("fenced", "scored") else 12)
        worker = course.start(FAULT_POINT=point, FAULT_AFTER=after)
        course.await_own_kill(worker)
    since = time.monotonic()
    course.start()
    course.await_service(since=since)
    course.feed_rest()


@scenario("SIGTERM and a new worker, three times")
def restarts(course: Course) -> None:
    start_pair(course)
    for _ in range(3):
        since = time.monotonic()
        course.stop(course.rng.choice(course.running))
        course.await_service(since=since)
        course.start()
        course.feed_for(course.rng.uniform(0.5, 2.0))
    course.await_service()
    course.feed_rest()


@scenario("joins and leaves, up to four workers", runs=20, in_cut=True)
def joins_and_leaves(course: Course) -> None:
    start_pair(course)
    for _ in range(6):
        workers = course.running
        if len(workers) == 1 or (len(workers) < MOST_WORKERS and course.rng.random() < 0.6):
            course.start()
            course.faults += 1
        else:
            course.stop(course.rng.choice(workers))
        course.feed_for(course.rng.uniform(0.1, 1.5))
    course.await_service()
    course.feed_rest()


@scenario("SIGSTOP at a random moment past the session timeout, and back", runs=20)
def zombies(course: Course) -> None:
    start_pair(course)
    course.feed_for(course.rng.uniform(0.1, 2.0))
    resume(course, course.running[course.rng.randrange(2)])


@scenario("SIGSTOP between sending and committing, past the session timeout, and back", in_cut=True)
def zombie_in_the_act(course: Course) -> None:
    course.start()
    course.await_service(feeding=False)
    course.ready_seconds.clear()
    worker = course.start(FAULT_POINT="sent", FAULT_AFTER=course.rng.randint(6, 12), FAULT_ACTION="stop")
    course.await_own_stop(worker)
    resume(course, worker, paused=True)


def resume(course: Course, worker: WorkerProcess, *, paused: bool = False) -> None:
    """Let a worker sleep until others serve its partitions and a while longer, then let it go on."""
    since = time.monotonic()
    if not paused:
        course.pause(worker)
    course.await_service(since=since)
    course.feed_for(course.rng.uniform(0.5, 2.0))
    course.go_on(worker)
    course.await_service()
    course.feed_rest()


@scenario("all workers killed, new ones on an empty disk")
def empty_disk(course: Course) -> None:
    start_pair(course)
    course.feed_for(course.rng.uniform(1.0, 4.0))
    for worker in course.running:
        course.kill(worker)
    folder = course.folder / "new-disk"
    folder.mkdir()
    course.note("the new workers' folder is empty")
    since = time.monotonic()
    for _ in range(2):
        course.start(TMPDIR=folder)
    course.await_service(since=since)
    course.feed_rest()


@scenario("one frame in twenty lost between fetcher and lane", in_cut=True)
def frames_lost(course: Course) -> None:
    course.start(LOSE_SHARE=0.05)
    course.await_service(feeding=False)
    course.ready_seconds.clear()
    course.fault("frames are lost from now on")
    course.feed_until(lambda: course.sent >= len(course.messages), "the traffic to end")


@scenario(
    "kill -9 in the middle of a move of 200 reps to another team",
    in_cut=True,
    options={"traffic": {"reps": 300, "days": 40}},
)
def team_move(course: Course) -> None:
    course.start()
    course.feed_rest()
    armed = course.folder / "armed"
    worker = course.start(FAULT_POINT="rerouted", FAULT_AFTER=course.rng.randint(1, 3), FAULT_ARMED_BY=armed)
    course.await_service(feeding=False)
    course.ready_seconds.clear()
    reps = sorted({key.decode() for topic, key, _ in course.messages if topic == REFERENCE and key.startswith(b"r-")})
    assert len(reps) >= 200
    course.note(f"{len(reps)} reps move to team t-new")
    armed.touch()
    course.send_reference(
        {"type": "rep", "id": rep, "updated_at": "2025-12-01T00:00:00Z", "team_id": "t-new"} for rep in reps
    )
    course.await_own_kill(worker)
    since = time.monotonic()
    course.kill(course.running[0])
    course.start()
    course.await_service(since=since, feeding=False)


@scenario(
    "kill -9 at midnight, while everybody is re-scored",
    in_cut=True,
    options={
        "clock": "wall",
        "traffic": {"start": datetime.now(UTC).date() - timedelta(days=110), "days": 100, "reps": 200},
    },
)
def midnight(course: Course) -> None:
    turned = course.folder / "turned"
    course.start(FAULT_DAY_BEFORE=turned)
    worker = course.start(
        FAULT_DAY_BEFORE=turned, FAULT_POINT="scored", FAULT_AFTER=course.rng.randint(1, 4), FAULT_ARMED_BY=turned
    )
    course.feed_rest()
    course.await_service(feeding=False)
    course.ready_seconds.clear()
    turned.touch()
    course.note("the day turns")
    course.await_own_kill(worker)
    since = time.monotonic()
    course.start(FAULT_DAY_BEFORE=turned)
    course.await_service(since=since, feeding=False)
    course.as_of = datetime.now(UTC).date()
