"""`upscore scorecard try`: what a changed scorecard would have done, before it goes live."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Final

from scoring.rank_stability import rank_stability
from scoring.scorecard import Scorecard
from scoring.scorecard_review import RankStability
from streams.commands import add_settings, settings_of
from streams.commands.reading import date_asked, milliseconds, moment_asked, reading_from
from streams.commands.recomputing import answer
from streams.commands.replay import add_work
from streams.errors import SettingsError
from streams.history import usual_day
from streams.replay.history import replayed
from streams.replay.progress import shown_stages
from streams.replay.side_by_side import calm_collector
from streams.replay.trial import Tried, tried
from streams.replay.work_folder import work_folder
from streams.scorecard_file import load_scorecard
from streams.trial_page import print_trial

if TYPE_CHECKING:
    from streams.commands import Subparsers

QUARTER_DAYS: Final = 91
WIDTH: Final = 160
"""Columns of the report where it goes to no terminal."""


def add_try(actions: Subparsers) -> None:
    """Add the action to those of `upscore scorecard`."""
    parser = actions.add_parser(
        "try",
        help="say what a changed scorecard would have done over a quarter, before it goes live",
        description="Recomputes a stretch of history from the topics by the scorecard in force and by FILE, no worker needed, "
        "and says whose score and rank would have been another, which alerts would have come and which not, and how firm ranks "
        "would have been. Nothing is published.",
    )
    parser.add_argument("file", metavar="FILE", help="the changed scorecard, TOML")
    parser.add_argument(
        "--from",
        dest="first",
        type=date_asked,
        metavar="DATE",
        help=f"the first day (default: {QUARTER_DAYS} days that end with the last)",
    )
    parser.add_argument(
        "--until",
        dest="last",
        type=date_asked,
        metavar="DATE",
        help="the last day, included (default: as of scores now)",
    )
    parser.add_argument("--known-at", type=moment_asked, metavar="T", help="leave out what arrived after this time")
    parser.add_argument("--json", action="store_true", help="one object instead of text")
    add_work(parser)
    add_settings(parser, "broker", "app", "topic_prefix", "time_zone", "base_currency", "scorecard", "clock")
    parser.set_defaults(func=show)


def show(arguments: argparse.Namespace) -> int:
    """Print the report; always 0.

    Raises:
        UpscoreError: a scorecard cannot be used, the broker cannot be reached, or a topic is missing.
    """
    settings = settings_of(arguments)
    scorecards = load_scorecard(settings.scorecard), load_scorecard(arguments.file, "FILE")
    with reading_from(settings), calm_collector(), work_folder(arguments.work) as folder, shown_stages() as stages:
        found = replayed(settings, [milliseconds(arguments.known_at)], folder, stages, processes=arguments.processes)
        first, last = _days(arguments, usual_day(found.lines[0], settings.clock, found.asked.today))
        told = tried(found.lines[0], found.known_at(0), scorecards, first, last, folder, stages, arguments.processes)
    return answer(arguments, told.report, lambda page: print_trial(page, told.report, *_firm(told, last)), WIDTH)


def _firm(told: Tried, last: int) -> tuple[Scorecard, RankStability | None]:
    judging = told.judging
    return judging.scorecard, rank_stability(judging.scorecard, judging.line.standings(judging.scorer(last)))


def _days(arguments: argparse.Namespace, usual: int) -> tuple[int, int]:
    last = usual if arguments.last is None else arguments.last.toordinal()
    first = last - QUARTER_DAYS + 1 if arguments.first is None else arguments.first.toordinal()
    if first > last:
        raise SettingsError(
            f"the days asked for are {arguments.first} to {arguments.last}; expected --from not after --until"
        )
    return first, last
