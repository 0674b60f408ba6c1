"""What a person sees while the local stack starts: a bar on a terminal, log lines elsewhere, always on stderr."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Protocol, TextIO

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

Advance = Callable[[str, int], None]
"""Told the name of the file at hand and how many more bytes of it have come."""

LINE_EVERY_SECONDS = 2.0


class Reporter(Protocol):
    """Shows how far the start is."""

    def say(self, line: str) -> None:
        """Shows one line."""

    def download(self, title: str, expected_bytes: int) -> AbstractContextManager[Advance]:
        """Shows a download of about so many bytes until the block ends."""


class Silent:
    """Shows nothing: for tests and for callers with a display of their own."""

    def say(self, line: str) -> None:
        """Shows nothing."""

    @contextlib.contextmanager
    def download(self, title: str, expected_bytes: int) -> Iterator[Advance]:  # noqa: ARG002 - the protocol's names
        """Shows nothing."""
        yield lambda _name, _size: None


class Lines:
    """Plain lines, for logs: at most one every two seconds of a download."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def say(self, line: str) -> None:
        """Writes one line."""
        print(line, file=self._out, flush=True)

    @contextlib.contextmanager
    def download(self, title: str, expected_bytes: int) -> Iterator[Advance]:
        """Writes the megabytes so far now and then, and in all at the end."""
        done = 0
        next_line = time.monotonic() + LINE_EVERY_SECONDS

        def advance(name: str, size: int) -> None:
            nonlocal done, next_line
            done += size
            if time.monotonic() >= next_line:
                next_line = time.monotonic() + LINE_EVERY_SECONDS
                self.say(f"{title}: {done / 1e6:.1f} of about {expected_bytes / 1e6:.0f} MB ({name})")

        self.say(f"{title}: about {expected_bytes / 1e6:.0f} MB, once")
        yield advance
        self.say(f"{title}: done, {done / 1e6:.1f} MB")


class Terminal:
    """A progress bar that goes away when the download is done."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def say(self, line: str) -> None:
        """Prints one line, dimmed: it is on the way, not the result."""
        self._console.print(line, style="dim", markup=False, highlight=False)

    @contextlib.contextmanager
    def download(self, title: str, expected_bytes: int) -> Iterator[Advance]:
        """Shows a bar with the megabytes, the speed and the file at hand."""
        columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn()
        with Progress(*columns, TextColumn("{task.fields[file]}"), console=self._console, transient=True) as bar:
            task = bar.add_task(title, total=expected_bytes, file="")
            yield lambda name, size: bar.update(task, advance=size, file=name)


def on_stderr() -> Reporter:
    """A bar when stderr is a terminal, lines when it is a file or a pipe."""
    return Terminal(Console(stderr=True)) if sys.stderr.isatty() else Lines(sys.stderr)
