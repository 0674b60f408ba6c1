"""A process that explains one change of a score for the board: `python -m streams.board.explain_child`.

What is asked comes as JSON on stdin, the settings by the environment. The answer goes to stdout: `{"explanation": ...}`, or
`{"unknown": sentence}`, or `{"error": sentence}`. How far it has read goes to stderr, a JSON line each: `{"records": n, "of": m}`
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any, Final

from streams.codec import from_json, to_json
from streams.commands.explain import explained
from streams.commands.reading import reading_from
from streams.commands.recomputing import UnknownSubject
from streams.errors import UpscoreError
from streams.kafka_clients import partitions_of, reader
from streams.settings import Settings
from streams.topic_names import TopicNames

_NICE: Final = 10
_FIRST_TO_GO: Final = Path("/proc/self/oom_score_adj")
_TOLD_SECONDS: Final = 0.25


def main() -> int:
    """Explain what stdin asks for; 0 whenever there is an answer, be it that there is none."""
    os.nice(_NICE)
    with suppress(OSError):  # where memory is short, this process is to go, and never the worker
        _FIRST_TO_GO.write_text("1000", encoding="ascii")
    asked = from_json(sys.stdin.buffer.read())
    try:
        settings = Settings.from_env(os.environ)
        with reading_from(settings):
            answer: dict[str, Any] = {"explanation": asyncio.run(_explained(settings, asked))}
    except UnknownSubject as error:
        answer = {"unknown": str(error)}
    except UpscoreError as error:
        answer = {"error": str(error)}
    sys.stdout.buffer.write(to_json(answer))
    return 0


async def _explained(settings: Settings, asked: dict[str, Any]) -> dict[str, Any]:
    arguments = argparse.Namespace(
        subject=asked["subject"],
        id=asked["id"],
        as_of=date.fromisoformat(asked["as_of"]),
        against=date.fromisoformat(asked["against"]),
        known_at=None,
        against_known_at=None,
        scorecard_as_was=False,
    )
    return await explained(settings, arguments, _telling(await _messages(settings)))


async def _messages(settings: Settings) -> int:
    """How many messages the inputs have now."""
    async with reader(settings, []) as consumer:
        partitions = await partitions_of(consumer, list(TopicNames.of(settings).inputs), settings.broker)
        starts, ends = await consumer.beginning_offsets(partitions), await consumer.end_offsets(partitions)
        return sum(ends[place] - starts[place] for place in partitions)


def _telling(of: int) -> Callable[[int], None]:
    last = [float("-inf")]

    def tell(records: int) -> None:
        if records < of and time.monotonic() - last[0] < _TOLD_SECONDS:
            return
        last[0] = time.monotonic()
        sys.stderr.buffer.write(to_json({"records": records, "of": of}) + b"\n")
        sys.stderr.buffer.flush()

    tell(0)
    return tell


if __name__ == "__main__":
    sys.exit(main())
