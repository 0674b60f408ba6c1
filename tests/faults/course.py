"""Course: one run of a scenario - its installation, traffic, workers, journal, and the comparison at its end."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from confluent_kafka import Producer

from schemas.topics import REFERENCE
from scoring import oracle
from streams.admin_client import admin_client
from streams.local import Addresses, OwnedStack
from tests.faults.journal import Journal
from tests.faults.planted import planted
from tests.faults.verdict import Letters, Verdict, compared
from tests.faults.witness import Witness
from tests.installation import JAVA, LIBRDKAFKA, Installation, WorkerProcess, wait_until
from tests.traffic import rough_messages
from tests.weeks import as_of_of, wait_for_weeks

FAULTY = ("tests.faults.faulty_worker",)
PATIENCE_SECONDS = 60.0
_PORTION = 50
_PAUSE_SECONDS = 0.05
"""A thousand records a second: ten seconds of traffic."""

_BEHIND_SECONDS = 1.0
"""What the machine or a look at the condition held up is made up for, that much of it at most."""

_METRICS_AGE_SECONDS = 2.5
"""What a worker says that it holds is up to 2 s old, so service has begun when it goes on for longer than that."""

_QUIET = {"log_level": 0}
"""librdkafka tells of every refused connection."""


class Stuck(AssertionError):
    """Something that must come by itself did not come in time."""


class Course:
    """What a scenario plays on. Whatever it does to the installation, it notes in the journal."""

    def __init__(self, stack: Addresses, folder: Path, name: str, seed: int, **options: Any) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        traffic = {"count": 10_000, "seed": seed} | options.pop("traffic", {})
        self._sabotage: str | None = options.pop("sabotage", None)
        self.patience_seconds: float = options.pop("patience_seconds", PATIENCE_SECONDS)
        self.folder = folder
        self.seed = seed
        self.rng = random.Random(seed)
        self.journal = Journal(folder / "journal.txt")
        settings = {"session_seconds": 6, "transaction_records": 500} | options
        self.line = Installation(stack, folder, name, **settings)
        self.messages = [*planted(), *rough_messages(**traffic)]
        self.sent = 0
        self.faults = 0
        self.own_stack: OwnedStack | None = None
        self.ready_seconds: list[float] = []
        self.as_of: date | None = None
        """What `as_of` must be; None where the `events` clock decides."""
        self.letters_gone: Letters = Letters()
        """Dead letters that were there once and were deleted on purpose."""
        self._ended: set[WorkerProcess] = set()
        self.witnessed = Witness(self.line)
        self._producers = [
            Producer(
                {"bootstrap.servers": stack.broker, "partitioner": partitioner, "linger.ms": 5, "acks": "all"} | _QUIET
            )
            for partitioner in (JAVA, LIBRDKAFKA)
        ]

    # Traffic

    def feed(self, count: int) -> None:
        """Send so many more records, as Java's clients place them or as librdkafka's do; what is over begins anew."""
        producer = self._producers[self.rng.random() < 0.2]
        for _ in range(count):
            topic, key, value = self.messages[self.sent % len(self.messages)]
            producer.produce(self.line.settings.topic_prefix + topic, value=value, key=key)
            self.sent += 1
        producer.poll(0)

    def send_reference(self, records: Iterable[dict[str, str]]) -> None:
        """Send reference records beside the traffic, and see that they have arrived."""
        self.line.produce((REFERENCE, record["id"].encode(), json.dumps(record).encode()) for record in records)

    def feed_until(self, condition: Callable[[], Any], what: str, seconds: float = PATIENCE_SECONDS) -> Any:
        """Let traffic flow until something is so; its value."""
        due = time.monotonic()
        deadline = due + seconds
        while not (value := condition()):
            now = time.monotonic()
            if now > deadline:
                raise Stuck(f"waited {seconds:g} s for {what}")
            self.feed(_PORTION)
            due = max(due, now - _BEHIND_SECONDS) + _PAUSE_SECONDS
            time.sleep(max(0.0, due - time.monotonic()))
        return value

    def feed_for(self, seconds: float) -> None:
        """Let traffic flow for a while."""
        end = time.monotonic() + seconds
        self.feed_until(lambda: time.monotonic() >= end, "the time to pass", seconds + PATIENCE_SECONDS)

    def feed_rest(self) -> None:
        """Send what no portion has held yet, and see that all of it has arrived."""
        self.feed(max(0, len(self.messages) - self.sent))
        self.flush()

    def swap_producers(self) -> None:
        """From now on, records go where the other partitioner places them."""
        self._producers.reverse()

    def flush(self) -> None:
        for producer in self._producers:
            assert producer.flush(60) == 0, "the broker did not take the traffic"

    # Workers

    def start(self, **faults: object) -> WorkerProcess:
        """Start a worker; with FAULT_POINT and the like, one that has it coming."""
        environment = {name: str(value) for name, value in faults.items()}
        if self._sabotage is not None:
            environment["SABOTAGE"] = self._sabotage
        self.note(f"started {self.called(len(self.line.workers))}{self._told(environment)}")
        return self.line.start_worker(FAULTY if environment else ("streams", "worker"), **(environment or {}))

    @staticmethod
    def _told(environment: dict[str, str]) -> str:
        told = ", ".join(f"{name}={Path(value).name}" for name, value in environment.items())
        return f" with {told}" if told else ""

    @property
    def running(self) -> list[WorkerProcess]:
        return [worker for worker in self.line.workers if worker.runs]

    def called(self, worker: WorkerProcess | int) -> str:
        return f"worker {worker if isinstance(worker, int) else self.line.workers.index(worker)}"

    def kill(self, worker: WorkerProcess) -> None:
        """Kill -9."""
        self._ended.add(worker)
        worker.kill()
        self.fault(f"killed {self.called(worker)} with -9")

    def stop(self, worker: WorkerProcess) -> None:
        """SIGTERM; it must end well."""
        self._ended.add(worker)
        self.fault(f"SIGTERM to {self.called(worker)}")
        assert worker.stop() == 0, f"{self.called(worker)} did not end well: {worker.log.read_text()[-2000:]}"

    def pause(self, worker: WorkerProcess) -> None:
        worker.pause()
        self.fault(f"SIGSTOP to {self.called(worker)}")

    def go_on(self, worker: WorkerProcess) -> None:
        worker.go_on()
        self.note(f"SIGCONT to {self.called(worker)}")

    def await_own_kill(self, worker: WorkerProcess) -> None:
        """Let traffic flow until a worker has killed itself at its fault point."""
        self._ended.add(worker)
        code = self.feed_until(lambda: worker.process.poll() is not None and worker.process.returncode, "a fault point")
        assert code == -9, f"{self.called(worker)} ended with {code}: {worker.log.read_text()[-2000:]}"
        self.fault(f"{self.called(worker)} killed itself: {self._said(worker)}")

    def await_own_stop(self, worker: WorkerProcess) -> None:
        """Let traffic flow until a worker has stopped itself at its fault point."""
        stat = Path(f"/proc/{worker.process.pid}/stat")
        self.feed_until(lambda: stat.read_text().rpartition(")")[2].split()[0] == "T", "a fault point")
        worker.paused = True
        self.fault(f"{self.called(worker)} stopped itself: {self._said(worker)}")

    @staticmethod
    def _said(worker: WorkerProcess) -> str:
        lines = worker.log.read_text().splitlines()
        return next(line[line.index("FAULT at") :] for line in lines if "FAULT at" in line)

    def await_service(self, *, feeding: bool = True, since: float | None = None) -> None:
        """Wait until the running workers are ready and hold all partitions between them; note how long that took."""
        since = time.monotonic() if since is None else since
        began: list[float] = []  # while it holds: when it did first

        def is_served() -> bool:
            if not self._is_served():
                began.clear()
            elif not began:
                began.append(time.monotonic())
            return bool(began) and time.monotonic() - began[0] > _METRICS_AGE_SECONDS

        if feeding:
            self.feed_until(is_served, "all partitions to be served")
        else:
            wait_until(is_served, PATIENCE_SECONDS, "all partitions to be served")
        self.ready_seconds.append(round(began[0] - since, 1))
        self.note(f"all partitions served again after {self.ready_seconds[-1]} s")

    def await_progress(self) -> None:
        """After the broker was away: wait until every worker is ready and all lanes have taken something new."""
        since = time.monotonic()
        lines = {
            worker: worker.metric("upscore_transactions_total").get('{outcome="committed"}', 0)
            for worker in self.running
        }

        def is_moving() -> bool:
            return self._is_served() and all(
                worker.metric("upscore_transactions_total").get('{outcome="committed"}', 0) > before + 2
                for worker, before in lines.items()
            )

        self.feed_until(is_moving, "the lanes to go on")
        self.ready_seconds.append(round(time.monotonic() - since, 1))
        self.note(f"all partitions served and moving after {self.ready_seconds[-1]} s")

    def _is_served(self) -> bool:
        held: list[int] = []
        for worker in self.running:
            try:
                if worker.get("/readyz", 5)[0] != 200:
                    return False
                held += worker.partitions()
            except OSError:
                return False
        return sorted(held) == list(range(self.line.settings.partitions))

    def await_caught_up(self) -> None:
        """Wait until the workers have read all there is, internal topics included."""

        def is_caught_up() -> bool:
            lags = [lag for worker in self.running for lag in worker.metric("upscore_partition_position_lag").values()]
            return bool(lags) and not any(lags)

        for _ in range(2):  # what was read last may have sent on something
            wait_until(is_caught_up, PATIENCE_SECONDS, "all topics to be read")
            time.sleep(3)

    def check_nobody_died(self) -> None:
        for worker in self.line.workers:
            code = worker.process.poll()
            log = worker.log.read_text()
            assert worker in self._ended or code is None, f"{self.called(worker)} ended with {code}: {log[-3000:]}"
            assert "met a bug" not in log, log[-3000:]

    # Journal

    def note(self, text: str) -> None:
        self.journal.note(text)

    def fault(self, text: str) -> None:
        self.faults += 1
        self.note(text)

    # Truth

    def witness(self) -> None:
        """Remember what the input topics hold now, for a scenario that takes some of it away."""
        self.flush()
        self.witnessed.look()

    def deliveries(self) -> list[oracle.Delivery]:
        """All records that were ever in the topics."""
        self.witness()
        return self.witnessed.deliveries()

    def verdict(self) -> Verdict:
        """Wait until the published scores are the oracle's over all that was ever in the topics, and count what differs."""
        self.check_nobody_died()
        deliveries = self.deliveries()
        expected = self.line.oracle_scores(self.as_of, deliveries)
        self.note(f"{len(self.witnessed)} records sent, comparing {len(expected)} subjects")
        verdict = compared(self.line, expected, self.witnessed.bad - self.letters_gone, self.patience_seconds)
        if verdict.difference is None:
            rows = wait_for_weeks(self.line, deliveries, as_of_of(expected), self.patience_seconds)
            self.note(f"{rows} week rows are as they must be")
        self.check_nobody_died()
        return verdict

    def close(self) -> None:
        """End the workers and delete the topics."""
        for producer in self._producers:
            producer.purge()
            producer.flush(5)
        for worker in self.line.workers:
            if worker.paused:
                worker.go_on()
        self.line.stop()
        with admin_client(self.line.settings) as client:
            mine = (self.line.settings.topic_prefix, f"{self.line.settings.app}-")
            client.delete_topics([name for name in client.list_topics() if name.startswith(mine)], raise_errors=False)


@contextmanager
def course(stack: Addresses, folder: Path, name: str, seed: int, **options: Any) -> Iterator[Course]:
    """A course whose workers end with the block."""
    running = Course(stack, folder, name, seed, **options)
    try:
        yield running
    finally:
        running.close()
