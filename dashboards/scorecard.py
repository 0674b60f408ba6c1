"""The scorecard as boards need it: which metrics are scored, what is typical of them, how big a drop matters.

The file is read as data: whether it is valid, `upscore scorecard check` says.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from dashboards.errors import ScorecardUnread
from schemas.catalogue import Figure, figure_named

AT_TYPICAL: Final = 46.3
"""Points of who is at the peers' level in everything. Source: docs/method.md, utility of level m."""
AT_GOAL: Final = 70.0
"""Points of who is at the goal in everything. Source: docs/method.md, utility 0.7 at the goal."""

_SIZE_GATE_POINTS: Final = 5.0


@dataclass(frozen=True, slots=True)
class ScoredMetric:
    """A metric that the scorecard scores; `typical` and `spread` in its unit, of sums a day if the scorecard says so."""

    figure: Figure
    pillar: str
    typical: float
    spread: float
    per_day: bool
    higher_is_better: bool


@dataclass(frozen=True, slots=True)
class Scorecard:
    """What thresholds are made of.

    Attributes:
        label: name@version, as in score objects.
        metrics: in the order of the file.
        size_gate_points: smaller drops alert nobody.
    """

    label: str
    metrics: tuple[ScoredMetric, ...]
    size_gate_points: float


def read_scorecard(path: Path | None = None) -> Scorecard:
    """The scorecard of a file; of none, the default one.

    >>> read_scorecard().label, read_scorecard().size_gate_points
    ('default@1', 5.0)

    Raises:
        ScorecardUnread: there is no such file, or it does not hold what a scorecard holds.
    """
    source = files("scoring").joinpath("scorecards", "default.toml") if path is None else path
    try:
        table = tomllib.loads(source.read_text("utf-8"))
        return Scorecard(
            f"{table['name']}@{table['version']}",
            tuple(_scored(row) for row in table["metrics"]),
            float(table.get("drops", {}).get("size_gate_points", _SIZE_GATE_POINTS)),
        )
    except OSError as error:
        raise ScorecardUnread(
            f"scorecard {path}: cannot be read ({error.strerror}): name a file that is there"
        ) from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ScorecardUnread(
            f"scorecard {path}: {type(error).__name__} {error}: upscore scorecard check {path} says what is wrong"
        ) from error


def _scored(row: Mapping[str, Any]) -> ScoredMetric:
    return ScoredMetric(
        figure_named(row["metric"]),
        str(row["pillar"]),
        float(row["typical"]),
        float(row["spread"]),
        bool(row.get("per_day", False)),
        bool(row.get("higher_is_better", True)),
    )
