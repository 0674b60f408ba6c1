"""Meter: what one process takes - seconds on the clock, seconds of CPU, bytes of memory."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

import psutil  # type: ignore[import-untyped]

_SAMPLE_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Reading:
    """What a process took between start and stop of its meter."""

    seconds: float
    cpu_seconds: float
    """User and system time of all its threads."""
    peak_bytes: int
    """The largest resident size seen, of the whole process."""


class Meter:
    """Measures a process from `start` to `stop`."""

    def __init__(self, pid: int) -> None:
        """Nothing is measured before `start`."""
        self._process = psutil.Process(pid)
        self._stopped = threading.Event()
        self._sampler = threading.Thread(target=self._sample, daemon=True)
        self._peak_bytes = 0
        self._started = self._cpu_before = 0.0

    def memory(self) -> int:
        """Resident bytes of the whole process now."""
        return int(self._process.memory_info().rss)

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
        times = self._process.cpu_times()
        return float(times.user + times.system)

    def _sample(self) -> None:
        while True:
            self._peak_bytes = max(self._peak_bytes, self._process.memory_info().rss)
            if self._stopped.wait(_SAMPLE_SECONDS):
                return
