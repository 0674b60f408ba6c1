"""Standing: what a subject's evidence comes to under the norms - metrics shrunk, placed and weighed, score and interval.

Whoever has the evidence calls it: the stream, a replay and the oracle.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import Final, NamedTuple

from scoring.aggregate import IMPROVEMENT, Breakdown, MetricPart, aggregate
from scoring.evidence import Evidence
from scoring.goalposts import Goalposts
from scoring.interval import Interval, PairedCorrelations, score_interval
from scoring.norms import MetricNorm, Norms
from scoring.residuals import slope_with_level
from scoring.scorecard import PILLARS, Scorecard, ScoredMetric
from scoring.shrinkage import Shrunk
from scoring.weeks import DAYS

_NO_EVIDENCE = Evidence()


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of one scored metric of a subject over the score window.

    `evidence` and `target` are in the unit in which the metric is scored; `records` counts the records behind it, 0 for days on
    which nothing was recorded. The coverage counts metrics with as many records as the scorecard asks for (`min_n`).
    """

    evidence: Evidence = _NO_EVIDENCE
    target: float | None = None
    records: int = 0


_NOT_SEEN: Final = Seen()


@dataclass(frozen=True, slots=True)
class Standing:
    """A score as computed: its breakdown, its interval, and each scored metric as far as it is known, with its goalposts."""

    breakdown: Breakdown
    interval: Interval
    shrunk: Mapping[str, Shrunk]
    posts: Mapping[str, Goalposts]
    coverage_of_slopes: float = 0.0
    """What of the breakdown's coverage the slopes make up."""


class Placed(NamedTuple):
    """A scored metric as it was seen, and what that comes to under the norms."""

    seen: Seen
    shrunk: Shrunk
    posts: Goalposts
    part: MetricPart


def stand(
    scorecard: Scorecard,
    norms: Norms,
    seen: Mapping[str, Seen],
    rep: str | None = None,
    improvement: Sequence[MetricPart] = (),
    placed: dict[str, Placed] | None = None,
) -> Standing:
    """The standing of a subject.

    Args:
        scorecard: weights, pillars, which metrics.
        norms: of the quarter, with every metric of the scorecard.
        seen: by metric; a metric that is missing has no evidence.
        rep: the rep's id, whose own part of the norms is left out of its level; None for a group.
        improvement: the parts of that pillar (`scoring.improvement`); without any it is not there.
        placed: what the subject's metrics came to under the same scorecard and norms; those that are seen otherwise now
            are put in anew. None: nothing is kept.

    Source: method.md sections 4, 6 and 7.
    """
    shrunk: dict[str, Shrunk] = {}
    posts: dict[str, Goalposts] = {}
    parts: dict[str, list[MetricPart]] = {pillar: [] for pillar in PILLARS}
    uncollected = frozenset(scored.metric for scored in scorecard.metrics if not norms.metrics[scored.metric].collected)
    weighed = [scored for scored in scorecard.metrics if scorecard.pillars[scored.pillar] > 0]
    if all(scored.metric in uncollected for scored in weighed):  # nothing would be left to score by
        uncollected = frozenset()
    placed = {} if placed is None else placed
    for scored in scorecard.metrics:
        metric = scored.metric
        of, found = seen.get(metric, _NOT_SEEN), placed.get(metric)
        if found is None or found.seen is not of:
            found = placed[metric] = _placed(scored, norms.metrics[metric], of, "" if rep is None else rep, found)
        _, shrunk[metric], posts[metric], part = found
        parts[scored.pillar].append(part)
    parts[IMPROVEMENT] += improvement
    breakdown = aggregate(scorecard.pillars, parts, uncollected)
    covered = [
        scored
        for scored in scorecard.metrics
        if scored.metric in seen
        and seen[scored.metric].records >= max(1, scored.min_n)
        and scored.metric not in uncollected
    ]
    changes = math.fsum(part.weight for part in improvement)
    names = {scored.metric for scored in covered}
    known = math.fsum(part.weight for part in improvement if part.n > 0 and part.name in names)
    of_slopes = scorecard.pillars[IMPROVEMENT] * (known / changes) if changes else 0.0
    coverage = min(1.0, scorecard.weight_of(covered) + of_slopes)
    breakdown = Breakdown(breakdown.pillars, breakdown.score, breakdown.level, coverage)
    interval = score_interval(
        breakdown, _correlations(tuple(norms.metrics), norms.rho), slope_with_metric(scorecard, norms)
    )
    return Standing(breakdown, interval, shrunk, posts, of_slopes)


def slope_with_metric(scorecard: Scorecard, norms: Norms) -> float:
    """How a slope goes together with its own metric in the interval: by the weeks of either. Source: method.md section 7."""
    weeks = scorecard.improvement.weeks
    return slope_with_level(weeks, min(weeks, max(1, round(norms.ripening.score_window_days / DAYS))))


def _placed(scored: ScoredMetric, norm: MetricNorm, seen: Seen, rep: str, before: Placed | None) -> Placed:
    shrunk = norm.shrunk(rep, seen.evidence)
    same_target = before is not None and before.seen.target == seen.target
    posts = before.posts if before is not None and same_target else norm.goalposts(seen.target)
    return Placed(seen, shrunk, posts, _part(scored, posts, shrunk))


def _part(scored: ScoredMetric, posts: Goalposts, shrunk: Shrunk) -> MetricPart:
    ends = sorted((posts.utility(shrunk.low), posts.utility(shrunk.high)))
    u = posts.utility(shrunk.value)
    return MetricPart(
        name=scored.metric,
        weight=scored.weight,
        u=u,
        shrunk=shrunk.value,
        value=shrunk.raw,
        n=shrunk.n,
        prior=shrunk.weight,
        norm=shrunk.level,
        sign=1 if scored.higher_is_better else -1,
        du_dx=posts.slope(shrunk.value),
        u_low=min(u, ends[0]),
        u_high=max(u, ends[1]),
    )


@lru_cache(maxsize=8)  # the same norms judge everybody
def _correlations(names: tuple[str, ...], rho: tuple[tuple[float, ...], ...]) -> PairedCorrelations:
    return PairedCorrelations({(names[i], names[j]): rho[i][j] for i, j in combinations(range(len(names)), 2)})
