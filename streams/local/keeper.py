"""Runs one program, and ends it when whoever asked for it goes away. Started by file name, with the stdlib alone.

    python -I -S keeper.py owned|released PROGRAM ARGUMENT...

It prints the program's pid, then waits for one of:

- its stdin ends: the starter closed it or died (the system closes it even on `kill -9`) -> the program is ended;
- its parent changes: the starter died, but a forked child of it still holds the other end -> the program is ended;
- the byte `r` on its stdin: the program is to live on by itself -> the keeper leaves, the program stays;
- the program ends -> the keeper ends with its exit code.

Why a process of its own: Linux could kill a child at its parent's death (PR_SET_PDEATHSIG), but that means the parent
*thread*, so a stack started from a worker thread would die with the thread, and macOS has nothing like it. A pipe works
the same on both. Where Linux has that signal, the keeper (which has one thread) asks for it too, so that a program
does not outlive a killed keeper. Keeper and program have sessions of their own: Ctrl-C in a terminal reaches the
owner alone, who then stops things in its own order, and a closed terminal hangs up nobody here.
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
import subprocess
import sys
from typing import NoReturn

GRACE_SECONDS = 10.0
"""How long a program may take to end before it is killed. Kafka takes 0.3 s, more with much to flush."""

LOOK_SECONDS = 0.25
"""How often the program and the parent are looked at; the end of stdin is noticed at once."""

_PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> int:
    """Runs the program to its end, or to that of its owner. Returns the program's exit code, 0 when released."""
    way, *command = arguments
    owner = os.getppid()
    signal.signal(signal.SIGTERM, _leave)
    program = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        start_new_session=True,
        preexec_fn=_die_with_keeper if way == "owned" and sys.platform == "linux" else None,  # noqa: PLW1509 - one thread
    )
    try:
        os.write(sys.stdout.fileno(), b"%d\n" % program.pid)
        while program.poll() is None and os.getppid() == owner:
            if select.select([sys.stdin], [], [], LOOK_SECONDS)[0]:
                if os.read(sys.stdin.fileno(), 1) == b"r":
                    os._exit(0)
                break
    finally:
        _end(program)
    return program.returncode


def _end(program: subprocess.Popen[bytes]) -> None:
    """Ends the program: politely first, then by force. Does nothing when it has ended."""
    program.terminate()
    try:
        program.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        program.kill()
        program.wait()


def _leave(_number: int, _frame: object) -> NoReturn:
    """Makes SIGTERM end the program on the way out."""
    raise SystemExit(128 + signal.SIGTERM)


def _die_with_keeper() -> None:
    """Asks Linux, in the new process, to end it when the keeper dies."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
