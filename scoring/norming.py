"""Norming: the norms of a quarter from the peers' weeks and deals before it. Source: method.md sections 4, 5 and 6."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import Any, Final, NamedTuple

from scoring.choices import ScoreWindow
from scoring.evidence import Evidence, Kind, pooled
from scoring.goalposts import CAP
from scoring.maturation import Deal, cohort, maturation, unknown
from scoring.norms import MetricNorm, Norms
from scoring.residuals import Residuals, correlations, dispersion, lag_correlation, residuals
from scoring.season import phase_index
from scoring.shrinkage import Limits, estimate, stated
from scoring.slope import inflation

COHORT: Final = "cohort_win_rate"
"""The metric whose evidence is made from deals, not given by week."""


class Rule(NamedTuple):
    """How one metric is normed: its kind, and what the scorecard states until peers say better.

    `typical`, `spread` and `smallest_spread` are m, tau and delta in the metric's own unit: that of the peers' evidence, so a day
    present for a `sum` and a logarithm where the evidence is of logarithms.
    """

    kind: Kind
    typical: float
    spread: float
    smallest_spread: float
    higher_is_better: bool = True
    capped: bool = False
    cap: float = CAP
    positive: bool = False
    """A mean of values above 0, which a season moves in proportion."""


class Gates(NamedTuple):
    """Choices of a scorecard: how much it takes for peers to give a norm, and deals a maturation; bounds of M and the window."""

    peers: int = 8
    won_deals: float = 20.0
    limits: Limits = Limits()
    window: ScoreWindow = ScoreWindow()


def norms(
    quarter: str,
    before: int,
    rules: Mapping[str, Rule],
    weekly: Mapping[str, Mapping[int, Mapping[str, Evidence]]],
    deals: Mapping[str, Sequence[Deal]] | None = None,
    phases: Mapping[str, Sequence[Sequence[Evidence]]] | None = None,
    *,
    above: Norms | None = None,
    gates: Gates = Gates(),  # noqa: B008 - a tuple, and immutable
    provisional: bool = False,
) -> Norms:
    """The norms that hold for a quarter: a function of what lies before it, in whatever order it is given.

    Args:
        quarter: its name, for the label.
        before: ordinal of the quarter's first day (of the first week that is not complete, while provisional). Weeks that do not
            end before it, deals opened from then on and later wins are left out, so events inside the quarter never move norms.
        rules: by metric, from the scorecard; these metrics are normed.
        weekly: peer -> Monday of a complete week -> metric -> evidence. Peers are reps under the same scorecard, not ramping,
            present at least half the window: the caller chooses them, and how far back the weeks go.
        deals: of every rep, for `cohort_win_rate` and the cycle; peers are those in `weekly`. A split deal weighs its shares.
        phases: by metric, the company's evidence of past quarters, oldest or newest first, each by its phases.
        above: norms of the next group up, which stand in for a metric with fewer than 8 peers here.
        gates: from the scorecard.
        provisional: whether no quarter has closed yet.

    With too few peers, and none above, a metric has the scorecard's level and spread and M = 50; with too few won deals cohorts
    are of 91 days and nothing is known of ripening. A metric of which the company (these peers, or the group
    above) has no evidence is marked as not collected, a sum whose total is 0 throughout too; unless there is none of anything,
    for then nothing has been decided.

    Source: method.md sections 4, 5 and 6.

    >>> from scoring.evidence import of_rate
    >>> weekly = {"a": {1: {"csat": of_rate(30, 15)}, 8: {"csat": of_rate(99, 0)}}, "b": {1: {"csat": of_rate(29, 29)}}}
    >>> rules = {"csat": Rule("rate", 0.8, 0.08, 0.03)}
    >>> norms("Q", 10, rules, weekly, gates=Gates(peers=2)).metrics["csat"].norm.level  # 44½/60: the second week is not complete
    0.7416666666666667
    >>> norms("Q", 10, rules, weekly).metrics["csat"].norm.level  # two peers are too few
    0.8
    """
    deals, phases = deals or {}, phases or {}
    complete = {rep: {week: seen for week, seen in weeks.items() if week + 6 < before} for rep, weeks in weekly.items()}
    known = chain.from_iterable(deals.values())
    ripening = maturation(known, before - 1, gates.won_deals)
    if ripening is None:
        ripening = unknown(rules[COHORT].typical if COHORT in rules else 0.5)
    else:
        ripening = replace(ripening, window_days=gates.window.days(ripening.median_days))
    first_week = min((week for weeks in complete.values() for week in weeks), default=0)
    weeks_of = {
        metric: {
            rep: {week: seen[metric] for week, seen in weeks.items() if metric in seen}
            for rep, weeks in complete.items()
        }
        for metric in sorted(rules)
    }
    periods = {
        metric: {rep: pooled(weeks.values()) for rep, weeks in by_rep.items()} for metric, by_rep in weeks_of.items()
    }
    if COHORT in rules:
        read = partial(cohort, as_of=before - 1, ripening=ripening, opened_days=before - first_week)
        cohorts = _cohorts(complete, deals, before)
        weeks_of[COHORT] = {rep: {week: read(each) for week, each in weeks.items()} for rep, weeks in cohorts.items()}
        # all at once, not the weeks pooled: each of them is kept within 0..1 by itself
        periods[COHORT] = {rep: read(chain.from_iterable(weeks.values())) for rep, weeks in cohorts.items()}
    left = {metric: residuals(weeks_of[metric]) for metric in weeks_of}
    metrics = {
        metric: _metric_norm(rules[metric], periods[metric], left[metric], phases.get(metric, ()), gates)
        for metric in weeks_of
    }
    wider = {} if above is None else {name: _from_above(own, name, above) for name, own in metrics.items()}
    collected = {
        name: _collected(rules[name].kind, periods[name])
        or (above is not None and name in above.metrics and above.metrics[name].collected)
        for name in metrics
    }
    undecided = not any(collected.values())
    return Norms(
        quarter=quarter,
        before=before,
        first_week=first_week,
        provisional=provisional,
        ripening=ripening,
        metrics={
            name: replace(wider.get(name) or own, collected=undecided or collected[name])
            for name, own in metrics.items()
        },
        rho=_rho(metrics, left, wider, above),
    )


def _cohorts(
    complete: Mapping[str, Mapping[int, Any]], deals: Mapping[str, Sequence[Deal]], before: int
) -> dict[str, dict[int, list[Deal]]]:
    """Each peer's deals by the week in which they were opened, of complete weeks."""
    found: dict[str, dict[int, list[Deal]]] = {}
    for rep in complete:
        weeks = found.setdefault(rep, {})
        for deal in deals.get(rep, ()):
            week = deal.opened - (deal.opened - 1) % 7
            if week + 6 < before:
                weeks.setdefault(week, []).append(deal)
    return found


def _collected(kind: Kind, period: Mapping[str, Evidence]) -> bool:
    """Whether any peer has evidence; days without anything to add up are none."""
    return any(seen.n > 0 and (kind != "sum" or seen.total != 0) for seen in period.values())


def _metric_norm(
    rule: Rule,
    period: Mapping[str, Evidence],
    left: Residuals,
    phases: Sequence[Sequence[Evidence]],
    gates: Gates,
) -> MetricNorm:
    seen = {rep: evidence for rep, evidence in period.items() if evidence.n > 0 and evidence.base > 0}
    lag = lag_correlation(left)
    phi = dispersion(left) if rule.kind == "sum" else None
    if phi is not None:  # weeks that resemble the one before say less of a window than single weeks seem to
        phi *= inflation(lag)
    norm = estimate(rule.kind, seen, phi, gates.limits) if len(seen) >= gates.peers else None
    if norm is None:
        norm, seen = stated(rule.kind, float(rule.typical), float(rule.spread), gates.limits), {}
    return MetricNorm(
        norm=norm,
        smallest_spread=float(rule.smallest_spread),
        higher_is_better=rule.higher_is_better,
        capped=rule.capped,
        collected=True,
        lag=lag if seen else 0.0,
        phases=phase_index(rule.kind, phases, positive=rule.positive) or (),
        own={rep: (float(each.n), float(each.total), float(each.base)) for rep, each in sorted(seen.items())},
        cap=float(rule.cap),
    )


def _from_above(own: MetricNorm, metric: str, above: Norms) -> MetricNorm | None:
    """The metric's norm as the next group up has it, where this one has none of its own and that one has."""
    wider = above.metrics.get(metric)
    if own.norm.peers or wider is None or not wider.norm.peers or wider.norm.kind != own.norm.kind:
        return None
    return replace(own, norm=wider.norm, lag=wider.lag, phases=own.phases or wider.phases, own=wider.own)


def _rho(
    metrics: Mapping[str, MetricNorm],
    left: Mapping[str, Residuals],
    wider: Mapping[str, MetricNorm | None],
    above: Norms | None,
) -> tuple[tuple[float, ...], ...]:
    """Correlations among the metrics with norms of peers here, and among those with norms from above; 0 for any other pair."""
    nothing = Residuals({}, 0, 0.0)
    rho = correlations([left[name] if each.norm.peers else nothing for name, each in metrics.items()])
    for row, one in enumerate(metrics):
        for column, other in enumerate(metrics):
            if above is not None and wider.get(one) and wider.get(other):
                rho[row][column] = above.correlation(one, other)
    return tuple(map(tuple, rho))
