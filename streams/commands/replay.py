"""`upscore replay`: history recomputed from the topics, apart from the live workers."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from streams.commands import add_settings, settings_of
from streams.commands.reading import SUBJECTS, date_asked, moment_asked, reading_from
from streams.replay.openmetrics import STEP_SECONDS
from streams.replay.order import Order, fulfil
from streams.replay.progress import shown_stages

if TYPE_CHECKING:
    from datetime import datetime

    from streams.commands import Subparsers


def register(subparsers: Subparsers) -> None:
    """Add the command `replay`."""
    parser = subparsers.add_parser(
        "replay",
        help="history recomputed from the topics, day by day",
        description="Recomputes the scores of each day of a stretch of history from the topics, no worker needed: as known now, "
        "or as known at a time. Nothing is written to Kafka or Redis. The same topics give the same bytes.",
    )
    add_range(parser)
    parser.add_argument(
        "--out",
        required=True,
        choices=("json", "csv", "parquet", "openmetrics", "diff"),
        help="json: score objects as `upscore scores --json` has them; csv, parquet: a row of figures a subject and day; "
        "openmetrics: samples for promtool; diff: whose score is another than in the run that --against names",
    )
    parser.add_argument("--to", type=Path, metavar="FILE", help="write there, all of it or nothing (default: stdout)")
    parser.add_argument("--brief", action="store_true", help="json without metrics: as fast as csv")
    parser.add_argument(
        "--step",
        type=_seconds,
        default=STEP_SECONDS,
        metavar="S",
        help="seconds between samples (default: %(default)s)",
    )
    against = parser.add_mutually_exclusive_group()
    against.add_argument("--against", type=Path, metavar="FILE", help="diff: scores told before, json or csv")
    against.add_argument(
        "--against-published",
        action="store_true",
        help="diff: the scores on the scores topic; lists each that is another now",
    )
    against.add_argument("--against-scorecard", metavar="FILE", help="diff: the same history under this scorecard")
    against.add_argument("--against-known-at", type=moment_asked, metavar="T", help="diff: as it was known then")
    add_work(parser)
    add_as_was(parser)
    add_settings(parser, "broker", "app", "topic_prefix", "time_zone", "base_currency", "scorecard", "clock")
    parser.set_defaults(func=show, parser=parser)


def add_work(parser: argparse.ArgumentParser) -> None:
    """Add where what is read is kept, and how many processes work."""
    parser.add_argument("--work", type=Path, metavar="DIR", help="keep what is read there, and go on from it")
    parser.add_argument(
        "--processes", type=processes_asked, default=1, metavar="N", help="work side by side (default: 1)"
    )


def add_as_was(parser: argparse.ArgumentParser) -> None:
    """Add the flag that takes the scorecards of the time."""
    parser.add_argument(
        "--scorecard-as-was",
        action="store_true",
        help="each day by the scorecard that was in force on it (`upscore scorecard history`), not by the one in force now",
    )


def add_range(parser: argparse.ArgumentParser) -> None:
    """Add what says which days, which subjects and as known when."""
    parser.add_argument(
        "--from", dest="first", type=_day_asked, metavar="T", help="first day: a date, or an RFC 3339 time"
    )
    parser.add_argument(
        "--until", dest="last", type=_day_asked, metavar="T", help="last day, included (default: today)"
    )
    parser.add_argument("--known-at", type=moment_asked, metavar="T", help="leave out what arrived after this time")
    parser.add_argument(
        "--until-offsets",
        type=Path,
        metavar="FILE",
        help='leave out what lies at these offsets or beyond: JSON, {"topic": {"partition": offset}}',
    )
    parser.add_argument("--write-offsets", type=Path, metavar="FILE", help="write there up to which offsets it read")
    parser.add_argument("--subject", choices=SUBJECTS, help="only reps, teams, territories or the company")
    parser.add_argument("--id", help="only this one")


def show(arguments: argparse.Namespace) -> int:
    """Replay; always 0.

    Raises:
        UpscoreError: the broker cannot be reached, or a topic or file is missing or of no use.
    """
    against = (arguments.against, arguments.against_scorecard, arguments.against_known_at)
    if (arguments.out == "diff") != (arguments.against_published or any(one is not None for one in against)):
        arguments.parser.error(
            "--out diff needs one of --against, --against-published, --against-scorecard, --against-known-at; others take none"
        )
    if arguments.scorecard_as_was and (arguments.out == "diff" or arguments.setting_scorecard is not None):
        arguments.parser.error("--scorecard-as-was takes no --scorecard, and --out diff compares one scorecard a run")
    settings = settings_of(arguments)
    order = Order(
        settings=settings,
        out=arguments.out,
        first=arguments.first,
        last=arguments.last,
        known_at=arguments.known_at,
        until_offsets=arguments.until_offsets,
        write_offsets=arguments.write_offsets,
        subject=arguments.subject,
        subject_id=arguments.id,
        to=arguments.to,
        brief=arguments.brief,
        step_seconds=arguments.step,
        against=arguments.against,
        against_published=arguments.against_published,
        against_scorecard=arguments.against_scorecard,
        against_known_at=arguments.against_known_at,
        work=arguments.work,
        processes=arguments.processes,
        scorecard_as_was=arguments.scorecard_as_was,
    )
    with reading_from(settings), shown_stages() as stages:
        fulfil(order, stages)
    return 0


def _day_asked(text: str) -> date | datetime:
    try:
        return date_asked(text)
    except argparse.ArgumentTypeError:
        return moment_asked(text)


def processes_asked(text: str) -> int:
    """How many processes.

    Raises:
        ArgumentTypeError: it is no number from 1 to 64.
    """
    if not text.isdecimal() or not 1 <= int(text) <= 64:  # noqa: PLR2004 - more would not help anybody
        raise argparse.ArgumentTypeError(f"{text!r} is no number of processes; expected 1 to 64")
    return int(text)


def _seconds(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 86_400:  # noqa: PLR2004 - a day
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds; expected 1 to 86400")
    return int(text)
