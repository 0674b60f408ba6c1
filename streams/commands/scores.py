"""`upscore scores`: scores as they are now, or recomputed for any date."""

from __future__ import annotations

import argparse
import asyncio
import sys
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from streams.as_of import known_at, zone_named
from streams.codec import from_json, to_json
from streams.commands import add_settings, settings_of
from streams.commands.reading import SUBJECTS, date_asked, milliseconds, moment_asked, reading_from, records_counted
from streams.commands.replay import add_as_was
from streams.history import read_history, usual_day
from streams.kafka_clients import read_topics
from streams.replay.as_was import in_force_on, written_down
from streams.scorecard_file import load_scorecard
from streams.scorecard_log import read_log
from streams.settings import Settings
from streams.topic_names import TopicNames

if TYPE_CHECKING:
    from streams.commands import Subparsers


def register(subparsers: Subparsers) -> None:
    """Add the command `scores`."""
    parser = subparsers.add_parser(
        "scores",
        help="scores as they are now, or recomputed for any date",
        description="Without --as-of: the live scores. With it: recomputed from the topics as of the end of that date.",
    )
    parser.add_argument("--subject", choices=SUBJECTS, help="only reps, teams, territories or the company")
    parser.add_argument("--id", help="only this one")
    parser.add_argument(
        "--as-of",
        type=date_asked,
        metavar="DATE",
        help="as of the end of this local date, from the records as known now",
    )
    parser.add_argument(
        "--known-at", type=moment_asked, metavar="T", help="leave out what arrived after this RFC 3339 time"
    )
    parser.add_argument("--json", action="store_true", help="one array of score objects")
    add_as_was(parser)
    add_settings(parser, "broker", "app", "topic_prefix", "time_zone", "base_currency", "scorecard", "clock")
    parser.set_defaults(func=show, parser=parser)


def show(arguments: argparse.Namespace) -> int:
    """Print the scores that were asked for; always 0.

    Raises:
        UpscoreError: the broker cannot be reached, or a topic or the scorecard is missing.
    """
    recomputed = arguments.as_of is not None or arguments.known_at is not None
    if arguments.scorecard_as_was and (not recomputed or arguments.setting_scorecard is not None):
        arguments.parser.error("--scorecard-as-was goes with --as-of or --known-at, and without --scorecard")
    settings = settings_of(arguments)
    with reading_from(settings):
        scores = asyncio.run(_recomputed(settings, arguments) if recomputed else _live(settings))
    chosen = [score for score in scores if _is_wanted(score, arguments.subject, arguments.id)]
    if arguments.json:
        sys.stdout.buffer.write(to_json(chosen) + b"\n")
    else:
        _print_table(chosen)
        if recomputed and chosen:
            version, card = chosen[0]["version"]["known_at"], chosen[0]["scorecard"]
            sys.stdout.write(f"as of the end of {chosen[0]['as_of']}, by the records known at {version}, by {card}\n")
    return 0


def _is_wanted(score: dict[str, Any], subject: str | None, subject_id: str | None) -> bool:
    return subject in (None, score["subject"]) and subject_id in (None, score["id"])


async def _live(settings: Settings) -> list[dict[str, Any]]:
    topic = TopicNames.of(settings).scores
    newest: dict[bytes, bytes] = {}
    async for messages in read_topics(settings, [topic]):
        for message in messages:
            if message.value is None:
                newest.pop(message.key, None)
            else:
                newest[message.key] = message.value
    scores = [from_json(value) for value in newest.values()]
    return sorted(scores, key=lambda score: (SUBJECTS.index(score["subject"]), score["id"]))


async def _recomputed(settings: Settings, arguments: argparse.Namespace) -> list[dict[str, Any]]:
    scorecard = load_scorecard(settings.scorecard)
    as_of: date | None = arguments.as_of
    moment: datetime | None = arguments.known_at
    with records_counted() as progress:
        history = await read_history(settings, milliseconds(moment), progress)
    day = usual_day(history.line, settings.clock, history.today) if as_of is None else as_of.toordinal()
    if arguments.scorecard_as_was:
        entries = written_down(await read_log(settings))
        scorecard = in_force_on(entries, day, zone_named(settings.time_zone)).parsed()
    known = known_at() if moment is None else moment.isoformat()
    return list(history.line.scores(scorecard, day, known))


def _print_table(scores: list[dict[str, Any]]) -> None:
    table = Table(box=None, header_style="bold")
    for column in ("subject", "id", "team", "as of"):
        table.add_column(column)
    for column in ("score", "level", "coverage", "revenue 28d", "won 28d", "win rate 91d", "csat 91d"):
        table.add_column(column, justify="right")
    for score in scores:
        metrics = score["metrics"]
        table.add_row(
            score["subject"],
            score["id"],
            score["team_id"] or "",
            score["as_of"],
            _number(score["score"]),
            _number(score["level"]),
            _number(score["coverage"], 2),
            _number(metrics["net_revenue"]["windows"]["28d"]["value"], 0),
            _number(metrics["deals_won"]["windows"]["28d"]["value"], 0),
            _number(metrics["win_rate"]["windows"]["91d"]["value"], 2),
            _number(metrics["csat"]["windows"]["91d"]["value"], 2),
        )
    console = Console(width=None if sys.stdout.isatty() else 160)
    console.print(table)
    if not scores:
        console.print("no scores: no records have been taken in, or none of those asked for")


def _number(value: float | None, decimals: int = 1) -> str:
    return "-" if value is None else f"{value:,.{decimals}f}"
