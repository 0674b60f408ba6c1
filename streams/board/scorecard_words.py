"""Scorecard words: what counts and how much, in words and numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from schemas.catalogue import MEANINGS, figure_named
from scoring.aggregate import IMPROVEMENT
from scoring.kpi import BY_NAME, MONEY_UNIT
from scoring.norms import Norms
from scoring.quarter import STOCK, kind_of
from scoring.scorecard import Scorecard, ScoredMetric
from streams.scorecard_log import InForce

__all__ = ["scorecard_words"]

_EVALUATION: Final = "evaluation_"


def scorecard_words(
    scorecard: Scorecard, norms: Norms, currency: str, toml: str, in_force: InForce | None
) -> dict[str, Any]:
    """A `schemas.board_scorecard.ScorecardWords`.

    Args:
        scorecard: in force here.
        norms: in force now: they know the score window.
        currency: that money is shown in.
        toml: the file's text; empty where it cannot be read any longer.
        in_force: what the log says of it; None where it says nothing.
    """
    days = norms.ripening.window_days or scorecard.score_window_days
    pillars = [
        {
            "name": name,
            "weight": weight,
            "metrics": [
                _metric(scored, currency, norms, days) for scored in scorecard.metrics if scored.pillar == name
            ],
        }
        for name, weight in scorecard.pillars.items()
    ]
    return {
        "label": scorecard.label,
        "author": scorecard.author if in_force is None else in_force.author or None,
        "since": None if in_force is None else in_force.since.isoformat().replace("+00:00", "Z"),
        "pillars": pillars,
        "rules": list(_rules(scorecard, days)),
        "toml": toml,
    }


def _metric(scored: ScoredMetric, currency: str, norms: Norms, days: int) -> dict[str, Any]:
    kpi, name = BY_NAME[scored.metric], scored.metric
    meaning = MEANINGS[_EVALUATION + "<criterion>"] if name.startswith(_EVALUATION) else MEANINGS[name]
    own_days = {"cohort_win_rate": norms.ripening.cohort_days, STOCK: norms.ripening.pipeline_days}
    return {
        "metric": name,
        "title": figure_named(name).title,
        "description": meaning.replace("`", ""),
        "weight": scored.weight,
        "unit": currency if kpi.unit == MONEY_UNIT else kpi.unit,
        "window_days": own_days.get(name, days),
        "better": "higher" if scored.higher_is_better else "lower",
        "target": scored.target,
        "min_n": scored.min_n,
        "per_day": kind_of(name) == "sum" and (name != STOCK or scored.per_day),
    }


def _rules(scorecard: Scorecard, days: int) -> Iterator[str]:
    window, drops, shrinkage = scorecard.score_window, scorecard.drops, scorecard.shrinkage
    gate = f"{100 * scorecard.coverage_gate:.0f} %"
    yield (
        f"A score needs evidence for {gate} of the weights. With less it says insufficient evidence, and gives no number."
    )
    yield (
        f"It is taken over the last {days} days: {window.cycles:g} usual sales cycles, but {window.shortest_days} days at least "
        f"and {window.longest_days} at most."
    )
    yield (
        "Each figure is drawn towards the peers' level, the more so the fewer records there are, and judged by where peers lie: "
        "0.7 of 1 is the target, or a good deal better than the peers' level where there is no target."
    )
    yield (
        "Pillars are multiplied, each by its weight: a weak one cannot be made up for by a strong one alone. "
        "What a company has no records of gives its weight to the others."
    )
    if scorecard.pillars[IMPROVEMENT] > 0:
        weeks = scorecard.improvement
        yield (
            f"Improvement is the slope of the same figures over {weeks.weeks} weeks, beside what was to be expected of anybody "
            f"in these weeks; 50 is flat. It needs {weeks.fewest_weeks} weeks."
        )
    yield "Every score has an 80 % interval. Two scores whose intervals overlap widely cannot be told apart on this evidence."
    yield (
        f"An alert is sent when a fall is more than chance (the chart of weekly figures passes {drops.alarm:g}, a warning from "
        f"{drops.warning:g}) and costs {drops.size_gate_points:g} points or more, once in {drops.one_alert_days} days for one "
        f"cause; {drops.false_alerts:g} false alert a team and year is allowed for."
    )
    yield (
        f"Norms are those of the quarter, from at least {shrinkage.fewest_peers} peers; before there are as many the scorecard's "
        "own figures stand in."
    )
    yield "The score is one measure among others; people decide, with the records in front of them."
