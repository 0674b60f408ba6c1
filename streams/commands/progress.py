"""How far a command is: a counter on a terminal, nothing elsewhere; its remarks go to stderr either way."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

__all__ = ["Bar", "shown_progress"]


class Bar(Protocol):
    """What a command tells while it works."""

    def tell(self, remark: str) -> None:
        """Write a line to stderr."""

    def advance(self, count: int) -> None:
        """So many more are done."""


class _Plain:
    def tell(self, remark: str) -> None:
        print(remark, file=sys.stderr)

    def advance(self, count: int) -> None:
        pass


class _Live:
    def __init__(self, progress: Progress, unit: str) -> None:
        self._progress = progress
        self._task = progress.add_task(unit, total=None)

    def tell(self, remark: str) -> None:
        self._progress.console.print(remark, markup=False, highlight=False, soft_wrap=True)

    def advance(self, count: int) -> None:
        self._progress.advance(self._task, count)


@contextmanager
def shown_progress(unit: str) -> Iterator[Bar]:
    """A bar that counts `unit` while the block runs, and is gone afterwards."""
    if not sys.stderr.isatty():
        yield _Plain()
        return
    columns = SpinnerColumn(), TextColumn("{task.completed:,.0f} {task.description}"), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield _Live(progress, unit)
