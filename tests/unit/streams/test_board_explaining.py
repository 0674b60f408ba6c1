"""Explanations by a process beside: one at a time, polled for, kept a while, ended when nobody waits."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from streams.board import explaining as module
from streams.board.explaining import Asked, Dates, Explainer, Outcome
from streams.settings import Settings

DATES = Dates("2026-01-15", "2025-12-18")
ECHO = """
import json, os, sys
asked = json.load(sys.stdin)
print(json.dumps({"records": 5, "of": 10}), file=sys.stderr, flush=True)
print(json.dumps({"explanation": {"asked": asked, "pid": os.getpid(), "app": os.environ["UPSCORE_APP"]}}))
"""
WAITS = """
import json, pathlib, sys, time
asked = json.load(sys.stdin)
print(json.dumps({"records": 10, "of": 10}), file=sys.stderr, flush=True)
while not pathlib.Path(asked["id"]).exists():
    time.sleep(0.01)
print(json.dumps({"explanation": asked["id"]}))
"""
SECONDS = 30.0


def asked(subject_id: str = "r-1") -> Asked:
    return Asked("rep", subject_id, None, None)


def explainer(program: str) -> Explainer:
    return Explainer(Settings(app="north"), ("-c", program))


async def answered(ask: Callable[[], Outcome]) -> Outcome:
    """The first answer that is not 202."""
    deadline = time.monotonic() + SECONDS
    while (outcome := ask()).status == 202:
        assert time.monotonic() < deadline, outcome
        await asyncio.sleep(0.01)
    return outcome


def in_a_loop(work: Callable[[Explainer], Awaitable[Any]], program: str) -> Any:
    async def run() -> Any:
        made = explainer(program)
        try:
            return await work(made)
        finally:
            await made.stop()

    return asyncio.run(run())


def test_a_question_is_answered_by_a_process_with_the_workers_settings_and_the_answer_is_kept() -> None:
    async def work(made: Explainer) -> list[Outcome]:
        first = made.ask(asked('<">'), DATES)
        done = await answered(lambda: made.ask(asked('<">'), DATES))
        later = made.ask(asked('<">'), Dates("2026-01-16", "2025-12-19"))  # a day later, while a page still polls
        return [first, done, later]

    first, done, later = in_a_loop(work, ECHO)
    assert (first.status, json.loads(first.body)["state"]) == (202, "waiting")
    told = json.loads(done.body)
    assert (done.status, told["app"]) == (200, "north")
    assert told["asked"] == {"subject": "rep", "id": '<">', "as_of": "2026-01-15", "against": "2025-12-18"}
    assert later == done


def test_questions_wait_for_each_other_and_say_how_far_they_are(tmp_path: Path) -> None:
    one, two = (str(tmp_path / name) for name in ("one", "two"))

    async def work(made: Explainer) -> list[Any]:
        states = []

        async def until(subject_id: str, state: str) -> None:
            deadline = time.monotonic() + SECONDS
            while json.loads(made.ask(asked(subject_id), DATES).body)["state"] != state:
                assert time.monotonic() < deadline
                await asyncio.sleep(0.01)

        made.ask(asked(one), DATES)
        await until(one, "computing")
        states.append(json.loads(made.ask(asked(two), DATES).body)["state"])
        await asyncio.to_thread(Path(one).touch)
        states.append((await answered(lambda: made.ask(asked(one), DATES))).status)
        await until(two, "computing")
        await asyncio.to_thread(Path(two).touch)
        return [*states, json.loads((await answered(lambda: made.ask(asked(two), DATES))).body)]

    assert in_a_loop(work, WAITS) == ["waiting", 200, two]


@pytest.mark.parametrize(
    ("program", "status", "word"),
    [
        ("import sys; sys.exit('no such file: x')", 503, "status 1): no such file: x"),
        ('print(\'{"unknown": "there is no rep"}\')', 404, "there is no rep"),
        ('print(\'{"error": "no broker"}\')', 503, "no broker"),
    ],
)
def test_what_goes_wrong_is_said(program: str, status: int, word: str) -> None:
    async def work(made: Explainer) -> Outcome:
        return await answered(lambda: made.ask(asked(), DATES))

    found = in_a_loop(work, program)
    assert found.status == status
    assert word in json.loads(found.body)["error"]


def test_a_process_for_which_nobody_comes_back_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LEFT_SECONDS", 0.2)
    monkeypatch.setattr(module, "_LOOK_SECONDS", 0.05)
    never = str(tmp_path / "never")

    async def work(made: Explainer) -> Outcome:
        made.ask(asked(never), DATES)
        await asyncio.wait_for(made._task, SECONDS)  # type: ignore[arg-type]
        return made.ask(asked(never), DATES)

    found = in_a_loop(work, WAITS)
    assert (found.status, "nobody came back" in json.loads(found.body)["error"]) == (503, True)


def test_more_questions_than_can_wait_are_refused(tmp_path: Path) -> None:
    async def work(made: Explainer) -> set[int]:
        return {made.ask(asked(str(tmp_path / str(n))), DATES).status for n in range(module.MOST_WAITING)} | {
            made.ask(asked("one too many"), DATES).status
        }

    assert in_a_loop(work, WAITS) == {202, 503}


def test_an_answer_becomes_too_old(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_KEPT_SECONDS", 0.0)

    async def work(made: Explainer) -> list[Any]:
        pids = []
        for _ in range(2):
            made.ask(asked(), DATES)
            assert made._task is not None
            await asyncio.wait_for(asyncio.shield(made._task), SECONDS)
            pids.append(made._jobs[asked()].outcome)
        return pids

    first, second = in_a_loop(work, ECHO)
    assert json.loads(first.body)["pid"] != json.loads(second.body)["pid"]
