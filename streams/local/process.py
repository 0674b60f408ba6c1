"""Which process is ours: a pid alone is not enough, for the system gives pids to others again.

A process is known by its pid and its birth (the system's boot and the time it began), and by a word of its command
line. On Linux both are read from /proc, elsewhere asked of `ps`; neither needs a package.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

from streams.local.waiting import wait_until

_PROC = Path("/proc")
_BOOT = _PROC / "sys/kernel/random/boot_id"


def birth(pid: int) -> str | None:
    """When a process began, as text that no other process with this pid shares; None when it has ended.

    A zombie (ended, not yet reaped by its parent) counts as ended. The resolution is 10 ms on Linux, 1 s elsewhere.
    """
    if not _BOOT.exists():
        state, _, began = _ask_ps(pid, "stat=", "lstart=").partition(" ")
        return None if state.startswith("Z") else began.strip() or None
    try:
        # The command's name, in parentheses, may hold spaces and parentheses itself: count from the last one.
        fields = (_PROC / str(pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    state, began = fields[0], fields[19]
    return None if state in "ZX" else f"{_BOOT.read_text().strip()}/{began}"


def command_line(pid: int) -> str:
    """The command line of a process, its words parted by spaces; empty when it has ended or may not be seen."""
    if not _BOOT.exists():
        return _ask_ps(pid, "command=")
    try:
        return (_PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="surrogateescape")
    except OSError:
        return ""


def _ask_ps(pid: int, *columns: str) -> str:
    arguments = ["ps", "-ww", "-p", str(pid), *(word for column in columns for word in ("-o", column))]
    environment = {**os.environ, "LC_ALL": "C"}
    return subprocess.run(arguments, capture_output=True, text=True, check=False, env=environment).stdout.strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A process that was seen once, and is recognised again only if it still is the same one."""

    pid: int
    born: str
    sign: str = ""
    """A word that its command line holds; empty: its birth alone is enough."""

    @classmethod
    def seen(cls, pid: int, sign: str = "") -> Process | None:
        """The process with this pid, or None when it has ended."""
        born = birth(pid)
        return None if born is None else cls(pid=pid, born=born, sign=sign)

    def alive(self) -> bool:
        """Whether this very process still runs; a stranger with its pid does not count."""
        return birth(self.pid) == self.born and self.sign in command_line(self.pid)

    def end(self, grace_seconds: float) -> bool:
        """Ends the process and waits until it has ended: politely first, by force after `grace_seconds`.

        Without grace it is killed at once. Nothing is signalled unless it is `alive`, so a stranger is never hit.

        Returns:
            Whether it has ended. False only where even force did not end it within five seconds.
        """
        steps = ((signal.SIGTERM, grace_seconds), (signal.SIGKILL, 5.0))
        for number, seconds in steps if grace_seconds > 0 else steps[1:]:
            if not self.alive():
                return True
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)
            if wait_until(lambda: not self.alive(), seconds):
                return True
        return False
