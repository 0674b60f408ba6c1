"""Board: what open pages cost a worker that is at work, and how soon the API answers for a team of 1,000 reps.

Run by `python -m benchmarks.board`, some three minutes. A worker on a Kafka of its own takes records at a steady rate; first the
board was never asked for; then in turn nobody looks on, ten pages are open on the company and ten on the team. The CPU seconds of
its process are read off before and after.
"""

from __future__ import annotations

import argparse
import gzip
import http.client
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Final

from confluent_kafka import Producer

from benchmarks.machine import Machine
from benchmarks.markdown import table
from benchmarks.own_stack import own_stack
from benchmarks.scraped_stream import _message, history
from schemas.topics import ACTIVITIES, REFERENCE
from tests.installation import Installation, WorkerProcess, installation, wait_until
from tests.side_thread import side_thread

TEAM: Final = "t-all"
PAGES: Final = {
    "nobody looks on": None,
    "10 pages of the company": "/api/v1/board/events",
    f"10 pages of the team of {'{reps}'}": f"/api/v1/board/events?members=team:{TEAM}",
}
ASKED: Final = {
    "company": "/api/v1/board/company",
    "team": f"/api/v1/board/team/{TEAM}",
    "rep": "/api/v1/board/rep/r-3",
    "trend of a rep": "/api/v1/board/trend/rep/r-3",
    "trend of the company": "/api/v1/board/trend/company/company",
    "search": "/api/v1/board/search?q=r-99",
    "stream": "/api/v1/board/stream",
}

ASKED_TIMES: Final = 20


@contextmanager
def working(line: Installation, rate: int, active: int) -> Iterator[None]:
    """Records come in, so many a second, of so many reps in turn."""
    producer = Producer({"bootstrap.servers": line.open_broker, "partitioner": "murmur2_random", "linger.ms": 20})
    stopping, topic = threading.Event(), line.settings.topic_prefix + ACTIVITIES

    def send() -> None:
        started, sent = time.perf_counter(), 0
        while not stopping.is_set():
            while sent < (time.perf_counter() - started) * rate:
                at = "2025-06-02T09:00:00Z"
                _, key, value = _message(
                    ACTIVITIES, "activity", f"live-{sent}", rep_id=f"r-{sent % active}", kind="call", occurred_at=at
                )
                producer.produce(topic, key=key, value=value)
                sent += 1
            producer.poll(0)
            stopping.wait(0.02)
        producer.flush(30)

    with side_thread(send, stopping):
        yield


@contextmanager
def page(worker: WorkerProcess, path: str, counted: list[int]) -> Iterator[None]:
    """One open page: reads events and counts their bytes."""
    connection = http.client.HTTPConnection(worker.address.removeprefix("http://"), timeout=60)
    connection.request("GET", path)
    answer, stopping = connection.getresponse(), threading.Event()

    def read() -> None:
        while not stopping.is_set():
            try:
                counted.append(len(answer.read1(65_536)))
            except (OSError, ValueError, AttributeError, http.client.HTTPException):
                return

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        if connection.sock is not None:
            connection.sock.shutdown(2)
        thread.join(10)
        connection.close()


def cpu_seconds(worker: WorkerProcess) -> float:
    """User and system time of the worker's process."""
    fields = Path(f"/proc/{worker.process.pid}/stat").read_text(encoding="utf-8").rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def looked_at(worker: WorkerProcess, path: str | None, seconds: float) -> tuple[float, float, float]:
    """CPU seconds a second of the worker, records a second that it took, and bytes a second that a page was sent."""
    counted: list[int] = []
    with ExitStack() as pages:
        for _ in range(0 if path is None else 10):
            pages.enter_context(page(worker, path or "", counted))
        time.sleep(2)
        counted.clear()
        before, records, started = cpu_seconds(worker), worker.counted(), time.perf_counter()
        time.sleep(seconds)
        spent, done, took = cpu_seconds(worker) - before, worker.counted() - records, time.perf_counter() - started
        return spent / took, done / took, sum(counted) / took / 10


def asked(worker: WorkerProcess, path: str) -> tuple[float, int, int]:
    """Milliseconds until an answer is there, its bytes, and the same compressed."""
    request = urllib.request.Request(worker.address + path)  # noqa: S310 - our own worker
    started = time.perf_counter()
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
        body = answer.read()
    return 1000 * (time.perf_counter() - started), len(body), len(gzip.compress(body, 6))


def measure(line: Installation, reps: int, rate: int, rounds: int, seconds: float) -> None:
    """Print both tables."""
    teams = [_message(REFERENCE, "team", f"t-{n}", parent=TEAM) for n in range(reps // 10)]
    records = line.produce([*history(reps), _message(REFERENCE, "team", TEAM), *teams])
    worker = line.start_worker()
    wait_until(lambda: worker.counted() >= records, 900, "all records to be counted")
    wait_until(lambda: worker.metric("upscore_series").get("", 0) > 10 * reps, 300, "scores of all")
    never: list[tuple[float, float, float]] = []
    with working(line, rate, reps // 5):
        time.sleep(10)
        never += [looked_at(worker, None, seconds) for _ in range(rounds)]
        hold_up = worker.metric("upscore_loop_lag_seconds")[""]
    print(f"\nBefore: the loop's longest hold-up {1000 * hold_up:.0f} ms")
    print(f"\n{answers(worker)}")
    spent: dict[str, list[tuple[float, float, float]]] = {name: [] for name in PAGES} | {
        "the board was never asked for": never
    }
    with working(line, rate, reps // 5):
        time.sleep(10)
        for _ in range(rounds):
            for name, path in PAGES.items():
                spent[name].append(looked_at(worker, path, seconds))
        hold_up = worker.metric("upscore_loop_lag_seconds")[""]
    print(f"\nAt {rate} records a second of {reps // 5} reps; the loop's longest hold-up {1000 * hold_up:.0f} ms.\n")
    print(open_pages(spent, reps))


def answers(worker: WorkerProcess) -> str:
    """The table of what is asked for while nothing else goes on."""
    rows = []
    for name, path in ASKED.items():
        asked(worker, path)
        before = cpu_seconds(worker)
        found = [asked(worker, path) for _ in range(ASKED_TIMES)]
        cpu = (cpu_seconds(worker) - before) / ASKED_TIMES
        times = sorted(each[0] for each in found)
        sizes = [f"{size / 1e3:.1f}" for size in found[0][1:]]
        rows.append((name, f"{median(times):.0f}", f"{times[-1]:.0f}", f"{1000 * cpu:.0f}", *sizes))
    return table(("asked for, at rest", "ms, median", "worst", "CPU ms", "kB", "kB compressed"), rows)


def open_pages(spent: Mapping[str, Sequence[tuple[float, float, float]]], reps: int) -> str:
    """The table of what open pages take."""
    rows = []
    for name, found in spent.items():
        cpu, done, sent = (sorted(column) for column in zip(*found, strict=True))
        cells = (f"{median(cpu):.3f}", f"{cpu[0]:.3f}", f"{cpu[-1]:.3f}", f"{median(done):.0f}")
        rows.append((name.format(reps=reps), *cells, f"{median(sent) / 1e3:.1f}"))
    return table(("pages", "CPU s a second, median", "least", "most", "records a second", "kB a second and page"), rows)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.board", description=__doc__.splitlines()[0])
    parser.add_argument("--reps", type=int, default=1_000)
    parser.add_argument("--rate", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=8.0)
    arguments = parser.parse_args()
    print(Machine.here())
    with own_stack() as (folder, addresses), installation(addresses, folder, "board") as line:
        measure(line, arguments.reps, arguments.rate, arguments.rounds, arguments.seconds)


if __name__ == "__main__":
    main()
