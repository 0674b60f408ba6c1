"""Scraped stream: how long a record takes to its score on a real worker with 10,000 reps, scraped or not.

Run by `python -m benchmarks.scraped_stream`, some minutes. A worker on a Kafka of its own has as many reps as asked for, each
with some of everything. Then single answers of customers are sent, one after the other, and each is waited for on the topic of
scores: in turn some while somebody asks for all metrics once a second, zipped, and some while nobody does.
"""

from __future__ import annotations

import argparse
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

import msgspec
from confluent_kafka import Consumer, Producer, TopicPartition

from benchmarks.machine import Machine
from benchmarks.markdown import table
from benchmarks.own_stack import own_stack
from schemas.topics import ACTIVITIES, EVENTS, FEEDBACK, REFERENCE, SCORES
from tests.installation import Installation, WorkerProcess, installation, wait_until
from tests.side_thread import side_thread

REPS_A_TEAM = 10
SCRAPE_EVERY_SECONDS = 1.0
WARMING_UP = 20
"""Answers that are not counted: after the first scores, all are computed once more by the norms that they gave."""
_DAY = datetime(2025, 6, 2, 9, tzinfo=UTC)
_encode = msgspec.json.Encoder().encode


def history(reps: int) -> Iterator[tuple[str, bytes, bytes]]:
    """Some records of everything for each rep."""
    for n in range(reps):
        rep = f"r-{n}"
        yield _message(REFERENCE, "rep", rep, team_id=f"t-{n // REPS_A_TEAM}", territory=f"x-{n % 7}")
        for k, (status, at) in enumerate((("won", 5), ("won", 40), ("lost", 20))):
            closed = _DAY - timedelta(days=at)
            more: dict[str, Any] = {"amount": 900 + n % 200, "currency": "USD", "cost": 500} if status == "won" else {}
            yield _message(
                EVENTS,
                "deal",
                f"{rep}-{k}",
                rep_id=rep,
                status=status,
                opened_at=closed - timedelta(9),
                closed_at=closed,
                **more,
            )
        for k, kind in enumerate(("call", "meeting", "email")):
            outcome = {"outcome": "connected"} if kind == "call" else {}
            at = _DAY - timedelta(days=k)
            yield _message(ACTIVITIES, "activity", f"{rep}-{kind}", rep_id=rep, kind=kind, occurred_at=at, **outcome)
        yield _answer(f"{rep}-a", rep, 4)


def _answer(answer: str, rep: str, value: int) -> tuple[str, bytes, bytes]:
    return _message(FEEDBACK, "feedback", answer, rep_id=rep, occurred_at=_DAY, scale="csat_5", value=value)


def _message(topic: str, record_type: str, record_id: str, /, **fields: Any) -> tuple[str, bytes, bytes]:
    return (
        topic,
        record_id.encode(),
        _encode({"type": record_type, "id": record_id, "updated_at": datetime.now(UTC), **fields}),
    )


class Probe:
    """Sends an answer, and waits for the score that counts it."""

    def __init__(self, line: Installation) -> None:
        self._line = line
        self._producer = Producer(
            {"bootstrap.servers": line.open_broker, "partitioner": "murmur2_random", "acks": "all"}
        )
        reading = {"group.id": "unused", "isolation.level": "read_committed", "enable.auto.commit": False}
        self._consumer = Consumer({"bootstrap.servers": line.open_broker, **reading})
        topic = line.settings.topic_prefix + SCORES
        self._consumer.assign([TopicPartition(topic, n, -1) for n in range(line.settings.partitions)])
        while self._consumer.poll(5) is not None:  # what is on the way still
            pass
        self._sent = 0

    def seconds(self) -> float:
        """From the sending to the arrival of the new score."""
        self._sent += 1
        rep = f"r-{self._sent * 37 % 1000}"
        topic, key, value = _answer(f"probe-{self._sent}", rep, 5)
        started = time.perf_counter()
        self._producer.produce(self._line.settings.topic_prefix + topic, value=value, key=key)
        self._producer.flush(30)
        while True:
            message = self._consumer.poll(60)
            assert message is not None, "no score within a minute"
            if message.key() == f"rep:{rep}".encode():
                return time.perf_counter() - started


@contextmanager
def scraping(worker: WorkerProcess, seconds: list[float]) -> Iterator[None]:
    """Someone asks for all metrics once a second; how long each took is added to `seconds`."""
    stopping = threading.Event()

    def scrape() -> None:
        request = urllib.request.Request(worker.address + "/metrics", headers={"Accept-Encoding": "gzip"})  # noqa: S310
        while not stopping.is_set():
            started = time.perf_counter()
            urllib.request.urlopen(request, timeout=60).read()  # noqa: S310
            seconds.append(time.perf_counter() - started)
            stopping.wait(max(0.0, started + SCRAPE_EVERY_SECONDS - time.perf_counter()))

    with side_thread(scrape, stopping):
        yield


def measure(line: Installation, reps: int, rounds: int) -> dict[str, list[float]]:
    """Latencies with and without scrapes, and what the scrapes took."""
    records = line.produce(history(reps))
    print(f"{records} records for {reps} reps", flush=True)
    worker = line.start_worker()
    wait_until(lambda: worker.counted() >= records, 900, "all records to be counted")
    while worker.metric("upscore_series")[""] < reps:  # each time, all is written anew that has changed
        time.sleep(10)
    probe = Probe(line)
    for _ in range(WARMING_UP):
        probe.seconds()
    found: dict[str, list[float]] = {"not scraped": [], "scraped once a second": [], "scrape": []}
    for _ in range(rounds):
        found["not scraped"] += [probe.seconds() for _ in range(10)]
        with scraping(worker, found["scrape"]):
            found["scraped once a second"] += [probe.seconds() for _ in range(10)]
    series, hold_up = worker.metric("upscore_series")[""], worker.metric("upscore_loop_lag_seconds")[""]
    print(f"{series:.0f} series; the loop's longest hold-up of the last minute {1000 * hold_up:.0f} ms", flush=True)
    return found


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scraped_stream", description=__doc__.splitlines()[0])
    parser.add_argument("--reps", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=10)
    arguments = parser.parse_args()
    print(Machine.here())
    with (
        own_stack() as (folder, addresses),
        installation(addresses, folder, "scraped", publish_seconds=0.1) as line,
    ):
        found = measure(line, arguments.reps, arguments.rounds)
    rows = []
    for name, seconds in found.items():
        ordered = [1000 * each for each in sorted(seconds)]
        cells = [f"{ordered[int((len(ordered) - 1) * share)]:.0f}" for share in (0.9, 0.99, 1.0)]
        rows.append((name, f"{median(ordered):.0f}", *cells, len(ordered)))
    print(f"\n{table(('ms', 'median', 'p90', 'p99', 'worst', 'number'), rows)}")


if __name__ == "__main__":
    main()
