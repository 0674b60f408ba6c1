"""`upscore flags`: what in the records is worth a look. Flags ask a person, and change no score."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Final

from rich.console import Console

from scoring.flags import Flag
from streams.commands import settings_of
from streams.commands.flagging import Looking
from streams.commands.recomputing import add_recomputing, answer, history_asked
from streams.scorecard_file import load_scorecard

if TYPE_CHECKING:
    from streams.commands import Subparsers

_RECORDS_TOLD: Final = 8


def register(subparsers: Subparsers) -> None:
    """Add the command `flags`."""
    parser = subparsers.add_parser(
        "flags",
        help="what in the records is worth a look; no score changes by it",
        description="Reads the topics, no worker needed, and lists what a person may want to ask about: many records "
        "changed at once, records entered late, very short calls, deals won on the day they were opened, wins at the end "
        "of a quarter. From where on is the scorecard's choice. It is over the days of the score window, and wins of the "
        "newest quarter that is over.",
    )
    parser.add_argument("id", metavar="ID", nargs="?", help="only of this one")
    parser.add_argument("--subject", choices=("rep",), default="rep", help="what the id is of")
    add_recomputing(parser)
    parser.set_defaults(func=show)


def show(arguments: argparse.Namespace) -> int:
    """Print the flags that were asked for; always 0.

    Raises:
        UpscoreError: the broker cannot be reached, or a topic or the scorecard is missing.
    """
    settings = settings_of(arguments)
    scorecard = load_scorecard(settings.scorecard)
    looking = Looking(settings)
    history, day = history_asked(settings, arguments, looking.see)
    found = looking.flags(history.line.scorer(scorecard, day))
    chosen = [flag for flag in found if arguments.id in (None, flag.rep_id)]
    as_of = date.fromordinal(day).isoformat()
    told = [{**asdict(flag), "text": flag.text} for flag in chosen]
    return answer(
        arguments,
        {"as_of": as_of, "scorecard": scorecard.label, "flags": told},
        lambda page: _print_flags(page, chosen, as_of),
    )


def _print_flags(page: Console, chosen: Sequence[Flag], as_of: str) -> None:
    for flag in chosen:
        page.print(flag.text, soft_wrap=True)
        more = len(flag.records) - _RECORDS_TOLD
        listed = ", ".join(flag.records[:_RECORDS_TOLD]) + (f" and {more} more" if more > 0 else "")
        page.print(f"  {listed}", soft_wrap=True)
    if not chosen:
        page.print(f"Nothing in the records is flagged as worth a look, as of {as_of}.")
