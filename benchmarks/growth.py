"""Growth: what a worker and its state take as records come in, and how long it takes to be back after a kill.

`python -m benchmarks.growth --records 5000000 --reps 2000 --ledger-rows 1000000` writes docs/growth.md.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Final

from confluent_kafka import Producer

from benchmarks.machine import Machine
from benchmarks.own_stack import own_stack
from benchmarks.watched_worker import Worker
from schemas.topics import ACTIVITIES
from streams import topic_admin
from streams.local import ports
from streams.row_reader import read_whole_partition
from streams.settings import Settings

PAGE: Final = Path(__file__).parent.parent / "docs" / "growth.md"
KINDS: Final = (
    ("call", "connected"),
    ("call", "no_answer"),
    ("email", "replied"),
    ("meeting", "held"),
    ("demo", "other"),
)
_ROUND_NUMBER: Final = 1_000_000
_DAYS: Final = 400
"""On which records lie, one of each rep on each; then they begin again."""


@dataclass(frozen=True, slots=True)
class Size:
    """What there is after so many records."""

    records: int
    seconds: float
    """Since the chunk of records before was applied."""
    worker_bytes: int
    state_bytes: int
    """State topic on disk, what is not compacted yet included."""
    rows: int
    row_bytes: int
    """Keys and values of the newest rows: what compaction leaves."""
    own_bytes: int
    """Facts, pane changes and forwarded records on disk."""


@dataclass(frozen=True, slots=True)
class Recovery:
    """A worker killed with so many ledger rows, and started again."""

    ledger_rows: int
    ready_seconds: float
    """From the start of the process to `/readyz` 200."""
    lane_seconds: float
    """The slowest lane's reading of its rows; lanes recover side by side."""
    peak_bytes: int


def main() -> None:
    """Measure, and write the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__)
    parser.add_argument("--records", type=int, default=5_000_000, help="records in all")
    parser.add_argument("--reps", type=int, default=2_000, help="reps who share them")
    parser.add_argument(
        "--ledger-rows", type=int, default=1_000_000, help="a recovery is measured with so many ledger rows"
    )
    parser.add_argument("--to", type=Path, default=PAGE, help="the page to write")
    arguments = parser.parse_args()
    machine = Machine.here()
    with own_stack() as (folder, addresses):
        sizes, recoveries = measure(addresses.broker, folder, arguments.records, arguments.reps, arguments.ledger_rows)
    arguments.to.write_text(page(machine, arguments.reps, sizes, recoveries, os.getloadavg()[0]), encoding="utf-8")
    print(f"wrote {arguments.to}")


def measure(broker: str, folder: Path, records: int, reps: int, ledger_rows: int) -> tuple[list[Size], list[Recovery]]:
    """Sizes at each million records, and recoveries at `ledger_rows` and in the end."""
    marks = sorted({*range(_ROUND_NUMBER, records, _ROUND_NUMBER), min(ledger_rows, records), records})
    sizes, recoveries, done = [], [], 0
    settings = Settings(broker=broker, app="growth", topic_prefix="growth.", http_port=ports.choose(None))
    topic_admin.ensure(settings)
    worker = Worker(settings, folder)
    try:
        worker.wait_until_ready()
        for mark in marks:
            started = time.monotonic()
            produce(settings, done, mark, reps, lambda number: number // reps % _DAYS)
            worker.wait_for(mark - done)
            done = mark
            sizes.append(_size(settings, folder, mark, time.monotonic() - started, worker))
            print(sizes[-1])
            if mark in (ledger_rows, records):
                worker.kill()
                worker = Worker(settings, folder)
                seconds = worker.wait_until_ready()
                slowest = worker.slowest_lane_seconds(settings.partitions)
                recoveries.append(Recovery(mark, seconds, slowest, worker.memory()))
                print(recoveries[-1])
    finally:
        worker.kill()
    return sizes, recoveries


def produce(settings: Settings, first: int, last: int, reps: int, days_back: Callable[[int], int]) -> date:
    """Send activities `first` to `last`, each with an id of its own, one rep after the other; returns yesterday.

    `days_back` says of each number how many days before yesterday its activity is. They are texts with a few gaps to fill, for
    a simulated company would be slower than the worker. None is of today: what is dated ahead of the clock is looked at one by
    one, and how many that are would depend on the hour.
    """
    producer = Producer(
        {
            "bootstrap.servers": settings.broker,
            "partitioner": "murmur2_random",
            "linger.ms": 50,
            "queue.buffering.max.messages": 200_000,
        }
    )
    newest = datetime.now(UTC).date() - timedelta(days=1)
    # There are few days, and millions of records.
    day_before = cache(lambda back: (newest - timedelta(days=back)).isoformat())
    topic = settings.topic_prefix + ACTIVITIES
    for number in range(first, last):
        kind, outcome = KINDS[number % len(KINDS)]
        day = day_before(days_back(number))
        value = (
            f'{{"type":"activity","id":"a-{number:09}","updated_at":"{day}T12:00:00Z","rep_id":"r-{number % reps}",'
            f'"kind":"{kind}","outcome":"{outcome}","occurred_at":"{day}T{8 + number % 10:02}:{number % 60:02}:00Z",'
            f'"duration_seconds":{number % 3600},"deal_id":"d-{number % 100_003}"}}'
        )
        while True:
            try:
                producer.produce(topic, value, f"a-{number:09}")
                break
            except BufferError:
                producer.poll(0.1)
        if not number % 1_000:
            producer.poll(0)
    producer.flush(60)
    return newest


def _size(settings: Settings, folder: Path, records: int, seconds: float, worker: Worker) -> Size:
    memory = worker.memory()
    rows = row_bytes = 0
    for partition in range(settings.partitions):
        held = asyncio.run(read_whole_partition(settings, f"{settings.app}-state", partition))
        rows += len(held)
        row_bytes += sum(len(key) + len(row) for key, row in held.items())
    own = sum(_on_disk(folder, f"{settings.app}-{name}") for name in ("facts", "pane-changes", "forwarded"))
    return Size(records, seconds, memory, _on_disk(folder, f"{settings.app}-state"), rows, row_bytes, own)


def _on_disk(folder: Path, topic: str) -> int:
    def sizes() -> Iterator[int]:
        for file in folder.rglob(f"{topic}-[0-9]*/*.log"):
            try:
                yield file.stat().st_size
            except FileNotFoundError:  # compacted or cut meanwhile
                continue

    return sum(sizes())


def page(machine: Machine, reps: int, sizes: list[Size], recoveries: list[Recovery], load: float) -> str:
    """The page in docs."""
    lines = [
        "# What grows, and how much",
        "",
        f"Written by `python -m benchmarks.growth`: activities with ids of their own over {reps:,} reps and {_DAYS} days, one",
        "worker with all partitions, a Kafka on the same machine. Timings are pessimistic: producer, Kafka and whatever else ran",
        "shared the cores. Records/s includes the time to produce them.",
        "",
        f"{machine.processor}, {machine.cores} cores, {machine.memory_bytes / 2**30:.0f} GB, {machine.system}, {machine.python},",
        f"Kafka {machine.kafka}; 1-minute load {machine.load:.1f} before and {load:.1f} after the run.",
        "",
        "| records | worker, MB | bytes a record | state rows | newest rows, MB | state on disk, MB | own topics | records/s |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    before = 0
    for size in sizes:
        rate = (size.records - before) / size.seconds
        before = size.records
        lines.append(
            f"| {size.records:,} | {size.worker_bytes / 1e6:,.0f} | {size.worker_bytes / size.records:,.0f} | {size.rows:,} "
            f"| {size.row_bytes / 1e6:,.0f} | {size.state_bytes / 1e6:,.0f} | {size.own_bytes / 1e6:,.0f} | {rate:,.0f} |"
        )
    lines += [
        "",
        "Memory and state grow with the records that are held: each is a ledger row, in memory as on the topic. What reps and",
        f"days take, the panes, is bounded by {reps:,} reps and the days of the retention. Newest rows: what compaction leaves.",
        "",
        "## Recovery",
        "",
        "The worker was killed with -9 and started again at once, with nothing on its disk.",
        "",
        "| ledger rows | process start to `/readyz` 200, s | slowest lane, s | worker then, MB |",
        "| --- | --- | --- | --- |",
    ]
    lines += [
        f"| {one.ledger_rows:,} | {one.ready_seconds:.1f} | {one.lane_seconds:.1f} | {one.peak_bytes / 1e6:,.0f} |"
        for one in recoveries
    ]
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    main()
