"""A standing, told: everything that a score is made of, in numbers with which anybody can compute it by hand."""

from __future__ import annotations

import math
from dataclasses import asdict
from datetime import date
from typing import Any, Final

from scoring.advice import advice
from scoring.aggregate import IMPROVEMENT, MetricPart, PillarPart
from scoring.goalposts import Goalposts
from scoring.kpi import BY_NAME
from scoring.maturation import ripened
from scoring.norming import COHORT
from scoring.norms_told import correlations_told, indistinguishable, scored_in
from scoring.periods import SPANS, PeriodFigures, Read, to_date
from scoring.quarter import deals_opened
from scoring.robustness import slope_posts
from scoring.score import Panes, Scorer
from scoring.standing import Seen, Standing, slope_with_metric
from scoring.weeks import openings

_NO_PANES: Final[Panes] = {}


def standing_told(
    scorer: Scorer, subject: str, panes: Panes | None, known_at: str, first_day: int = 0
) -> dict[str, Any]:
    """What a subject's score is made of, as an object of JSON (`schemas.standing.Standing` says what each field is).

    Each value comes out of those before it by the formulas of method.md sections 4, 6 and 7. With too little evidence `score`,
    `interval` and `advice` are None, as in a score; all else is there.

    Args:
        scorer: as for the score.
        subject: as for the score.
        panes: as for the score.
        known_at: as for the score.
        first_day: the first day of which panes are kept, 0 for all: earlier periods are told as unknown.
    """
    kind, _, subject_id = subject.partition(":")
    held, rep_id = panes or _NO_PANES, subject_id if kind == "rep" else ""
    seen = scorer.seen(subject, panes)
    standing = scorer.standing(subject, seen)
    breakdown, scorecard, norms = standing.breakdown, scorer.scorecard, scorer.norms
    enough = breakdown.covered(scorecard.coverage_gate)
    present = scorer.days_present(subject, 0 if kind == "rep" else held.get(0, {}).get("unrecorded", 0))
    first = scorer.as_of - scorer.horizons.score + 1
    collected = {part.name for pillar in breakdown.pillars for part in pillar.metrics}
    return {
        "subject": kind,
        "id": subject_id,
        "team_id": scorer.reference.roster.team_on(subject_id, scorer.as_of) if kind == "rep" else None,
        "as_of": _day(scorer.as_of),
        "scorecard": scorecard.label,
        "norms": norms.label if norms.first_week else None,
        "window": {"days": scorer.horizons.score, "first": _day(first), "last": _day(scorer.as_of), "present": present},
        "score": breakdown.score if enough else None,
        "interval": standing.interval._asdict() if enough else None,
        "level": breakdown.level,
        "coverage": breakdown.coverage,
        "coverage_of_slopes": standing.coverage_of_slopes,
        "coverage_gate": scorecard.coverage_gate,
        "status": "scored" if enough else "insufficient_evidence",
        "pillars": {pillar.name: _pillar(scorer, rep_id, standing, seen, held, pillar) for pillar in breakdown.pillars},
        "not_collected": [scored.metric for scored in scorecard.metrics if scored.metric not in collected],
        "correlations": correlations_told(norms, collected),
        "slope_with_metric": slope_with_metric(scorecard, norms),
        "advice": _advice(scorer, standing) if enough else None,
        "periods": _periods(scorer, held, first_day),
        "version": {"known_at": known_at},
    }


def _pillar(
    scorer: Scorer, rep_id: str, standing: Standing, seen: dict[str, Seen], panes: Panes, pillar: PillarPart
) -> dict[str, Any]:
    metrics = {}
    for part in pillar.metrics:
        norm = scorer.norms.metrics[part.name]
        if pillar.name == IMPROVEMENT:
            posts, known = slope_posts(norm.tau_star, part.sign), None
        else:
            posts = standing.posts[part.name]
            known = _known(scorer, rep_id, standing, seen.get(part.name, Seen()), panes, part.name)
        metrics[part.name] = _part(scorer, part, posts, slope=pillar.name == IMPROVEMENT) | {"known": known}
    return {"weight": pillar.weight, "u": pillar.value, "v": pillar.v, "metrics": metrics}


def _part(scorer: Scorer, part: MetricPart, posts: Goalposts, *, slope: bool) -> dict[str, Any]:
    unit = scored_in(part.name, scorer.reference.organisation.base_currency)
    return {
        "weight": part.weight,
        "sign": part.sign,
        "scored_in": f"{unit} a week" if slope else unit,
        "value": part.value,
        "n": part.n,
        "level": part.norm,
        "prior": part.prior if math.isfinite(part.prior) else None,
        "shrunk": part.shrunk,
        "goalposts": {"worst": posts.worst, "target": posts.target, "best": posts.best, "cap": posts.cap},
        "utility": part.u,
        "utility_low": part.u if part.u_low is None else part.u_low,
        "utility_high": part.u if part.u_high is None else part.u_high,
        "utility_per_unit": part.du_dx,
    }


def _known(scorer: Scorer, rep_id: str, standing: Standing, seen: Seen, panes: Panes, metric: str) -> dict[str, Any]:
    """What stands behind a metric: its evidence, what of the norms it is judged by, and how certain it is."""
    norm, shrunk = scorer.norms.metrics[metric], standing.shrunk[metric]
    own = norm.own_of(rep_id)
    return {
        "kind": norm.norm.kind,
        "records": seen.records,
        "coverage": _coverage(scorer, metric, seen.records),
        "total": seen.evidence.total,
        "base": seen.evidence.base,
        "cohort": _cohort(scorer, panes) if metric == COHORT else None,
        "target": seen.target,
        "peers": norm.norm.peers,
        "peers_level": norm.norm.level,
        "peers_total": norm.norm.total,
        "peers_base": norm.norm.base,
        "own_total": own.total,
        "own_base": own.base,
        "spread": norm.norm.spread,
        "smallest_spread": norm.smallest_spread,
        "noise": norm.norm.noise(shrunk.value),
        "signal": norm.signal,
        "no_measurable_difference": indistinguishable(norm),
        "variance": shrunk.variance,
        "low": shrunk.low,
        "high": shrunk.high,
        "shown": shrunk.value if BY_NAME[metric].scored_as is None else math.exp(shrunk.value),
    }


def _coverage(scorer: Scorer, metric: str, records: int) -> float:
    scorecard = scorer.scorecard
    return scorecard.weight_of(
        scored for scored in scorecard.metrics if scored.metric == metric and records >= max(1, scored.min_n)
    )


def _cohort(scorer: Scorer, panes: Panes) -> dict[str, float]:
    ripening = scorer.norms.ripening
    opened = openings(panes, scorer.as_of - ripening.cohort_days + 1, scorer.as_of)
    found = ripened(deals_opened(opened), scorer.as_of, ripening)
    return {**found._asdict(), "in_the_end": ripening.in_the_end}


def _advice(scorer: Scorer, standing: Standing) -> dict[str, Any]:
    steps = {name: norm.tau_star for name, norm in scorer.norms.metrics.items()}
    found = advice(standing.breakdown, standing.posts, steps)
    return {name: [asdict(lever) for lever in getattr(found, name)] for name in ("levers", "strengths", "weak_spots")}


def _periods(scorer: Scorer, panes: Panes, first_day: int) -> dict[str, Any]:
    calendar, ripening = scorer.scorecard.calendar, scorer.norms.ripening
    read = Read(scorer.reference.rates, ripening, calendar, first_day)
    metrics = [scored.metric for scored in scorer.scorecard.metrics]
    found = to_date(panes, scorer.as_of, metrics, read)
    told = {}
    for span in SPANS:
        now, previous = (_period(of, first_day) for of in found[span])
        told[f"{span}_to_date"] = now | {"previous": previous}
    return told


def _period(of: PeriodFigures, first_day: int) -> dict[str, Any]:
    missing = any(figure is None for figure in of.figures.values())
    return {
        "name": of.period.name or None,
        "first": _day(of.period.first),
        "last": _day(of.period.last),
        "days": of.period.days,
        "metrics": {name: None if figure is None else figure._asdict() for name, figure in of.figures.items()},
        "reason": f"days before {_day(first_day)} are no longer kept" if missing else None,
    }


def _day(ordinal: int) -> str:
    return date.fromordinal(ordinal).isoformat()
