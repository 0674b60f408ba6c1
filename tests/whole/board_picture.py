"""Draws a board's grid, every panel with its live values, simply: a page of HTML, and Chromium's picture of it.

Not Grafana: what it shows is places, titles, units, colours, legends and values, to see what is empty or cut.
"""

from __future__ import annotations

import json
import math
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from html import escape, unescape
from pathlib import Path
from typing import Any

from tests.whole.board_queries import Answer

COLUMN, ROW, GAP = 62, 34, 6
COLOURS = {"green": "#73bf69", "blue": "#5794f2", "orange": "#ff9830", "red": "#f2495c", "text": "#ccccdc"}
LINES = ("#73bf69", "#f2cc0c", "#8ab8ff", "#ff780a", "#f2495c", "#5794f2", "#b877d9", "#705da0", "#37872d", "#fade2a")
CUT = """<script>
const full=[...document.querySelectorAll(".panel")].filter(p=>
  (!p.querySelector("table")&&p.scrollHeight>p.clientHeight+1)||p.scrollWidth>p.clientWidth+1||
  [...p.querySelectorAll(".title")].some(t=>t.scrollWidth>t.clientWidth+1));
document.body.dataset.cut=JSON.stringify(full.map(p=>p.querySelector(".title").textContent));
</script>"""
"""Notes the titles of panels that hold more than they show; a table scrolls."""
STYLE = """
body{background:#111217;color:#ccccdc;font:13px sans-serif;margin:8px}
.panel,.row{position:absolute;box-sizing:border-box;overflow:hidden}
.panel{background:#181b1f;border:1px solid #2c3235;padding:4px 8px}
.row{font-weight:bold;padding:8px 0}
.title{font-weight:bold;white-space:nowrap;overflow:hidden;text-overflow:clip;height:18px}
.big{display:flex;flex-wrap:wrap;justify-content:space-evenly;align-items:center;height:calc(100% - 18px);text-align:center}
.big b{white-space:nowrap}
.legend{max-height:46px;overflow:hidden}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:2px 6px;white-space:nowrap}
svg{display:block}
.legend{font-size:11px;line-height:14px}.empty{color:#f2495c}
.bar{background:#22252b;height:12px;margin:1px 0 4px}
"""


_SCALED = {
    "s": ((86_400, " days"), (3_600, " hours"), (60, " min"), (1, " s"), (0.001, " ms")),
    "bytes": ((2**30, " GiB"), (2**20, " MiB"), (2**10, " KiB")),
}
_THOUSANDS = ((1e6, " M"), (1e3, " K"))


def shown(value: float, unit: str, decimals: int | None) -> str:
    """A value as Grafana would write it, nearly."""
    if not math.isfinite(value):
        return str(value)
    if unit == "dateTimeAsIso":
        return datetime.fromtimestamp(value / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
    if unit == "percentunit":
        return f"{_number(100 * value, decimals)} %"
    scale = next((each for each in _SCALED.get(unit, _THOUSANDS) if abs(value) >= each[0]), (1, ""))
    return _with_unit(_number(value / scale[0], decimals) + scale[1], unit)


def _number(value: float, decimals: int | None) -> str:
    return f"{value:.3g}" if decimals is None and abs(value) < 1_000 else f"{value:.{decimals or 0}f}"


def _with_unit(text: str, unit: str) -> str:
    if unit.startswith("suffix:"):
        return text + unit.removeprefix("suffix:")
    if unit.startswith("currency:"):
        return unit.removeprefix("currency:") + text
    return text + {"s": "", "bytes": "", "d": " days", "cps": " c/s", "short": ""}.get(unit, f" {unit}")


def colour(value: float, defaults: Mapping[str, Any]) -> str:
    """By the thresholds."""
    steps = defaults["thresholds"]["steps"]
    reached = [step["color"] for step in steps if step["value"] is None or value >= step["value"]]
    return COLOURS.get(reached[-1], reached[-1])


def page(board: Mapping[str, Any], found: Mapping[int, Sequence[Answer]]) -> str:
    """The HTML of a board, with the answers of each panel by its id."""
    parts = [f"<title>{escape(board['title'])}</title><style>{STYLE}</style><h2>{escape(board['title'])}</h2>"]
    for panel in board["panels"]:
        at = panel["gridPos"]
        place = f"left:{8 + at['x'] * COLUMN}px;top:{56 + at['y'] * ROW}px;width:{at['w'] * COLUMN - GAP}px;"
        place += f"height:{at['h'] * ROW - GAP}px"
        if panel["type"] == "row":
            parts.append(f'<div class="row" style="{place}">{escape(panel["title"])}</div>')
            continue
        width, height = at["w"] * COLUMN - GAP - 18, at["h"] * ROW - GAP - 28
        inner = _DRAWN[panel["type"]](panel, found[panel["id"]], width, height)
        title = escape(panel["title"])
        parts.append(f'<div class="panel" style="{place}"><div class="title">{title}</div>{inner}</div>')
    return "".join([*parts, CUT])


def _empty(panel: Mapping[str, Any]) -> str:
    return f'<div class="big"><b class="empty">{escape(panel["fieldConfig"]["defaults"]["noValue"])}</b></div>'


def _value(value: float, panel: Mapping[str, Any]) -> str:
    defaults = panel["fieldConfig"]["defaults"]
    return escape(shown(value, defaults["unit"], defaults.get("decimals")))


def _stat(panel: Mapping[str, Any], found: Sequence[Answer], width: int, _height: int) -> str:
    series = [each for answer in found for each in answer.series]
    if not series:
        return _empty(panel)
    mode = panel["options"]["textMode"]
    figures = []
    for _, legend, points in series:
        text = escape(legend) if mode == "name" else _value(points[-1][1], panel)
        name = f"<br><small>{escape(legend)}</small>" if mode == "value_and_name" else ""
        tint = colour(points[-1][1], panel["fieldConfig"]["defaults"])
        size = min(
            26, max(9, int(width / len(series) / (0.68 * max(len(text), len(legend) // 2))))
        )  # Grafana fits the text to the panel too
        figures.append(f'<div><b style="color:{tint};font-size:{size}px">{text}</b>{name}</div>')
    return f'<div class="big">{"".join(figures)}</div>'


class _Field:
    """Where points of time and value are drawn."""

    def __init__(
        self, panel: Mapping[str, Any], courses: Sequence[Mapping[float, float]], width: int, bottom: int
    ) -> None:
        custom = panel["fieldConfig"]["defaults"].get("custom", {})
        values = [value for course in courses for value in course.values() if math.isfinite(value)] or [0.0]
        self.low = min([*values, custom.get("axisSoftMin", math.inf)])
        self.high = max([*values, custom.get("axisSoftMax", -math.inf)])
        if self.high == self.low:
            self.low, self.high = self.low - 1, self.high + 1
        times = [at for course in courses for at in course]
        self.start, self.end = min(times), max([*times, min(times) + 1])
        self.width, self.bottom = width, bottom

    def spot(self, at: float, value: float) -> str:
        x = 70 + (at - self.start) / (self.end - self.start) * (self.width - 76)
        return f"{x:.1f},{self.bottom - (value - self.low) / (self.high - self.low) * (self.bottom - 8):.1f}"

    def path(self, course: Mapping[float, float], tint: str, dash: str) -> str:
        spots = " ".join(self.spot(at, value) for at, value in sorted(course.items()) if math.isfinite(value))
        return f'<polyline points="{spots}" stroke="{tint}" stroke-dasharray="{dash}" stroke-width="2" fill="none"/>'

    def axis(self, panel: Mapping[str, Any]) -> Iterator[str]:
        for part in (0, 0.5, 1):
            y = self.bottom - part * (self.bottom - 12)
            label = _value(self.low + part * (self.high - self.low), panel)
            yield f'<text x="66" y="{y:.0f}" text-anchor="end" fill="#8e8e99" font-size="10">{label}</text>'

    def steps(self, panel: Mapping[str, Any]) -> Iterator[str]:
        defaults = panel["fieldConfig"]["defaults"]
        if defaults.get("custom", {}).get("thresholdsStyle", {}).get("mode") != "dashed":
            return
        for step in defaults["thresholds"]["steps"]:
            if step["value"] is not None and self.low <= step["value"] <= self.high:
                yield self.path(dict.fromkeys((self.start, self.end), step["value"]), COLOURS[step["color"]], "3 5")


def _stacked(courses: Sequence[dict[float, float]]) -> list[dict[float, float]]:
    sums: dict[float, float] = {}
    stacked = []
    for course in courses:
        for at, value in course.items():
            sums[at] = sums.get(at, 0.0) + (0.0 if math.isnan(value) else value)
        stacked.append({at: sums[at] for at in course})
    return stacked


def _lines(panel: Mapping[str, Any], found: Sequence[Answer], width: int, height: int) -> str:
    series = [each for answer in found for each in answer.series]
    if not series:
        return _empty(panel)
    legend_height = 15 * min(3, 1 + sum(len(name) * 7 + 26 for _, name, _ in series) // width)
    courses = [dict(points) for _, _, points in series]
    if panel["fieldConfig"]["defaults"].get("custom", {}).get("stacking", {}).get("mode") == "normal":
        courses = _stacked(courses)
    field = _Field(panel, courses, width, height - legend_height - 4)
    drawn = [*field.axis(panel), *field.steps(panel)]
    faint = {name for override in panel["fieldConfig"]["overrides"] for name in override["matcher"]["options"]["names"]}
    names = []
    for nth, ((_, name, _), course) in enumerate(zip(series, courses, strict=True)):
        tint, dash = ("#8e8e99", "6 6") if name in faint else (LINES[nth % len(LINES)], "")
        drawn.append(field.path(course, tint, dash))
        names.append(f'<span style="color:{tint}">&#9644; {escape(name) or "<i>no legend</i>"}</span> ')
    svg = f'<svg width="{width}" height="{field.bottom + 4}">{"".join(drawn)}</svg>'
    return f'{svg}<div class="legend">{"".join(names)}</div>'


def _bars(panel: Mapping[str, Any], found: Sequence[Answer], width: int, _height: int) -> str:
    series = [each for answer in found for each in answer.series]
    if not series:
        return _empty(panel)
    defaults = panel["fieldConfig"]["defaults"]
    values = [points[-1][1] for _, _, points in series]
    least, most = defaults.get("min", min(values)), defaults.get("max", max(values))
    drawn = []
    for (_, name, _), value in zip(series, values, strict=True):
        part = 0.0 if most == least else min(1.0, max(0.0, (value - least) / (most - least)))
        bar = f'<div style="width:{part * width:.0f}px;background:{colour(value, defaults)};height:12px"></div>'
        drawn.append(f'{escape(name)} <b>{_value(value, panel)}</b><div class="bar">{bar}</div>')
    return "".join(drawn)


def _table(panel: Mapping[str, Any], found: Sequence[Answer], _width: int, _height: int) -> str:
    organised = panel["transformations"][1]["options"]
    titles, order = organised["renameByName"], organised["indexByName"]
    rows: dict[tuple[tuple[str, str], ...], dict[str, float]] = {}
    for nth, answer in enumerate(found):
        name = "Value" if len(found) == 1 else f"Value #{chr(ord('A') + nth)}"
        for labels, _, points in answer.series:
            rows.setdefault(tuple(sorted(labels.items())), {})[name] = points[-1][1]
    if not rows:
        return _empty(panel)
    columns = sorted(order, key=order.get)
    head = "".join(f"<th>{escape(titles.get(column, column))}</th>" for column in columns)
    colours = {
        name: next((each["value"] for each in override["properties"] if each["id"] == "thresholds"), None)
        for override in panel["fieldConfig"]["overrides"]
        for name in override["matcher"]["options"]["names"]
    }
    body = []
    sort = {value: key for key, value in titles.items()}.get(panel["options"]["sortBy"][0]["displayName"])
    keyed = sorted(
        rows.items(), key=lambda row: row[1].get(sort, -math.inf), reverse=panel["options"]["sortBy"][0]["desc"]
    )
    for labels, values in keyed:
        cells = []
        for column in columns:
            if column in titles:
                value = values.get(column)
                steps = colours.get(titles[column])
                tint = COLOURS["text"] if value is None or steps is None else colour(value, {"thresholds": steps})
                cells.append(f'<td style="color:{tint}">{"" if value is None else _value(value, panel)}</td>')
            else:
                cells.append(f"<td>{escape(dict(labels).get(column, ''))}</td>")
        body.append(f"<tr>{''.join(cells)}</tr>")
    return f"<table><tr>{head}</tr>{''.join(body)}</table>"


_DRAWN = {"stat": _stat, "timeseries": _lines, "bargauge": _bars, "table": _table}


def picture(board: Mapping[str, Any], found: Mapping[int, Sequence[Answer]], folder: Path) -> tuple[Path, list[str]]:
    """The PNG of a board, beside its HTML; and the titles of panels that hold more than they show."""
    program = shutil.which("chromium")
    assert program is not None, "chromium is not installed: apt-get install chromium"
    html, png = folder / f"{board['uid']}.html", folder / f"{board['uid']}.png"
    html.write_text(f"<!doctype html><meta charset=utf-8><body>{page(board, found)}", "utf-8")
    height = 80 + max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in board["panels"]) * ROW
    command = [program, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
    command += [f"--user-data-dir={folder / 'chromium'}", f"--window-size={24 * COLUMN + 24},{height}"]
    _chromium([*command, f"--screenshot={png}", html.as_uri()])
    noted = re.search(r'<body data-cut="([^"]*)"', _chromium([*command, "--dump-dom", html.as_uri()]))
    assert noted is not None, f"{board['uid']}: Chromium has not run the page"
    return png, json.loads(unescape(noted[1]))


def _chromium(command: list[str]) -> str:
    return subprocess.run(command, check=True, capture_output=True, timeout=180).stdout.decode()
