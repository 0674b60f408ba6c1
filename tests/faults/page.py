"""Page: docs/reliability.md, written from the runs."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from benchmarks.faults.contest import Outcome
from tests.faults.peers import table
from tests.faults.results import Result
from tests.faults.sabotage import MECHANISMS
from tests.faults.scenario import SCENARIOS, Scenario

_PAGE = """\
# What happens when things go wrong

Written by `make faults`. Each run is a whole installation on a real Kafka: 4 partitions, a session of 6 s, about 10,000 rough records (duplicates,
corrections, deletions, bad bytes, both usual partitioners) that flow while the fault happens. In the end every published figure of every subject is
compared with the oracle, which computes it from the records alone, and every bad record must be among the dead letters exactly once. Two planted
reps slide: what each lane remembers of having told must be what stands on the alerts topic, and in one run of five a day is decided after all records
are in, whose alerts must be those of the pure functions to the last digit. At last a replay of the run's topics up to its last day must repeat every value
of every published score to the last digit - level, interval, metrics, the digest of the norms - and what the workers' API says: *values replayed*, and in how
many runs, where others are older than that comparison. `retention` and `topic_anew` take records out of the topics that the scores still hold; there the
records are put back into topics of their own, each under its own time, and these are replayed.

| scenario | what happens | runs | records | faults | figures compared | lost | doubled | values replayed | failed runs | seconds until served again, median | worst |
| --- | --- | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: |
{rows}
{unfinished}
Measured on {machine}. A run that fails says so here; *lost* and *doubled* count what records contribute to the figures of reps, dead letters, and alerts of the day that is decided at the end.
*Served again* is from the fault until the running workers hold all partitions between them and are ready; with a killed worker that
includes the session of 6 s (10 by default) that Kafka waits. After a restart of the broker it is from its first answer until every worker commits.

## Others under the same faults

The simplest task that still needs state: count records by rep and day, through a topic repartitioned by rep. No duplicates, no corrections, nothing bad: each
record is sent once. Two workers, 4 partitions, a session of 6 s, three faults at random moments while the records flow (`benchmarks/faults/`). A SIGSTOP
lasts 9 s. *Missing* is what was not counted after a minute and a half in which nothing more came: lost, or stuck. *Doubled* is what was counted more than once.

{peers}

## Each mechanism is needed

`tests/faults/sabotage.py` switches one mechanism off, and the scenario named must then fail; `make faults` checks that it does.

| mechanism | switched off | scenario that then fails |
| --- | --- | --- |
{mechanisms}

## What is not covered

- A dead-letter topic whose `max.message.bytes` does not even hold a transaction's marker (some 80 bytes) keeps Kafka from ending transactions.

## Run it

```sh
make faults                          # all of it, up to 90 minutes
make faults ARGS="--resume"          # go on where it was broken off; runs that failed are played again
make faults ARGS="--only kills --seeds 5"
make peers                           # the others alone; it needs an environment of its own for Quix Streams
```

Runs are kept in `build/faults.jsonl` with their journals, what was done and when; the logs of those that failed in `build/faults/`.
"""  # noqa: E501 - tables and paragraphs of a page

_UNFINISHED = """
**This is not the full set yet.** It shows the runs made so far with the suite as it is now, or nearly so: runs of earlier versions of a scenario, failed ones
among them, are left out. `make faults` plays them all.
"""  # noqa: E501


def write_page(path: Path, runs: Sequence[Result], outcomes: Sequence[Outcome]) -> None:
    """Write the page; scenarios without a run are left out of the table."""
    played = [(scenario, [run for run in runs if run.scenario == name]) for name, scenario in SCENARIOS.items()]
    path.write_text(
        _PAGE.format(
            rows="\n".join(_row(scenario, of_it) for scenario, of_it in played if of_it),
            unfinished="" if all(len(of_it) >= scenario.runs for scenario, of_it in played) else _UNFINISHED,
            machine=_machine(),
            peers=table(outcomes),
            mechanisms="\n".join(
                f"| {name} | {(each.switch_off.__doc__ or '').strip()} | `{each.scenario}` |"
                for name, each in MECHANISMS.items()
            ),
        )
    )


def _row(scenario: Scenario, runs: Sequence[Result]) -> str:
    seconds = [each for run in runs for each in run.ready_seconds]
    cells = [
        f"`{scenario.name}`",
        scenario.says,
        f"{len(runs)} of {scenario.runs}",
        *(
            f"{sum(getattr(run, name) for run in runs):,}"
            for name in ("records", "faults", "figures", "lost", "doubled")
        ),
        _replayed(runs),
        sum(bool(run.failure) for run in runs),
        f"{median(seconds):.1f}" if seconds else "",
        f"{max(seconds):.1f}" if seconds else "",
    ]
    return f"| {' | '.join(map(str, cells))} |"


def _replayed(runs: Sequence[Result]) -> str:
    """How many values replays repeated, and in how many runs where it was not in all."""
    compared = [run.replayed for run in runs if run.replayed]
    told = f"{sum(compared):,}"
    return told if len(compared) == len(runs) else f"{told} in {len(compared)} run{'s' if len(compared) > 1 else ''}"


def _machine() -> str:
    return (
        f"{os.cpu_count()} shared cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"
    )
