"""The house style: how a figure, lines, bars and a table look on every board."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeVar

from grafana_foundation_sdk.builders import bargauge, common, prometheus, stat, table, timeseries
from grafana_foundation_sdk.builders import dashboard as sdk
from grafana_foundation_sdk.models import common as shapes
from grafana_foundation_sdk.models import dashboard as models
from grafana_foundation_sdk.models import prometheus as queries

from dashboards.encoding import encoded
from dashboards.links import Link
from dashboards.signal import Signal
from dashboards.thresholds import GREY, NEUTRAL, Steps

DATASOURCE: Final = shapes.DataSourceRef(type_val="prometheus", uid="${datasource}")
NO_VALUE: Final = "-"

_Builder = TypeVar("_Builder", stat.Panel, timeseries.Panel, bargauge.Panel, table.Panel)


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel that has no place yet: its width in columns, and its JSON."""

    width: int
    json: dict[str, Any]

    @property
    def title(self) -> str:
        """As Grafana shows it."""
        return str(self.json["title"])


@dataclass(frozen=True, slots=True)
class Column:
    """How a table shows the result of one of its queries; the unit is the table's."""

    title: str
    steps: Steps | None = None


def figure(
    width: int,
    of: Signal,
    steps: Steps = NEUTRAL,
    *,
    decimals: int | None = None,
    links: Sequence[Link] = (),
    no_value: str = NO_VALUE,
    told: Literal["value", "name", "both"] | None = None,
    spark: bool = True,
) -> Panel:
    """One figure, or a few side by side, each coloured by its value.

    `told` is what is written: by default values, of several queries with their legends; the name alone is for what is text in
    a label. With `spark` its course stands behind it.
    """
    several = len(of.queries) > 1
    mode = _TEXT[told or ("both" if several else "value")]
    made = (
        _dressed(stat.Panel(), of, steps, no_value=no_value, decimals=decimals, instant=not spark)
        .text_mode(mode)
        .color_mode(shapes.BigValueColorMode.VALUE)
        .graph_mode(shapes.BigValueGraphMode.AREA if spark and not several else shapes.BigValueGraphMode.NONE)
        .justify_mode(shapes.BigValueJustifyMode.CENTER)
        .orientation(shapes.VizOrientation.AUTO)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).values(False))
    )
    return _panel(width, encoded(made), links)


_TEXT: Final = {
    "value": shapes.BigValueTextMode.VALUE,
    "name": shapes.BigValueTextMode.NAME,
    "both": shapes.BigValueTextMode.VALUE_AND_NAME,
}


def lines(
    width: int,
    of: Signal,
    steps: Steps | None = None,
    *,
    links: Sequence[Link] = (),
    least: float | None = 0,
    most: float | None = None,
    stacked: bool = False,
    faint: Sequence[str] = (),
    decimals: int | None = None,
    no_value: str = NO_VALUE,
) -> Panel:
    """Lines over time.

    Steps that are given are drawn as lines across; legends named `faint`, of what to compare with, are grey and dashed.
    """
    made = (
        _dressed(timeseries.Panel(), of, steps or NEUTRAL, no_value=no_value, decimals=decimals)
        .color_scheme(sdk.FieldColor().mode(models.FieldColorModeId.PALETTE_CLASSIC))
        .line_width(2)
        .fill_opacity(30 if stacked else 0)
        .show_points(shapes.VisibilityMode.NEVER)
        .span_nulls(False)
        .tooltip(common.VizTooltipOptions().mode(shapes.TooltipDisplayMode.MULTI).sort(shapes.SortOrder.DESCENDING))
        .legend(
            common.VizLegendOptions()
            .display_mode(shapes.LegendDisplayMode.LIST)
            .placement(shapes.LegendPlacement.BOTTOM)
            .show_legend(True)
        )
    )
    if least is not None:
        made.axis_soft_min(least)
    if most is not None:
        made.axis_soft_max(most)
    if stacked:
        made.stacking(common.StackingConfig().mode(shapes.StackingMode.NORMAL).group("all"))
    if steps is not None:
        made.thresholds_style(common.GraphThresholdsStyleConfig().mode(shapes.GraphThresholdsStyleMode.DASHED))
    if faint:
        made.with_override(_named(faint), _FAINT)
    return _panel(width, encoded(made), links)


def bars(
    width: int,
    of: Signal,
    steps: Steps,
    *,
    links: Sequence[Link] = (),
    least: float | None = 0,
    most: float | None = None,
    decimals: int | None = None,
    no_value: str = NO_VALUE,
) -> Panel:
    """A bar for each series as it stands now."""
    made = (
        _dressed(bargauge.Panel(), of, steps, no_value=no_value, decimals=decimals, instant=True)
        .orientation(shapes.VizOrientation.HORIZONTAL)
        .display_mode(shapes.BarGaugeDisplayMode.BASIC)
        .value_mode(shapes.BarGaugeValueMode.COLOR)
        .show_unfilled(True)
        .min_viz_height(14)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).values(False))
    )
    if least is not None:
        made.min(least)
    if most is not None:
        made.max(most)
    return _panel(width, encoded(made), links)


def rows(
    width: int,
    of: Signal,
    columns: Sequence[Column],
    *,
    labels: Sequence[str],
    links: Sequence[Link] = (),
    decimals: int | None = None,
    sort_by: str | None = None,
    descending: bool = True,
    no_value: str = NO_VALUE,
) -> Panel:
    """A table: a row for each set of labels, a column for each query, as they stand now.

    `labels` identify a row and are columns of their own, first; links lead from any cell and may name labels of its row;
    `sort_by` is the title of the column that rows are ordered by.

    Raises:
        ValueError: there are not as many columns as queries.
    """
    values = [f"Value #{chr(ord('A') + nth)}" for nth in range(len(columns))]
    if len(columns) == 1:
        values = ["Value"]
    titles = {value: column.title for value, column in zip(values, columns, strict=True)}
    if len(columns) != len(of.queries):
        raise ValueError(f"{of.title}: {len(columns)} columns for {len(of.queries)} queries: expected one each")
    order = {name: place for place, name in enumerate([*labels, *values])}
    made = (
        _dressed(table.Panel(), of, Steps(GREY), no_value=no_value, decimals=decimals, instant=True)
        .cell_height(shapes.TableCellHeight.SM)
        .with_transformation(models.DataTransformerConfig(id_val="merge", options={}))
        .with_transformation(
            models.DataTransformerConfig(
                id_val="organize",
                options={"excludeByName": {"Time": True}, "indexByName": order, "renameByName": titles},
            )
        )
    )
    if sort_by is not None:
        made.sort_by([common.TableSortByFieldState().display_name(sort_by).desc(descending)])
    for column in columns:
        if column.steps is not None:
            steps = [{"color": threshold.color, "value": threshold.value} for threshold in _steps(column.steps)]
            coloured = [
                _property("thresholds", {"mode": "absolute", "steps": steps}),
                _property("custom.cellOptions", {"type": "color-text"}),
            ]
            made.with_override(_named([column.title]), coloured)
    return _panel(width, encoded(made), links)


def _dressed(
    panel: _Builder, of: Signal, steps: Steps, *, no_value: str, decimals: int | None = None, instant: bool = False
) -> _Builder:
    """What all panels have: title, description, unit, data source, colours and queries."""
    panel.title(of.title).description(of.description).unit(of.unit).datasource(DATASOURCE).no_value(no_value)
    panel.thresholds(sdk.ThresholdsConfig().mode(models.ThresholdsMode.ABSOLUTE).steps(_steps(steps)))
    panel.color_scheme(sdk.FieldColor().mode(models.FieldColorModeId.THRESHOLDS))
    if decimals is not None:
        panel.decimals(decimals)
    for nth, query in enumerate(of.queries):
        target = prometheus.Dataquery().ref_id(chr(ord("A") + nth)).expr(query.expr).datasource(DATASOURCE)
        target.editor_mode(queries.QueryEditorMode.CODE)
        if instant:
            target.instant()
        else:
            target.range()
        if isinstance(panel, table.Panel):
            target.format(queries.PromQueryFormat.TABLE)
        else:
            target.legend_format(query.legend)
        panel.with_target(target)
    return panel


def _steps(steps: Steps) -> list[models.Threshold]:
    return [models.Threshold(None, steps.base), *[models.Threshold(value, colour) for value, colour in steps.limits]]


def _named(names: Sequence[str]) -> models.MatcherConfig:
    """Fields of these names. By a list, and with objects as values alone: the published schema takes nothing else."""
    return models.MatcherConfig(id_val="byNames", options={"mode": "include", "names": list(names), "readOnly": True})


def _property(name: str, value: dict[str, object]) -> models.DynamicConfigValue:
    return models.DynamicConfigValue(id_val=name, value=value)


_FAINT: Final = [
    _property("custom.lineStyle", {"fill": "dash", "dash": [6, 6]}),
    _property("color", {"mode": "fixed", "fixedColor": GREY}),
]


def _panel(width: int, made: dict[str, Any], links: Sequence[Link]) -> Panel:
    if links:  # written here, for the builders ask for more than a field's link has
        made["fieldConfig"]["defaults"]["links"] = list(links)
    return Panel(width, made)
