"""Quix Streams: a group-by and a state in RocksDB with its changelog. It needs an environment of its own (`make faults`)."""

from __future__ import annotations

import json
import os
from typing import Any

from quixstreams import Application

TASK = json.loads(os.environ["TASK"])


def count(record: dict[str, Any], state: Any) -> dict[str, Any]:
    pane = f"{record['rep_id']}@{record['day']}"
    seen = state.get(pane, 0) + 1
    state.set(pane, seen)
    return {"pane": pane, "count": seen}


def main() -> None:
    app = Application(
        broker_address=TASK["broker"],
        consumer_group=TASK["app"],
        auto_offset_reset="earliest",
        processing_guarantee=TASK["guarantee"].replace("_", "-"),
        state_dir=TASK["folder"],
        commit_interval=1.0,
        loglevel="WARNING",
        consumer_extra_config={"session.timeout.ms": 6_000, "heartbeat.interval.ms": 2_000},
    )
    records = app.topic(TASK["records"], value_deserializer="json", key_deserializer="str")
    counts = app.topic(TASK["counts"], value_serializer="json", key_serializer="str")
    frame = app.dataframe(records).group_by("rep_id").apply(count, stateful=True)
    frame.to_topic(counts, key=lambda found: found["pane"])
    app.run()


if __name__ == "__main__":
    main()
