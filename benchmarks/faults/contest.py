"""Contest: a peer's workers under kill -9 or SIGSTOP, and what its committed counts say in the end."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from confluent_kafka import Consumer, Producer, TopicPartition

from streams.admin_client import admin_client
from streams.settings import Settings

Fault = Literal["kill -9", "SIGSTOP"]

PROGRAMS: Final = Path(__file__).parent
REPS: Final = 50
DAYS: Final = 20
_PARTITIONS: Final = 4
_PRODUCE_SECONDS: Final = 20.0
_PAUSE_SECONDS: Final = 9.0  # beyond the session of 6 s
_QUIET_SECONDS: Final = 20.0
_GIVEN_UP_SECONDS: Final = 90.0  # beyond the minute for which a dead worker's open transaction holds back every reader
_PATIENCE_SECONDS: Final = 300.0


@dataclass(frozen=True, slots=True)
class Peer:
    """A program of this folder, the interpreter that can run it, and the guarantee it is asked for."""

    name: str
    program: str
    python: str
    guarantee: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the records of one run."""

    peer: str
    fault: str
    seed: int
    records: int
    missing: int
    """Not counted in the end, after a minute and a half in which nothing more came: lost, or stuck."""
    doubled: int
    faults: int
    seconds: float


class Contest:
    """One peer, one fault, one seed."""

    def __init__(self, settings: Settings, folder: Path, peer: Peer, fault: Fault, seed: int, records: int) -> None:
        self._peer, self._fault, self._seed, self._records = peer, fault, seed, records
        self._settings, self._folder = settings, folder
        self._random = random.Random(seed)
        name = f"peer-{peer.program}-{peer.guarantee}-{fault.replace(' ', '')}-{seed}-{os.getpid()}".replace("_", "-")
        self._task = {
            "broker": settings.broker,
            "app": name,
            "records": f"{name}.records",
            "by_rep": f"{name}.by-rep",
            "counts": f"{name}.counts",
            "partitions": _PARTITIONS,
            "guarantee": peer.guarantee,
        }
        self._workers: list[subprocess.Popen[bytes]] = []
        self._faults = 0

    def run(self) -> Outcome:
        """Produce, hurt, wait until nothing more comes, count."""
        started = time.monotonic()
        self._create_topics()
        try:
            for _ in range(2):
                self._start()
            truth = self._produce_and_hurt()
            found = self._settled(sum(truth.values()))
        finally:
            for worker in self._workers:
                worker.kill()
                worker.wait()
        return Outcome(
            peer=self._peer.name,
            fault=self._fault,
            seed=self._seed,
            records=self._records,
            missing=sum((truth - found).values()),
            doubled=sum((found - truth).values()),
            faults=self._faults,
            seconds=round(time.monotonic() - started, 1),
        )

    def _create_topics(self) -> None:
        names = [str(self._task[name]) for name in ("records", "by_rep", "counts")]
        with admin_client(self._settings) as client:
            client.create_topics({name: {"num_partitions": _PARTITIONS, "replication_factor": 1} for name in names})
            client.wait_for_topics(names, timeout_ms=30_000)

    def _start(self) -> None:
        folder = self._folder / f"worker-{len(self._workers)}"
        folder.mkdir(parents=True)
        with (folder / "log.txt").open("wb") as log:
            self._workers.append(
                subprocess.Popen(
                    [self._peer.python, str(PROGRAMS / f"{self._peer.program}.py")],
                    env=os.environ | {"TASK": json.dumps(self._task | {"folder": str(folder)})},
                    cwd=folder,
                    stdout=log,
                    stderr=log,
                    stdin=subprocess.DEVNULL,
                )
            )

    def _produce_and_hurt(self) -> Counter[str]:
        """Send the records evenly over the time; three faults at random moments of it."""
        producer = Producer({"bootstrap.servers": self._settings.broker, "linger.ms": 5})
        moments = sorted(self._random.uniform(0.2, 0.9) * _PRODUCE_SECONDS for _ in range(3))
        truth: Counter[str] = Counter()
        started, sent = time.monotonic(), 0
        while sent < self._records:
            passed = time.monotonic() - started
            if moments and passed > moments[0]:
                moments.pop(0)
                self._hurt()
            due = min(self._records, int(self._records * passed / _PRODUCE_SECONDS))
            for number in range(sent, due):
                rep, day = f"r-{self._random.randrange(REPS)}", self._random.randrange(DAYS)
                record = {"id": f"a-{number}", "rep_id": rep, "day": day, "note": "x" * 150}
                producer.produce(str(self._task["records"]), json.dumps(record), f"a-{number}")
                truth[f"{rep}@{day}"] += 1
            sent = due
            producer.poll(0.05)
        assert producer.flush(60) == 0
        for _ in moments:
            self._hurt()
        return truth

    def _hurt(self) -> None:
        """Kill a worker and start another in its place, or stop one beyond its session and let it go on."""
        self._faults += 1
        alive = [worker for worker in self._workers if worker.poll() is None]
        if self._fault == "kill -9":
            if alive:
                victim = self._random.choice(alive)
                victim.kill()
                victim.wait()
            self._start()
            return
        if alive:
            victim = self._random.choice(alive)
            victim.send_signal(signal.SIGSTOP)
            time.sleep(_PAUSE_SECONDS)  # the fault itself: a pause of this length
            victim.send_signal(signal.SIGCONT)
        while sum(worker.poll() is None for worker in self._workers) < 2:  # it may have ended by itself
            self._start()

    def _settled(self, records: int) -> Counter[str]:
        """The committed counts once they are right, or have been quiet for long."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        found, since = self._committed(), time.monotonic()
        while time.monotonic() < deadline:
            now = self._committed()
            if now != found:
                found, since = now, time.monotonic()
            if time.monotonic() - since > _QUIET_SECONDS and sum(found.values()) >= records:
                break
            if time.monotonic() - since > _GIVEN_UP_SECONDS:
                break
            time.sleep(1.0)
        return found

    def _committed(self) -> Counter[str]:
        """The newest committed count of each rep and day."""
        consumer = Consumer(
            {
                "bootstrap.servers": self._settings.broker,
                "group.id": "contest",
                "enable.auto.commit": False,
                "isolation.level": "read_committed",
                "enable.partition.eof": True,
            }
        )
        found: Counter[str] = Counter()
        try:
            open_ends = set(range(_PARTITIONS))
            consumer.assign([TopicPartition(str(self._task["counts"]), number, 0) for number in open_ends])
            while open_ends:
                message = consumer.poll(20)
                if message is None:  # an open transaction holds the rest back
                    break
                if message.error():
                    open_ends.discard(message.partition())
                else:
                    value = json.loads(message.value())
                    key = message.key().decode().strip('"')
                    found[key] = value["count"] if isinstance(value, dict) else value
        finally:
            consumer.close()
        return found
