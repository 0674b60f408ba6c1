"""What boards are shown on: two real workers on a company of which a team slides, scraped by a real Prometheus."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from schemas.topics import EVENTS, RECORD_TYPES
from streams.local import Addresses
from streams.simulator import records
from tests.installation import LIBRDKAFKA, Installation, WorkerProcess, installation, wait_until
from tests.whole.watching_programs import Prometheus

TOPIC_OF = {record_type: topic for topic, types in RECORD_TYPES.items() for record_type in types}
START, DAYS, SLIDE = date(2024, 1, 1), 460, "2025-02-03"
LAST = "2025-03-03"
"""From here on, records come while boards are looked at."""
SLIDING = {"t-1", "t-2"}
"""Teams whose customers are unhappy from `SLIDE` on, and who hardly call."""

RULES = """
groups:
  - name: boards
    rules:
      - alert: SalesRepScoreDropped
        expr: sales_rep_dropped_points > 0
"""


class Stage:
    """The installation, its workers, the Prometheus that sees them, and the days that have not come yet."""

    def __init__(self, line: Installation, workers: list[WorkerProcess], days: Iterable[list[Record]]) -> None:
        self.line = line
        self.workers = workers
        self._days = iter(days)
        self._day: list[Record] = []
        rules = line.folder / "rules.yml"
        rules.write_text(RULES)
        self.prometheus = Prometheus(line.folder, [rules], seconds=2)
        self.prometheus.watch([worker.address for worker in workers])

    def go_on(self) -> None:
        """Let another day come: some records twice, some in the wrong place, some wrong. After the last it comes again."""
        self._day = next(self._days, self._day)
        before = self._counted()
        self.line.produce(messages(self._day))
        self.line.produce(messages(self._day[::5]), LIBRDKAFKA)
        self.line.produce(faulty(self._day[0]["updated_at"]))
        wait_until(lambda: self._counted() >= before + len(self._day), 60, "a day to be read")
        counted = self._counted()
        wait_until(lambda: self._seen() >= counted, 60, "Prometheus to see it")

    def _seen(self) -> float:
        return sum(value for _, value in self.prometheus.query("sum(upscore_records_total)"))

    def _counted(self) -> int:
        return sum(worker.counted() for worker in self.workers)


Record = dict[str, Any]


def history() -> Iterator[dict[str, Any]]:
    """A simulated company whose customers answer often; those of two teams are unhappy from `SLIDE` on."""
    team_of: dict[str, str] = {}
    answered: set[tuple[str, str]] = set()
    for record in records(seed=5, days=DAYS, reps=12, start=START):
        if record["type"] == "rep":
            team_of[record["id"]] = record["team_id"]
        rep, day = record.get("rep_id", ""), record["updated_at"][:10]
        slides = day >= SLIDE and team_of.get(rep) in SLIDING
        if record["type"] == "activity" and rep:
            if (rep, day) not in answered and int(day[-2:]) % 3 == 0:
                answered.add((rep, day))
                yield _answer(record, 1 if slides or len(answered) % 5 == 0 else 5)
            if slides and record["kind"] in {"call", "meeting"} and record["id"][-1] in "2468":
                continue
        yield record


def _answer(record: dict[str, Any], value: int) -> dict[str, Any]:
    """A customer's answer at the moment of an activity."""
    when = {name: record[name] for name in ("rep_id", "occurred_at", "updated_at")}
    return {"type": "feedback", "id": f"answer-to-{record['id']}", "scale": "csat_5", "value": value} | when


def messages(of: Iterable[dict[str, Any]]) -> list[tuple[str, bytes | None, bytes | None]]:
    return [(TOPIC_OF[each["type"]], each["id"].encode(), json.dumps(each).encode()) for each in of]


def faulty(now: str) -> list[tuple[str, bytes | None, bytes | None]]:
    """Records that are refused, and one that is odd."""
    odd = {
        "type": "deal",
        "id": f"odd-{now}",
        "rep_id": "r-2",
        "status": "lost",
        "opened_at": "2025-03-02T00:00:00Z",
        "closed_at": "2025-03-01T00:00:00Z",
        "updated_at": now,
    }
    return [(EVENTS, b"x", b"no json"), (EVENTS, b"y", b'{"type": "deal", "id": "y"}'), *messages([odd])]


def by_day(made: Iterable[Record]) -> list[list[Record]]:
    """Records of each day, in the order in which they come."""
    days: dict[str, list[Record]] = {}
    for record in made:
        days.setdefault(record["updated_at"][:10], []).append(record)
    return list(days.values())


@contextmanager
def board_stage(stack: Addresses, folder: Path) -> Iterator[Stage]:
    """A stage on which every panel has something to show; ends what it starts."""
    with installation(stack, folder, "boards", redis_url=stack.redis_url, publish_seconds=0.2) as line:
        made = list(history())
        before = [record for record in made if record["updated_at"] < LAST]
        line.produce(messages(before))
        workers = [line.start_worker(), line.start_worker()]
        stage = Stage(line, workers, by_day(record for record in made if record["updated_at"] >= LAST))
        try:
            wait_until(lambda: sum(worker.counted() for worker in workers) >= len(before), 240, "the history")
            yield stage
        finally:
            stage.prometheus.stop()
