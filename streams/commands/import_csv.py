"""`upscore import`: a CSV export of any CRM to NDJSON on stdout, or straight to the topics."""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from streams.commands import add_settings, settings_of
from streams.commands.progress import Bar, shown_progress
from streams.commands.publish import SETTINGS, STDIN, opened
from streams.importer import Export, Imported, Made, Rejected, import_rows, load_mapping
from streams.publisher import Summary, publisher
from streams.settings import Settings

if TYPE_CHECKING:
    from streams.commands import Subparsers

MOST_REASONS = 10


def register(subparsers: Subparsers) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "import",
        help="turn a CSV export of any CRM into records",
        description="Turn the rows of a CSV export into records, as a mapping file says (docs/import.md), and write "
        "them as NDJSON to stdout or send them to their topics. Rejected rows are listed on stderr as "
        "FILE:LINE: reason, and counted at the end. Exits 1 if no row could be imported.",
    )
    parser.add_argument("file", metavar="FILE", help="the export; - is stdin")
    parser.add_argument("--mapping", required=True, type=Path, metavar="MAPPING.toml", help="what its columns mean")
    parser.add_argument("--publish", action="store_true", help="send the records to their topics instead of stdout")
    parser.add_argument("--strict", action="store_true", help="exit 1 if any row was rejected")
    add_settings(parser, *SETTINGS)
    parser.set_defaults(func=_run)


@dataclass(slots=True)
class Tally:
    """What became of the rows so far."""

    imported: int = 0
    records: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def rejected(self) -> int:
        """Rows of which nothing was taken in."""
        return self.reasons.total()

    def lines(self) -> Iterator[str]:
        """The count, and the usual reasons."""
        rows = self.imported + self.rejected
        yield f"imported {self.imported} of {rows} rows, {self.rejected} rejected"
        for reason, count in self.reasons.most_common(MOST_REASONS):
            yield f"  {count} times: {reason}"
        if len(self.reasons) > MOST_REASONS:
            yield f"  and {len(self.reasons) - MOST_REASONS} more reasons, listed above"


def _run(arguments: argparse.Namespace) -> int:
    settings = settings_of(arguments)
    mapping = load_mapping(arguments.mapping)
    tally = Tally()
    with opened(arguments.file) as (name, file), _seekable(file) as held:
        folder = Path() if arguments.file == STDIN else Path(arguments.file).parent
        rows = import_rows(Export(name, held, mapping.csv), mapping, folder)
        with shown_progress("rows") as bar:
            records = _records(rows, name, tally, bar)
            if arguments.publish:
                tally.records = asyncio.run(_publish(settings, records)).published
            elif not _written(records):
                return 1
    for line in tally.lines():
        print(line, file=sys.stderr)
    if arguments.publish:
        print(Summary(tally.records, tally.rejected), file=sys.stderr)
    return 1 if (tally.rejected if arguments.strict else tally.rejected and not tally.imported) else 0


def _records(rows: Iterator[Imported | Rejected], name: str, tally: Tally, bar: Bar) -> Iterator[Made]:
    """The records of the rows, which are counted on the way."""
    for row in rows:
        bar.advance(1)
        if isinstance(row, Rejected):
            tally.reasons[row.reason] += 1
            bar.tell(f"{name}:{row.line}: {row.reason}")
        else:
            tally.imported += 1
            yield from row.records


def _written(records: Iterator[Made]) -> bool:
    """Whether all records went to stdout: no, if its reader went away."""
    try:
        for record in records:
            sys.stdout.buffer.write(record.value + b"\n")
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        # Else the interpreter complains once more when it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return False
    return True


async def _publish(settings: Settings, records: Iterator[Made]) -> Summary:
    summary = Summary()
    async with publisher(settings) as sender:
        for record in records:
            await sender.send(record.topic, record.id, record.value)
            summary.published[record.type] += 1
    return summary


@contextmanager
def _seekable(file: BinaryIO) -> Iterator[BinaryIO]:
    """The file, or a copy of what comes through a pipe: some mappings read it twice."""
    if file.seekable():
        yield file
        return
    with tempfile.TemporaryFile() as copy:
        shutil.copyfileobj(file, copy)
        yield copy
