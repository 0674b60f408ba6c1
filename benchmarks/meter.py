"""Meter: what processes take together - seconds on the clock, seconds of CPU, bytes of memory."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

import psutil  # type: ignore[import-untyped]

_SAMPLE_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Reading:
    """What processes took between start and stop of their meter."""

    seconds: float
    cpu_seconds: float
    """User and system time of all their threads."""
    peak_bytes: int
    """The largest resident size seen, of all of them together."""


class Meter:
    """Measures one process or several from `start` to `stop`."""

    def __init__(self, *pids: int) -> None:
        """Nothing is measured before `start`."""
        self._processes = [psutil.Process(pid) for pid in pids]
        self._stopped = threading.Event()
        self._sampler = threading.Thread(target=self._sample, daemon=True)
        self._peak_bytes = 0
        self._started = self._cpu_before = 0.0

    def memory(self) -> int:
        """Resident bytes now."""
        return sum(int(process.memory_info().rss) for process in self._processes)

    def start(self) -> None:
        """Begin."""
        self._sampler.start()
        self._cpu_before = self._cpu()
        self._started = time.perf_counter()

    def stop(self) -> Reading:
        """End, and say what was taken since `start`."""
        seconds = time.perf_counter() - self._started
        cpu_seconds = self._cpu() - self._cpu_before
        self._stopped.set()
        self._sampler.join()
        return Reading(seconds, cpu_seconds, self._peak_bytes)

    def _cpu(self) -> float:
        times = [process.cpu_times() for process in self._processes]
        return float(sum(each.user + each.system for each in times))

    def _sample(self) -> None:
        while True:
            self._peak_bytes = max(self._peak_bytes, self.memory())
            if self._stopped.wait(_SAMPLE_SECONDS):
                return
