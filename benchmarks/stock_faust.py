"""Stock Faust, as a careful user writes this job: raw bytes and a fast JSON decoder, tables in memory, day panes.

Records -> `ledger` (newest versions, by id) -> facts by rep -> `rep-panes` -> facts by team -> `team-panes`.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Iterator
from typing import Any

import faust
import orjson

from benchmarks.rolling import Counts, day_of, measure_of, rolling, team_on
from benchmarks.task import Task, answer, say

OWN_TOPICS = ("facts", "team-facts", "ledger-changelog", "rep-panes-changelog", "team-panes-changelog")
_TELL_RECORDS = 1_000


def create_app(task: Task) -> faust.App:
    return faust.App(
        task.app,
        broker=f"kafka://{task.broker}",
        datadir=task.folder,
        store="memory://",
        processing_guarantee="at_least_once",
        value_serializer="json",
        topic_partitions=task.partitions,
        topic_replication_factor=1,
        web_enabled=False,
        consumer_auto_offset_reset="earliest",
        broker_max_poll_records=1_000,
        stream_buffer_maxsize=8_192,
    )


class Job:
    """The agents and their tables."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.app = create_app(task)
        app = self.app
        self.ledger = app.Table("ledger", partitions=task.partitions)
        self.rep_panes = app.Table("rep-panes", default=dict, partitions=task.partitions)
        self.team_panes = app.Table("team-panes", default=dict, partitions=task.partitions)
        self.facts = app.topic(f"{task.app}-facts", key_type=str, value_serializer="json")
        self.team_facts = app.topic(f"{task.app}-team-facts", key_type=str, value_serializer="json")
        self.seen = self.sent = self.summed = 0
        self.done = asyncio.Event()
        records = app.topic(
            *task.topics, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw"
        )
        app.agent(records, name="keep_ledger")(self.keep_ledger)
        app.agent(self.facts, name="sum_reps")(self.sum_reps)
        app.agent(self.team_facts, name="sum_teams")(self.sum_teams)
        app.task(self.talk)

    async def keep_ledger(self, stream: Any) -> None:
        async for value in stream:
            for rep_id, day, measure, amount in self._changes(orjson.loads(value)):
                self.sent += 1
                await self.facts.send(key=rep_id, value=[rep_id, day, measure, amount])
            self.seen += 1
            if self.seen % _TELL_RECORDS == 0:
                say(self.seen)
            self._look_whether_done()

    async def sum_reps(self, stream: Any) -> None:
        async for rep_id, day, measure, amount in stream:
            _add(self.rep_panes, f"{rep_id}@{day}", measure, amount)
            team = team_on(self.task.memberships, rep_id, day)
            await self.team_facts.send(key=team, value=[team, day, measure, amount])

    async def sum_teams(self, stream: Any) -> None:
        async for team, day, measure, amount in stream:
            _add(self.team_panes, f"{team}@{day}", measure, amount)
            self.summed += 1
            self._look_whether_done()

    def _changes(self, record: dict[str, Any]) -> Iterator[tuple[str, int, str, int]]:
        """What a version of a record changes: the held one is taken out, the new one put in."""
        deleted = record.get("deleted", False)
        measure = None if deleted else measure_of(record["type"], record.get("kind"))
        if measure is None and not deleted:
            return
        key = f"{record['type']}:{record['id']}"
        version = [record["updated_at"], record.get("version", 0)]
        held = self.ledger.get(key)
        if held is not None:
            if version < held[0]:
                return
            if held[1]:
                rep_id, day, old = held[1]
                yield rep_id, day, old, -1
        fact = [record["rep_id"], day_of(record["occurred_at"][:10]), measure] if measure else None
        self.ledger[key] = [version, fact]
        if fact:
            yield fact[0], fact[1], fact[2], 1

    def _look_whether_done(self) -> None:
        if self.seen >= self.task.records and self.summed == self.sent:
            self.done.set()

    async def talk(self) -> None:
        while not (self.app.consumer.assignment() and self.app.flow_control.is_active()):  # noqa: ASYNC110 - Faust has no event for it
            await asyncio.sleep(0.1)
        say("ready")
        await self.done.wait()
        say("done")
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
        answer(self.figures())

    def figures(self) -> Counts:
        panes = [("rep", self.rep_panes), ("team", self.team_panes)]
        by_day = ((kind, *key.rsplit("@", 1), pane) for kind, table in panes for key, pane in table.items())
        return rolling(((f"{kind}:{name}", int(day), pane) for kind, name, day, pane in by_day), self.task.as_of)


def _add(table: Any, key: str, measure: str, amount: int) -> None:
    pane = table[key]
    pane[measure] = pane.get(measure, 0) + amount
    table[key] = pane


def main() -> int:
    job = Job(Task.told())
    worker = faust.Worker(job.app, loglevel="warning", redirect_stdouts=False, stdout=sys.stderr)
    for name in ("aiokafka", "asyncio"):  # Faust sets the root logger to DEBUG: their debug calls would cost it a third
        logging.getLogger(name).setLevel(logging.WARNING)
    worker.execute_from_commandline()
    return 0


if __name__ == "__main__":
    sys.exit(main())
