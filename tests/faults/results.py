"""Results: a line of JSON for each run that was played, so that a broken-off suite goes on where it stopped."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(slots=True)
class Result:
    """One run of a scenario. `failure` is empty where all was as it must be."""

    scenario: str
    seed: int
    records: int = 0
    faults: int = 0
    figures: int = 0
    lost: int = 0
    doubled: int = 0
    replayed: int = 0
    ready_seconds: list[float] = field(default_factory=list)
    seconds: float = 0.0
    failure: str = ""
    journal: list[str] = field(default_factory=list)


def load(path: Path) -> list[Result]:
    """The runs in a file, the newest of each scenario and seed; none where there is no file."""
    if not path.exists():
        return []
    runs = [Result(**json.loads(line)) for line in path.read_text().splitlines()]
    return list({(run.scenario, run.seed): run for run in runs}.values())


def append(path: Path, result: Result) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        file.write(json.dumps(asdict(result)) + "\n")
