"""A partition that stands still in silence is seen, said and got over: by reading again, or by ending the worker."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from schemas.topics import EVENTS
from streams.local import Addresses
from tests.installation import JAVA, Installation, WorkerProcess, installation, wait_until
from tests.unit.streams.desks import deal

pytestmark = pytest.mark.kafka

DEALS = [(EVENTS, f"d-{number}".encode(), json.dumps(deal(f"d-{number}")).encode()) for number in range(60)]


@contextmanager
def stalling(
    stack: Addresses, folder: Path, name: str, **environment: str
) -> Iterator[tuple[Installation, WorkerProcess]]:
    """A worker that never gets the frames of partition 0, with 60 deals to read."""
    with installation(stack, folder, name, partitions=2, publish_seconds=0.2) as line:
        variables = {"STALL_PARTITION": "0", "STALL_PATIENCE": "3"} | environment
        worker = WorkerProcess(
            line.environment | variables, folder / "worker.log", ["tests.functional.stalling_worker"]
        )
        line.workers.append(worker)
        worker.wait_until_ready()
        line.produce(DEALS, JAVA)
        yield line, worker


def stalled(worker: WorkerProcess) -> float:
    lines = worker.get("/metrics?name[]=upscore_stalled_partitions")[1].decode().splitlines()
    return next(float(each.split()[1]) for each in lines if each.startswith("upscore_stalled_partitions "))


def test_a_stall_is_said_and_ends_the_worker_and_the_next_one_goes_on(stack: Addresses, tmp_path: Path) -> None:
    with stalling(stack, tmp_path, "stalls", STALL_LIMIT="12") as (line, worker):
        wait_until(lambda: worker.get("/readyz")[0] == 503, 30, "the stall to be seen")
        assert b"partitions 0 stand still while records wait" in worker.get("/readyz")[1]
        assert stalled(worker) == 1
        assert worker.get("/healthz")[0] == 200
        assert wait_until(lambda: worker.process.poll() is not None, 60, "the worker to end")
        assert worker.process.returncode == 1
        assert "stands still at 0" in worker.log.read_text()
        line.start_worker()
        line.wait_for_scores(line.oracle_scores(), 60)


def test_a_stall_that_reading_again_mends_is_over(stack: Addresses, tmp_path: Path) -> None:
    with stalling(stack, tmp_path, "stalls-mended", STALL_LIMIT="300", STALL_SEEK="yes") as (line, worker):
        line.wait_for_scores(line.oracle_scores(), 60)
        assert "stands still at 0" in worker.log.read_text()
        wait_until(lambda: stalled(worker) == 0 and worker.get("/readyz")[0] == 200, 30, "the worker to be ready again")
        assert worker.process.poll() is None
