"""Norms, told: what scores of a quarter are judged against, in numbers, and about no single rep."""

from __future__ import annotations

from datetime import date
from typing import Any

from scoring.kpi import BY_NAME, MONEY_UNIT
from scoring.norms import MetricNorm, Norms
from scoring.quarter import STOCK, in_scored_unit, kind_of
from scoring.scorecard import Scorecard, ScoredMetric


def norms_told(norms: Norms, scorecard: Scorecard, as_of: int, base_currency: str) -> dict[str, Any]:
    """The norms in force on a date as an object of JSON (`schemas.norms.Norms` says what each field is).

    Args:
        norms: with every metric of the scorecard.
        scorecard: by which they were made.
        as_of: the date, an ordinal.
        base_currency: its code.
    """
    ripening = norms.ripening
    days = scorecard.score_window_days if ripening.window_days is None else ripening.window_days
    return {
        "as_of": date.fromordinal(as_of).isoformat(),
        "scorecard": scorecard.label,
        "label": norms.label if norms.first_week else None,
        "quarter": norms.quarter,
        "first_week": date.fromordinal(norms.first_week).isoformat() if norms.first_week else None,
        "before": date.fromordinal(norms.before).isoformat(),
        "provisional": norms.provisional,
        "score_window_days": days,
        "median_cycle_days": ripening.median_days,
        "horizon_days": ripening.horizon_days,
        "cohort_days": ripening.cohort_days,
        "pipeline_days": ripening.pipeline_days,
        "won_by_age": list(ripening.won_by_age),
        "metrics": {
            scored.metric: _metric(norms.metrics[scored.metric], scored, base_currency) for scored in scorecard.metrics
        },
        "correlations": correlations_told(norms, set(norms.metrics)),
    }


def correlations_told(norms: Norms, wanted: set[str]) -> dict[str, dict[str, float]]:
    """By metric, with which others its weekly residuals go together, and how much; each pair once, pairs of 0 left out."""
    names = sorted(norms.metrics)
    found: dict[str, dict[str, float]] = {}
    for i, name in enumerate(names):
        for j, other in enumerate(names[:i]):
            if norms.rho[i][j] and {name, other} <= wanted:
                found.setdefault(name, {})[other] = norms.rho[i][j]
    return found


def scored_in(metric: str, base_currency: str) -> str:
    """The unit in which a metric is scored, which need not be the one in which it is shown.

    >>> [scored_in(name, "EUR") for name in ("csat", "calls", "net_revenue", "average_deal_size", "pipeline_value")]
    ['ratio', 'count a day present', 'EUR a day present', 'ln EUR', 'EUR']
    """
    kpi = BY_NAME[metric]
    unit = base_currency if kpi.unit == MONEY_UNIT else kpi.unit
    if kpi.scored_as is not None:
        return f"ln {unit}"
    return f"{unit} a day present" if kind_of(metric) == "sum" and metric != STOCK else unit


def goalposts_told(norm: MetricNorm, target: float | None) -> dict[str, float | None]:
    """The goalposts of a metric with a target in the unit in which it is scored, None for the peers' own."""
    posts = norm.goalposts(target)
    return {"worst": posts.worst, "target": posts.target, "best": posts.best, "cap": posts.cap}


def indistinguishable(norm: MetricNorm) -> bool:
    """Whether the peers' figures differ by no more than chance does; False where there were too few peers to say."""
    return norm.norm.peers > 0 and not norm.norm.tells_apart


def _metric(of: MetricNorm, scored: ScoredMetric, base_currency: str) -> dict[str, Any]:
    norm = of.norm
    target = None if scored.target is None else in_scored_unit(scored.metric, scored.target)
    return {
        "kind": norm.kind,
        "scored_in": scored_in(scored.metric, base_currency),
        "higher_is_better": of.higher_is_better,
        "collected": of.collected,
        "peers": norm.peers,
        "level": norm.level,
        "spread": norm.spread,
        "measured_spread": norm.measured,
        "smallest_spread": of.smallest_spread,
        "noise": norm.within,
        "phi": norm.phi if norm.kind == "sum" else None,
        "prior": norm.weight,
        "heterogeneity": norm.heterogeneity,
        "signal": of.signal,
        "no_measurable_difference": indistinguishable(of),
        "lag": of.lag,
        "phases": list(of.phases),
        "goalposts": goalposts_told(of, target),
    }
