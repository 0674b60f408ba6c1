"""The cut of the fault suite that CI runs: a run of each cheap scenario."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.local import Addresses
from tests.faults import broker, outputs, topics, workers  # noqa: F401 - they declare their scenarios
from tests.faults.playing import play
from tests.faults.scenario import SCENARIOS

pytestmark = pytest.mark.kafka

CUT = [name for name, scenario in SCENARIOS.items() if scenario.in_cut]


@pytest.mark.parametrize("name", CUT)
def test_nothing_is_lost_and_nothing_counts_twice(name: str, stack: Addresses, tmp_path: Path) -> None:
    result = play(SCENARIOS[name], 1, stack, tmp_path / "run")
    assert not result.failure, "\n".join([result.failure, *result.journal])
    assert result.faults > 0
    assert result.figures > 10_000 or name == "partition_count"
    assert result.replayed > 10_000
