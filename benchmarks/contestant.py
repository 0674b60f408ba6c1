"""Contestant: a program that reads the workload, and how a run of it is measured - the same for each.

The program is started on empty topics and brought to where it waits for records. Then it is stopped (SIGSTOP), the
records are produced, and at the start of the clock it is let go on (SIGCONT). So neither its start nor the producing
is in its figures, and it never waits for records.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from benchmarks.input_topics import fill
from benchmarks.meter import Meter, Reading
from benchmarks.truth import Truth
from benchmarks.workload import Workload
from streams.settings import Settings

PATIENCE_SECONDS = 120.0
"""How long a program may take to get ready, or to end a run of which nothing is heard any more."""

OnRecords = Callable[[int], None]
"""Told how many records have been taken so far."""


class Failed(Exception):
    """A contestant did not get ready or did not finish."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What one run of a contestant has: settings of its own, an empty folder, the records and the right answers."""

    settings: Settings
    folder: Path
    workload: Workload
    truth: Truth
    on_records: OnRecords


@dataclass(frozen=True, slots=True)
class Result:
    """One run."""

    records: int
    reading: Reading
    checked: int
    """How many subjects were compared with the oracle."""
    wrong: tuple[str, ...]
    """Those of them that were not the same."""

    @property
    def rate(self) -> float:
        """Records a second."""
        return self.records / self.reading.seconds

    @property
    def cpu_us(self) -> float:
        """Microseconds of CPU a record."""
        return self.reading.cpu_seconds / self.records * 1e6


class Contestant(Protocol):
    """A program that can be run."""

    @property
    def name(self) -> str:
        """A few words."""

    @property
    def what(self) -> str:
        """What it is and does, for the report: one sentence."""

    @property
    def part(self) -> float:
        """What part of the workload it is given, 0..1."""

    def prepare(self) -> None:
        """Make what it needs before it can be started, once.

        Raises:
            Missing: it cannot be run on this machine.
        """

    def run(self, ground: Ground) -> Result:
        """Let it read the whole workload, and compare its answers.

        Raises:
            Failed: it did not get ready or did not finish.
        """


def drain(processes: Sequence[subprocess.Popen[str]], ground: Ground, wait_until_done: Callable[[], None]) -> Reading:
    """What processes that are ready take from the moment all records lie there until they are done with them."""
    meter = Meter(*(process.pid for process in processes))
    for process in processes:
        os.kill(process.pid, signal.SIGSTOP)
    try:
        fill(ground.settings, ground.workload)
        meter.start()
    finally:
        for process in processes:
            os.kill(process.pid, signal.SIGCONT)
    try:
        wait_until_done()
    finally:
        reading = meter.stop()
    return reading


@contextmanager
def running(command: list[str], folder: Path, env: dict[str, str] | None = None) -> Iterator[subprocess.Popen[str]]:
    """A program that is ended with the block; what it says on stderr is in `stderr.txt` of the folder."""
    with (folder / "stderr.txt").open("w") as log:
        process = subprocess.Popen(
            command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, bufsize=1
        )
        try:
            yield process
        finally:
            process.kill()
            process.communicate()


def wait_for(
    condition: Callable[[], bool], what: str, process: subprocess.Popen[str], folder: Path, pause: float
) -> None:
    """Ask every `pause` seconds until the condition holds.

    Raises:
        Failed: it does not for `PATIENCE_SECONDS`, or the process has ended.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if process.poll() is not None:
            raise Failed(f"{what}: the program ended with {process.returncode}:\n{last_words(folder)}")
        if time.monotonic() > deadline:
            raise Failed(f"{what}: not within {PATIENCE_SECONDS:.0f} s:\n{last_words(folder)}")
        time.sleep(pause)


def last_words(folder: Path) -> str:
    """The end of what a program said on stderr."""
    return (folder / "stderr.txt").read_text(errors="replace")[-2000:]
