"""Scale: what a record takes with more workers, reps, partitions and records, and what memory a rep and a record take.

`python -m benchmarks.scale --out docs/sizing.md` starts a Kafka, and workers of its own for each row; an hour. The
page is written after each row, so that one which fails takes nothing with it.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import cache, partial
from itertools import chain
from pathlib import Path
from typing import Final

import numpy as np
import psutil  # type: ignore[import-untyped]

from benchmarks.growth import KINDS, produce
from benchmarks.machine import Machine
from benchmarks.own_stack import own_stack
from benchmarks.sizing import LOADS_RETENTION_DAYS, Load, Scaled, days_back, least_disturbed
from benchmarks.sizing_page import page
from benchmarks.watched_worker import Worker
from streams import topic_admin
from streams.local import ports
from streams.settings import Settings

BASE: Final = Load(workers=1, reps=1_000, partitions=8, records=1_000_000)
LOADS: Final = {
    "workers": [BASE._replace(workers=count) for count in (1, 2, 4)],
    "reps": [BASE._replace(reps=count) for count in (100, 1_000, 10_000)],
    "partitions": [BASE._replace(partitions=count) for count in (1, 8, 64)],
    "records": [BASE._replace(records=count) for count in (100_000, 1_000_000, 10_000_000)],
    "company": [BASE._replace(reps=count, records=1_000 * count) for count in (100, 1_000, 10_000)],
    "day": [BASE._replace(a_day=count) for count in (1, 10, 100)],
}
_WINDOW: Final = 364
_PATIENCE_SECONDS: Final = 1_800
_POLL_SECONDS: Final = 0.02
"""Between two looks whether they are done: what they do meanwhile is in the smallest load's time too, which takes a second."""
ROUNDS: Final = 5
"""So often each load is measured, in turns, for the machine is not always as fast."""
_SESSION_SECONDS: Final = 300
"""Longer than workers are held still while records are produced."""


def measure(load: Load, broker: str, folder: Path) -> Scaled:
    """Let workers that wait for records, and have been held still meanwhile, take all that were produced.

    The clock stops when the company counts all of them: they have passed every stage then.

    Args:
        load: what is put on them.
        broker: an address of the Kafka.
        folder: where their files go; each call with the same broker has one of its own name.

    Raises:
        RuntimeError: they do not get ready or to the end, or count something else than was sent.
    """
    app = f"scale-{folder.name}-{load.workers}-{load.reps}-{load.partitions}-{load.records}-{load.a_day}"
    settings = Settings(
        broker=broker,
        app=app,
        topic_prefix=f"{app}.",
        partitions=load.partitions,
        session_seconds=_SESSION_SECONDS,
        retention_days=LOADS_RETENTION_DAYS,
        http_port=ports.choose(None),
    )
    topic_admin.ensure(settings)
    (folder / app).mkdir(parents=True)
    with _workers(settings, load.workers, folder / app) as workers:
        _wait(lambda: _shared_out(workers, load), workers, "partitions for every worker")
        processes = [psutil.Process(worker.pid) for worker in workers]
        empty = sum(worker.memory() for worker in workers)
        with _held_still(workers):
            newest = produce(settings, 0, load.records, load.reps, partial(days_back, load))
            expected = calls(load)
            calls(load, later=1)  # remembered, for it would take a while of the measured time
            cpu_before = _cpu_seconds(processes)
        began = time.perf_counter()
        _wait(lambda: sum(worker.records() for worker in workers) >= load.records, workers, "all records")
        _wait(lambda: _counts_all(workers, load, newest), workers, f"a company with {expected} calls")
        seconds, cpu = time.perf_counter() - began, _cpu_seconds(processes) - cpu_before
        _wait(lambda: sum(worker.reps_scored() for worker in workers) >= load.reps, workers, "scores of all reps")
        for worker in workers:
            worker.scrape()
        full = sum(worker.memory() for worker in workers)
    return Scaled(load, load.records / seconds, cpu / load.records * 1e6, empty, full)


@cache
def calls(load: Load, later: int = 0) -> int:
    """How many calls of the last 364 days `produce` has sent, by arithmetic, so many days after it did.

    >>> year = BASE._replace(reps=1, records=800, a_day=1)
    >>> calls(year), calls(year, 5)
    (145, 143)
    """
    numbers = np.arange(load.records)
    of_calls = np.array([kind == "call" for kind, _ in KINDS])[numbers % len(KINDS)]
    return int(np.count_nonzero(of_calls & (days_back(load, numbers) < _WINDOW - later)))


def _counts_all(workers: Sequence[Worker], load: Load, newest: date) -> bool:
    """Whether the company's score, of whoever owns it, counts all calls of its days; `newest` is the records' last day."""
    for worker in workers:
        score = worker.score("company", "company")
        if score is not None:
            later = (date.fromisoformat(score["as_of"]) - newest).days
            return bool(score["metrics"]["calls"]["windows"][f"{_WINDOW}d"]["n"] == calls(load, later))
    return False


@contextmanager
def _workers(settings: Settings, count: int, folder: Path) -> Iterator[list[Worker]]:
    started: list[Worker] = []
    try:
        for _ in range(count):
            started.append(Worker(settings.model_copy(update={"http_port": ports.choose(None)}), folder))
            started[-1].wait_until_ready()
        yield started
    finally:
        for worker in started:
            worker.kill()


@contextmanager
def _held_still(workers: Sequence[Worker]) -> Iterator[None]:
    for worker in workers:
        os.kill(worker.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for worker in workers:
            os.kill(worker.pid, signal.SIGCONT)


def _shared_out(workers: Sequence[Worker], load: Load) -> bool:
    held = [worker.partitions() for worker in workers]
    return sum(held) == load.partitions and min(held) > 0


def _cpu_seconds(processes: Sequence[psutil.Process]) -> float:
    return float(sum(sum(process.cpu_times()[:2]) for process in processes))


def _wait(condition: Callable[[], bool], workers: Sequence[Worker], what: str) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > deadline or not all(worker.is_alive() for worker in workers):
            raise RuntimeError(f"the workers never reached {what}: {[worker.last_words() for worker in workers]}")
        time.sleep(_POLL_SECONDS)


def row_by_row(
    tables: Mapping[str, Sequence[Load]], measured: Callable[[Load, int], Scaled], rounds: int = ROUNDS
) -> Iterator[tuple[Mapping[str, Sequence[Scaled]], Mapping[Load, str]]]:
    """After each load that is measured, once a round where several tables have it: the rows so far, and why loads have none.

    Args:
        tables: loads by table.
        measured: measures a load, in a round by its number.
        rounds: how many.
    """
    found: dict[Load, list[Scaled]] = {}
    failures: dict[Load, str] = {}
    for number in range(rounds):
        for load in dict.fromkeys(chain.from_iterable(tables.values())):
            if load in failures:
                continue
            try:
                run = measured(load, number)
                found.setdefault(load, []).append(run)
                print(run, flush=True)
            except RuntimeError as error:
                failures[load] = str(error).partition(":")[0]
                print(load, error, flush=True)
            rows = least_disturbed({load: runs for load, runs in found.items() if load not in failures})
            yield {table: [rows[each] for each in loads if each in rows] for table, loads in tables.items()}, failures


def main() -> int:
    """Measure, and write the page; 0 where every load could be measured."""
    asked = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    asked.add_argument("--only", nargs="+", choices=LOADS, default=list(LOADS), help="these tables (default all)")
    asked.add_argument(
        "--rounds", type=int, default=ROUNDS, help=f"times that each load is measured (default {ROUNDS})"
    )
    asked.add_argument("--part", type=float, default=1.0, help="of the records of each row: to see that it works")
    asked.add_argument("--out", type=Path, required=True, help="the page to write")
    given = asked.parse_args()
    tables = {
        table: [load._replace(records=round(load.records * given.part)) for load in LOADS[table]]
        for table in given.only
    }
    machine = Machine.here()
    failures: Mapping[Load, str] = {}
    with own_stack() as (folder, addresses):
        for rows, failures in row_by_row(
            tables, lambda load, number: measure(load, addresses.broker, folder / f"round-{number}"), given.rounds
        ):
            given.out.write_text(page(rows, failures, machine, datetime.now(UTC).date()), encoding="utf-8")
    print(f"wrote {given.out}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
