"""Markdown: tables as they are printed, to be put into a page of the documentation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

__all__ = ["table"]


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table with its heads, a line a row, without a newline at its end.

    >>> print(table(("ms", "median"), [("company", 12)]))
    | ms | median |
    | --- | --- |
    | company | 12 |
    """
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)
