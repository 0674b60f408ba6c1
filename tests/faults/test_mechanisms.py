"""Each mechanism of exactness switched off once: its scenario must fail. By `make faults`: the moment of a fault is chance."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.local import Addresses
from tests.faults import broker, outputs, topics, workers  # noqa: F401 - they declare their scenarios
from tests.faults.playing import play
from tests.faults.sabotage import MECHANISMS
from tests.faults.scenario import SCENARIOS

pytestmark = pytest.mark.kafka


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_without_the_mechanism_its_scenario_fails(mechanism: str, stack: Addresses, tmp_path: Path) -> None:
    scenario = SCENARIOS[MECHANISMS[mechanism].scenario]
    result = play(scenario, 1, stack, tmp_path / "run", sabotage=mechanism, patience_seconds=8)
    account = "\n".join([result.failure, *result.journal])
    assert result.failure, f"exact without the {mechanism}: {account}"
    assert result.figures > 0 or "Stuck" in result.failure, account  # it differs or hangs, and nothing else is wrong
