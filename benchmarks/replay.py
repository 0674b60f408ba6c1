"""Replay: how fast simulated records are replayed, beside a bare loop over the same topics in the same run, and how that grows.

`python -m benchmarks.replay --out docs/replay-rate.md` starts a Kafka of its own, fills topics and writes the page.
With `--broker` it takes that one; topics that it filled before under the same prefix are not filled again.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple

import msgspec

from benchmarks.input_topics import fill
from benchmarks.machine import Machine
from benchmarks.own_stack import own_stack
from benchmarks.replay_run import Run
from benchmarks.spread import spread
from benchmarks.workload import RECORDS_A_DAY, REPS, Sent, copies, simulated_messages
from streams import topic_admin
from streams.replay.reading import offsets_of
from streams.settings import Settings

ROOT: Final = Path(__file__).parent.parent
_SMALL, _SMALL_REPS = 100_000, 10
"""A small company over three years: larger ones are several of it."""
_RECORDS: Final = 1_000_000
_TARGET: Final = 150_000


class Measured(NamedTuple):
    """Interleaved runs over the same topics."""

    bare: list[Run]
    replays: list[Run]
    load: float
    """The 1-minute load before they began: what others wanted."""


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--broker", help="a Kafka that runs; usual: one of its own")
    asked.add_argument("--prefix", default="bench-replay-", help="of topics, before the number of records")
    asked.add_argument("--records", type=int, default=_RECORDS, help="of the rate")
    asked.add_argument("--growth", type=int, nargs="*", default=[1, 5, 20, 50], help="times 100,000 records")
    asked.add_argument("--repeats", type=int, default=3, help="of the rate; the others once")
    asked.add_argument("--processes", type=int, default=2)
    asked.add_argument("--out", type=Path, help="the page to write")
    given = asked.parse_args()
    machine = Machine.here()
    found = {}
    with _broker(given.broker) as broker:
        prefix, one_company = f"{given.prefix}rate-{given.records}.", company(given.records, REPS)
        rate = measured(broker, prefix, one_company, given.repeats, given.processes)
        for count in given.growth:
            several = copies(company(_SMALL, _SMALL_REPS), count)
            found[count] = measured(broker, f"{given.prefix}growth-{count}.", several, 1, given.processes)
            print(*_row(found[count]))
    told = page(machine, rate, given.processes, found)
    if given.out is None:
        print(told)
    else:
        given.out.write_text(told, encoding="utf-8")


@contextmanager
def _broker(given: str | None) -> Iterator[str]:
    if given is not None:
        yield given
        return
    with own_stack() as (_, addresses):
        yield addresses.broker


def company(records: int, reps: int) -> Iterator[Sent]:
    """The records of a simulated company, to some days before today."""
    days = records * REPS // (RECORDS_A_DAY * reps) + 60
    return simulated_messages(records, reps, datetime.now(UTC).date() - timedelta(days=days))


def measured(broker: str, prefix: str, messages: Iterable[Sent], repeats: int, processes: int) -> Measured:
    """Fill topics, where that is not done, and run the bare loop and the replay over them by turns."""
    settings = Settings(broker=broker, topic_prefix=prefix, app=prefix + "app", partitions=4)
    topic_admin.ensure(settings)
    starts, ends = asyncio.run(offsets_of(settings))
    if ends == starts:
        fill(settings, messages)
    load = os.getloadavg()[0]
    runs = [(_run("bare", settings, 1), _run("replay", settings, processes)) for _ in range(repeats)]
    return Measured([bare for bare, _ in runs], [replay for _, replay in runs], load)


def _run(what: str, settings: Settings, processes: int) -> Run:
    """One run in a process of its own, from its start to its end."""
    command = [sys.executable, "-m", "benchmarks.replay_run", what, "--broker", settings.broker]
    command += ["--prefix", settings.topic_prefix, "--processes", str(processes)]
    begun = time.monotonic()
    said = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout
    run = msgspec.json.decode(said, type=Run)
    run.seconds = time.monotonic() - begun
    return run


def page(machine: Machine, at: Measured, processes: int, growth: Mapping[int, Measured]) -> str:
    """The page, in Markdown."""
    records = at.replays[0].records
    reached = median(run.records / run.seconds for run in at.replays) >= _TARGET
    ratios = [run.cpu_seconds / bare.cpu_seconds for run, bare in zip(at.replays, at.bare, strict=True)]
    lines = [
        "# How fast a replay is",
        "",
        "Written by `python -m benchmarks.replay --out docs/replay-rate.md`: all days of a simulated company's history to",
        "CSV, beside a bare loop that fetches, decodes and counts and does nothing else, by turns; the start of processes and",
        f"imports included. {machine.processor}, {machine.cores} cores, {machine.python}; Kafka {machine.kafka} beside it.",
        "",
        f"Target: {_TARGET:,} records/s of {records:,} on 2 cores, {2e6 / _TARGET:.1f} us of CPU a record:",
        f"{'reached' if reached else 'not reached'}. Others wanted {at.load:.1f} cores just before (1-minute load): on a busy",
        "machine only CPU and ratios tell.",
        "",
        f"| {records:,} records | records/s | CPU, us a record | largest process, MB |",
        "| --- | --- | --- | --- |",
        _cells("bare loop, 1 process", at.bare),
        _cells(f"replay, {processes} processes", at.replays),
        "",
        f"The replay takes {spread(ratios, '.1f')} times the CPU of the bare loop.",
        "",
        "| stage | s | CPU, us a record |",
        "| --- | --- | --- |",
        *(_stage(at.replays, place) for place in range(len(at.replays[0].stages))),
        "",
        f"Growth: companies of {_SMALL_REPS} reps and {_SMALL:,} records in about three years, some beside each other:",
        "",
        "| records | reps | records/s | CPU, us a record | bare loop's CPU | largest process, MB | load |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        *("| " + " | ".join(_row(each)) + " |" for _, each in sorted(growth.items())),
        "",
    ]
    return "\n".join(lines)


def _row(at: Measured) -> list[str]:
    run, bare = at.replays[0], at.bare[0]
    reps, peak = _SMALL_REPS * run.records // _SMALL, run.peak_bytes / 1e6
    figures = [f"{run.records / run.seconds:,.0f}", f"{_cpu_us(run):.1f}", f"{_cpu_us(bare):.1f}", f"{peak:,.0f}"]
    return [f"{run.records:,}", f"{reps:,}", *figures, f"{at.load:.1f}"]


def _cells(name: str, runs: Sequence[Run]) -> str:
    rate = spread([run.records / run.seconds for run in runs], ",.0f")
    return f"| {name} | {rate} | {spread([*map(_cpu_us, runs)], '.2f')} | {max(run.peak_bytes for run in runs) / 1e6:,.0f} |"


def _stage(runs: Sequence[Run], place: int) -> str:
    seconds = spread([run.stages[place].seconds for run in runs], ".2f")
    cpu = spread([1e6 * run.stages[place].cpu_seconds / run.records for run in runs], ".2f")
    return f"| {runs[0].stages[place].name} | {seconds} | {cpu} |"


def _cpu_us(run: Run) -> float:
    return 1e6 * run.cpu_seconds / run.records


if __name__ == "__main__":
    main()
