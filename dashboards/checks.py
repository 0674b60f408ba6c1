"""Rules that every board keeps; each breach is one sentence that names the board, the panel and what was expected."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from dashboards import promql
from dashboards.names import BOARDS, TAG
from schemas.metrics import METRICS

Json = Mapping[str, Any]

DATASOURCE: Final = {"type": "prometheus", "uid": "${datasource}"}
OWN: Final = {"type": "grafana", "uid": "-- Grafana --"}
"""Annotations kept by Grafana itself."""

_PARTS: Final = {"histogram": ("_bucket", "_sum", "_count")}
_DECLARED: Final = frozenset(spec.name + part for spec in METRICS for part in _PARTS.get(spec.kind, ("",)))
_OF_PROMETHEUS: Final = frozenset({"up", "ALERTS"})
"""Made by Prometheus of every target and every rule."""
_LABEL_VALUES: Final = re.compile(r"label_values\((?P<of>.+), (?P<label>\w+)\)")
_INSTANT: Final = frozenset({"table", "bargauge"})
COLUMNS: Final = 24


def breaches(boards: Mapping[str, Json]) -> list[str]:
    """Everything that is wrong with boards, by file name; empty if nothing is.

    They are judged together, for they link to each other.
    """
    uids = [board.get("uid") for board in boards.values()]
    found = [f"uid {uid!r}: {count} boards have it: expected one" for uid, count in Counter(uids).items() if count > 1]
    found += [f"no board has the uid {uid}, which others rely on" for uid in BOARDS if uid not in uids]
    for name, board in boards.items():
        found += [f"{name}: {breach}" for breach in _board(name, board, {str(uid) for uid in uids})]
    return found


def panels_of(board: Json) -> list[Json]:
    """Its panels, those in closed rows too; headings are none."""
    every = [inner for panel in board["panels"] for inner in (panel, *panel.get("panels", ()))]
    return [panel for panel in every if panel["type"] != "row"]


def _board(name: str, board: Json, uids: set[str]) -> Iterator[str]:
    if f"{board.get('uid')}.json" != name:
        yield f"uid {board.get('uid')!r}: expected that of the file's name"
    if board.get("editable") is not False:
        yield "editable: expected false, for whoever edits a generated board loses it"
    if not board.get("title") or not board.get("description"):
        yield "title and description: expected both"
    if TAG not in board.get("tags", ()):
        yield f"tags: expected {TAG!r}, by which boards find each other"
    if "id" in board or "version" in board:
        yield "id, version: Grafana gives them, expected none"
    menu = [link for link in board.get("links", ()) if link.get("type") == "dashboards"]
    if not any(TAG in link["tags"] and link["keepTime"] and link["includeVars"] for link in menu):
        yield "links: expected one to the other boards that keeps time and variables"
    yield from _variables(board)
    yield from _marks(board)
    yield from _ids(board)
    yield from _grid(board["panels"])
    yield from _links(board, uids)
    for panel in panels_of(board):
        yield from [f"panel {panel.get('title')!r}: {breach}" for breach in _panel(panel)]


def _ids(board: Json) -> Iterator[str]:
    for what in ("id", "title"):
        counted = Counter(panel.get(what) for panel in board["panels"])
        for value, count in counted.items():
            if value is None or count > 1:
                yield f"{what} of panels: {value!r} is there {count} times: expected each once"


def _variables(board: Json) -> Iterator[str]:
    declared: list[str] = []
    for variable in board["templating"]["list"]:
        name = variable["name"]
        if not variable.get("label") or not variable.get("description"):
            yield f"variable {name}: expected a label and a description"
        if variable["type"] == "query":
            match = _LABEL_VALUES.fullmatch(str(variable.get("query")))
            if match is None:
                yield f"variable {name}: {variable.get('query')!r}: expected label_values(metric, label)"
            else:
                yield from [f"variable {name}: {breach}" for breach in _names(match["of"])]
            if variable.get("datasource") != DATASOURCE:
                yield f"variable {name}: data source {variable.get('datasource')}: expected ${{datasource}}"
            if early := promql.variables_in(str(variable.get("query"))) - set(declared):
                yield f"variable {name}: {sorted(early)}: expected variables to stand after those that they use"
        declared.append(name)
    if declared[:1] != ["datasource"]:
        yield "variables: expected datasource as the first"
    if used := promql.variables_in(json.dumps([board["panels"], board["links"], board["annotations"]])) - set(declared):
        yield f"variables {sorted(used)} are used and not declared"


def _marks(board: Json) -> Iterator[str]:
    for mark in board["annotations"]["list"]:
        if mark["datasource"] == OWN:
            continue
        if mark["datasource"] != DATASOURCE:
            yield f"annotation {mark['name']!r}: data source {mark['datasource']}: expected ${{datasource}}"
        yield from [f"annotation {mark['name']!r}: {breach}" for breach in _names(mark["expr"])]


def _names(expr: str) -> Iterator[str]:
    named = promql.metrics_in(expr)
    if not named:
        yield f"{expr!r} names no metric"
    for unknown in sorted(named - _DECLARED - _OF_PROMETHEUS):
        yield f"metric {unknown} is not declared in schemas/metrics"


def _panel(panel: Json) -> Iterator[str]:
    if not panel.get("title") or not panel.get("description"):
        yield "title and description: expected both"
    defaults = panel.get("fieldConfig", {}).get("defaults", {})
    if not defaults.get("unit"):
        yield "unit: expected one"
    if not defaults.get("thresholds", {}).get("steps"):
        yield "thresholds: expected steps"
    if panel.get("datasource") != DATASOURCE:
        yield f"data source {panel.get('datasource')}: expected ${{datasource}}"
    targets = panel.get("targets", [])
    if not targets:
        yield "expected a query"
    for target in targets:
        yield from [f"query {target.get('refId')}: {breach}" for breach in _target(panel["type"], target)]


def _target(kind: str, target: Json) -> Iterator[str]:
    expr = target["expr"]
    if target.get("datasource") != DATASOURCE:
        yield f"data source {target.get('datasource')}: expected ${{datasource}}"
    yield from _names(expr)
    for found in promql.ranges_of_rates(expr):
        if found not in {"$__rate_interval", "$__range"}:
            yield f"[{found}]: expected [$__rate_interval], which fits the scrape interval and the zoom, or [$__range]"
    if promql.takes_the_top(expr) and (kind not in _INSTANT or not target.get("instant")):
        yield "topk over time shows other series at each point: expected it in an instant query of a table alone"
    if kind != "table" and not target.get("legendFormat"):
        yield "legend: expected one, of a label or in words"


def _grid(panels: Sequence[Json]) -> Iterator[str]:
    """Rows from the top, each filled from the left to the right by panels of one height."""
    y = 0
    rest = sorted(panels, key=lambda panel: (panel["gridPos"]["y"], panel["gridPos"]["x"]))
    while rest:
        row = [panel for panel in rest if panel["gridPos"]["y"] == rest[0]["gridPos"]["y"]]
        rest = rest[len(row) :]
        places = [panel["gridPos"] for panel in row]
        starts = [sum(place["w"] for place in places[:nth]) for nth in range(len(places))]
        fits = [place["x"] for place in places] == starts and sum(place["w"] for place in places) == COLUMNS
        if places[0]["y"] != y or not fits or len({place["h"] for place in places}) > 1:
            yield f"grid at {row[0].get('title')!r}: expected a row at y {y} that fills {COLUMNS} columns, got {places}"
        y = places[0]["y"] + places[0]["h"]


def _links(board: Json, uids: set[str]) -> Iterator[str]:
    text = json.dumps([board["panels"], board["links"]])
    for path in re.findall(r'"url": "(/[^"]*)"', text):
        uid = re.fullmatch(r"/d/([\w-]+)\?(.*)", path)
        if uid is None or uid[1] not in uids:
            yield f"link {path}: expected /d/<uid of a board>?..."
        elif "${__url_time_range}" not in path or "${datasource:queryparam}" not in path:
            yield f"link {path}: expected it to keep time and data source"
