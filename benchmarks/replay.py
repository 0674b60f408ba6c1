"""Replay: how long a replay of simulated records takes, stage by stage, beside a bare loop over the same topics in the same run.

`python -m benchmarks.replay --broker HOST:PORT --records 1000000` fills topics of its own and prints a table.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import msgspec

from benchmarks.bare_loop import Loop
from benchmarks.input_topics import fill
from benchmarks.task import Task
from benchmarks.workload import Workload
from streams import topic_admin
from streams.replay.order import Order, fulfil
from streams.replay.reading import frames_of, offsets_of
from streams.settings import Settings


class Stages:
    """Notes how long each stage takes, by the clock and by the CPU, children included."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, float, float]] = []
        self._open: tuple[str, float, float] | None = None

    def stage(self, what: str, unit: str, total: int) -> Callable[[int], None]:
        self.end()
        self._open = (f"{what}: {total:,} {unit}", time.monotonic(), cpu())
        return lambda _: None

    def end(self) -> None:
        if self._open is not None:
            what, wall, used = self._open
            self.rows.append((what, time.monotonic() - wall, cpu() - used))
        self._open = None


def cpu() -> float:
    """CPU seconds of this process and its children that ended."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


async def _bare(settings: Settings) -> int:
    """Fetch each record, decode what a count needs, keep the newest version and a pane: no validation, money or scores."""
    starts, ends = await offsets_of(settings)
    loop, seen = Loop(Task(settings.broker, "", [], 0, 0, 0, {}, "")), 0
    due = {each: start for each, start in starts.items() if start < ends[each]}
    async for _, frame in frames_of(settings, due, ends):
        for message in frame.records:
            if message.value is not None:
                try:
                    loop.take(message.value)
                except msgspec.DecodeError:
                    continue
            seen += 1
    return seen


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--broker", required=True)
    asked.add_argument("--records", type=int, default=1_000_000)
    asked.add_argument("--processes", type=int, default=2)
    asked.add_argument("--prefix", help="topics that are filled already")
    given = asked.parse_args()
    prefix = given.prefix or f"bench-{uuid4().hex[:8]}."
    settings = Settings(broker=given.broker, topic_prefix=prefix, app=prefix + "app", partitions=4)
    if given.prefix is None:
        topic_admin.ensure(settings)
        fill(settings, Workload.simulated(given.records))
    stages = Stages()
    advance = stages.stage("bare loop", "records", given.records)
    seen = asyncio.run(_bare(settings))
    advance(seen)
    stages.end()
    with TemporaryDirectory() as folder:
        begun, used = time.monotonic(), cpu()
        order = Order(settings=settings, out="csv", to=Path(folder) / "out.csv", processes=given.processes)
        fulfil(order, stages)
        stages.end()
        wall, used = time.monotonic() - begun, cpu() - used
    print("| stage | s | CPU, s | CPU, us a record |")
    print("| --- | --- | --- | --- |")
    for what, seconds, of_cpu in [*stages.rows, (f"replay, {given.processes} processes", wall, used)]:
        print(f"| {what} | {seconds:.1f} | {of_cpu:.1f} | {1e6 * of_cpu / seen:.2f} |")
    bare = stages.rows[0]
    print(f"\n{seen:,} records, {seen / wall:,.0f} a second; {used / bare[2]:.1f} times the CPU of the bare loop")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")


if __name__ == "__main__":
    main()
