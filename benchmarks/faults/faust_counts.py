"""Stock Faust: two agents, a table in memory with its changelog, at least once or with its exactly_once."""

from __future__ import annotations

import json
import logging
import os
import sys
from typing import Any

import faust

TASK = json.loads(os.environ["TASK"])

app = faust.App(
    TASK["app"],
    broker=f"kafka://{TASK['broker']}",
    datadir=TASK["folder"],
    store="memory://",
    processing_guarantee=TASK["guarantee"],
    topic_partitions=TASK["partitions"],
    topic_replication_factor=1,
    web_enabled=False,
    consumer_auto_offset_reset="earliest",
    broker_session_timeout=6.0,
    broker_heartbeat_interval=2.0,
)
records = app.topic(TASK["records"], key_type=bytes, value_serializer="json", key_serializer="raw")
by_rep = app.topic(TASK["by_rep"], key_type=str, value_serializer="json")
counts = app.topic(TASK["counts"], key_type=str, value_serializer="json")
panes = app.Table("panes", default=int, partitions=TASK["partitions"])


@app.agent(records)
async def hand_to_reps(stream: Any) -> None:
    async for record in stream:
        await by_rep.send(key=record["rep_id"], value=record)


@app.agent(by_rep)
async def count(stream: Any) -> None:
    async for record in stream:
        pane = f"{record['rep_id']}@{record['day']}"
        panes[pane] += 1
        await counts.send(key=pane, value=panes[pane])


if __name__ == "__main__":
    worker = faust.Worker(app, loglevel="warning", redirect_stdouts=False)
    for name in ("aiokafka", "asyncio"):
        logging.getLogger(name).setLevel(logging.WARNING)
    sys.exit(worker.execute_from_commandline())
