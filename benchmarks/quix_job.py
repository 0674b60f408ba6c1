"""Quix Streams, as a careful user writes this job: state in RocksDB with changelogs, grouped by rep and by team, exactly once.

It needs an environment of its own (`quix.txt`). Panes that change go into a dictionary, where a sink would be, and cheaper
than one.
"""

from __future__ import annotations

import logging
import sys
import threading
import time
from functools import partial
from operator import itemgetter
from typing import Any, ClassVar

from quixstreams import Application

from benchmarks.rolling import day_of, measure_of, rolling, team_on
from benchmarks.task import Task, answer, say, say_when_done

_COMMIT_SECONDS = 1.0


class Progress:
    """What has been read, sent and summed, all in one thread; and the panes."""

    read = sent = summed = 0
    panes: ClassVar[dict[tuple[str, int], dict[str, int]]] = {}


def changes(record: dict[str, Any], state: Any) -> list[list[Any]]:
    """What a version of a record changes: the held one is taken out, the new one put in."""
    deleted = record.get("deleted", False)
    measure = None if deleted else measure_of(record["type"], record.get("kind"))
    found: list[list[Any]] = []
    if measure is not None or deleted:
        order = [record["updated_at"], record.get("version", 0)]
        held = state.get(record["type"])
        if held is None or order >= held[0]:
            if held is not None and held[1]:
                found.append([*held[1], -1])
            fact = [record["rep_id"], day_of(record["occurred_at"][:10]), measure] if measure else None
            state.set(record["type"], [order, fact])
            if fact:
                found.append([*fact, 1])
    Progress.sent += len(found)
    Progress.read += 1
    return found


def add(kind: str, fact: list[Any], state: Any) -> list[Any]:
    """Sum a fact into its pane, and give it on."""
    subject, day, measure, amount = fact
    pane = state.get(str(day)) or {}
    pane[measure] = pane.get(measure, 0) + amount
    state.set(str(day), pane)
    Progress.panes[f"{kind}:{subject}", day] = pane
    if kind == "team":
        Progress.summed += 1
    return fact


def to_team(task: Task, fact: list[Any]) -> list[Any]:
    rep_id, day, measure, amount = fact
    return [team_on(task.memberships, rep_id, day), day, measure, amount]


def create_app(task: Task) -> Application:
    app = Application(
        broker_address=task.broker,
        consumer_group=task.app,
        auto_offset_reset="earliest",
        processing_guarantee="exactly-once",
        commit_interval=_COMMIT_SECONDS,
        state_dir=task.folder,
        loglevel="WARNING",
        consumer_poll_timeout=0.1,
        consumer_extra_config={"session.timeout.ms": 60_000},
        producer_extra_config={"linger.ms": 50},
    )
    texts = {"key_serializer": "str", "key_deserializer": "str"}
    facts = app.topic(f"{task.app}-facts", value_serializer="json", value_deserializer="json", **texts)
    team_facts = app.topic(f"{task.app}-team-facts", value_serializer="json", value_deserializer="json", **texts)
    for name in task.topics:
        records = app.dataframe(app.topic(name, value_deserializer="json", key_deserializer="str"))
        records.apply(changes, stateful=True, expand=True).to_topic(facts, key=itemgetter(0))
    reps = app.dataframe(facts).apply(partial(add, "rep"), stateful=True)
    reps.apply(partial(to_team, task)).to_topic(team_facts, key=itemgetter(0))
    app.dataframe(team_facts).apply(partial(add, "team"), stateful=True)
    return app


def talk(task: Task, app: Application) -> None:
    while len(app._consumer.assignment()) < (len(task.topics) + 2) * task.partitions:  # noqa: SLF001 - it tells nobody else
        time.sleep(0.1)
    say("ready")
    say_when_done(Progress, task.records)
    panes = list(Progress.panes.items())
    answer(rolling(((subject, day, pane) for (subject, day), pane in panes), task.as_of))


def main() -> int:
    logging.captureWarnings(True)
    task = Task.told()
    app = create_app(task)
    threading.Thread(target=talk, args=(task, app), daemon=True).start()
    app.run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
