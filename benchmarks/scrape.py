"""Scrape: what `/metrics` costs with 10,000 reps, and what it does to the event loop of the worker beside it.

Run by `python -m benchmarks.scrape`. Scores are made up, but go through the real exporter and web server, over HTTP. Beside the
scrapes an event loop does what a busy lane does: it computes for some milliseconds at a time, and says what its turns lose.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import http.client
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from statistics import median
from typing import Any

from prometheus_client import CollectorRegistry

from benchmarks.machine import Machine
from streams.exporter import Exporter
from streams.open_drops import OpenDrops
from streams.program_metrics import ProgramMetrics
from streams.score_store import MemoryScoreStore
from streams.settings import Settings
from streams.web import WebServer
from tests.no_board import NoBoard

METRICS = [f"evaluation_{letter * 12}" for letter in "abcdefghijklmnopqrs"]
"""Nineteen metrics of two windows each, cut to 25 series a rep: more than the default scorecard has."""
REPS_A_TEAM = 10
TURN_SECONDS = 0.005
"""CPU time of a lane's work between two turns of the loop."""
ROUND_SECONDS = 20.0


class MadeUp:
    """A worker that has published scores of so many reps, their teams and the company."""

    def __init__(self, reps: int) -> None:
        self.settings = Settings(http_port=0)
        self.registry: CollectorRegistry = ProgramMetrics().registry
        self._dice = Random(1)
        self.subjects = [("rep", f"rep-{n:05d}") for n in range(reps)]
        self.subjects += [("team", f"team-{n:04d}") for n in range(reps // REPS_A_TEAM)]
        self.subjects.append(("company", "company"))
        self._other, self._scores = [
            {f"{kind}:{name}": self._score(kind, name) for kind, name in self.subjects} for _ in range(2)
        ]

    def change(self, share: float) -> None:
        """Publish other scores of a share of the subjects, made before: nothing is computed now."""
        changed = list(self._other)[: round(len(self._other) * share)]
        before = self._scores
        self._scores = before | {key: self._other[key] for key in changed}
        self._other = self._other | {key: before[key] for key in changed}

    def _score(self, kind: str, name: str) -> dict[str, Any]:
        dice = self._dice.random
        windows = ("28d", "91d")
        return {
            "subject": kind,
            "id": name,
            "team_id": f"team-{int(name[4:]) // REPS_A_TEAM:04d}" if kind == "rep" else None,
            "score": 100 * dice(),
            "low": 100 * dice(),
            "high": 100 * dice(),
            "pillars": {pillar: {"value": dice()} for pillar in ("results", "customer", "process", "improvement")},
            "metrics": {
                metric: {"pillar": "process", "windows": {window: {"value": 1000 * dice()} for window in windows}}
                for metric in METRICS
            },
        }

    def published(self) -> Mapping[str, dict[str, Any]]:
        return self._scores

    def drops(self) -> OpenDrops:
        return {f"rep:rep-{n:05d}": {"customer/csat": 7.5} for n in range(20)}

    def territory(self, rep_id: str) -> str | None:
        return f"territory-{rep_id[-1]}"

    def score(self, subject: str, subject_id: str) -> dict[str, Any] | None:
        return self._scores.get(f"{subject}:{subject_id}")

    def norms(self) -> dict[str, Any]:
        return {}

    def has_signal(self, _metric: str) -> bool | None:
        return None

    def obstacles(self) -> list[str]:
        return []


@dataclass(frozen=True, slots=True)
class Scrape:
    """How long it took, CPU time of all threads, in seconds, and what came, in bytes."""

    seconds: float
    cpu_seconds: float
    size: int


Scraper = Callable[[bool], Scrape]


@contextmanager
def serving(view: MadeUp) -> Iterator[Scraper]:
    """The real web server, as a function that scrapes it, zipped or not."""
    server = WebServer(view, Exporter(view), MemoryScoreStore(), NoBoard())
    host, port = server.start()

    def scrape(zipped: bool) -> Scrape:  # noqa: FBT001 - a choice of the table
        connection = http.client.HTTPConnection(host, port, timeout=60)
        started, cpu_before = time.perf_counter(), time.process_time()
        connection.request("GET", "/metrics", headers={"Accept-Encoding": "gzip"} if zipped else {})
        body = connection.getresponse().read()
        seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - cpu_before
        connection.close()
        return Scrape(seconds, cpu_seconds, len(body))

    try:
        yield scrape
    finally:
        server.stop()


async def turns(stopping: threading.Event) -> list[float]:
    """Seconds of CPU that the other threads took in each turn of an event loop which computes all the time, as a busy lane does.

    Not by the wall clock: on a machine that others share, that tells of them.
    """
    taken = []
    while not stopping.is_set():
        before, until = _of_others(), time.thread_time() + TURN_SECONDS
        while time.thread_time() < until:
            sum(range(100))
        await asyncio.sleep(0)
        taken.append(_of_others() - before)
    return taken


def _of_others() -> float:
    return time.process_time() - time.thread_time()


def taken(during: Callable[[], object]) -> list[float]:
    """What turns of this thread's loop lost while another thread did something over and over, ascending."""
    stopping = threading.Event()

    def other() -> None:
        end = time.perf_counter() + ROUND_SECONDS
        try:
            while time.perf_counter() < end:
                during()
        finally:
            stopping.set()

    thread = threading.Thread(target=other)
    thread.start()
    lost = asyncio.run(turns(stopping))
    thread.join()
    return sorted(lost)


def _row(name: str, scrapes: list[Scrape]) -> str:
    seconds = sorted(scrape.seconds for scrape in scrapes)
    cpu = median([scrape.cpu_seconds for scrape in scrapes])
    return f"| {name} | {median(seconds):.3f} | {seconds[-1]:.3f} | {cpu:.3f} | {scrapes[-1].size / 1e6:.2f} |"


def _lost_row(name: str, lost: list[float]) -> str:
    cells = [f"{1000 * lost[int((len(lost) - 1) * share)]:.2f}" for share in (0.5, 0.9, 0.99, 1.0)]
    return f"| {name} | {' | '.join(cells)} | {len(lost)} |"


def main() -> None:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scrape", description=__doc__.splitlines()[0])
    parser.add_argument("--reps", type=int, default=10_000)
    parser.add_argument("--scrapes", type=int, default=7)
    arguments = parser.parse_args()
    view = MadeUp(arguments.reps)
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 1000)  # as a worker does
    print(Machine.here())
    with serving(view) as scrape:
        first = scrape(False)
        print(f"\n{arguments.reps} reps, first scrape {first.seconds:.3f} s\n")
        print("| changed since the last | s (median) | s (worst) | CPU s | MB |\n| --- | --- | --- | --- | --- |")
        for share, zipped in ((0.0, False), (0.0, True), (0.05, True), (1.0, False), (1.0, True)):
            scrapes = []
            for _ in range(arguments.scrapes):
                view.change(share)
                scrapes.append(scrape(zipped))
            print(_row(f"{share:.0%}{', gzip' if zipped else ''}", scrapes), flush=True)
        print(f"\n| CPU ms that a turn of {1000 * TURN_SECONDS:.0f} ms lost | median | p90 | p99 | worst | turns |")
        print("| --- | --- | --- | --- | --- | --- |")
        print(_lost_row("no scrapes", taken(lambda: time.sleep(0.1))), flush=True)
        print(_lost_row("scrapes without a pause, nothing changed", taken(lambda: scrape(True))), flush=True)
        print(_lost_row("scrapes without a pause, all changed", taken(lambda: (view.change(1.0), scrape(True)))))


if __name__ == "__main__":
    main()
