"""Polite: long work on a thread beside the event loop, which lets the loop have the interpreter soon.

A thread that computes keeps the interpreter lock for 5 ms before another gets it, each time that one has waited for anything: a
loop that wakes a hundred times a second would lose half of it. A pause of no length does not help: who lets go takes it first.
"""

from __future__ import annotations

import time
from typing import Final

__all__ = ["Politeness"]

_WORK_SECONDS: Final = 0.001
_PAUSE_SECONDS: Final = 0.0001


class Politeness:
    """Pauses of one piece of work; belongs to one thread."""

    def __init__(self) -> None:
        """The work begins now."""
        self._since = time.perf_counter()

    def turn(self) -> None:
        """To be called often: pauses for a tenth of a millisecond after each one of work."""
        if time.perf_counter() - self._since > _WORK_SECONDS:
            time.sleep(_PAUSE_SECONDS)
            self._since = time.perf_counter()
