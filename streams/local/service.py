"""One program of the local stack: started, recognised, waited for and ended."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from streams.errors import LocalStackError, StartFailed
from streams.local import keeper, ports
from streams.local.logs import last_lines
from streams.local.process import Process
from streams.local.record import Record
from streams.local.waiting import wait_until

LOG = "server.log"
GRACE_SECONDS = 20.0
"""How long a program may take to end by itself before it is killed."""


class Program(Protocol):
    """How a program is run and asked: `Kafka` or `Redis`."""

    @property
    def name(self) -> str:
        """Its name, also that of its folder."""

    @property
    def sign(self) -> str:
        """A word of its command line."""

    @property
    def port_names(self) -> tuple[str, ...]:
        """The ports that it listens on."""

    @property
    def patience_seconds(self) -> float:
        """How long it may take to answer."""

    def address(self, ports: Mapping[str, int]) -> str:
        """Its address for clients."""

    def prepare(self, folder: Path, ports: Mapping[str, int]) -> list[str]:
        """Gets everything ready and returns the command to run in the folder."""

    def answers(self, ports: Mapping[str, int]) -> bool:
        """Whether a client is served now."""


class Service:
    """A program in its folder of the stack's directory.

    Between its calls nothing is kept in memory but the keeper, so that any process can find, use and stop a service.
    """

    def __init__(self, program: Program, directory: Path) -> None:
        self.program = program
        self.folder = directory / program.name
        self._keeper: subprocess.Popen[bytes] | None = None
        self._log_start = 0

    @property
    def owned(self) -> bool:
        """Whether this object started the program and has not let go of it."""
        return self._keeper is not None

    @property
    def address(self) -> str:
        """The address of the last start."""
        return self.program.address(Record.read(self.folder).ports)

    def running(self) -> Process | None:
        """The program's process, if it runs; a stranger that has its pid by now is not taken for it."""
        process = Record.read(self.folder).process
        return process if process is not None and process.alive() else None

    def owner(self) -> Process | None:
        """The living process whose end is also the program's end; None when it runs detached or not at all."""
        owner = Record.read(self.folder).owner
        return owner if owner is not None and owner.alive() and self.running() is not None else None

    def settle(self) -> bool:
        """Whether it runs detached. What an owner that has died left behind is ended first.

        Raises:
            LocalStackError: it belongs to a process that lives, and would end with it.
        """
        owner = self.owner()
        if owner is not None:
            raise LocalStackError(
                f"{self.program.name} in {self.folder} belongs to process {owner.pid}, a demo or a test that still "
                "runs: end that first, or take another directory"
            )
        if Record.read(self.folder).owner is not None:
            self.stop()
        return self.running() is not None

    def answers(self) -> bool:
        """Whether a client is served now."""
        return self.running() is not None and self.program.answers(Record.read(self.folder).ports)

    def start(self, *, for_life: bool) -> None:
        """Starts the program, owned: it ends when this process does. Returns before it answers.

        On the same ports as last time when they are free. To be asked only when `settle` found nothing running.

        Args:
            for_life: it is never to be released.

        Raises:
            Offline: a part of it is missing on this machine.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        known, chosen = Record.read(self.folder), dict[str, int]()
        for name in self.program.port_names:
            chosen[name] = ports.choose(known.ports.get(name), chosen.values())
        command = self.program.prepare(self.folder, chosen)
        with (self.folder / LOG).open("ab") as log:
            self._log_start = log.tell()
            self._keeper = subprocess.Popen(
                [sys.executable, "-I", "-S", keeper.__file__, "owned" if for_life else "released", *command],
                cwd=self.folder,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
            )
        assert self._keeper.stdout is not None  # noqa: S101 - asked for above
        with self._keeper.stdout as told:
            pid = told.readline()
        process = Process.seen(int(pid), self.program.sign) if pid else None
        Record(ports=chosen, process=process, owner=Process.seen(os.getpid())).write(self.folder)

    def wait_until_it_answers(self) -> None:
        """Returns once a client is served.

        Raises:
            StartFailed: the program ended, or did not answer in time; with its last log lines.
        """
        known = Record.read(self.folder)

        def settled() -> bool:
            return self.program.answers(known.ports) or (self._keeper is not None and self._keeper.poll() is not None)

        in_time = wait_until(settled, self.program.patience_seconds)
        if self._keeper is not None and self._keeper.poll() is not None:
            raise StartFailed(f"{self.program.name} ended as it started{self._last_lines()}")
        if not in_time:
            late = f"{self.program.name} did not answer on {self.program.address(known.ports)}"
            raise StartFailed(f"{late} within {self.program.patience_seconds:g} s{self._last_lines()}")

    def release(self) -> None:
        """Lets the program live on by itself, whatever becomes of this process. Does nothing when not `owned`.

        Raises:
            StartFailed: it ended meanwhile; with its last log lines.
        """
        if self._keeper is None or self._keeper.stdin is None:
            return
        known = Record.read(self.folder)
        with contextlib.suppress(BrokenPipeError), self._keeper.stdin as pipe:
            pipe.write(b"r")
        ended = self._keeper.wait()
        self._keeper = None
        if ended or self.running() is None:
            raise StartFailed(f"{self.program.name} ended just after it had answered{self._last_lines()}")
        Record(ports=known.ports, process=known.process).write(self.folder)

    def stop(self) -> bool:
        """Ends the program, owned or not, and returns when it has ended. False: it did not run.

        Raises:
            LocalStackError: it would not end.
        """
        known = Record.read(self.folder)
        process = self.running()
        if self._keeper is not None:
            self._close_keeper()
        if process is not None and not process.end(GRACE_SECONDS):
            raise LocalStackError(f"{self.program.name} (process {process.pid}) did not end: see {self.folder / LOG}")
        if known.process is not None:
            Record(ports=known.ports).write(self.folder)
        return process is not None

    def kill(self) -> None:
        """Kills the program with no chance to tidy up, as a power cut would, and returns when it is gone."""
        process = self.running()
        if process is not None:
            process.end(grace_seconds=0)
        if self._keeper is not None:
            self._close_keeper()

    def _close_keeper(self) -> None:
        assert self._keeper is not None  # noqa: S101 - asked by both callers
        with contextlib.suppress(BrokenPipeError):
            if self._keeper.stdin is not None:
                self._keeper.stdin.close()
        self._keeper.wait()
        self._keeper = None

    def _last_lines(self) -> str:
        with contextlib.suppress(OSError), (self.folder / LOG).open("rb") as log:
            log.seek(self._log_start)
            return f"; the end of {self.folder / LOG}:\n{last_lines(log.read().decode(errors='replace'))}"
        return ""
