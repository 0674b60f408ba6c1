"""A whole worker that loses frames on their way: nothing is missing in the end, not even what the last frame held."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from itertools import islice
from pathlib import Path

import pytest

from schemas.topics import EVENTS, RECORD_TYPES
from streams.local import Addresses
from streams.simulator import line, records, roughen
from tests.installation import Installation, WorkerProcess, installation, wait_until
from tests.unit.streams.desks import deal

pytestmark = pytest.mark.kafka

TOPIC_OF = {record_type: topic for topic, types in RECORD_TYPES.items() for record_type in types}


@contextmanager
def losing(
    stack: Addresses, folder: Path, name: str, **environment: str
) -> Iterator[tuple[Installation, WorkerProcess]]:
    with installation(stack, folder, name, partitions=2, publish_seconds=0.2) as line_:
        worker = WorkerProcess(
            line_.environment | environment, folder / "losing.log", ["tests.functional.losing_worker"]
        )
        line_.workers.append(worker)
        worker.wait_until_ready()
        yield line_, worker


def seek_backs(worker: WorkerProcess) -> float:
    for metric in worker.get("/metrics?name[]=upscore_seek_backs_total")[1].decode().splitlines():
        if metric.startswith("upscore_seek_backs_total "):
            return float(metric.split()[1])
    return 0


def test_a_lost_last_frame_is_noticed_and_read_again(stack: Addresses, tmp_path: Path) -> None:
    with losing(stack, tmp_path, "lost-last", LOSE_FRAMES_WITH="the last") as (line_, worker):
        line_.produce([(EVENTS, b"d-1", json.dumps(deal("d-1")).encode())])
        line_.wait_for_scores(line_.oracle_scores(), 30)
        assert seek_backs(worker) == 0
        line_.produce([(EVENTS, b"d-2", json.dumps(deal("d-2", product="the last")).encode())])
        line_.wait_for_scores(line_.oracle_scores(), 30)
        assert seek_backs(worker) >= 1


def test_with_one_frame_in_ten_lost_everywhere_the_scores_are_the_oracles(stack: Addresses, tmp_path: Path) -> None:
    simulated = roughen(records(seed=4, days=60, reps=15, start=date(2025, 9, 1)), 4)
    messages = [(TOPIC_OF[one["type"]], one["id"].encode(), line(one).rstrip()) for one in islice(simulated, 6_000)]
    with losing(stack, tmp_path, "lossy", LOSE_SHARE="0.1") as (line_, worker):
        for first in range(0, len(messages), 500):
            line_.produce(messages[first : first + 500])
        line_.wait_for_scores(line_.oracle_scores(), 60)
        assert seek_backs(worker) > 0
        wait_until(lambda: worker.counted() == len(messages), 10, "every record to be counted, once")
