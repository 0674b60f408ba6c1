"""Small plain pictures as SVG, written by the scripts of this folder: the same bytes for the same figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

_FONT: Final = 'font-family="sans-serif" font-size="12"'
_INK: Final = ("#0072b2", "#d55e00", "#009e73", "#555555")
_WIDTH: Final = 720
_LEFT: Final = 330


def intervals(
    title: str,
    rows: Sequence[tuple[str, Sequence[float]]],
    names: Sequence[str],
    band: tuple[float, float],
    ends: tuple[float, float],
) -> str:
    """A row a label with one dot a name, over a grey band of what is allowed. Figures are shares, shown in per cent."""
    height = 56 + 20 * len(rows)

    def x(share: float) -> float:
        return _LEFT + (_WIDTH - _LEFT - 20) * (min(max(share, ends[0]), ends[1]) - ends[0]) / (ends[1] - ends[0])

    out = [_open(height, title)]
    wide = x(band[1]) - x(band[0])
    out.append(f'<rect x="{x(band[0]):.1f}" y="34" width="{wide:.1f}" height="{20 * len(rows)}" fill="#e8e8e8"/>')
    for number, (label, shares) in enumerate(rows):
        y = 48 + 20 * number
        out.append(f'<text x="{_LEFT - 10}" y="{y}" text-anchor="end" {_FONT}>{escape(label)}</text>')
        out += [f'<circle cx="{x(s):.1f}" cy="{y - 4}" r="4" fill="{_INK[place]}"/>' for place, s in enumerate(shares)]
    for share in (ends[0], *band, ends[1]):
        out.append(f'<text x="{x(share):.1f}" y="{height - 6}" text-anchor="middle" {_FONT}>{100 * share:.0f} %</text>')
    return "\n".join([*out, *_legend(names), "</svg>", ""])


def histograms(title: str, groups: Mapping[str, Sequence[float]], ends: tuple[float, float], bins: int = 40) -> str:
    """Outlines of how the values of each group lie, each group's area the same."""
    height, base = 260, 232
    step = (ends[1] - ends[0]) / bins
    counts = {}
    for name, values in groups.items():
        count = [0] * bins
        for value in values:
            count[min(bins - 1, max(0, int((value - ends[0]) / step)))] += 1
        counts[name] = [c / max(1, len(values)) for c in count]
    top = max(max(count) for count in counts.values())
    out = [_open(height, title)]
    for place, count in enumerate(counts.values()):
        wide = (_WIDTH - 40) / bins
        points = [f"20,{base}"]
        for number, share in enumerate(count):
            y = base - 180 * share / top
            points += [f"{20 + wide * number:.1f},{y:.1f}", f"{20 + wide * (number + 1):.1f},{y:.1f}"]
        points.append(f"{_WIDTH - 20},{base}")
        ink = _INK[place]
        out.append(f'<polygon points="{" ".join(points)}" fill="{ink}" fill-opacity="0.25" stroke="{ink}"/>')
    for tick in range(5):
        value = ends[0] + tick * (ends[1] - ends[0]) / 4
        out.append(
            f'<text x="{20 + (_WIDTH - 40) * tick / 4:.0f}" y="{base + 18}" text-anchor="middle" {_FONT}>{value:g}</text>'
        )
    return "\n".join([*out, *_legend(list(groups)), "</svg>", ""])


def _open(height: int, title: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" role="img">'
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>'
        f'<text x="10" y="18" font-weight="bold" {_FONT}>{escape(title)}</text>'
    )


def _legend(names: Sequence[str]) -> list[str]:
    x, out = _WIDTH - 12, []
    for place in reversed(range(len(names))):
        out.append(
            f'<text x="{x}" y="18" text-anchor="end" fill="{_INK[place]}" {_FONT}>● {escape(names[place])}</text>'
        )
        x -= 22 + 7 * len(names[place])
    return out
