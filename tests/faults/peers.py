"""Peers: what became of the records of others under the same faults, as `benchmarks.faults` wrote it down."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from benchmarks.faults.contest import Outcome

_HEAD = """\
| who | fault | runs | records | faults | exact runs | missing | doubled | worst run: missing | doubled |
| --- | --- | --: | --: | --: | --: | --: | --: | --: | --: |
"""


def load(path: Path) -> list[Outcome]:
    """The outcomes in a file; none where there is no file."""
    return [Outcome(**json.loads(line)) for line in path.read_text().splitlines()] if path.exists() else []


def table(outcomes: Sequence[Outcome]) -> str:
    """A row for each peer and fault; a sentence where none was run."""
    if not outcomes:
        return "Not run yet: `make faults` does."
    kinds = sorted({(outcome.peer, outcome.fault) for outcome in outcomes})
    return _HEAD + "\n".join(
        _row(peer, fault, [each for each in outcomes if (each.peer, each.fault) == (peer, fault)])
        for peer, fault in kinds
    )


def _row(peer: str, fault: str, runs: Sequence[Outcome]) -> str:
    cells = [
        peer,
        fault,
        len(runs),
        *(f"{sum(getattr(run, name) for run in runs):,}" for name in ("records", "faults")),
        sum(not run.missing and not run.doubled for run in runs),
        *(f"{sum(getattr(run, name) for run in runs):,}" for name in ("missing", "doubled")),
        *(f"{max(getattr(run, name) for run in runs):,}" for name in ("missing", "doubled")),
    ]
    return f"| {' | '.join(map(str, cells))} |"
