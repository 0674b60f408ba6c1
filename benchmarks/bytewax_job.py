"""Bytewax, as a careful user writes this job: Kafka source, state by record, by rep and by team, snapshots for recovery.

It needs an environment of its own (`bytewax.txt`). Panes that change go into a dictionary, where a sink would be, and cheaper
than one.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterable, Iterator
from datetime import timedelta
from functools import partial
from itertools import chain
from operator import itemgetter
from pathlib import Path
from typing import Any

import bytewax.operators as op
import orjson
from bytewax.connectors.kafka import KafkaSource, KafkaSourceMessage
from bytewax.dataflow import Dataflow
from bytewax.operators import StatefulBatchLogic
from bytewax.outputs import DynamicSink, StatelessSinkPartition
from bytewax.recovery import RecoveryConfig, init_db_dir
from bytewax.run import cli_main

from benchmarks.rolling import day_of, measure_of, rolling, team_on
from benchmarks.task import Task, answer, say, say_when_done

_BATCH = 1_000
_EPOCH = timedelta(seconds=1)
"""Between two snapshots: what is lost at most, and read again, after a kill."""
_FIGURES_A_FACT = 2
"""A rep's and a team's: it is summed once both have arrived where figures go."""

Version = tuple[tuple[str, int], tuple[str, int, str] | None]
"""What orders it; rep, day and measure that it counts for, if it counts."""
Fact = tuple[str, int]
"""Measure, amount; the pane that it changes, `<subject>@<day>`, is its key."""


class Progress:
    """How far the dataflow is, which runs in this one thread: a record is read once the ledger has compared it."""

    read = sent = summed = 0


def versions(messages: list[KafkaSourceMessage[Any, Any]]) -> Iterable[tuple[str, Version]]:
    for message in messages:
        record = orjson.loads(message.value)
        deleted = record.get("deleted", False)
        measure = None if deleted else measure_of(record["type"], record.get("kind"))
        if measure is None and not deleted:
            Progress.read += 1
            continue
        order = (record["updated_at"], record.get("version", 0))
        fact = (record["rep_id"], day_of(record["occurred_at"][:10]), measure) if measure else None
        yield f"{record['type']}:{record['id']}", (order, fact)


class Newest(StatefulBatchLogic[Version, tuple[str, Fact], Version]):
    """The newest version of one record; gives what a newer one changes, by pane of a rep."""

    def __init__(self, held: Version | None) -> None:
        self._held = held

    def on_batch(self, values: list[Version]) -> tuple[list[tuple[str, Fact]], bool]:
        facts: list[tuple[str, Fact]] = []
        for version in values:
            if self._held is not None:
                if version[0] < self._held[0]:
                    continue
                if self._held[1] is not None:
                    rep_id, day, measure = self._held[1]
                    facts.append((f"{rep_id}@{day}", (measure, -1)))
            self._held = version
            if version[1] is not None:
                rep_id, day, measure = version[1]
                facts.append((f"{rep_id}@{day}", (measure, 1)))
        Progress.sent += _FIGURES_A_FACT * len(facts)
        Progress.read += len(values)  # not before: a batch may lie between two operators, with nothing sent of it yet
        return facts, StatefulBatchLogic.RETAIN

    def snapshot(self) -> Version:
        assert self._held is not None
        return self._held


class Pane(StatefulBatchLogic[Fact, tuple[list[Fact], dict[str, int]], dict[str, int]]):
    """One day of one subject; gives the facts on, and what the pane now holds."""

    def __init__(self, pane: dict[str, int] | None) -> None:
        self._pane = pane or {}

    def on_batch(self, values: list[Fact]) -> tuple[list[tuple[list[Fact], dict[str, int]]], bool]:
        pane = self._pane
        for measure, amount in values:
            pane[measure] = pane.get(measure, 0) + amount
        return [(values, pane.copy())], StatefulBatchLogic.RETAIN

    def snapshot(self) -> dict[str, int]:
        return self._pane.copy()


class Figures(DynamicSink[Any]):
    """The newest panes, in memory."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.panes: dict[str, dict[str, int]] = {}

    def build(self, _step_id: str, _worker_index: int, _worker_count: int) -> _FiguresPart:
        return _FiguresPart(self)

    def by_subject(self) -> Iterator[tuple[str, int, dict[str, int]]]:
        for key, pane in self.panes.items():
            subject, _, day = key.rpartition("@")
            yield f"{self.kind}:{subject}", int(day), pane


class _FiguresPart(StatelessSinkPartition[Any]):
    def __init__(self, figures: Figures) -> None:
        self._figures = figures

    def write_batch(self, items: list[Any]) -> None:
        for key, (facts, pane) in items:
            self._figures.panes[key] = pane
            Progress.summed += len(facts)


class Source(KafkaSource):
    """Bytewax's own, that counts the partitions it reads."""

    partitions = 0

    def build_part(self, step_id: str, for_part: str, resume_state: int | None) -> Any:
        part = super().build_part(step_id, for_part, resume_state)
        self.partitions += 1
        return part


def by_team(task: Task, item: tuple[str, tuple[list[Fact], dict[str, int]]]) -> list[tuple[str, Fact]]:
    key, (facts, _) = item
    rep_id, _, day = key.rpartition("@")
    pane = f"{team_on(task.memberships, rep_id, int(day))}@{day}"
    return [(pane, fact) for fact in facts]


def create_flow(task: Task, source: Source, reps: Figures, teams: Figures) -> Dataflow:
    flow = Dataflow("sales")
    messages = op.input("records", flow, source)
    keyed = op.flat_map_batch("read", messages, versions)
    facts = op.map("by-rep", op.stateful_batch("ledger", keyed, Newest), itemgetter(1))
    of_reps = op.stateful_batch("reps", facts, Pane)
    of_teams = op.stateful_batch("teams", op.flat_map("by-team", of_reps, partial(by_team, task)), Pane)
    op.output("rep-figures", of_reps, reps)
    op.output("team-figures", of_teams, teams)
    return flow


def talk(task: Task, source: Source, reps: Figures, teams: Figures) -> None:
    while source.partitions < len(task.topics) * task.partitions:
        time.sleep(0.05)
    say("ready")
    say_when_done(Progress, task.records)
    answer(rolling(chain(reps.by_subject(), teams.by_subject()), task.as_of))


def main() -> int:
    task = Task.told()
    source = Source([task.broker], task.topics, batch_size=_BATCH)
    reps, teams = Figures("rep"), Figures("team")
    snapshots = Path(task.folder) / "snapshots"
    snapshots.mkdir()
    init_db_dir(snapshots, 1)
    threading.Thread(target=talk, args=(task, source, reps, teams), daemon=True).start()
    flow = create_flow(task, source, reps, teams)
    cli_main(flow, epoch_interval=_EPOCH, recovery_config=RecoveryConfig(snapshots))
    return 0


if __name__ == "__main__":
    sys.exit(main())
