"""Markdown: tables as they are printed, to be put into a page of the documentation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

__all__ = ["table"]

_RULES: Final = {"<": "---", ">": "---:"}


def table(heads: Sequence[str], rows: Iterable[Sequence[object]], aligned: str = "") -> str:
    """A table with its heads, a line a row, without a newline at its end.

    Args:
        heads: of the columns.
        rows: under these.
        aligned: a character a column, as in format strings: `<` to the left, `>` to the right; empty: all to the left.

    >>> print(table(("ms", "median"), [("company", 12)], "<>"))
    | ms | median |
    | --- | ---: |
    | company | 12 |
    """
    lines = [heads, [_RULES[each] for each in aligned or "<" * len(heads)], *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)
