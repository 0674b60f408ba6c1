"""The bare loop: a consumer, a decoder that looks at what it needs and nothing else, dictionaries. The limit in Python.

It validates nothing, keeps nothing on disk, writes nothing and starts from the beginning when it ends.
"""

from __future__ import annotations

import sys
from typing import Any

import msgspec
from confluent_kafka import Consumer

from benchmarks.rolling import day_of, measure_of, rolling, team_on
from benchmarks.task import Task, answer, say

_BATCH = 10_000


class Record(msgspec.Struct):
    """The fields that matter to it."""

    type: str
    id: str
    updated_at: str
    version: int = 0
    deleted: bool = False
    rep_id: str = ""
    kind: str | None = None
    occurred_at: str = ""


class Loop:
    """Newest versions, and panes by rep, team and day."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._decode = msgspec.json.Decoder(Record).decode
        self._held: dict[tuple[str, str], tuple[str, int, str, int, str | None]] = {}
        self.panes: dict[tuple[str, int], dict[str, int]] = {}

    def take(self, value: bytes) -> None:
        record = self._decode(value)
        measure = None if record.deleted else measure_of(record.type, record.kind)
        if measure is None and not record.deleted:
            return
        key = (record.type, record.id)
        held = self._held.get(key)
        if held is not None:
            if (record.updated_at, record.version) < held[:2]:
                return
            self._add(held[2], held[3], held[4], -1)
        day = day_of(record.occurred_at[:10]) if measure else 0
        self._held[key] = (record.updated_at, record.version, record.rep_id, day, measure)
        self._add(record.rep_id, day, measure, 1)

    def _add(self, rep_id: str, day: int, measure: str | None, sign: int) -> None:
        if measure is None:
            return
        for subject in ("rep:" + rep_id, "team:" + team_on(self._task.memberships, rep_id, day)):
            pane = self.panes.get((subject, day))
            if pane is None:
                pane = self.panes[subject, day] = {}
            pane[measure] = pane.get(measure, 0) + sign


def main() -> int:
    task = Task.told()
    loop = Loop(task)
    consumer = Consumer(
        {
            "bootstrap.servers": task.broker,
            "group.id": task.app,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "session.timeout.ms": 60_000,
        }
    )
    assigned: list[Any] = []
    consumer.subscribe(task.topics, on_assign=lambda _, partitions: assigned.append(partitions))
    while not assigned:
        consumer.consume(1, 0.1)
    say("ready")
    seen = 0
    while seen < task.records:
        messages = consumer.consume(_BATCH, 0.05)
        for message in messages:
            value = message.value()
            if value is not None:
                loop.take(value)
        seen += len(messages)
    say("done")
    sys.stdin.readline()
    answer(rolling(((subject, day, pane) for (subject, day), pane in loop.panes.items()), task.as_of))
    consumer.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
