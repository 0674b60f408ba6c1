"""Explaining: explanations of changes, down to the records, worked out by a process beside the worker, one at a time.

A worker holds no records, so an explanation reads the topics, as `upscore explain` does. The process is nice, its questions wait
for each other, and an answer is kept a while: whoever asked comes back for it.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import msgspec
from pydantic import SecretStr

from streams.codec import from_json, to_json
from streams.settings import PREFIX, Settings

__all__ = ["Asked", "Dates", "Explainer", "Outcome", "environment_of"]

MOST_SECONDS: Final = 900.0
"""A process that takes longer is ended."""
MOST_WAITING: Final = 20
_KEPT: Final = 8
_KEPT_SECONDS: Final = 60.0
"""After so long an answer is worked out anew: records have come in since."""
_LEFT_SECONDS: Final = 30.0
"""A question that nobody has come back for is not begun, or ended."""
_LOOK_SECONDS: Final = 5.0


class Asked(NamedTuple):
    """A question: what changed of a subject's score between the ends of two dates, as they are named; None: the usual ones."""

    subject: str
    id: str
    as_of: str | None
    against: str | None


class Dates(NamedTuple):
    """What these dates are, as ISO texts."""

    as_of: str
    against: str


class Outcome(NamedTuple):
    """An HTTP status and the body that goes with it."""

    status: int
    body: bytes


class _Job:
    def __init__(self, dates: Dates) -> None:
        self.dates = dates
        self.asked_at = self.seen_at = time.monotonic()
        self.began = False
        self.records, self.of = 0, 0
        self.outcome: Outcome | None = None
        self.done_at = 0.0


class Explainer:
    """The questions of all pages of a worker. Called on one event loop.

    Args:
        settings: with which the process reads the topics.
        command: what runs; another one in tests.
    """

    def __init__(self, settings: Settings, command: tuple[str, ...] = ("-m", "streams.board.explain_child")) -> None:
        """Nothing runs yet."""
        self._settings = settings
        self._command = command
        self._jobs: dict[Asked, _Job] = {}
        self._task: asyncio.Task[None] | None = None

    def ask(self, asked: Asked, dates: Dates) -> Outcome:
        """The answer, if it is there: 200, or what went wrong; else 202 with how far it is, and it is worked out.

        Args:
            asked: the question; the same one has the same answer for a while, whatever the date is meanwhile.
            dates: its dates, where this is the first time.
        """
        now = time.monotonic()
        self._forget_old(now)
        job = self._jobs.get(asked)
        if job is None:
            if sum(each.outcome is None for each in self._jobs.values()) >= MOST_WAITING:
                return _sentence(503, f"{MOST_WAITING} explanations are waited for: try again in a minute")
            job = self._jobs[asked] = _Job(dates)
        job.seen_at = now
        if job.outcome is not None:
            return job.outcome
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())
        state = "waiting" if not job.began else "computing" if job.of and job.records >= job.of else "reading"
        told = {"state": state, "records": job.records, "of": job.of or None, "seconds": max(0.0, now - job.asked_at)}
        return Outcome(202, to_json(told))

    async def stop(self) -> None:
        """End the process that runs, and begin none."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _forget_old(self, now: float) -> None:
        done = [asked for asked, job in self._jobs.items() if job.outcome is not None]
        old = [asked for asked in done if now - self._jobs[asked].done_at > _KEPT_SECONDS]
        for asked in {*old, *done[: max(0, len(done) - _KEPT)]}:
            del self._jobs[asked]

    async def _run(self) -> None:
        """Work through the questions, in the order in which they came, until there are none."""
        while waiting := [asked for asked, job in self._jobs.items() if job.outcome is None]:
            asked, job = waiting[0], self._jobs[waiting[0]]
            if time.monotonic() - job.seen_at > _LEFT_SECONDS:
                del self._jobs[asked]
                continue
            job.began = True
            job.outcome = await self._explained(asked, job)
            job.done_at = time.monotonic()
            self._jobs[asked] = self._jobs.pop(asked)  # the newest answer stands last

    async def _explained(self, asked: Asked, job: _Job) -> Outcome:
        began = time.monotonic()
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=environment_of(self._settings, os.environ),
        )
        answer = asyncio.ensure_future(_answer(process, asked, job))
        try:
            while not answer.done():
                await asyncio.wait({answer}, timeout=_LOOK_SECONDS)
                now = time.monotonic()
                if not answer.done() and now - job.seen_at > _LEFT_SECONDS:
                    return _sentence(503, "nobody came back for the explanation: ask again")
                if not answer.done() and now - began > MOST_SECONDS:
                    return _sentence(504, f"it took longer than {MOST_SECONDS:.0f} s: `upscore explain` has all day")
            return answer.result()
        finally:
            answer.cancel()
            if process.returncode is None:
                process.kill()
                await process.wait()


async def _answer(process: asyncio.subprocess.Process, asked: Asked, job: _Job) -> Outcome:
    assert process.stdin is not None  # noqa: S101 - pipes were asked for
    assert process.stdout is not None  # noqa: S101
    assert process.stderr is not None  # noqa: S101
    process.stdin.write(to_json({"subject": asked.subject, "id": asked.id, **job.dates._asdict()}))
    process.stdin.close()
    output, last_words = await asyncio.gather(process.stdout.read(), _follow(process.stderr, job))
    await process.wait()
    try:
        told = from_json(output)
    except msgspec.DecodeError:
        why = (
            last_words
            or "where it was killed, memory was short, for it holds all records: `upscore explain` may run elsewhere"
        )
        return _sentence(503, f"the explanation ended without an answer (status {process.returncode}): {why}")
    if "explanation" in told:
        return Outcome(200, to_json(told["explanation"]))
    return _sentence(404, told["unknown"]) if "unknown" in told else _sentence(503, told["error"])


async def _follow(stderr: asyncio.StreamReader, job: _Job) -> str:
    """Take in how far the process has read; its last line that says something else."""
    words = ""
    async for line in stderr:
        try:
            told: Any = from_json(line)
            job.records, job.of = told["records"], told["of"]
        except (msgspec.DecodeError, KeyError, TypeError):
            words = line.decode(errors="replace").strip() or words
    return words


def environment_of(settings: Settings, around: Mapping[str, str]) -> dict[str, str]:
    """The environment in which a process of ours has these settings, wherever they came from.

    Passwords go this way and not by arguments, which everybody on a machine can read.

    >>> environment_of(Settings(partitions=4), {"PATH": "/bin", "UPSCORE_APP": "other"})
    {'PATH': '/bin', 'UPSCORE_PARTITIONS': '4'}
    """
    own = {}
    for name, field in Settings.model_fields.items():
        value = getattr(settings, name)
        if value != field.default:
            text = value.get_secret_value() if isinstance(value, SecretStr) else str(value)
            own[PREFIX + name.upper()] = text
    return {name: text for name, text in around.items() if not name.startswith(PREFIX)} | own


def _sentence(status: int, text: str) -> Outcome:
    return Outcome(status, to_json({"error": text}))
