"""`upscore scorecard check` and `upscore scorecard example`."""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Final

from aiokafka.errors import KafkaError
from rich.console import Console

from scoring.kpi import BY_NAME
from scoring.rank_stability import rank_stability
from scoring.scorecard import InvalidScorecard, Scorecard, parse
from streams.broker_access import check_access
from streams.commands import add_settings, settings_of
from streams.commands.in_force import add_history
from streams.commands.progress import shown_progress
from streams.commands.recomputing import newest_day
from streams.commands.trying import add_try
from streams.errors import UpscoreError
from streams.history import History, read_history
from streams.scorecard_page import print_evidence, print_scorecard

if TYPE_CHECKING:
    from streams.commands import Subparsers

EXAMPLES: Final = ("default", "inside-sales", "field-sales")


class RefusedScorecard(UpscoreError):
    """The file is no scorecard; the text says which file, where in it, and what was expected."""


def register(subparsers: Subparsers) -> None:
    """Add the command with its actions."""
    parser = subparsers.add_parser("scorecard", help="check a scorecard file, or get one to begin with")
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    check = actions.add_parser(
        "check",
        help="say whether a scorecard file is valid, what it scores and what it leaves out",
        description="Read a scorecard as a worker would. Print what it scores and what it leaves out, where it chooses "
        "otherwise than usual, and what its author may not have meant. With --records also say, from the input topics, "
        "which of its metrics tell reps apart and how stable ranks by it are; that takes a broker, and no worker. Exits 1, "
        "with one line that names the place, if it cannot be used.",
    )
    check.add_argument("file", type=Path, metavar="FILE", help="the scorecard, TOML")
    check.add_argument(
        "--records",
        action="store_true",
        help="try it on the records in the topics, as of the newest business date among them",
    )
    add_settings(check, "broker", "app", "topic_prefix", "time_zone", "base_currency")
    check.set_defaults(func=_check)
    add_try(actions)
    add_history(actions)
    example = actions.add_parser(
        "example",
        help="print a scorecard to begin with",
        description="Print a commented scorecard, to be edited: upscore scorecard example inside-sales > mine.toml",
    )
    example.add_argument("name", choices=EXAMPLES, help="the one in force by default, or that of a kind of business")
    example.set_defaults(func=_example)


def _check(arguments: argparse.Namespace) -> int:
    scorecard = _read(arguments.file)
    history = _history(arguments) if arguments.records else None
    console = Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else 160)
    print_scorecard(console, scorecard)
    if history is None:
        print_evidence(console, scorecard, signal=None, stability=None)
    else:
        print_tried(console, scorecard, history)
    return 0


def print_tried(console: Console, scorecard: Scorecard, history: History) -> None:
    """Print what the records say of a scorecard, as of the newest business date among them (today, if there is none)."""
    as_of = newest_day(history)
    scorer = history.line.scorer(scorecard, as_of)
    norms = scorer.norms
    console.print()
    console.print(
        f"Tried on {history.records:,} records as of {date.fromordinal(as_of).isoformat()}, norms {norms.label}"
        + (" (provisional: no whole quarter has closed yet)." if norms.provisional else "."),
        soft_wrap=True,
    )
    signal = {name: norm.signal for name, norm in norms.metrics.items() if norm.collected and norms.first_week}
    print_evidence(
        console,
        scorecard,
        signal,
        rank_stability(scorecard, history.line.standings(scorer)),
    )


def _history(arguments: argparse.Namespace) -> History:
    settings = settings_of(arguments)
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # what goes wrong is raised, and said once
    try:
        check_access(settings)
        with shown_progress("records") as bar:
            shown = 0

            def show(count: int) -> None:
                nonlocal shown
                bar.advance(count - shown)
                shown = count

            return asyncio.run(read_history(settings, progress=show))
    except (KafkaError, OSError) as error:
        raise UpscoreError(
            f"cannot read from the broker at {settings.broker}: {error}; is it running? UPSCORE_BROKER names it"
        ) from error


def _read(path: Path) -> Scorecard:
    try:
        return parse(path.read_text(encoding="utf-8"), frozenset(BY_NAME))
    except (OSError, UnicodeDecodeError) as error:
        raise RefusedScorecard(f"{path}: cannot be read: {error}") from error
    except InvalidScorecard as error:
        raise RefusedScorecard(f"{path}: {error}") from error


def _example(arguments: argparse.Namespace) -> int:
    text = files("scoring").joinpath(f"scorecards/{arguments.name}.toml").read_text(encoding="utf-8")
    sys.stdout.write(text)
    return 0
