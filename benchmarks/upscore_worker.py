"""upscore as a contestant: worker processes, all of it on, asked over HTTP as anybody would."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import quote

from benchmarks.contestant import PATIENCE_SECONDS, Failed, Ground, Result, drain, last_words, running, wait_for
from benchmarks.truth import counts_of
from streams.codec import from_json
from streams.local import ports
from streams.settings import Settings

_COMPANY = "company:company"
_LANES = "upscore_owned_partitions"
_POLL_SECONDS = 0.1
"""Between two questions how far it is; each costs the worker about a millisecond."""
_FINISH_SECONDS = 0.1
"""The same once all records are applied and only the groups' figures may be on their way."""
_SESSION_SECONDS = 60
"""Longer than it is held still while records are produced."""


class UpscoreWorker:
    """One worker with the memory store, or several side by side, as they run live: windows end today."""

    part = 1.0

    def __init__(self, workers: int = 1, name: str = "upscore", what: str = "") -> None:
        """So many of them; `what` in the place of the words for one."""
        self.name = name
        self.what = what or (
            "one worker: validation by pydantic, newest versions with exact corrections, every metric by rep, team, "
            "territory and company, fenced transactions, published scores, `/metrics`, API"
        )
        self._workers = workers

    def prepare(self) -> None:
        """Nothing to make."""

    def program(self, _: Ground) -> list[str]:
        """The module that is run, and its arguments."""
        return ["streams", "worker"]

    def drained(self, ground: Ground) -> None:
        """Called when all records are done with, before the answers are compared."""

    def run(self, ground: Ground) -> Result:
        """Let workers that start from nothing read the workload; then compare every score object they serve.

        Raises:
            Failed: they did not get ready or did not finish.
        """
        with ExitStack() as started:
            processes, clients = [], []
            for number in range(self._workers):
                port, folder = ports.choose(None), _folder(ground, number)
                folder.mkdir()
                command = [sys.executable, "-m", *self.program(ground)]
                processes.append(started.enter_context(running(command, folder, environment(ground.settings, port))))
                clients.append(started.enter_context(closing(WorkerClient(port))))
            workers = _Workers(processes, clients, ground)
            workers.wait_until_ready()
            try:
                reading = drain(processes, ground, workers.wait_until_right)
            except Failed as failed:
                raise Failed("\n".join([str(failed), *workers.last_words()])) from failed
            self.drained(ground)
            checked = tuple(ground.truth.scores or ground.truth.counts)
            wrong = tuple(workers.are_wrong_about(checked))
        return Result(len(ground.workload), reading, len(checked), wrong)


def _folder(ground: Ground, number: int) -> Path:
    """Where a worker of a run has its files."""
    return ground.folder / f"worker-{number}"


class _Workers:
    """The workers of one run, as one: each counts its own records and serves its own subjects."""

    def __init__(
        self, processes: Sequence[subprocess.Popen[str]], clients: Sequence[WorkerClient], ground: Ground
    ) -> None:
        self._processes = processes
        self._clients = clients
        self._ground = ground

    def wait_until_ready(self) -> None:
        """Until each of them has lanes, and they have them all."""
        for number, (process, client) in enumerate(zip(self._processes, self._clients, strict=True)):
            wait_for(client.is_ready, "getting ready", process, _folder(self._ground, number), pause=0.2)
        first, folder = self._processes[0], _folder(self._ground, 0)
        wait_for(self._have_shared_out, "partitions for every worker", first, folder, pause=0.2)

    def _have_shared_out(self) -> bool:
        lanes = [client.total(_LANES) for client in self._clients]
        ready = all(client.is_ready() for client in self._clients)
        return ready and min(lanes) > 0 and sum(lanes) == self._ground.settings.partitions

    def last_words(self) -> list[str]:
        """What each said last."""
        return [last_words(_folder(self._ground, number)) for number in range(len(self._processes))]

    def wait_until_right(self) -> None:
        """Until every record is counted, and the company, which is last to know, says what the oracle says of it.

        Of several workers its counts: norms of what they tell each other follow. Workers that end up wrong are let go a while
        later: the comparison of all subjects will tell.
        """
        ground, counted = self._ground, 0
        deadline = time.monotonic() + PATIENCE_SECONDS
        while counted < len(ground.workload):
            time.sleep(_POLL_SECONDS)
            now_counted = sum(client.records() for client in self._clients)
            if now_counted > counted:
                deadline = time.monotonic() + PATIENCE_SECONDS
            counted = now_counted
            ground.on_records(counted)
            ended = any(process.poll() is not None for process in self._processes)
            if ended or time.monotonic() > deadline:
                raise Failed(f"it stopped at {counted} of {len(ground.workload)} records")
        alone = len(self._clients) == 1
        deadline = time.monotonic() + PATIENCE_SECONDS / 4
        while not self._are_right(_COMPANY, whole=alone) and time.monotonic() < deadline:
            time.sleep(_FINISH_SECONDS)

    def are_wrong_about(self, subjects: Sequence[str]) -> Iterator[str]:
        """Those of the subjects of which they do not say what is true; several workers get a minute to say it."""
        deadline = time.monotonic() + (PATIENCE_SECONDS / 2 if len(self._clients) > 1 else 0)
        for subject in subjects:
            while not (right := self._are_right(subject)) and time.monotonic() < deadline:
                time.sleep(_FINISH_SECONDS)
            if not right:
                yield subject

    def _are_right(self, subject: str, *, whole: bool = True) -> bool:
        """Whether they say of a subject what is true, as far as that is known: the `whole` score, or counts."""
        truth = self._ground.truth
        score = next((score for client in self._clients if (score := client.score(subject)) is not None), None)
        if truth.scores and whole:
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
        """The sum of all series of a counter or gauge."""
        lines = self._get(f"/metrics?name[]={metric}")[1].decode().splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith((metric + "{", metric + " ")))

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
