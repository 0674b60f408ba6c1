"""`upscore backfill`: history recomputed from the topics into a running Prometheus, in place of what is wrong there."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from streams.backfill.backfilling import Backfill, fill_back, plan_told, planned
from streams.commands import add_settings, settings_of
from streams.commands.reading import date_asked, moment_asked, reading_from
from streams.commands.replay import add_as_was, add_work
from streams.replay.openmetrics import STEP_SECONDS
from streams.replay.progress import shown_stages

if TYPE_CHECKING:
    from streams.commands import Subparsers

ADDRESS = "http://127.0.0.1:9090"
WAIT_SECONDS = 300.0


def register(subparsers: Subparsers) -> None:
    """Add the command `backfill`."""
    parser = subparsers.add_parser(
        "backfill",
        help="bring recomputed history into a running Prometheus, in place of what is wrong there",
        description="Recomputes the scores of past days from the topics, no worker needed, makes blocks of them with promtool, "
        "has Prometheus delete the history that it holds of these days, and moves the blocks in. Series that workers export "
        "are not touched: the days must end before theirs begin. Run it where Prometheus's data is.",
    )
    parser.add_argument("--from", dest="first", type=date_asked, metavar="DATE", required=True, help="the first day")
    parser.add_argument(
        "--until",
        dest="last",
        type=date_asked,
        metavar="DATE",
        help="the last day, included (default: the last one that is over and before live series begin)",
    )
    parser.add_argument("--known-at", type=moment_asked, metavar="T", help="leave out what arrived after this time")
    parser.add_argument(
        "--prometheus", default=ADDRESS, metavar="URL", help="the Prometheus that runs (default: %(default)s)"
    )
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help="its data folder as it is seen here (default: as Prometheus says)"
    )
    parser.add_argument("--dry-run", action="store_true", help="look, say what would be done, and change nothing")
    parser.add_argument(
        "--step",
        type=_step_asked,
        default=STEP_SECONDS,
        metavar="S",
        help="seconds between samples, 300 at most: Prometheus shows one for so long (default: %(default)s)",
    )
    parser.add_argument(
        "--wait",
        type=_wait_asked,
        default=WAIT_SECONDS,
        metavar="SECONDS",
        help="how long the history may take to show (default: %(default)g)",
    )
    add_work(parser)
    add_as_was(parser)
    add_settings(parser, "broker", "app", "topic_prefix", "time_zone", "base_currency", "scorecard", "clock")
    parser.set_defaults(func=show, parser=parser)


def show(arguments: argparse.Namespace) -> int:
    """Fill back, or say what would be done; always 0.

    Raises:
        UpscoreError: it cannot be done; the text says what to do.
    """
    if arguments.scorecard_as_was and arguments.setting_scorecard is not None:
        arguments.parser.error("--scorecard-as-was takes no --scorecard")
    settings = settings_of(arguments)
    backfill = Backfill(
        settings=settings,
        prometheus=arguments.prometheus,
        first=arguments.first,
        last=arguments.last,
        folder=arguments.data,
        known_at=arguments.known_at,
        step_seconds=arguments.step,
        wait_seconds=arguments.wait,
        work=arguments.work,
        processes=arguments.processes,
        scorecard_as_was=arguments.scorecard_as_was,
    )
    plan = planned(backfill)
    for line in plan_told(plan, arguments.prometheus):
        _say(line)
    if arguments.dry_run:
        _say("dry run: nothing was changed")
        return 0
    with reading_from(settings), shown_stages() as stages:
        fill_back(backfill, plan, stages, _say)
    return 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _step_asked(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= STEP_SECONDS:
        raise argparse.ArgumentTypeError(f"{text!r} is no step; expected 1 to {STEP_SECONDS} seconds")
    return int(text)


def _wait_asked(text: str) -> float:
    if not text.isdecimal() or not 1 <= int(text) <= 86_400:  # noqa: PLR2004 - a day
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds; expected 1 to 86400")
    return float(text)
