"""What commands share that read one date's standings from the topics: their flags, and the history that answers."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Callable

from rich.console import Console

from scoring.line import Line
from streams.codec import to_json
from streams.commands import add_settings
from streams.commands.reading import date_asked, reading_from, records_counted
from streams.errors import UpscoreError
from streams.history import History, Seen, read_history
from streams.settings import Settings

WIDTH = 170
"""Columns of a table that goes to no terminal."""


def add_recomputing(parser: argparse.ArgumentParser) -> None:
    """Add `--as-of`, `--json` and the settings with which topics are read."""
    parser.add_argument(
        "--as-of",
        type=date_asked,
        metavar="DATE",
        help="as of the end of this local date, from the records as known now (default: the newest business date)",
    )
    parser.add_argument("--json", action="store_true", help="one object instead of text")
    add_settings(parser, "broker", "app", "topic_prefix", "time_zone", "base_currency", "scorecard", "clock")


def history_asked(settings: Settings, arguments: argparse.Namespace, seen: Seen | None = None) -> tuple[History, int]:
    """Everything the topics say, and the day that was asked for.

    Args:
        settings: broker, topics, time zone.
        arguments: of `add_recomputing`.
        seen: told of every valid version that is read.

    Raises:
        UpscoreError: the broker cannot be reached, or a topic is missing.
    """
    with reading_from(settings), records_counted() as progress:
        history = asyncio.run(read_history(settings, progress=progress, seen=seen))
    if arguments.as_of is not None:
        return history, arguments.as_of.toordinal()
    return history, newest_day(history)


class UnknownSubject(UpscoreError):
    """The records know of no such subject."""


def subject_asked(line: Line, arguments: argparse.Namespace) -> str:
    """The key of the subject that `--subject` and the id name.

    Raises:
        UnknownSubject: the records know of none such.
    """
    subject = f"{arguments.subject}:{arguments.id}"
    if not line.knows(subject):
        raise UnknownSubject(
            f"there is no {arguments.subject} {arguments.id!r} in the records; `upscore scores --as-of DATE` lists who is"
        )
    return subject


def newest_day(history: History) -> int:
    """The newest business date in the records; today where they have none."""
    newest = history.line.newest_day(history.today)
    return history.today if newest is None else newest


def answer(arguments: argparse.Namespace, told: object, show: Callable[[Console], None], width: int = WIDTH) -> int:
    """Print `told` as one object with `--json`, else what `show` puts on the page; always 0.

    The page is as wide as the terminal; where there is none, `width` columns.
    """
    if arguments.json:
        sys.stdout.buffer.write(to_json(told) + b"\n")
    else:
        columns = None if sys.stdout.isatty() else width
        show(Console(highlight=False, markup=False, emoji=False, width=columns))
    return 0
