"""Drain parts: what a worker takes of CPU to drain records, part by part, and where the floor is.

`python -m benchmarks.drain_parts --out docs/drain.md` lets a worker with clocks drain the workload of `python -m benchmarks`
in its way, several times, the bare loop by turns, and writes the page.
"""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Final

from rich.console import Console

from benchmarks.clocked_worker import PARTS
from benchmarks.contest import Contest
from benchmarks.contestant import Ground
from benchmarks.contestants import BARE_LOOP
from benchmarks.drain_page import Part, page
from benchmarks.machine import Machine
from benchmarks.own_stack import own_stack
from benchmarks.upscore_worker import UpscoreWorker
from benchmarks.workload import Workload
from streams.local.progress import on_stderr

_PARTS_FILE: Final = "parts.json"


class ClockedWorker(UpscoreWorker):
    """upscore with clocks around its parts."""

    def __init__(self) -> None:
        """Nothing is told yet."""
        super().__init__(name="upscore with clocks")
        self.told: list[dict[str, tuple[float, int]]] = []
        """Of each run, seconds of each part and how often it was done."""

    def drained(self, ground: Ground) -> None:
        """Keep what the clocks say."""
        self.told.append(json.loads((ground.folder / _PARTS_FILE).read_text()))

    def program(self, ground: Ground) -> list[str]:
        """The worker with clocks."""
        return ["benchmarks.clocked_worker", str(ground.folder / _PARTS_FILE)]


def main() -> int:
    """Measure and tell; 0 where all figures were right."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--records", type=int, default=200_000, help="records of one company")
    asked.add_argument("--repeats", type=int, default=3)
    asked.add_argument("--out", type=Path, metavar="FILE", help="write the page there; else print it")
    given = asked.parse_args()
    machine, console, worker = Machine.here(), Console(stderr=True, highlight=False), ClockedWorker()
    contest = Contest(Workload.simulated(given.records), 1, console)
    with own_stack(on_stderr()) as (folder, addresses):
        for repeat in range(given.repeats):
            for contestant in (worker, BARE_LOOP):
                contest.hold(contestant, repeat, addresses.broker, folder)
    if not contest.is_right:
        return 1
    records = len(contest.workload)
    parts = [
        Part(
            name,
            median(told[name][0] for told in worker.told) / records * 1e6,
            round(median(told[name][1] for told in worker.told)),
        )
        for name in PARTS
    ]
    text = page(parts, contest.results[worker], contest.results[BARE_LOOP], machine, datetime.now(UTC).date())
    if given.out is None:
        print(text)
    else:
        given.out.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
