"""Watched worker: a worker process as its users start it, and what is seen of it from outside."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from urllib.error import URLError
from urllib.request import urlopen

import psutil  # type: ignore[import-untyped]

from benchmarks.programs import ROOT
from streams.local import ports
from streams.settings import Settings

_PATIENCE_SECONDS: Final = 900


class Worker:
    """A worker process, as its users start it."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        """Start it."""
        self._log = folder / f"worker-{time.monotonic_ns()}.log"
        self._port = settings.http_port
        self._started = time.monotonic()
        self._counted = 0
        variables = {
            f"UPSCORE_{name.upper()}": str(value) for name, value in settings.model_dump(exclude_defaults=True).items()
        }
        kept = {name: value for name, value in os.environ.items() if not name.startswith("UPSCORE_")}
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "streams", "worker"],
                env=kept | variables | {"PYTHONPATH": str(ROOT)},
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def wait_until_ready(self) -> float:
        """Seconds from its start until `/readyz` answered 200."""
        self._wait(lambda: self._get("/readyz") is not None, "being ready")
        return time.monotonic() - self._started

    def wait_for(self, records: int) -> None:
        """Until it has counted so many records more, and stands at the end of everything."""
        before = self._counted
        self._wait(lambda: self.records() - before >= records, f"{records} records")
        self._counted = before + records
        self._wait(lambda: self.lag() == 0, "the end of its own topics")

    def memory(self) -> int:
        """Resident bytes."""
        return int(psutil.Process(self._process.pid).memory_info().rss)

    def slowest_lane_seconds(self, lanes: int) -> float:
        """As so many lanes log them, which they do after `/readyz` answers 200, for scores are put together then."""
        self._wait(lambda: len(self._recoveries()) >= lanes, f"the recovery of {lanes} lanes")
        return max(self._recoveries())

    def kill(self) -> None:
        """kill -9."""
        self._process.kill()
        self._process.wait()

    @property
    def pid(self) -> int:
        """Of its process."""
        return self._process.pid

    def is_alive(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def last_words(self) -> str:
        """The end of its log."""
        return self._log.read_text()[-2000:]

    def records(self) -> int:
        """How many it has counted."""
        return self._sum("upscore_records_total")

    def lag(self) -> int:
        """Messages of all its topics that lie before it."""
        return self._sum("upscore_partition_position_lag")

    def partitions(self) -> int:
        """How many it has."""
        text = self._get("/metrics?name[]=upscore_partition_position_lag") or ""
        return len(set(re.findall(r'partition="(\d+)"', text)))

    def score(self, subject: str, name: str) -> dict[str, Any] | None:
        """The score object of a subject; None if it is another worker's."""
        text = self._get(f"/api/v1/scores/{subject}/{name}")
        return None if text is None else json.loads(text)

    def reps_scored(self) -> int:
        """How many reps have a published score here."""
        text = self._get("/api/v1/leaderboard?subject=rep&metric=calls&limit=10000")
        return 0 if text is None else len(json.loads(text))

    def scrape(self) -> None:
        """Ask for all metrics, as Prometheus does."""
        self._get("/metrics")

    def _recoveries(self) -> list[float]:
        return [float(seconds) for seconds in re.findall(r"rows recovered in ([\d.]+) s", self._log.read_text())]

    def _sum(self, name: str) -> int:
        text = self._get(f"/metrics?name[]={name}") or ""
        return round(sum(float(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith(name + "{")))

    def _get(self, path: str) -> str | None:
        try:
            with urlopen(f"http://{ports.LOOPBACK}:{self._port}{path}", timeout=30) as answer:
                return str(answer.read(), "utf-8")
        except (URLError, OSError):
            return None

    def _wait(self, condition: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not condition():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the worker never reached {what}:\n{self.last_words()}")
            time.sleep(0.2)
