"""Latency: how long a record takes to its score, by load, and what a worker takes of a core meanwhile.

`python -m benchmarks.latency --out docs/latency.md` starts a Kafka and workers of its own, and takes about five minutes.
"""

from __future__ import annotations

import argparse
import threading
import time
import urllib.request
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]

from benchmarks.latency_page import Measured, page
from benchmarks.machine import Machine
from benchmarks.own_stack import own_stack
from benchmarks.paced import flowing
from benchmarks.probes import Probes, Seen
from benchmarks.scraped_stream import history
from streams.local import Addresses
from tests.installation import Installation, installation, wait_until
from tests.side_thread import side_thread

RATES = (20, 200, 2_000, 10_000)
_PARTITIONS = 8
_REPS, _MANY_REPS = 100, 10_000
_DISTURBED_RATE = 2_000
_SCRAPE_EVERY_SECONDS = 5.0
_PATIENCE_SECONDS = 1_800
_LAG = "upscore_partition_position_lag"

Disturbance = Callable[[Installation, threading.Event], None]
"""Goes on until the event is set."""


class Bench:
    """A worker with so many reps, and the loads that are put on it."""

    def __init__(self, line: Installation, reps: int, seconds: float) -> None:
        """Brings the worker to where it has published all of them."""
        self._line = line
        self._reps = reps
        self._seconds = seconds
        self.worker = line.start_worker()
        records = line.produce(history(reps))
        _await(lambda: self.worker.counted() >= records, "all records to be counted")
        _await(lambda: self.worker.metric("upscore_series").get("", 0) >= reps, "all series")
        self._probes = Probes(line.settings, lambda: [each.address for each in line.workers if each.runs])
        self._probes.warm_up()

    def under(self, name: str, rate: float, disturbance: Disturbance | None = None) -> Measured:
        """Latencies while so many records come in a second, and while something else goes on."""
        with flowing(self._line.settings, rate, self._reps) as sent:
            time.sleep(min(5.0, self._seconds / 4))
            share = None if disturbance else self._core_share()
            began, before = time.perf_counter(), sent[0]
            seen = self._seen(disturbance)
            found = Measured(name, (sent[0] - before) / (time.perf_counter() - began), share, seen)
        _await(lambda: not sum(self._lags()), "the end of the topics")
        print(*found.cells(), sep=" | ", flush=True)
        return found

    def _seen(self, disturbance: Disturbance | None) -> Sequence[Seen]:
        if disturbance is None:
            return self._probes.measure(self._seconds)
        stopping = threading.Event()
        with side_thread(lambda: disturbance(self._line, stopping), stopping):
            return self._probes.measure(self._seconds)

    def _lags(self) -> list[float]:
        return [lag for each in self._line.workers if each.runs for lag in each.metric(_LAG).values()]

    def _core_share(self) -> float:
        """Of a core, before anybody asks it anything."""
        process = psutil.Process(self.worker.process.pid)
        began, before = time.perf_counter(), sum(process.cpu_times()[:2])
        time.sleep(self._seconds / 2)
        return float((sum(process.cpu_times()[:2]) - before) / (time.perf_counter() - began))


def _await(condition: Callable[[], bool], what: str) -> None:
    """Wait for what a worker says; one that has its hands full may take longer to answer than it is asked to."""

    def holds() -> bool:
        try:
            return condition()
        except OSError:
            return False

    wait_until(holds, _PATIENCE_SECONDS, what)


def scrape(line: Installation, stopping: threading.Event) -> None:
    """Somebody asks for all metrics, zipped, every 5 s."""
    request = urllib.request.Request(line.workers[0].address + "/metrics", headers={"Accept-Encoding": "gzip"})  # noqa: S310
    while not stopping.is_set():
        urllib.request.urlopen(request, timeout=120).read()  # noqa: S310 - our own
        stopping.wait(_SCRAPE_EVERY_SECONDS)


def join(line: Installation, stopping: threading.Event) -> None:
    """A second worker comes, takes half of the partitions, and goes when all is measured."""
    worker = line.start_worker()
    stopping.wait()
    worker.stop()


def replay(line: Installation, stopping: threading.Event) -> None:
    """The last four weeks are replayed, over and over."""
    last = datetime.now(UTC).date()
    days = ["--from", (last - timedelta(days=27)).isoformat(), "--until", last.isoformat()]
    while not stopping.is_set():
        line.command("replay", *days, "--out", "csv", "--to", str(line.folder / "replayed.csv"))


def measure(stack: Addresses, folder: Path, rates: Sequence[float], many_reps: int, seconds: float) -> list[Measured]:
    """Every row of the page."""
    found = []
    settings: dict[str, Any] = {"partitions": _PARTITIONS, "clock": "wall"}
    with installation(stack, _made(folder / "few"), "latency", **settings) as line:
        bench = Bench(line, _REPS, seconds)
        found += [bench.under(f"{rate:,} records/s", rate) for rate in rates]
        found.append(bench.under("while a second worker joins", _DISTURBED_RATE, join))
        found.append(bench.under("while history is replayed", _DISTURBED_RATE, replay))
    with installation(stack, _made(folder / "many"), "scraped", **settings) as line:
        bench = Bench(line, many_reps, seconds)
        found.append(bench.under(f"{many_reps:,} reps", _DISTURBED_RATE))
        found.append(bench.under(f"{many_reps:,} reps, all scraped every 5 s", _DISTURBED_RATE, scrape))
    return found


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def main() -> None:
    """Measure, and write the page."""
    asked = argparse.ArgumentParser(prog="python -m benchmarks.latency", description=__doc__)
    asked.add_argument("--seconds", type=float, default=12.0, help="of each row, besides what it takes to get there")
    asked.add_argument("--rates", type=int, nargs="+", default=list(RATES), help="records a second")
    asked.add_argument("--many-reps", type=int, default=_MANY_REPS, help="reps of the worker that is scraped")
    asked.add_argument("--out", type=Path, required=True, help="the page to write")
    given = asked.parse_args()
    machine = Machine.here()
    with own_stack() as (folder, addresses):
        found = measure(addresses, folder, given.rates, given.many_reps, given.seconds)
    given.out.write_text(page(found, machine, datetime.now(UTC).date()), encoding="utf-8")
    print(f"wrote {given.out}")


if __name__ == "__main__":
    main()
