"""What a reader chooses at the head of a board."""

from __future__ import annotations

from typing import Final

from grafana_foundation_sdk.builders import dashboard as sdk
from grafana_foundation_sdk.models import dashboard as models

from dashboards.names import DATASOURCE_UID
from dashboards.panels import DATASOURCE
from schemas import metrics


def datasource() -> sdk.DatasourceVariable:
    """The Prometheus; every panel, query and variable names it by this variable."""
    return (
        sdk.DatasourceVariable("datasource")
        .label("Data source")
        .description("The Prometheus that scrapes the workers.")
        .type("prometheus")
        .current(models.VariableOption(text=DATASOURCE_UID, value=DATASOURCE_UID))
    )


def upscore_url(url: str) -> sdk.TextBoxVariable:
    """Where links to explanations lead."""
    return (
        sdk.TextBoxVariable("upscore_url")
        .label("upscore")
        .description(
            "Address of a worker, or of what stands before the workers; links to the live page and the API begin so."
        )
        .default_value(url)
        .current(models.VariableOption(text=url, value=url))
    )


def _labels(name: str, label: str, metric: str, of: str, description: str) -> sdk.QueryVariable:
    return (
        sdk.QueryVariable(name)
        .label(label)
        .description(description)
        .datasource(DATASOURCE)
        .query(f"label_values({metric}, {of})")
        .definition(f"label_values({metric}, {of})")
        .refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(models.VariableSort.NATURAL_ASC)
    )


def team() -> sdk.QueryVariable:
    """One team, or one above teams."""
    return _labels("team", "Team", metrics.TEAM_METRIC.name, "team", "A team; one above teams has no reps of its own.")


def team_or_all() -> sdk.QueryVariable:
    """A team to choose the rep from, or all."""
    teams = _labels("team", "Team", metrics.REP_INFO.name, "team", "Whose reps are offered.")
    return teams.include_all(True).all_value(".*").current(models.VariableOption(text="All", value="$__all"))


def rep() -> sdk.QueryVariable:
    """A rep of the chosen team."""
    return _labels("rep", "Rep", f'{metrics.REP_INFO.name}{{team=~"$team"}}', "rep", "A rep of the chosen team.")


def window() -> sdk.QueryVariable:
    """The window of metrics: days up to today."""
    return _labels(
        "window", "Window", metrics.COMPANY_METRIC.name, "window", "Days up to today over which metrics are taken."
    ).current(models.VariableOption(text=DEFAULT_WINDOW, value=DEFAULT_WINDOW))


DEFAULT_WINDOW: Final = "91d"
