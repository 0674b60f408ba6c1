"""Replay run: one replay, or one bare loop, over topics that are filled, in a process of its own; what it took as JSON on stdout.

`python -m benchmarks.replay_run replay --broker HOST:PORT --prefix PREFIX`; `benchmarks.replay` starts it.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from streams.codec import to_json
from streams.replay.order import Order, fulfil
from streams.replay.reading import frames_of, offsets_of
from streams.settings import Settings


class Stage(msgspec.Struct):
    """What one stage took, by the clock and by the CPU, children included."""

    name: str
    seconds: float
    cpu_seconds: float


class Run(msgspec.Struct):
    """What one run took, its start and imports included."""

    records: int
    cpu_seconds: float
    peak_bytes: int
    """The largest resident size of any of its processes."""
    stages: list[Stage]
    seconds: float = 0.0


class Stages:
    """Notes what each stage of a replay takes."""

    def __init__(self) -> None:
        self.told: list[Stage] = []
        self.records = 0
        self._open = ("start", 0.0, 0.0)
        self._begun = time.monotonic() - time.process_time()
        """About when the process began: importing is work alone."""

    def stage(self, what: str, unit: str, total: int) -> Callable[[int], None]:
        """See `streams.replay.history.Stages`."""
        self.end()
        if unit == "records":
            self.records = total
        self._open = (what, time.monotonic() - self._begun, cpu())
        return lambda _: None

    def end(self) -> None:
        name, wall, used = self._open
        self.told.append(Stage(name, time.monotonic() - self._begun - wall, cpu() - used))


def cpu() -> float:
    """CPU seconds of this process and its children that ended."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


async def bare(settings: Settings) -> int:
    """Fetch each record, decode what a count needs, keep the newest version and a pane: no validation, money or scores."""
    from benchmarks.bare_loop import Loop  # noqa: PLC0415 - a replay, whose start is measured here too, needs neither
    from benchmarks.task import Task  # noqa: PLC0415

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
    asked.add_argument("what", choices=("bare", "replay"))
    asked.add_argument("--broker", required=True)
    asked.add_argument("--prefix", required=True)
    asked.add_argument("--processes", type=int, default=2)
    given = asked.parse_args()
    settings = Settings(broker=given.broker, topic_prefix=given.prefix, app=given.prefix + "app", partitions=4)
    stages = Stages()
    if given.what == "bare":
        seen = asyncio.run(bare(settings))
    else:
        with TemporaryDirectory() as folder:
            fulfil(Order(settings=settings, out="csv", to=Path(folder) / "out.csv", processes=given.processes), stages)
        seen = stages.records
    stages.end()
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(to_json(Run(seen, cpu(), peak * 1024, stages.told)).decode())


if __name__ == "__main__":
    main()
