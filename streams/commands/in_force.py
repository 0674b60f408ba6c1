"""`upscore scorecard history` and `show`: which scorecards have been in force, since when, by whom, and their texts."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.table import Table

from streams.commands import add_settings, settings_of
from streams.commands.reading import moment_asked, reading_from
from streams.commands.recomputing import answer
from streams.errors import UpscoreError
from streams.scorecard_log import InForce, in_force_at, read_log, told_of

if TYPE_CHECKING:
    from streams.commands import Subparsers

_SHORT: Final = 12
_SHORTEST: Final = 6
"""Characters of a digest that name it."""


def add_history(actions: Subparsers) -> None:
    """Add both actions to those of `upscore scorecard`."""
    history = actions.add_parser(
        "history",
        help="list every scorecard that went into force, since when and by whom",
        description="Lists what workers wrote down when they started with another scorecard than the one before.",
    )
    history.add_argument("--json", action="store_true", help="one array of objects, with the texts")
    add_settings(history, "broker", "app", "topic_prefix")
    history.set_defaults(func=_history)
    show = actions.add_parser(
        "show",
        help="print the text of a scorecard that was in force",
        description="Prints the text of a scorecard as workers wrote it down: upscore scorecard show default@1 > then.toml",
    )
    show.add_argument(
        "version",
        metavar="VERSION",
        nargs="?",
        help="as a score names it (default@1), or 6 digits of its digest or more",
    )
    show.add_argument("--at", type=moment_asked, metavar="T", help="the one that was in force at this time")
    add_settings(show, "broker", "app", "topic_prefix")
    show.set_defaults(func=_show, parser=show)


def _history(arguments: argparse.Namespace) -> int:
    settings = settings_of(arguments)
    with reading_from(settings):
        entries = asyncio.run(read_log(settings))
    return answer(arguments, [told_of(entry) for entry in entries], lambda console: _print(console, entries))


def _print(console: Console, entries: Sequence[InForce]) -> None:
    if not entries:
        console.print("no scorecard has gone into force yet: no worker has started")
        return
    table = Table(box=None, header_style="bold")
    for column in ("", "since", "until", "scorecard", "digest", "author"):
        table.add_column(column, no_wrap=True)
    digests = {
        entry.scorecard: {other.digest for other in entries if other.scorecard == entry.scorecard} for entry in entries
    }
    for place, entry in enumerate(entries):
        until = told_of(entries[place + 1])["since"] if place + 1 < len(entries) else "now"
        mark = " (one of several)" if len(digests[entry.scorecard]) > 1 else ""
        name = entry.scorecard + mark
        table.add_row(str(entry.place), told_of(entry)["since"], until, name, entry.digest[:_SHORT], entry.author)
    console.print(table)


def _show(arguments: argparse.Namespace) -> int:
    if (arguments.version is None) == (arguments.at is None):
        arguments.parser.error("name a VERSION, or a time with --at")
    settings = settings_of(arguments)
    with reading_from(settings):
        entries = asyncio.run(read_log(settings))
    entry = _at(entries, arguments) if arguments.version is None else named(entries, arguments.version)
    sys.stdout.write(entry.toml)
    return 0


def _at(entries: Sequence[InForce], arguments: argparse.Namespace) -> InForce:
    found = in_force_at(entries, arguments.at)
    if found is None:
        raise UpscoreError("no scorecard has gone into force yet: no worker has started on these topics")
    if found.since > arguments.at:
        sys.stderr.write(f"upscore: nothing is known before {told_of(found)['since']}: this is the first\n")
    return found


def named(entries: Sequence[InForce], version: str) -> InForce:
    """The last of the scorecards with that name or digest.

    Raises:
        UpscoreError: there is none, or there are several of other content.
    """
    found = [
        entry
        for entry in entries
        if entry.scorecard == version or (len(version) >= _SHORTEST and entry.digest.startswith(version))
    ]
    if not found:
        known = ", ".join(dict.fromkeys(entry.scorecard for entry in entries)) or "none yet"
        raise UpscoreError(f"no scorecard {version!r} has been in force; expected one of: {known}")
    if len({entry.digest for entry in found}) > 1:
        told = ", ".join(f"{entry.digest[:_SHORT]} since {told_of(entry)['since']}" for entry in found)
        raise UpscoreError(f"{version!r} has been in force with several contents: name one by its digest: {told}")
    return found[-1]
