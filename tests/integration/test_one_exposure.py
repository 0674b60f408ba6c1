"""A subject is exported by one worker at a time, whatever becomes of them; and of the dead one's partitions the lag is told."""

from __future__ import annotations

import json
import threading
from contextlib import AbstractContextManager
from pathlib import Path

from schemas.topics import ACTIVITIES
from streams.local import Addresses
from tests.installation import Installation, WorkerProcess, installation, wait_until
from tests.side_thread import side_thread

REPS = 40
SESSION = 6.0


def calls(first: int, count: int) -> list[tuple[str, bytes, bytes]]:
    """Calls of all reps in turn."""
    return [
        (
            ACTIVITIES,
            f"c-{n}".encode(),
            json.dumps(
                {
                    "type": "activity",
                    "id": f"c-{n}",
                    "updated_at": "2025-06-02T10:00:00Z",
                    "rep_id": f"r-{n % REPS}",
                    "kind": "call",
                    "occurred_at": "2025-06-02T09:00:00Z",
                }
            ).encode(),
        )
        for n in range(first, first + count)
    ]


def exported(worker: WorkerProcess) -> set[str]:
    """The reps that a worker exports now; nobody if it does not answer."""
    try:
        return set(worker.metric("sales_rep_info"))
    except OSError:
        return set()


class Watcher:
    """Scrapes one worker after the other, over and over, and counts who exports whom.

    A scrape tells of a moment between its begin and its end, and on a busy machine these lie seconds apart: two scrapes that show
    the same rep may tell of a hand-over. Exported twice is what one worker shows before and after the other one shows it.
    """

    def __init__(self, line_: Installation) -> None:
        self.line = line_
        self.rounds = 0
        self.doubled: list[set[str]] = []
        self.newest: list[set[str]] = []
        self._stopping = threading.Event()

    def watch(self) -> None:
        while not self._stopping.is_set():
            before = self.newest
            shown = [exported(worker) if worker.runs else set() for worker in list(self.line.workers)]
            for place, again in enumerate(shown[: len(before)]):
                self.doubled.extend(twice for other in before[place + 1 :] if (twice := before[place] & other & again))
            self.newest = shown
            self.rounds += 1

    def shares(self, workers: int) -> bool:
        """Whether so many workers export some, and all reps are exported."""
        newest = self.newest
        return len(set().union(*newest)) == REPS and sum(map(bool, newest)) == workers

    def watching(self) -> AbstractContextManager[None]:
        return side_thread(self.watch, self._stopping)


def test_a_rep_is_never_exported_twice_while_workers_join_stop_and_die(stack: Addresses, tmp_path: Path) -> None:
    with installation(stack, tmp_path, "once", publish_seconds=0.2, session_seconds=SESSION, partitions=4) as line_:
        line_.produce(calls(0, 400))
        line_.start_worker().wait_until_ready()
        watcher = Watcher(line_)
        with watcher.watching():
            wait_until(lambda: watcher.shares(1), 30, "all reps from one worker")
            joined = line_.start_worker()
            wait_until(lambda: watcher.shares(2), 60, "the second worker to have its share")

            joined.pause()  # beyond its session: the first one takes over, and the second does not know it
            wait_until(lambda: watcher.shares(1), 60, "the first worker to have all again")
            rounds = watcher.rounds
            joined.go_on()
            wait_until(lambda: watcher.rounds > rounds + 5 and watcher.shares(2), 60, "both to share again")

            joined.kill()
            wait_until(lambda: watcher.shares(1), 60, "the survivor to have all")
            assert line_.workers[0].stop() == 0
        assert watcher.rounds > 50
        assert watcher.doubled == []


def test_the_lag_of_a_dead_workers_partitions_is_told_by_the_one_that_is_left(stack: Addresses, tmp_path: Path) -> None:
    with installation(stack, tmp_path, "left", publish_seconds=0.2, session_seconds=15.0, partitions=4) as line_:
        line_.produce(calls(0, 400))
        for _ in range(2):
            line_.start_worker().wait_until_ready()
        survivor, dead = line_.workers
        wait_until(lambda: len(survivor.partitions()) == len(dead.partitions()) == 2, 60, "both to have their share")

        def lag() -> float | None:
            return survivor.metric("upscore_group_lag_records").get(f'{{topic="{ACTIVITIES}"}}')

        wait_until(lambda: lag() == 0, 30, "no lag")
        lost = dead.partitions()
        dead.kill()
        line_.produce(calls(400, 400))
        wait_until(lambda: 0 < (lag() or 0) < 400, 14, "the lag of the dead one's part alone")
        assert survivor.partitions().isdisjoint(lost), "another worker has them already: nothing is proven"
        wait_until(lambda: lag() == 0, 60, "the survivor to take over")
