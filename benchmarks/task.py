"""Task: what a peer's program is told on stdin, and what it tells back on stdout.

It says `ready`, now and then how many records it has taken, `done`; then, asked by a line on stdin, its figures as JSON.
Nothing heavy is imported here, for it counts as the peer's memory.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass
from typing import Protocol

from benchmarks.rolling import Counts, Memberships


@dataclass(frozen=True, slots=True)
class Task:
    """What a peer has to do."""

    broker: str
    app: str
    topics: list[str]
    partitions: int
    records: int
    """How many come; it is done after the last of them."""
    as_of: int
    """The day that the windows end with."""
    memberships: Memberships
    folder: str

    @classmethod
    def told(cls) -> Task:
        """The task on this process's stdin."""
        return cls(**json.loads(sys.stdin.readline()))


class Progress(Protocol):
    """How far a peer is that sums in another thread than it talks."""

    read: int
    """Records taken, each counted after all that it sends on: once all are read, no more is sent."""
    sent: int
    """Facts sent on."""
    summed: int
    """Of these, what has been summed everywhere."""


def say(word: str | int) -> None:
    """Tell the benchmark."""
    print(word, flush=True)


def answer(counts: Counts) -> None:
    """Tell the benchmark the figures."""
    say(json.dumps(counts))


def say_when_done(progress: Progress | type[Progress], records: int) -> None:
    """Tell how many records were read, twice a second, until all of them were and what was sent is summed; then `done`.

    Returns once the benchmark asks for the figures.
    """
    told = time.monotonic()
    while not (progress.read >= records and progress.summed == progress.sent):
        time.sleep(0.02)
        if time.monotonic() > told + 0.5:
            told = time.monotonic()
            say(progress.read)
    say("done")
    sys.stdin.readline()
