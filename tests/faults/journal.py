"""Journal: what was done to an installation and when, in lines that a person can follow."""

from __future__ import annotations

import time
from pathlib import Path


class Journal:
    """Lines with the seconds since the start, kept in memory and in a file."""

    def __init__(self, path: Path) -> None:
        self.lines: list[str] = []
        self._path = path
        self._started = time.monotonic()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._started

    def note(self, text: str) -> None:
        self.lines.append(f"{self.seconds:5.1f} s {text}")
        with self._path.open("a") as file:
            file.write(self.lines[-1] + "\n")
