"""`upscore scorecard check` and `upscore scorecard example`."""

from __future__ import annotations

import argparse
import sys
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.console import Console

from scoring.kpi import BY_NAME
from scoring.scorecard import InvalidScorecard, Scorecard, parse
from streams.errors import UpscoreError
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
        "otherwise than usual, and what its author may not have meant. Exits 1, with one line that names the place, if "
        "it cannot be used.",
    )
    check.add_argument("file", type=Path, metavar="FILE", help="the scorecard, TOML")
    check.set_defaults(func=_check)
    example = actions.add_parser(
        "example",
        help="print a scorecard to begin with",
        description="Print a commented scorecard, to be edited: upscore scorecard example inside-sales > mine.toml",
    )
    example.add_argument("name", choices=EXAMPLES, help="the one in force by default, or that of a kind of business")
    example.set_defaults(func=_example)


def _check(arguments: argparse.Namespace) -> int:
    scorecard = _read(arguments.file)
    console = Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else 160)
    print_scorecard(console, scorecard)
    print_evidence(console, scorecard, signal=None, stability=None)
    return 0


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
