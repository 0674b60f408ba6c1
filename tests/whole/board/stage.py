"""What the board is shown on: two workers that hold the company between them, and a third of an installation that is empty."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from schemas.topics import ALERTS, EVENTS
from streams.local import Addresses
from tests.installation import Installation, WorkerProcess, installation, wait_until
from tests.whole.board import company

TOKEN = "open-sesame-0123456789"  # noqa: S105 - of an installation that lives for one test
SETTLED_SECONDS = 2.0


class Stage:
    """An installation, its workers, and the address of the first one's board."""

    def __init__(self, line: Installation, workers: list[WorkerProcess]) -> None:
        self.line = line
        self.workers = workers
        self.slides, self.improves = company.people()

    @property
    def address(self) -> str:
        return self.workers[0].address

    def publish(self, records: Iterable[company.Record]) -> None:
        """Send records and return once workers have dealt with them."""
        made = company.messages(records)
        before = self._counted()
        self.line.produce(made)
        wait_until(lambda: self._counted() >= before + len(made), 120, "records to be read")

    def answer(self, path: str, worker: int = 0) -> Any:
        """What the API says; fails unless it is an answer."""
        status, body = self.workers[worker].get(path)
        assert status == 200, (path, status, body[:500])
        return json.loads(body)

    def answer_of_owner(self, path: str) -> Any:
        """What the API of the worker that owns the subject says."""
        answers = [worker.get(path) for worker in self.workers]
        found = [body for status, body in answers if status == 200]
        assert found, (path, answers)
        return json.loads(found[0])

    def score(self, subject: str) -> Any:
        """The object of contract.md section 4, of a subject such as `rep:r-1`."""
        kind, _, subject_id = subject.partition(":")
        return self.answer_of_owner(f"/api/v1/scores/{kind}/{quote(subject_id, safe='')}")

    def wait_until_settled(self) -> None:
        """Return once no score has changed for two seconds, and groups are published as they are.

        Norms come late where many reps have joined, and everybody is scored by them now and then.
        """
        newest, since = self._published(), time.monotonic()

        def settled() -> bool:
            nonlocal newest, since
            found = self._published()
            if found != newest:
                newest, since = found, time.monotonic()
            return time.monotonic() - since > SETTLED_SECONDS and self._groups_are_as_published()

        wait_until(settled, 120, "scores to settle")

    def _groups_are_as_published(self) -> bool:
        groups = [row for row in self.published() if row["subject"] != "rep"]
        return all(self.score(f"{row['subject']}:{row['id']}")["score"] == row["score"] for row in groups)

    def alerts(self) -> list[dict[str, Any]]:
        """What has been told, in no order."""
        return [
            json.loads(message.value()) for message in self.line.read_all([self.line.settings.topic_prefix + ALERTS])
        ]

    def dropped(self) -> set[str]:
        """Whose drops have been told, such as `rep:r-1`."""
        return {f"{alert['subject']}:{alert['id']}" for alert in self.alerts() if alert["type"] == "ScoreDropped"}

    def published(self) -> list[dict[str, Any]]:
        """The newest published scores of both workers, in short."""
        return [row for body in self._published() for row in json.loads(body)]

    def scored(self) -> set[str]:
        """The ids of subjects that have a published score."""
        return {row["id"] for row in self.published() if row["score"] is not None}

    def _published(self) -> list[bytes]:
        return [worker.get("/api/v1/scores")[1] for worker in self.workers]

    def _counted(self) -> int:
        return sum(worker.counted() for worker in self.workers)


@contextmanager
def board_stage(stack: Addresses, folder: Path, *, strangers: bool = True) -> Iterator[Stage]:
    """A stage with everything read and every score published; without `strangers` the demo's company is alone."""
    with installation(stack, folder, "board", redis_url=stack.redis_url, publish_seconds=0.2) as line:
        stage = Stage(line, [line.start_worker(), line.start_worker()])
        wait_until(lambda: all(worker.get("/readyz")[0] == 200 for worker in stage.workers), 60, "both workers")
        history, days = company.simulated()
        stage.publish(history)
        stage.wait_until_settled()
        for day in days:
            stage.publish(day)
        wait_until(lambda: stage.dropped() >= {f"rep:{stage.slides}"}, 60, "the drop of the sliding rep")
        if not strangers:
            stage.wait_until_settled()
            yield stage
            return
        stage.publish(company.others())
        line.produce([(EVENTS, b"hostile", letter) for letter in company.HOSTILE_LETTERS])
        wait_until(lambda: len(line.dead_letters()) == len(company.HOSTILE_LETTERS), 60, "dead letters")
        scored = {*company.MEMBERS, *company.HOSTILE_REPS}
        wait_until(lambda: scored <= stage.scored(), 60, "everybody's score")
        stage.wait_until_settled()
        yield stage


@contextmanager
def empty_stage(stack: Addresses, folder: Path) -> Iterator[Stage]:
    """A stage without a record, whose worker asks for a token."""
    with installation(stack, folder, "board-empty", http_token=TOKEN, partitions=1) as line:
        stage = Stage(line, [line.start_worker()])
        stage.workers[0].wait_until_ready()
        yield stage
