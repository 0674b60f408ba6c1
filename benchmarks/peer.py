"""Peer: a contestant that is a small program of this folder; `task.py` says how the two talk, whatever it is written in."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from dataclasses import asdict, dataclass
from queue import Empty, SimpleQueue

from benchmarks.contestant import PATIENCE_SECONDS, Failed, Ground, Result, drain, last_words, running
from benchmarks.input_topics import names
from benchmarks.programs import ROOT, Program
from benchmarks.rolling import Counts
from benchmarks.task import Task
from schemas.topics import INPUTS
from streams import topic_admin
from streams.admin_client import admin_client


@dataclass(frozen=True, slots=True)
class Peer:
    """A program of this folder as a contestant."""

    name: str
    what: str
    program: Program
    part: float = 1.0
    own_topics: tuple[str, ...] = ()
    """Topics of its own that must be there before it starts, after its name and a hyphen."""

    def prepare(self) -> None:
        """Make what the program needs.

        Raises:
            Missing: it cannot be run on this machine.
        """
        self.program.prepare()

    def run(self, ground: Ground) -> Result:
        """Let the program read the workload; then compare its counts of every rep and team.

        Raises:
            Failed: it did not get ready or did not finish.
        """
        settings = ground.settings
        topic_admin.create(settings, INPUTS)
        self._create_own_topics(ground)
        task = Task(
            settings.broker,
            settings.app,
            names(settings.topic_prefix),
            settings.partitions,
            len(ground.workload),
            ground.truth.as_of.toordinal(),
            ground.truth.memberships,
            str(ground.folder),
        )
        with running(self.program.command(), ground.folder, os.environ | {"PYTHONPATH": str(ROOT)}) as process:
            lines = _Lines(process, ground)
            lines.tell(json.dumps(asdict(task)))
            lines.read_until("ready")
            reading = drain([process], ground, lambda: lines.read_until("done"))
            lines.tell("figures")
            counts = json.loads(lines.read())
        right = ground.truth.counts
        wrong = tuple(subject for subject in right if _counted(counts, subject) != _counted(right, subject))
        return Result(len(ground.workload), reading, len(ground.truth.counts), wrong)

    def _create_own_topics(self, ground: Ground) -> None:
        wanted = [f"{ground.settings.app}-{name}" for name in self.own_topics]
        with admin_client(ground.settings) as client:
            if wanted:
                client.create_topics(
                    {name: {"num_partitions": ground.settings.partitions, "replication_factor": 1} for name in wanted}
                )
                client.wait_for_topics(wanted, timeout_ms=30_000)


def _counted(counts: Counts, subject: str) -> dict[str, int]:
    """What was counted of a subject; a peer need not say of whom it counted nothing."""
    return {name: count for name, count in counts.get(subject, {}).items() if count}


class _Lines:
    """What a program says, a line at a time, with an end to patience."""

    def __init__(self, process: subprocess.Popen[str], ground: Ground) -> None:
        self._process = process
        self._ground = ground
        self._lines: SimpleQueue[str] = SimpleQueue()
        threading.Thread(target=self._listen, daemon=True).start()

    def tell(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()

    def read(self) -> str:
        try:
            line = self._lines.get(timeout=PATIENCE_SECONDS)
        except Empty:
            line = ""
        if not line:
            raise Failed(f"nothing more is heard of it:\n{last_words(self._ground.folder)}")
        return line

    def read_until(self, word: str) -> None:
        while (line := self.read()) != word:
            self._ground.on_records(int(line))

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line.strip())
        self._lines.put("")
