"""Rows: an export's cells by column, with the line of the file on which each row begins."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from streams.errors import UpscoreError
from streams.importer.mapping import CsvFormat

if TYPE_CHECKING:
    from _csv import Reader

__all__ = ["Export", "ExportError", "Row", "UnreadableRow"]

LONGEST_CELL: Final = 1_000_000
_UTF_16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")


class ExportError(UpscoreError):
    """The export as a whole cannot be read: no such file, no header, another encoding."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row.

    Attributes:
        line: line of the file on which it begins, from 1; a cell may go on over several.
        cells: text by column; empty where the cell means nothing.
    """

    line: int
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class UnreadableRow:
    """A row whose cells cannot be told apart, or are no text."""

    line: int
    reason: str


class Export:
    """A CSV file that can be read more than once."""

    def __init__(self, name: str, file: BinaryIO, form: CsvFormat) -> None:
        """Read `file`, which can seek and stays open, as `form` says; `name` is for messages.

        Raises:
            ExportError: it has no header, names a column twice, or is in another encoding.
        """
        self.name = name
        self._file = file
        self._form = form
        self.header = self._read_header()

    def rows(self) -> Iterator[Row | UnreadableRow]:
        """All rows, from the first; blank lines are none.

        Raises:
            ExportError: the bytes are no text from some place on.
        """
        lines = self._lines()
        reader = self._reader(lines)
        before = self._form.skip_lines
        if self._form.header is None:
            next(reader, None)
        while True:
            first_line = before + reader.line_num + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield UnreadableRow(first_line, f"not CSV: {error}")
                continue
            except UnicodeDecodeError as error:
                raise ExportError(f"{self.name}:{first_line}: {_not_in(self._form.encoding)}") from error
            if cells:
                yield self._row(first_line, cells)

    def _row(self, line: int, cells: Sequence[str]) -> Row | UnreadableRow:
        if len(cells) != len(self.header):
            return UnreadableRow(line, f"{len(cells)} cells, expected {len(self.header)} as in the header")
        for cell in cells:
            if not cell.isascii() and not _is_text(cell):
                return UnreadableRow(line, _not_in(self._form.encoding))
        if self._form.trim:
            cells = [cell.strip() for cell in cells]
        if self._form.empty:
            nothing = self._form.empty
            cells = ["" if cell in nothing else cell for cell in cells]
        return Row(line, dict(zip(self.header, cells, strict=True)))

    def _read_header(self) -> list[str]:
        self._file.seek(0)
        if self._file.read(2) in _UTF_16_MARKS and not self._form.encoding.lower().startswith("utf-16"):
            raise ExportError(f'{self.name}: the file is UTF-16: set encoding = "utf-16" under [csv] in the mapping')
        try:
            header = self._form.header or next(self._reader(self._lines()), [])
        except (csv.Error, UnicodeDecodeError) as error:
            raise ExportError(f"{self.name}: cannot read the header: {error}") from error
        header = [name.strip() for name in header]
        if not any(header):
            raise ExportError(
                f"{self.name}: no header: expected a first line that names the columns (after skip_lines)"
            )
        if twice := sorted({name for name in header if name and header.count(name) > 1}):
            raise ExportError(f"{self.name}: the header names {twice[0]!r} twice: rename one of the columns")
        return header

    def _lines(self) -> Iterator[str]:
        self._file.seek(0)
        # A byte that is no text spoils its row alone, not the whole file.
        text = io.TextIOWrapper(self._file, encoding=self._form.encoding, errors="surrogateescape", newline="")
        try:
            for _ in range(self._form.skip_lines):
                next(text, None)
            for line in text:  # noqa: UP028 - `yield from` would close the file with the generator
                yield line
        finally:
            text.detach()

    def _reader(self, lines: Iterator[str]) -> Reader:
        csv.field_size_limit(max(csv.field_size_limit(), LONGEST_CELL))
        # strict: a quote left open must not swallow the rows behind it without a word.
        return csv.reader(lines, delimiter=self._form.delimiter, quotechar=self._form.quote, strict=True)


def read_table(path: Path, form: CsvFormat, key: str) -> dict[str, dict[str, str]]:
    """The rows of a second file by what stands in their column `key`; of equal ones the last.

    Raises:
        ExportError: it cannot be read, lacks the column, or one of its rows is unreadable.
    """
    try:
        with path.open("rb") as file:
            export = Export(str(path), file, form)
            if key not in export.header:
                raise ExportError(f"{path}: no column {key!r}: the file has {', '.join(export.header)}")
            table = {}
            for row in export.rows():
                if isinstance(row, UnreadableRow):
                    raise ExportError(f"{path}:{row.line}: {row.reason}")
                table[row.cells[key]] = row.cells
            return table
    except OSError as error:
        raise ExportError(f"{path}: cannot read the file: {error.strerror}") from error


def _is_text(cell: str) -> bool:
    try:
        cell.encode()
    except UnicodeEncodeError:
        return False
    return True


def _not_in(encoding: str) -> str:
    return f'bytes that are no {encoding}: set encoding under [csv] in the mapping, such as "cp1252"'
