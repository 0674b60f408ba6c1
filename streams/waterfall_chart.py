"""A waterfall as a chart for terminals: bars that lead from the old score to the new one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from streams.waterfall_words import SHOWN_FROM, Part, name_of, points_in_words, told_in_order, with_records

__all__ = ["chart"]

_NARROWEST: Final = 20
_FEWEST_CELLS: Final = 10
"""Below so many columns a bar says nothing: then there are names and points alone."""
_POINTS: Final = 6
_LEAST_SPAN: Final = 2.0
"""Points across the chart at least, so that a change of next to nothing looks like that."""


@dataclass(frozen=True, slots=True)
class _Row:
    """One line: a bar from one score to another, or a mark where both are the same score."""

    name: str
    start: float
    end: float
    figure: str
    is_score: bool = False


@dataclass(frozen=True, slots=True)
class _Glyphs:
    """Gains and losses differ in shape, not in colour alone."""

    gain: str
    loss: str
    mark: str
    nothing: str
    cut: str


_BLOCKS: Final = _Glyphs("█", "░", "┃", "·", "…")
_ASCII: Final = _Glyphs("+", "-", "|", ".", "~")


def chart(explanation: dict[str, Any], width: int, *, blocks: bool = True) -> list[Text]:
    """The lines of the chart, none wider than `width` (20 at least), most points first on each level, switches in their order.

    The first and the last line mark the two scores. Each bar begins where the one before it on its level ended, the bars of a
    part's own parts where the part began. The scale leads over the scores that occur, and stands above. Parts below 0.05
    points are left out, but for those of the top level. Gains and losses differ in shape, sign and colour. Too narrow for
    bars: names and points.

    Args:
        explanation: as `upscore explain --json` prints it (contract.md section 4).
        width: columns of the terminal.
        blocks: whether block characters can be shown; else ASCII.

    Returns:
        [] where there are no two scores to compare.
    """
    before, after = explanation["from"], explanation["to"]
    if before is None or before["score"] is None or after["score"] is None:
        return []
    rows = [_score(before), *_rows(explanation["parts"], before["score"], 0), _score(after)]
    glyphs = _BLOCKS if blocks else _ASCII
    width = max(width, _NARROWEST)
    longest = max(cell_len(row.name) for row in rows)
    room = min(longest, max(_NARROWEST - _POINTS - 1, width * 2 // 5))
    cells = width - room - _POINTS - 2
    if cells < _FEWEST_CELLS:
        room, cells = min(longest, width - _POINTS - 1), 0
    low, high = _scale(rows)
    lines = [_axis(room, cells, low, high)] if cells else []
    return [*lines, *(_line(row, room, cells, (low, high), glyphs) for row in rows)]


def _score(score: Part) -> _Row:
    return _Row(f"score {score['as_of']}", score["score"], score["score"], f"{score['score']:.1f}", is_score=True)


def _rows(parts: Sequence[Part], start: float, depth: int) -> Iterator[_Row]:
    for part in told_in_order(parts):
        end = start + part["points"]
        if depth == 0 or abs(part["points"]) >= SHOWN_FROM:
            yield _Row("  " * depth + name_of(part), start, end, points_in_words(part["points"]))
            yield from _rows(with_records(part), start, depth + 1)
        start = end


def _scale(rows: Sequence[_Row]) -> tuple[float, float]:
    ends = [end for row in rows for end in (row.start, row.end)]
    low, high = min(ends), max(ends)
    spare = max(0.0, _LEAST_SPAN - (high - low)) / 2
    return low - spare, high + spare


def _axis(room: int, cells: int, low: float, high: float) -> Text:
    left, right = f"{low:.1f}", f"{high:.1f}"
    return Text(" " * (room + 1) + left + right.rjust(cells - len(left)), style="dim")


def _line(row: _Row, room: int, cells: int, scale: tuple[float, float], glyphs: _Glyphs) -> Text:
    name = row.name
    if cell_len(name) > room:
        name = set_cell_size(name, room - 1) + glyphs.cut
    line = Text(set_cell_size(name, room), style="bold" if row.is_score else "")
    gained = row.end - row.start
    style = "" if abs(gained) < SHOWN_FROM else "green" if gained > 0 else "red"
    if cells:
        first, last = sorted(_edge(value, cells, scale) for value in (row.start, row.end))
        first = min(first, cells - 1)
        if row.is_score or not style:
            bar = glyphs.mark if row.is_score else glyphs.nothing
        else:
            bar = (glyphs.gain if gained > 0 else glyphs.loss) * max(1, last - first)
        line.append(" " + " " * first)
        line.append(bar, style=style)
        line.append(" " * (cells - first - len(bar)))
    line.append(" " + row.figure.rjust(_POINTS), style=style)
    return line


def _edge(value: float, cells: int, scale: tuple[float, float]) -> int:
    """Before which column a score lies, 0..cells."""
    low, high = scale
    return min(cells, max(0, round((value - low) / (high - low) * cells)))
