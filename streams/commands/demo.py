"""`upscore demo`: the whole system on this machine alone, live."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from datetime import UTC, datetime
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from streams.commands import Subparsers
    from streams.demo import Scene
    from streams.local.endings import Ending

DAYS = 360
REPS = 14
SEED = 3
"""One whose story stands out among what chance does."""
SPEED = 2.0
MOST_REFUSED = 10


def register(subparsers: Subparsers) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "demo",
        help="the whole system on this machine, with a simulated CRM",
        description="Start a Kafka, a Redis and a worker on this machine, publish a simulated CRM (or the records of a "
        "folder) to them, and show the scores as they move: first a part of the days as history, as fast as it goes, "
        "then the others live. The board opens in a browser where there is a terminal with a display. "
        "Nothing else has to be installed; Kafka itself (45 MB) is fetched the first time. "
        "Ctrl-C ends it and leaves nothing behind. Other settings are taken from the environment, such as "
        "UPSCORE_SCORECARD.",
    )
    add = parser.add_argument
    add(
        "--days", type=_count, metavar="N", help=f"days up to yesterday (default {DAYS}); with --from: the first N days"
    )
    add("--reps", type=_count, metavar="N", help=f"reps of the simulated CRM (default {REPS})")
    add("--seed", type=_number, metavar="N", help=f"another company for each (default {SEED})")
    add("--speed", type=_pace, default=SPEED, metavar="X", help="live days a second (default %(default)g)")
    add("--from", dest="folder", type=Path, metavar="DIR", help="play the NDJSON files of a folder instead")
    add("--history", type=_number, metavar="N", help="days that go first, as fast as they can (default: a third)")
    add("--dir", type=Path, metavar="DIR", help="keep data and logs in this new folder (default: a temporary one)")
    add(
        "--exit-after",
        type=_seconds,
        metavar="SECONDS",
        help="end by itself so long after everything was played (default: stay up until ctrl-C)",
    )
    add(
        "--no-browser",
        dest="browser",
        action="store_false",
        help="do not open the board in a browser, as is done on a terminal with a display",
    )
    parser.set_defaults(func=lambda arguments: _run(parser, arguments))


def _run(parser: argparse.ArgumentParser, arguments: argparse.Namespace) -> int:
    if arguments.folder is not None and (arguments.reps, arguments.seed) != (None, None):
        parser.error("--reps and --seed are of the simulated CRM: not allowed with --from")
    from streams.local.endings import ending_on_signals  # noqa: PLC0415 - see below

    with ending_on_signals() as ending:
        return _play(parser, arguments, ending)


def _play(parser: argparse.ArgumentParser, arguments: argparse.Namespace, ending: Ending) -> int:
    # Half a second of libraries that only a demo needs.
    from streams.demo import Stage, has_display, perform  # noqa: PLC0415
    from streams.local.progress import on_stderr  # noqa: PLC0415

    try:
        scene = _scene(arguments)
    except ValueError as error:
        parser.error(f"{error}")
    reporter = on_stderr()
    reporter.say(f"upscore demo: {scene.title}")
    with Stage(arguments.dir, reporter) as stage:
        opens = arguments.browser and sys.stdout.isatty() and has_display(os.environ)
        try:
            asyncio.run(
                perform(
                    scene,
                    stage,
                    ending,
                    reporter.say,
                    speed=arguments.speed,
                    exit_after=arguments.exit_after,
                    opens_board=opens,
                )
            )
        except BrokenPipeError:
            # Whoever read our lines went away. Else the interpreter complains once more when it closes stdout.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        reporter.say("stopping")
    for refused in scene.refused[:MOST_REFUSED]:
        reporter.say(refused)
    if len(scene.refused) > MOST_REFUSED:
        reporter.say(f"and {len(scene.refused) - MOST_REFUSED} more lines that are no records")
    reporter.say("stopped, nothing is left" if arguments.dir is None else f"stopped; its data is in {arguments.dir}")
    return 0


def _scene(arguments: argparse.Namespace) -> Scene:
    from streams.demo import from_folder, simulated  # noqa: PLC0415 - see above

    today = datetime.now(UTC).date()
    if arguments.folder is not None:
        return from_folder(arguments.folder, days=arguments.days, history=arguments.history, today=today)
    return simulated(
        days=DAYS if arguments.days is None else arguments.days,
        reps=REPS if arguments.reps is None else arguments.reps,
        seed=SEED if arguments.seed is None else arguments.seed,
        history=arguments.history,
        today=today,
    )


def _count(text: str) -> int:
    if (number := _number(text)) < 1:
        raise argparse.ArgumentTypeError(f"{text} is below 1")
    return number


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 0 or more")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not (isfinite(seconds) and seconds >= 0):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of 0 or more")
    return seconds


def _pace(text: str) -> float:
    if (pace := _seconds(text)) == 0:
        raise argparse.ArgumentTypeError("0 days a second would never end: expected a number above 0")
    return pace
