"""Moved clock: the monotonic clock of a module, moved by hand."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import pytest


def moved_clock(monkeypatch: pytest.MonkeyPatch, module: ModuleType) -> Callable[[float], None]:
    """Moves the clock that `module` reads as `time.monotonic()` forward by so many seconds."""
    now = [1_000.0]

    class Monotonic:
        @staticmethod
        def monotonic() -> float:
            return now[0]

    monkeypatch.setattr(module, "time", Monotonic)

    def forward(by: float) -> None:
        now[0] += by

    return forward
