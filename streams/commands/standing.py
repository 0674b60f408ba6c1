"""`upscore standing`: everything a score is made of, what is strong and weak in it, and what would raise it."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from rich.console import Console

from scoring.standing_told import standing_told
from streams.as_of import known_at
from streams.commands import settings_of
from streams.commands.flagging import Looking
from streams.commands.reading import SUBJECTS
from streams.commands.recomputing import add_recomputing, answer, history_asked, subject_asked
from streams.scorecard_file import load_scorecard
from streams.standing_page import print_standing

if TYPE_CHECKING:
    from streams.commands import Subparsers


def register(subparsers: Subparsers) -> None:
    """Add the command `standing`."""
    parser = subparsers.add_parser(
        "standing",
        help="everything a score is made of, and what would raise it",
        description="Recomputes a score from the topics, no worker needed, and shows every number that it is made of: "
        "evidence, norms, goalposts, weights; strengths, weak spots and what would raise it most; figures to date.",
    )
    parser.add_argument("id", metavar="ID", help="of the subject; the company's is 'company'")
    parser.add_argument("--subject", choices=SUBJECTS, default="rep", help="what the id is of (default: rep)")
    add_recomputing(parser)
    parser.set_defaults(func=show)


def show(arguments: argparse.Namespace) -> int:
    """Print the standing that was asked for; always 0.

    Raises:
        UpscoreError: there is no such subject, the broker cannot be reached, or a topic or the scorecard is missing.
    """
    settings = settings_of(arguments)
    scorecard = load_scorecard(settings.scorecard)
    looking = Looking(settings) if arguments.subject == "rep" and not arguments.json else None
    history, day = history_asked(settings, arguments, None if looking is None else looking.see)
    line, subject = history.line, subject_asked(history.line, arguments)
    scorer = line.scorer(scorecard, day)
    told = standing_told(scorer, subject, line.panes(subject), known_at())

    def show_standing(page: Console) -> None:
        found = None if looking is None else looking.flags(scorer)
        mine = None if found is None else sum(flag.rep_id == arguments.id for flag in found)
        print_standing(page, told, mine)

    return answer(arguments, told, show_standing)
