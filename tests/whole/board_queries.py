"""A board's queries as Grafana sends them: variables chosen and filled in, each asked of a real Prometheus."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from dashboards.checks import OWN, panels_of
from tests.whole.watching_programs import Prometheus

RANGE_SECONDS = 30
STEP_SECONDS = 2
OF_GRAFANA = {"__range": f"{RANGE_SECONDS}s", "__rate_interval": "20s"}
_USED = re.compile(r"\$(?:\{(\w+)\}|([A-Za-z_]\w*))")


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with a value for each variable; one that is not known is an error."""
    return _USED.sub(lambda found: (OF_GRAFANA | dict(values))[found[1] or found[2]], text)


def options(prometheus: Prometheus, query: str, values: Mapping[str, str]) -> list[str]:
    """What a variable `label_values(metric, label)` offers."""
    found = re.fullmatch(r"label_values\((.+), (\w+)\)", query)
    assert found is not None, query
    return list(prometheus.ask(f"label/{found[2]}/values", **{"match[]": filled(found[1], values)}))


def chosen(prometheus: Prometheus, board: Mapping[str, Any], wanted: Mapping[str, str]) -> dict[str, str]:
    """A value for each variable: the wanted one, which must be offered, or the first that is."""
    values: dict[str, str] = {}
    for variable in board["templating"]["list"]:
        name = variable["name"]
        if variable["type"] != "query":
            values[name] = str(variable.get("query"))
            continue
        offered = options(prometheus, variable["query"], values)
        assert offered, f"{board['uid']}: variable {name} offers nothing: {variable['query']}"
        if variable.get("includeAll") and name not in wanted:
            values[name] = variable["allValue"]
            continue
        values[name] = wanted.get(name, offered[0])
        assert values[name] in offered, f"{board['uid']}: variable {name} offers {offered}, not {values[name]}"
    return values


@dataclass
class Answer:
    """What one query of a panel found: of each series its labels, its legend and its points."""

    expr: str
    series: list[tuple[dict[str, str], str, list[tuple[float, float]]]] = field(default_factory=list)


def answer(prometheus: Prometheus, target: Mapping[str, Any], values: Mapping[str, str]) -> Answer:
    """What a target of a panel finds now, or over the last `RANGE_SECONDS`."""
    expr, now = filled(target["expr"], values), time.time()
    if target.get("instant"):
        result = prometheus.ask("query", query=expr, time=now)["result"]
        of = [(series["metric"], [series["value"]]) for series in result]
    else:
        span = {"start": now - RANGE_SECONDS, "end": now, "step": STEP_SECONDS}
        result = prometheus.ask("query_range", query=expr, **span)["result"]
        of = [(series["metric"], series["values"]) for series in result]
    legend = target.get("legendFormat") or ""
    found = [
        (labels, named(legend, labels), [(float(at), float(value)) for at, value in points]) for labels, points in of
    ]
    return Answer(expr, found)


def named(legend: str, labels: Mapping[str, str]) -> str:
    """The legend of a series."""
    return re.sub(r"\{\{\s*(\w+)\s*\}\}", lambda found: labels.get(found[1], ""), legend)


def answers(
    prometheus: Prometheus, board: Mapping[str, Any], values: Mapping[str, str]
) -> Iterator[tuple[Mapping[str, Any], list[Answer]]]:
    """Each panel with what its queries find."""
    for panel in panels_of(board):
        yield panel, [answer(prometheus, target, values) for target in panel["targets"]]


def marks(board: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Name and query of each annotation that asks Prometheus."""
    return [(mark["name"], mark["expr"]) for mark in board["annotations"]["list"] if mark["datasource"] != OWN]


def mark_answer(prometheus: Prometheus, expr: str, values: Mapping[str, str]) -> Answer:
    """What an annotation finds over the last `RANGE_SECONDS`."""
    return answer(prometheus, {"expr": expr}, values)
