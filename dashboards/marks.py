"""Moments marked on all panels of a board: open drops, new versions, workers that start; and what `publish` has marked."""

from __future__ import annotations

from typing import Any, Final

from grafana_foundation_sdk.builders import dashboard as sdk
from grafana_foundation_sdk.models import common as shapes

from dashboards.encoding import encoded
from dashboards.names import TAG
from dashboards.panels import DATASOURCE
from schemas import metrics

STEP: Final = "1m"


def _marked(name: str, expr: str, colour: str, title: str, text: str, tags: str) -> dict[str, Any]:
    return encoded(
        sdk.AnnotationQuery()
        .name(name)
        .datasource(DATASOURCE)
        .enable(True)
        .hide(False)
        .icon_color(colour)
        .expr(expr)
        .step(STEP)
        .title_format(title)
        .text_format(text)
        .tag_keys(tags)
    )


def drops_of_company() -> dict[str, Any]:
    """While the company's drop is open."""
    expr = f"max by (cause) ({metrics.COMPANY_DROPPED.name})"
    return _marked("Drops", expr, "red", "The company's score dropped", "{{cause}}", "cause")


def drops_of_team() -> dict[str, Any]:
    """While a drop of the team is open."""
    expr = f'max by (team, cause) ({metrics.TEAM_DROPPED.name}{{team="$team"}})'
    return _marked("Drops", expr, "red", "The score of {{team}} dropped", "{{cause}}", "team,cause")


def drops_of_rep() -> dict[str, Any]:
    """While a drop of the rep is open."""
    expr = f'max by (rep, cause) ({metrics.REP_DROPPED.name}{{rep="$rep"}})'
    return _marked("Drops", expr, "red", "The score of {{rep}} dropped", "{{cause}}", "rep,cause")


def deploys() -> dict[str, Any]:
    """The first five minutes of a version."""
    versions = f"count by (version, revision) ({metrics.BUILD_INFO.name}"
    expr = f"{versions}) unless {versions} offset 5m)"
    return _marked("Deploys", expr, "blue", "upscore {{version}}", "revision {{revision}}", "version")


def starts() -> dict[str, Any]:
    """The first two minutes of a worker, in which it reads its state."""
    expr = f"(time() - {metrics.START_TIME.name}) < 120"
    return _marked("Starts", expr, "purple", "A worker started", "{{instance}}", "instance")


def published() -> dict[str, Any]:
    """What `upscore dashboards publish --annotations` has written into Grafana."""
    made = encoded(
        sdk.AnnotationQuery()
        .name("Alerts told")
        .datasource(shapes.DataSourceRef(type_val="grafana", uid="-- Grafana --"))
        .enable(True)
        .hide(False)
        .icon_color("orange")
        .type("tags")
    )
    made["target"] = {"limit": 100, "matchAny": False, "tags": [TAG], "type": "tags"}
    return made
