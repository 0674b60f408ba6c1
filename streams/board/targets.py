"""Targets: what a subject is asked to reach, beside what it has reached in the days that the score is taken over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from schemas.catalogue import figure_named
from scoring.kpi import TARGET_ATTAINMENT, kpi_named
from scoring.norming import COHORT
from scoring.panes import Panes
from scoring.quarter import STOCK
from scoring.score import Scorer
from scoring.scorecard_review import LESS_IS_BETTER
from scoring.windows import window_sums

__all__ = ["target_lines"]

_OF_TODAY: Final = frozenset({COHORT, STOCK})
"""Metrics whose value is the same in all windows."""
_ATTAINMENT_DAYS: Final = 91


def target_lines(score: Mapping[str, Any], scorer: Scorer, panes: Panes) -> list[dict[str, Any]]:
    """A `schemas.board.TargetLine` for every metric that has a target, in the order of a score.

    Args:
        score: the subject's score object, which has the targets.
        scorer: of the same date: its horizons and rates.
        panes: the subject's.
    """
    asked = {name: figure for name, figure in score["metrics"].items() if figure["target"] is not None}
    if not asked:
        return []
    days = scorer.horizons.score
    sums = window_sums(panes, scorer.as_of, scorer.reference.rates, scorer.horizons).by_days[days]
    less = LESS_IS_BETTER | {scored.metric for scored in scorer.scorecard.metrics if not scored.higher_is_better}
    more = {scored.metric for scored in scorer.scorecard.metrics if scored.higher_is_better}
    lines = []
    for metric, figure in asked.items():
        if metric == TARGET_ATTAINMENT:
            span, value = _ATTAINMENT_DAYS, figure["windows"][f"{_ATTAINMENT_DAYS}d"]["value"]
        elif metric in _OF_TODAY:
            span, value = days, figure["windows"]["28d"]["value"]
        else:
            span, value = days, kpi_named(metric).value(sums)[0]
        fits = value is not None and figure["target"] > 0 and (metric in more or metric not in less)
        lines.append(
            {
                "metric": metric,
                "title": figure_named(metric).title,
                "unit": figure["unit"],
                "window_days": span,
                "value": value,
                "target": figure["target"],
                "attainment": value / figure["target"] if fits else None,
            }
        )
    return lines
