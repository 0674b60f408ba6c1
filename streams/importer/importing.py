"""Importing: an export through a mapping, row by row, each accounted for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from streams.importer.mapping import Mapping, MappingError
from streams.importer.records import Made, RecordMaker
from streams.importer.rows import Export, Row, UnreadableRow, read_table
from streams.importer.values import Cells, Sources, Unfit, condition

__all__ = ["Imported", "Rejected", "import_rows"]

NO_RECORD = "no rule of the mapping makes a record of it"


@dataclass(frozen=True, slots=True)
class Imported:
    """A row that was taken in.

    Attributes:
        line: line of the file on which it begins.
        records: what it makes; empty if rows before it made all of it (`once`).
    """

    line: int
    records: tuple[Made, ...]


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row of which nothing was taken in, and why."""

    line: int
    reason: str


def import_rows(export: Export, mapping: Mapping, folder: Path) -> Iterator[Imported | Rejected]:
    """Every row of the export as what becomes of it, in the order of the file; the same file gives the same records.

    A row is imported whole or not at all: if one of its records is invalid, none goes out.

    Args:
        export: the file.
        mapping: what its columns mean.
        folder: where the files of lookups are.

    Raises:
        MappingError: the mapping does not fit the records' fields or the file's columns; before the first row.
        ExportError: the file or that of a lookup cannot be read.
    """
    lookups = {name: read_table(folder / each.file, each.csv, each.key) for name, each in mapping.lookups.items()}
    sources = Sources(mapping.formats, lookups)
    rejections = [
        (condition(rule.when, f"[[reject]] number {number}", sources), rule.reason)
        for number, rule in enumerate(mapping.reject, start=1)
    ]
    makers = [RecordMaker(rule, number, sources) for number, rule in enumerate(mapping.records, start=1)]
    for column, place in sources.columns.items():
        if column not in export.header:
            raise MappingError(f"{place}: no column {column!r} in {export.name}: it has {', '.join(export.header)}")
    if sources.newest:
        _observe(export, sources)

    def outcomes() -> Iterator[Imported | Rejected]:
        for row in export.rows():
            if isinstance(row, UnreadableRow):
                yield Rejected(row.line, row.reason)
            elif reason := next((reason for holds, reason in rejections if holds(row.cells)), None):
                yield Rejected(row.line, reason)
            else:
                yield _import_row(row, makers)

    return outcomes()


def _import_row(row: Row, makers: list[RecordMaker]) -> Imported | Rejected:
    try:
        made = [(maker, record) for maker in makers if (record := maker.make(row.cells)) is not None]
    except Unfit as unfit:
        return Rejected(row.line, str(unfit))
    if not made:
        return Rejected(row.line, NO_RECORD)
    return Imported(row.line, tuple([record for maker, record in made if maker.is_new(record.id)]))


def _observe(export: Export, sources: Sources) -> None:
    """The pass before the first: what is known only at the file's end."""
    for row in export.rows():
        if isinstance(row, Row):
            cells: Cells = row.cells
            for newest in sources.newest:
                newest.observe(cells)
