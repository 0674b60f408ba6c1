"""Norming: the norms of a quarter from the peers' weeks and deals before it. Source: method.md sections 4, 5 and 6."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from scoring.choices import ScoreWindow
from scoring.cohorts import cohorts, ripening_of
from scoring.evidence import Evidence, Kind
from scoring.exact_sums import exact_row_sums
from scoring.fiscal import monday_of
from scoring.goalposts import CAP
from scoring.maturation import Deal, Maturation, unknown
from scoring.norms import MetricNorm, Norms
from scoring.peer_weeks import PeerWeeks
from scoring.residual_columns import ResidualColumns
from scoring.season import phase_index
from scoring.shrinkage import Limits, estimate, stated
from scoring.slope import inflation

Array = NDArray[Any]

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
    of_weeks: bool = True
    """Whether weeks tell of it; what none knows of is taken to be collected."""


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
    peers = PeerWeeks.of(rules, weekly, deals or {}, before)
    return norms_of(quarter, before, rules, peers, phases or {}, above=above, gates=gates, provisional=provisional)


def norms_of(
    quarter: str,
    before: int,
    rules: Mapping[str, Rule],
    peers: PeerWeeks,
    phases: Mapping[str, Sequence[Sequence[Evidence]]],
    *,
    above: Norms | None = None,
    gates: Gates = Gates(),  # noqa: B008 - a tuple, and immutable
    provisional: bool = False,
) -> Norms:
    """The same from what is known before that day as arrays; their metrics are those of `rules`."""
    ripening = ripening_of(peers.deals, before - 1, gates.won_deals)
    if ripening is None:
        ripening = unknown(rules[COHORT].typical if COHORT in rules else 0.5)
    else:
        ripening = replace(ripening, window_days=gates.window.days(ripening.median_days))
    weekly, period = peers.seen, np.concatenate((exact_row_sums(peers.seen), peers.scatter))
    if COHORT in rules:
        place = peers.metrics.index(COHORT)
        weekly = weekly.copy()
        weekly[:, place], period[:, place] = _cohorts(peers, before, ripening)
    left = ResidualColumns.fitted(peers.weeks, *weekly)
    lags, phis = left.lags(), left.dispersions()
    periods = {metric: _by_peer(peers.peers, period[:, place]) for place, metric in enumerate(peers.metrics)}
    metrics = {
        metric: _metric_norm(rules[metric], periods[metric], lags[place], phis[place], phases.get(metric, ()), gates)
        for place, metric in enumerate(peers.metrics)
    }
    wider = {} if above is None else {name: _from_above(own, name, above) for name, own in metrics.items()}
    collected = {
        name: _collected(rules[name].kind, *period[:2, place])
        or (above is not None and name in above.metrics and above.metrics[name].collected)
        for place, name in enumerate(metrics)
    }
    undecided = not any(collected.values())
    return Norms(
        quarter=quarter,
        before=before,
        first_week=peers.first_week,
        provisional=provisional,
        ripening=ripening,
        metrics={
            name: replace(wider.get(name) or own, collected=undecided or collected[name] or not rules[name].of_weeks)
            for name, own in metrics.items()
        },
        rho=_rho(metrics, left.correlations(), wider, above),
    )


def _cohorts(peers: PeerWeeks, before: int, ripening: Maturation) -> tuple[Array, Array]:
    """The win rate's sums from the deals that the peers opened in complete weeks: by peer and week, and by peer over all weeks.

    These of all deals at once, not the weeks pooled: each of them is kept within 0..1 by itself.
    """
    deals = peers.deals.opened_within(peers.first_week, monday_of(before) - 1).of_first(len(peers.peers))
    ages, weeks = before - 1 - deals.opened, np.searchsorted(peers.weeks, deals.opened, side="right") - 1
    n, total = cohorts(deals, deals.owner * len(peers.weeks) + weeks, ages, peers.seen[0, 0].size, ripening)
    period_n, period_total = cohorts(deals, deals.owner, ages, len(peers.peers), ripening)
    weekly = np.stack((n, total, n)).reshape(3, len(peers.peers), len(peers.weeks))
    return weekly, np.stack((period_n, period_total, period_n, period_total, period_total, period_n))


def _by_peer(peers: Sequence[str], sums: Array) -> dict[str, Evidence]:
    """The evidence over all weeks of those who have any."""
    columns = zip(*sums.tolist(), strict=True)
    return {rep: Evidence(*seen) for rep, seen in zip(peers, columns, strict=True) if seen[0] > 0 and seen[2] > 0}


def _collected(kind: Kind, n: Array, total: Array) -> bool:
    """Whether any peer has evidence; days without anything to add up are none."""
    return bool(((n > 0) & (total != 0 if kind == "sum" else True)).any())


def _metric_norm(
    rule: Rule,
    seen: Mapping[str, Evidence],
    lag: float,
    phi: float | None,
    phases: Sequence[Sequence[Evidence]],
    gates: Gates,
) -> MetricNorm:
    if rule.kind != "sum":
        phi = None
    elif phi is not None:  # weeks that resemble the one before say less of a window than single weeks seem to
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
    correlations: Sequence[Sequence[float]],
    wider: Mapping[str, MetricNorm | None],
    above: Norms | None,
) -> tuple[tuple[float, ...], ...]:
    """Correlations among the metrics with norms of peers here, and among those with norms from above; 0 for any other pair."""

    def rho(one: str, other: str, of_peers: float) -> float:
        if above is not None and wider.get(one) and wider.get(other):
            return above.correlation(one, other)
        return of_peers if one == other or (metrics[one].norm.peers and metrics[other].norm.peers) else 0.0

    return tuple(
        tuple(rho(one, other, of_peers) for other, of_peers in zip(metrics, row, strict=True))
        for one, row in zip(metrics, correlations, strict=True)
    )
