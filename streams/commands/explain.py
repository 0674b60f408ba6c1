"""`upscore explain`: why a score is what it is, and what changed since another date."""

from __future__ import annotations

import argparse
import asyncio
from datetime import datetime
from typing import TYPE_CHECKING, Any

from scoring.explanation import Asked, explanation
from streams.as_of import known_at, zone_named
from streams.commands import add_settings, settings_of
from streams.commands.reading import (
    SUBJECTS,
    date_asked,
    milliseconds,
    moment_asked,
    reading_from,
    records_counted,
)
from streams.commands.recomputing import answer, newest_day, subject_asked
from streams.commands.replay import add_as_was
from streams.history import Progress, read_histories
from streams.replay.as_was import in_force_on, written_down
from streams.scorecard_file import load_scorecard
from streams.scorecard_log import read_log
from streams.settings import Settings
from streams.waterfall_text import show as show_text

if TYPE_CHECKING:
    from streams.commands import Subparsers

WIDTH = 100
"""Columns of sentences that go to no terminal."""
AGAINST_DAYS = 28
"""How far before the date the other one lies, where none is given."""


def register(subparsers: Subparsers) -> None:
    """Add the command `explain`."""
    parser = subparsers.add_parser(
        "explain",
        help="why a score is what it is, and what changed since another date",
        description="Recomputes a score on two dates from the topics, no worker needed, and says which pillars, metrics, "
        "segments and records the difference is associated with.",
    )
    parser.add_argument("id", metavar="ID", help="of the subject; the company's is 'company'")
    parser.add_argument("--subject", choices=SUBJECTS, default="rep", help="what the id is of (default: rep)")
    parser.add_argument(
        "--as-of",
        type=date_asked,
        metavar="DATE",
        help="the score to explain, as of the end of this local date (default: the newest business date)",
    )
    parser.add_argument(
        "--against",
        type=date_asked,
        metavar="DATE",
        help=f"the score to compare it with (default: {AGAINST_DAYS} days before)",
    )
    parser.add_argument(
        "--known-at",
        type=moment_asked,
        metavar="T",
        help="leave out of the score to explain what arrived after this RFC 3339 time",
    )
    parser.add_argument(
        "--against-known-at",
        type=moment_asked,
        metavar="T",
        help="likewise of the score it is compared with (default: as known now, and no part is for corrections)",
    )
    parser.add_argument("--json", action="store_true", help="one object instead of text")
    add_as_was(parser)
    add_settings(parser, "broker", "app", "topic_prefix", "time_zone", "base_currency", "scorecard", "clock")
    parser.set_defaults(func=show, parser=parser)


def show(arguments: argparse.Namespace) -> int:
    """Print the explanation that was asked for; always 0.

    Raises:
        UpscoreError: there is no such subject, the broker cannot be reached, or a topic or the scorecard is missing.
    """
    if arguments.scorecard_as_was and arguments.setting_scorecard is not None:
        arguments.parser.error("--scorecard-as-was takes no --scorecard")
    settings = settings_of(arguments)
    with reading_from(settings), records_counted() as progress:
        told = asyncio.run(explained(settings, arguments, progress))
    return answer(arguments, told, lambda page: show_text(told, page), WIDTH)


async def explained(settings: Settings, arguments: argparse.Namespace, progress: Progress) -> dict[str, Any]:
    """The explanation that was asked for, as an object of JSON (`schemas.score.Explanation`).

    Args:
        settings: where the topics are, the scorecard.
        arguments: of the command.
        progress: told of records as they are read.

    Raises:
        UpscoreError: there is no such subject, or a topic or the scorecard is missing.
        KafkaError: the broker went away.
    """
    scorecard = load_scorecard(settings.scorecard)
    moments = (arguments.known_at, arguments.against_known_at)
    apart = moments[0] != moments[1]
    known_until = [milliseconds(moment) for moment in (moments if apart else moments[:1])]
    histories = await read_histories(settings, known_until, progress, explains=True)
    history = histories[0]
    subject = subject_asked(history.line, arguments)
    as_of = arguments.as_of.toordinal() if arguments.as_of is not None else newest_day(history)
    usual = max(1, as_of - AGAINST_DAYS)
    against = usual if arguments.against is None else arguments.against.toordinal()
    now = known_at()
    earlier, later = scorecard, scorecard
    if arguments.scorecard_as_was:
        entries, zone = written_down(await read_log(settings)), zone_named(settings.time_zone)
        earlier, later = (in_force_on(entries, day, zone).parsed() for day in (against, as_of))
    after = Asked(history.line, history.line.scorer(later, as_of), _stated(moments[0], now))
    before = Asked(histories[-1].line, histories[-1].line.scorer(earlier, against), _stated(moments[1], now))
    return explanation(before, after, subject, corrections=moments[1] is not None)


def _stated(moment: datetime | None, now: str) -> str:
    return now if moment is None else moment.isoformat()
