"""A board: its first row of figures, then sections of panels, put on Grafana's grid of 24 columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from grafana_foundation_sdk.builders import dashboard as sdk
from grafana_foundation_sdk.models import dashboard as models

from dashboards.encoding import encoded
from dashboards.names import TAG
from dashboards.panels import Panel

COLUMNS: Final = 24


@dataclass(frozen=True, slots=True)
class Row:
    """Panels side by side, as wide as they say, together all columns, all equally high."""

    height: int
    panels: tuple[Panel, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """Rows under a heading."""

    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """One board before it is JSON.

    Attributes:
        first: the row of figures that answers the reader's first question.
        time_from: what it shows when it is opened, such as `now-6h`.
    """

    uid: str
    title: str
    description: str
    variables: Sequence[Any]
    first: Row
    sections: Sequence[Section]
    annotations: Sequence[dict[str, Any]] = field(default_factory=tuple)
    time_from: str = "now-6h"
    refresh: str = "1m"

    def to_json(self) -> dict[str, Any]:
        """What Grafana takes.

        Raises:
            ValueError: a row does not fill the grid.
        """
        made = encoded(
            sdk.Dashboard(self.title)
            .uid(self.uid)
            .description(self.description)
            .tags([TAG])
            .readonly()
            .tooltip(models.DashboardCursorSync.CROSSHAIR)
            .time(self.time_from, "now")
            .timezone("browser")
            .refresh(self.refresh)
            .variables(list(self.variables))
        )
        made["annotations"] = {"list": list(self.annotations)}
        made["links"] = _links()
        made["panels"] = self._placed()
        return made

    def _placed(self) -> list[dict[str, Any]]:
        placed: list[dict[str, Any]] = []
        y = _place(placed, self.first, 0)
        for section in self.sections:
            heading = encoded(sdk.Row(section.title).grid_pos(models.GridPos(h=1, w=COLUMNS, x=0, y=y)))
            placed.append(heading | {"id": len(placed) + 1})
            y += 1
            for row in section.rows:
                y = _place(placed, row, y)
        return placed


def _place(placed: list[dict[str, Any]], row: Row, y: int) -> int:
    x = 0
    for panel in row.panels:
        grid = {"h": row.height, "w": panel.width, "x": x, "y": y}
        placed.append(panel.json | {"id": len(placed) + 1, "gridPos": grid})
        x += panel.width
    if x != COLUMNS:
        raise ValueError(f"the row of {row.panels[0].title!r} is {x} columns wide: expected {COLUMNS}")
    return y + row.height


def _links() -> list[dict[str, Any]]:
    """In the head of each board: to the others, with time and variables, and to the live page."""
    boards = (
        sdk.DashboardLink("Boards")
        .type(models.DashboardLinkType.DASHBOARDS)
        .tags([TAG])
        .as_dropdown(True)
        .include_vars(True)
        .keep_time(True)
    )
    live = (
        sdk.DashboardLink("Live page of a worker")
        .type(models.DashboardLinkType.LINK)
        .icon("external link")
        .url("${upscore_url}/")
        .tooltip("Scores of all subjects that the worker owns")
        .target_blank(True)
    )
    links = [encoded(boards), encoded(live)]
    for link in links:
        link.pop("placement", None)  # the SDK puts all links into a menu; these are for everybody to see
    return links
