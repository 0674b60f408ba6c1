"""Playing a scenario once: a stack where it needs its own, a course, the verdict, the result."""

from __future__ import annotations

import shutil
import traceback
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from streams.local import Addresses, OwnedStack
from tests.faults.course import Course, course
from tests.faults.replaying import judge_replay
from tests.faults.results import Result
from tests.faults.scenario import Scenario
from tests.faults.telling import judge_alerts


def play(scenario: Scenario, seed: int, stack: Addresses, folder: Path, **options: Any) -> Result:
    """Play a scenario with a seed in a folder, which is kept only where something went wrong.

    Args:
        scenario: what to play.
        seed: decides all that is random in it.
        stack: a Kafka and Redis for scenarios that do not break theirs.
        folder: for logs, the journal and a stack of its own.
        options: `sabotage` and `patience_seconds`, or settings of the installation.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    result = Result(scenario.name, seed)
    with ExitStack() as ends:
        own = None
        if scenario.own_stack:
            own = ends.enter_context(OwnedStack(folder / "stack", kafka_settings=dict(scenario.kafka_settings)))
            stack = own.addresses
        name = f"{scenario.name.replace('_', '-')}-{seed}{'-off' if 'sabotage' in options else ''}"
        course_ = ends.enter_context(course(stack, folder, name, seed, **dict(scenario.options), **options))
        course_.own_stack = own
        try:
            scenario.play(course_)
            _settle(course_, result)
        except Exception:  # noqa: BLE001 - whatever it is, it is the run's result
            result.failure = traceback.format_exc()
        result.records, result.faults, result.seconds = course_.sent, course_.faults, round(course_.journal.seconds, 1)
        result.ready_seconds, result.journal = course_.ready_seconds, course_.journal.lines
    if not result.failure:
        shutil.rmtree(folder)
    return result


def _settle(course_: Course, result: Result) -> None:
    verdict = course_.verdict()
    if verdict.difference is None:
        judge_alerts(course_, verdict)
    if verdict.difference is None:
        judge_replay(course_, verdict)
    result.figures, result.replayed = verdict.figures, verdict.replayed
    result.lost, result.doubled = verdict.lost, verdict.doubled
    result.failure = verdict.difference or ""
