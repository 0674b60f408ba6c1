"""upscore as a contestant: one worker process, all of it on, asked over HTTP as anybody would."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import quote

from benchmarks.contestant import PATIENCE_SECONDS, Failed, Ground, Result, drain, last_words, running, wait_for
from benchmarks.truth import Truth, counts_of
from streams.codec import from_json
from streams.local import ports
from streams.settings import Settings

_COMPANY = "company:company"
_POLL_SECONDS = 0.1
"""Between two questions how far it is; each costs the worker about a millisecond."""
_FINISH_SECONDS = 0.1
"""The same once all records are applied and only the groups' figures may be on their way."""
_SESSION_SECONDS = 60
"""Longer than it is held still while records are produced."""


class UpscoreWorker:
    """One worker with the memory store, as it runs live: windows end today."""

    name = "upscore"
    what = (
        "one worker: validation by pydantic, newest versions with exact corrections, every metric by rep, team, territory "
        "and company, fenced transactions, published scores, `/metrics`, API"
    )
    part = 1.0

    def prepare(self) -> None:
        """Nothing to make."""

    def program(self, _: Ground) -> list[str]:
        """The module that is run, and its arguments."""
        return ["streams", "worker"]

    def drained(self, ground: Ground) -> None:
        """Called when it is done with all records, before its answers are compared."""

    def run(self, ground: Ground) -> Result:
        """Let a worker that starts from nothing read the workload; then compare every score object it serves.

        Raises:
            Failed: it did not get ready or did not finish.
        """
        port = ports.choose(None)
        with (
            running(
                [sys.executable, "-m", *self.program(ground)], ground.folder, environment(ground.settings, port)
            ) as process,
            closing(WorkerClient(port)) as worker,
        ):
            wait_for(worker.is_ready, "getting ready", process, ground.folder, pause=0.2)
            try:
                reading = drain(process, ground, lambda: _wait_until_right(worker, process, ground))
            except Failed as failed:
                raise Failed(f"{failed}\n{last_words(ground.folder)}") from failed
            self.drained(ground)
            checked = tuple(ground.truth.scores or ground.truth.counts)
            wrong = tuple(subject for subject in checked if not _is_right(worker, subject, ground.truth))
        return Result(len(ground.workload), reading, len(checked), wrong)


def _is_right(worker: WorkerClient, subject: str, truth: Truth) -> bool:
    """Whether it says of a subject what is true, as far as that is known: the whole score, or counts."""
    score = worker.score(subject)
    if truth.scores:
        return score == truth.scores[subject]
    expected = truth.company if subject == _COMPANY else truth.counts[subject]
    return score is not None and counts_of(score) == expected


def environment(settings: Settings, port: int) -> dict[str, str]:
    """What a worker is started with."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("UPSCORE_")}
    return kept | {
        "UPSCORE_BROKER": settings.broker,
        "UPSCORE_APP": settings.app,
        "UPSCORE_TOPIC_PREFIX": settings.topic_prefix,
        "UPSCORE_PARTITIONS": str(settings.partitions),
        "UPSCORE_HTTP_PORT": str(port),
        "UPSCORE_SESSION_SECONDS": str(_SESSION_SECONDS),
    }


def _wait_until_right(worker: WorkerClient, process: subprocess.Popen[str], ground: Ground) -> None:
    """Until every record is counted, and the company, which is last to know, says what the oracle says of it.

    A worker that ends up wrong is let go a few seconds later: the comparison of all subjects will tell.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    counted = 0
    while counted < len(ground.workload):
        time.sleep(_POLL_SECONDS)
        now_counted = worker.records()
        if now_counted > counted:
            deadline = time.monotonic() + PATIENCE_SECONDS
        counted = now_counted
        ground.on_records(counted)
        if process.poll() is not None or time.monotonic() > deadline:
            raise Failed(f"it stopped at {counted} of {len(ground.workload)} records")
    deadline = time.monotonic() + PATIENCE_SECONDS / 4
    while not _is_right(worker, _COMPANY, ground.truth) and time.monotonic() < deadline:
        time.sleep(_FINISH_SECONDS)


class WorkerClient:
    """A worker's HTTP side, over one connection."""

    def __init__(self, port: int) -> None:
        self._connection = HTTPConnection(ports.LOOPBACK, port, timeout=30)

    def close(self) -> None:
        """End the connection."""
        self._connection.close()

    def is_ready(self) -> bool:
        """Whether it has lanes and waits for records."""
        try:
            return self._get("/readyz")[0] == 200
        except Failed:
            return False

    def records(self) -> int:
        """Records of input topics that it has counted, whatever became of them."""
        return round(self.total("upscore_records_total"))

    def total(self, metric: str) -> float:
        """The sum of all series of a counter."""
        lines = self._get(f"/metrics?name[]={metric}")[1].decode().splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(metric + "{"))

    def score(self, subject: str) -> dict[str, Any] | None:
        """A subject's score object without `version`; None if it has none."""
        kind, _, name = subject.partition(":")
        status, body = self._get(f"/api/v1/scores/{kind}/{quote(name, safe='')}")
        if status != 200:
            return None
        return {name: value for name, value in from_json(body).items() if name != "version"}

    def _get(self, path: str) -> tuple[int, bytes]:
        try:
            self._connection.request("GET", path)
            response = self._connection.getresponse()
            return response.status, response.read()
        except (OSError, HTTPException) as error:
            self._connection.close()
            raise Failed(f"{path} is not answered: {error!r}") from error
