"""`upscore simulate`: the simulated CRM as NDJSON on stdout."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import islice
from typing import TYPE_CHECKING, BinaryIO

from streams.simulator.lines import line
from streams.simulator.rough import roughen
from streams.simulator.timeline import records
from streams.simulator.versions import Record

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - argparse has no public name for it

DEFAULT_DAYS = 364
DEFAULT_REPS = 30
DEFAULT_SEED = 1
DEFAULT_START = date(2025, 1, 1)
"""Fixed, for the same command gives the same bytes on every day."""

_BLOCK = 2_000
_RECORDS_A_REP_AND_DAY = 8


def register(subparsers: Subparsers) -> None:
    """Add the command `simulate`."""
    parser = subparsers.add_parser(
        "simulate",
        help="NDJSON of a simulated CRM on stdout",
        description=(
            "Prints the records of a simulated CRM as NDJSON, in the order in which it would publish them: "
            "the same bytes for the same arguments."
        ),
    )
    add = parser.add_argument
    add("--days", type=int, metavar="N", help=f"calendar days (default {DEFAULT_DAYS}, or as many as --records takes)")
    add("--reps", type=int, default=DEFAULT_REPS, metavar="N", help="reps, later hires included (default %(default)s)")
    add("--seed", type=int, default=DEFAULT_SEED, metavar="N", help="another company for each (default %(default)s)")
    add(
        "--start",
        type=_day,
        default=DEFAULT_START,
        metavar="DATE",
        help="first day (default %(default)s)",
    )
    add("--records", type=int, metavar="N", help="stop after N records (repeats of --rough not counted)")
    add("--rough", action="store_true", help="add repeats, old versions after newer ones, wrong order, deletions first")
    parser.set_defaults(func=simulate)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as wrong:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date: expected YYYY-MM-DD") from wrong


def simulate(args: argparse.Namespace) -> int:
    """Write the run to stdout.

    Returns:
        The exit code: 0, also when the reader stops reading; 2, with a line on stderr, for a wrong argument.
    """
    try:
        chosen = select(
            seed=args.seed, days=args.days, reps=args.reps, start=args.start, limit=args.records, rough=args.rough
        )
    except ValueError as wrong:
        print(f"upscore simulate: {wrong}", file=sys.stderr)  # noqa: T201 - the command's own message
        return 2
    try:
        write(_watched(chosen) if sys.stderr.isatty() else chosen, sys.stdout.buffer)
    except BrokenPipeError:
        # The interpreter flushes stdout at exit and would complain again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def select(*, seed: int, days: int | None, reps: int, start: date, limit: int | None, rough: bool) -> Iterator[Record]:
    """The records that the command prints.

    Args:
        seed: 0 or more.
        days: Length of the run; None: 364, or with a limit as many days as it takes.
        reps: 1 to 100,000.
        start: The first day.
        limit: At most so many records, before the repeats of a rough delivery; None: all.
        rough: Whether to deliver them roughly.

    Raises:
        ValueError: An argument is out of its range.
    """
    if limit is not None and limit < 1:
        raise ValueError(f"records {limit} is below 1: give the number of records to stop after")
    if days is None:
        days = DEFAULT_DAYS if limit is None else 14 + limit // (_RECORDS_A_REP_AND_DAY * max(1, reps))
    smooth = islice(records(seed=seed, days=days, reps=reps, start=start), limit)
    return roughen(smooth, seed) if rough else smooth


def write(chosen: Iterable[Record], out: BinaryIO) -> None:
    """Write the records as lines, in blocks."""
    lines = map(line, chosen)
    while block := b"".join(islice(lines, _BLOCK)):
        out.write(block)
    out.flush()


def _watched(chosen: Iterable[Record]) -> Iterator[Record]:
    """The same records; a line on stderr says how far the run has come."""
    for number, record in enumerate(chosen):
        if number % 20_000 == 0:
            print(f"\r{number:>10,} records, {record['updated_at'][:10]}", end="", file=sys.stderr, flush=True)  # noqa: T201
        yield record
    print(file=sys.stderr)  # noqa: T201
