"""An installation of upscore under test: its own topics and name on the shared Kafka, workers as processes, its outputs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from confluent_kafka import Consumer, Message, Producer, TopicPartition
from pydantic import SecretStr

from schemas.currencies import EXPONENTS
from schemas.records import InvalidRecord
from schemas.topics import DEAD_LETTERS, INPUTS, SCORES
from scoring import oracle
from streams import topic_admin
from streams.intake import read
from streams.local import Addresses
from streams.scorecard_file import load_scorecard
from streams.settings import Settings

ROOT = Path(__file__).parent.parent
KNOWN_AT = "2026-01-01T00:00:00Z"
JAVA, LIBRDKAFKA = "murmur2_random", "consistent_random"

Scores = dict[tuple[str, str], dict[str, Any]]


def wait_until(condition: Callable[[], Any], seconds: float, what: str) -> Any:
    """The condition's first true value; fails after so many seconds, saying what was waited for."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"waited {seconds} s for {what}"
        time.sleep(0.1)
    return value


class WorkerProcess:
    """A worker as its users start it, or one of the tests' programs with something in it that goes wrong."""

    def __init__(self, environment: dict[str, str], log: Path, program: Sequence[str] = ("streams", "worker")) -> None:
        self.log = log
        self.paused = False
        self._token = environment.get("UPSCORE_HTTP_TOKEN")
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *program],
                env=environment,
                cwd=log.parent,
                stdout=out,
                stderr=out,
                stdin=subprocess.DEVNULL,
            )
        self.address = wait_until(self._address, 60, f"the address of a worker in {log.read_text()[-2000:]}")

    def _address(self) -> str | None:
        assert self.process.poll() is None, self.log.read_text()[-4000:]
        lines = [line for line in self.log.read_text().splitlines() if "serving on " in line]
        return lines[-1].rpartition("serving on ")[2] if lines else None

    def get(self, path: str, seconds: float = 20) -> tuple[int, bytes]:
        request = urllib.request.Request(self.address + path)  # noqa: S310 - our own worker
        if self._token is not None:
            request.add_header("Authorization", f"Bearer {self._token}")
        try:
            with urllib.request.urlopen(request, timeout=seconds) as answer:  # noqa: S310
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def metric(self, name: str) -> dict[str, float]:
        """The worker's series of one metric, by their labels as they are written out."""
        lines = self.get(f"/metrics?name[]={name}", 5)[1].decode().splitlines()
        found = [
            line.removeprefix(name).rpartition(" ") for line in lines if line.startswith((f"{name}{{", f"{name} "))
        ]
        return {labels: float(value) for labels, _, value in found}

    def counted(self, outcome: str | None = None) -> int:
        """Records counted so far, with one outcome or all."""
        series = self.metric("upscore_records_total")
        return int(sum(n for labels, n in series.items() if outcome is None or f'outcome="{outcome}"' in labels))

    def partitions(self) -> set[int]:
        """The partitions whose state it holds, as its metrics say: up to two seconds late."""
        return {
            int(labels.split('partition="')[1].split('"')[0])
            for labels in self.metric("upscore_partition_position_lag")
        }

    @property
    def runs(self) -> bool:
        """Whether the process is there and not paused."""
        return self.process.poll() is None and not self.paused

    def wait_until_ready(self) -> None:
        wait_until(lambda: self.get("/readyz")[0] == 200, 60, "readiness")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def pause(self) -> None:
        self.process.send_signal(signal.SIGSTOP)
        self.paused = True

    def go_on(self) -> None:
        self.process.send_signal(signal.SIGCONT)
        self.paused = False

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)


def _plain(value: Any) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)


class Installation:
    """Topics, workers and outputs under one name."""

    def __init__(self, stack: Addresses, folder: Path, name: str, **settings: Any) -> None:
        values = {
            "broker": stack.broker,
            "app": name,
            "topic_prefix": f"{name}.",
            "http_port": 0,
            "clock": "events",
            "partitions": 4,
        }
        self.settings = Settings(**(values | settings))
        self.open_broker = (
            stack.broker
        )  # for what the tests themselves send and read; the settings may name another listener
        self.folder = folder
        self.workers: list[WorkerProcess] = []
        topic_admin.ensure(self.settings)

    @property
    def environment(self) -> dict[str, str]:
        given = self.settings.model_dump(exclude_defaults=True)
        variables = {f"UPSCORE_{name.upper()}": _plain(value) for name, value in given.items()}
        kept = {name: value for name, value in os.environ.items() if not name.startswith("UPSCORE_")}
        return kept | variables | {"PYTHONPATH": str(ROOT)}

    def start_worker(self, program: Sequence[str] = ("streams", "worker"), **changed: str) -> WorkerProcess:
        """A worker with the installation's settings, but for the variables given."""
        log = self.folder / f"worker-{len(self.workers)}.log"
        worker = WorkerProcess(self.environment | changed, log, program)
        self.workers.append(worker)
        return worker

    def produce(self, messages: Iterable[tuple[str, bytes | None, bytes | None]], partitioner: str = JAVA) -> int:
        """Send (topic, key, value) to input topics; how many."""
        producer = Producer(
            {"bootstrap.servers": self.open_broker, "partitioner": partitioner, "linger.ms": 20, "acks": "all"}
        )
        count = 0
        for topic, key, value in messages:
            while True:
                try:
                    producer.produce(self.settings.topic_prefix + topic, value=value, key=key)
                    break
                except BufferError:
                    producer.poll(0.1)
            count += 1
            producer.poll(0)
        assert producer.flush(60) == 0
        return count

    def read_all(self, topics: list[str]) -> Iterator[Message]:
        """Every committed message of some topics, by name on the broker, from the beginning to their ends."""
        consumer = Consumer(
            {
                "bootstrap.servers": self.open_broker,
                "group.id": "unused",
                "enable.auto.commit": False,
                "isolation.level": "read_committed",
                "enable.partition.eof": True,
                "auto.offset.reset": "earliest",  # where retention has deleted the beginning
                "fetch.wait.max.ms": 10,  # an end is told by a fetch that finds nothing, and those wait for half a second
            }
        )
        try:
            metadata = consumer.list_topics(timeout=20).topics
            partitions = [TopicPartition(topic, number, 0) for topic in topics for number in metadata[topic].partitions]
            consumer.assign(partitions)
            open_ends = {(tp.topic, tp.partition) for tp in partitions}
            while open_ends:
                message = consumer.poll(20)
                assert message is not None, f"no end of {open_ends}"
                if message.error():
                    open_ends.discard((message.topic(), message.partition()))
                else:
                    yield message
        finally:
            consumer.close()

    def dead_letters(self) -> list[Message]:
        return list(self.read_all([self.settings.topic_prefix + DEAD_LETTERS]))

    def deliveries(self) -> list[oracle.Delivery]:
        """What the input topics say, for the oracle; messages that are no records are left out."""
        logical = {self.settings.topic_prefix + spec.name: spec.name for spec in INPUTS}
        found = []
        for message in self.read_all(list(logical)):
            try:
                sent = read(logical[message.topic()], message.key(), message.value(), message.timestamp()[1])
            except InvalidRecord:
                continue
            found += [oracle.Delivery(d.type, d.id, d.updated_at, d.version, message.offset(), d.record) for d in sent]
        return found

    def oracle_scores(self, as_of: date | None = None, deliveries: Iterable[oracle.Delivery] | None = None) -> Scores:
        """What the scores must be, by the input topics as they are or by deliveries that were read before."""
        records = oracle.newest(self.deliveries() if deliveries is None else deliveries)
        zone = ZoneInfo(self.settings.time_zone)
        return oracle.scores(
            records,
            as_of=as_of or oracle.newest_business_date(records, zone, datetime.now(zone).date()),
            zone=zone,
            base_currency=self.settings.base_currency,
            exponents=EXPONENTS,
            scorecard=load_scorecard(self.settings.scorecard),
            known_at=KNOWN_AT,
        )

    def command(self, *arguments: str, check: bool = True, **options: Any) -> subprocess.CompletedProcess[bytes]:
        """Run `upscore` as a user would."""
        done = subprocess.run(
            [sys.executable, "-m", "streams", *arguments],
            env=options.pop("env", self.environment),
            cwd=self.folder,
            capture_output=True,
            check=False,
            timeout=300,
            **options,
        )
        assert not check or done.returncode == 0, done.stderr.decode()
        return done

    def command_scores(self, *arguments: str) -> Scores:
        return by_subject(json.loads(self.command("scores", "--json", *arguments).stdout))

    def published_scores(self) -> Scores:
        """The newest message of each key on the scores topic."""
        newest: dict[bytes, bytes | None] = {
            message.key(): message.value() for message in self.read_all([self.settings.topic_prefix + SCORES])
        }
        return by_subject([json.loads(value) for value in newest.values() if value is not None])

    def wait_for_scores(self, expected: Scores, seconds: float) -> None:
        """Wait until the scores topic holds exactly these scores; on the deadline say what differs."""
        deadline = time.monotonic() + seconds
        while (difference := first_difference(self.published_scores(), expected)) is not None:
            assert time.monotonic() < deadline, difference
            time.sleep(0.5)

    def stop(self) -> None:
        for worker in self.workers:
            if worker.process.poll() is None:
                worker.kill()


@contextmanager
def installation(stack: Addresses, folder: Path, name: str, **settings: Any) -> Iterator[Installation]:
    """An installation whose workers end with the block."""
    running = Installation(stack, folder, name, **settings)
    try:
        yield running
    finally:
        running.stop()


def by_subject(scores: list[dict[str, Any]]) -> Scores:
    """Scores by subject and id, each once."""
    found = {(score["subject"], score["id"]): score for score in scores}
    assert len(found) == len(scores)
    return found


def first_difference(found: Scores, expected: Scores) -> str | None:
    """Where two sets of scores differ first, `version` left out; None where they do not."""
    if found.keys() != expected.keys():
        return f"subjects differ: {sorted(found.keys() ^ expected.keys())[:10]}"
    for key, score in expected.items():
        for field in score.keys() - {"version"}:
            if found[key][field] != score[field]:
                if field == "metrics":
                    for name, metric in score["metrics"].items():
                        if found[key]["metrics"].get(name) != metric:
                            return f"{key} {name}: {found[key]['metrics'].get(name)} instead of {metric}"
                return f"{key} {field}: {found[key][field]!r} instead of {score[field]!r}"
    return None
