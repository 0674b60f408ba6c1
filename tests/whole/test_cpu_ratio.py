"""What a record costs, beside a bare loop over the same records in the same run: whatever the machine, the ratio stays."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from benchmarks.contest import Contest
from benchmarks.contestants import BARE_LOOP, UPSCORE
from benchmarks.workload import Workload
from streams.local import Addresses

pytestmark = pytest.mark.kafka

RECORDS = 200_000
"""Of fewer, the first scores would weigh more than all that comes before."""
RUNS = 2
MOST = 10.0
"""Times the bare loop's CPU: 3 to 4 are usual, and on a busy machine more scores are made before the last record is in."""


def test_a_record_costs_no_more_than_so_many_times_a_bare_loop(stack: Addresses, tmp_path: Path) -> None:
    said = io.StringIO()
    contest = Contest(Workload.simulated(RECORDS), 1, Console(file=said, width=200))
    for repeat in range(RUNS):
        for contestant in (UPSCORE, BARE_LOOP):
            contest.hold(contestant, repeat, stack.broker, tmp_path)
    assert contest.is_right, said.getvalue()
    ours, limit = (min(run.cpu_us for run in contest.results[each]) for each in (UPSCORE, BARE_LOOP))
    assert ours / limit <= MOST, (
        f"{ours:.1f} us of CPU a record, a bare loop {limit:.1f}: {ours / limit:.1f} times\n{said.getvalue()}"
    )
