"""Progress of a replay: a bar with rate and time left on a terminal, a line now and then elsewhere; both on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from streams.replay.side_by_side import Advance

_LINE_SECONDS: Final = 5.0


class Lines:
    """Lines on stderr, at most one in some seconds and one at the end of each stage that took longer."""

    def __init__(self, say: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        """Say lines by `say`."""
        self._say, self._clock = say, clock

    def stage(self, what: str, unit: str, total: int) -> Advance:
        """See `streams.replay.history.Stages`."""
        begun = said = self._clock()
        done = 0

        def advance(count: int) -> None:
            nonlocal done, said
            done += count
            now = self._clock()
            if now - said >= _LINE_SECONDS:
                said = now
                self._say(told(what, unit, done, total, now - begun))

        return advance


class Bars:
    """A bar for each stage."""

    def __init__(self, progress: Progress) -> None:
        """Add bars to `progress`."""
        self._progress = progress

    def stage(self, what: str, unit: str, total: int) -> Advance:
        """See `streams.replay.history.Stages`."""
        task = self._progress.add_task(what, total=total, unit=unit, rate="")
        begun, done = time.monotonic(), 0

        def advance(count: int) -> None:
            nonlocal done
            done += count
            seconds = time.monotonic() - begun
            rate = f"{done / seconds:,.0f} {unit}/s" if seconds > 0 else ""
            self._progress.update(task, completed=done, rate=rate)

        return advance


def told(what: str, unit: str, done: int, total: int, seconds: float) -> str:
    """How far a stage is.

    >>> told("reading", "records", 250_000, 1_000_000, 2.0)
    'replay: reading, 250,000 of 1,000,000 records (25 %), 125,000 records/s, 6 s left'
    """
    rate = done / seconds if seconds > 0 else 0.0
    left = f", {(total - done) / rate:,.0f} s left" if rate > 0 else ""
    return f"replay: {what}, {done:,} of {total:,} {unit} ({100 * done // max(1, total)} %), {rate:,.0f} {unit}/s{left}"


@contextmanager
def shown_stages() -> Iterator[Lines | Bars]:
    """What a replay tells how it gets on."""
    if not sys.stderr.isatty():
        yield Lines(lambda line: print(line, file=sys.stderr, flush=True))  # noqa: T201 - what a command says
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[unit]} {task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield Bars(progress)
