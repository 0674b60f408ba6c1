"""One at a time, over processes: a lock on a file that the system lets go of when its holder dies."""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path

from streams.local.progress import Reporter


@contextlib.contextmanager
def alone(file: Path, reporter: Reporter) -> Iterator[None]:
    """Holds the lock on `file` for the block; waits, and says so, while another process or thread holds it.

    The file is made if need be and stays: removing it would let a third one lock a new file of the same name.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            reporter.say(f"waiting for another upscore that is at work in {file.parent}")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
