"""`upscore publish`: NDJSON files to their topics."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, BinaryIO, cast

from streams.commands import add_settings, settings_of
from streams.commands.progress import Bar, shown_progress
from streams.ndjson import UnreadableFile, publish_file
from streams.publisher import Summary, publisher
from streams.settings import Settings

if TYPE_CHECKING:
    from streams.commands import Subparsers

SETTINGS = ("broker", "app", "topic_prefix", "partitions", "replication", "partitioner")
STDIN = "-"


def register(subparsers: Subparsers) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "publish",
        help="send records of NDJSON files to their topics",
        description="Validate the records of NDJSON files, one JSON object a line, and send them to the topics of "
        "their types. Invalid lines are listed on stderr as FILE:LINE: reason: detail; the valid ones are sent all the "
        "same. Exits 1 if a line was invalid.",
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="an NDJSON file; - is stdin")
    add_settings(parser, *SETTINGS)
    parser.set_defaults(func=_run)


def _run(arguments: argparse.Namespace) -> int:
    settings = settings_of(arguments)
    with ExitStack() as stack:
        # All of them before the first is sent: a misspelt name should not leave half of it done.
        sources = [stack.enter_context(opened(name)) for name in arguments.files]
        bar = stack.enter_context(shown_progress("lines"))
        summary = asyncio.run(_publish(settings, sources, bar))
    print(summary, file=sys.stderr)
    return 1 if summary.rejected else 0


@contextmanager
def opened(name: str) -> Iterator[tuple[str, BinaryIO]]:
    """A file to read, unbuffered, and what to call it; `-` is stdin.

    Raises:
        UnreadableFile: there is none, or it may not be read.
    """
    try:
        # Not sys.stdin: a thread that waits in a buffered reader makes the interpreter's end a crash.
        file = open(  # noqa: SIM115 - closed below
            sys.stdin.fileno() if name == STDIN else name, "rb", buffering=0, closefd=name != STDIN
        )
    except OSError as error:
        raise UnreadableFile(f"{name}: cannot be read: {error.strerror}") from error
    with file:
        yield "stdin" if name == STDIN else name, cast("BinaryIO", file)


async def _publish(settings: Settings, sources: Sequence[tuple[str, BinaryIO]], bar: Bar) -> Summary:
    summary = Summary()
    async with publisher(settings) as sender:
        for name, file in sources:
            await publish_file(file, name, sender, summary, refused=bar.tell, read=bar.advance)
    return summary
