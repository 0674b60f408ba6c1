"""Rank stability: what other choices of the scorecard would do to the ranks of its reps, told in ranks."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median

import numpy as np

from scoring.aggregate import IMPROVEMENT, MetricPart
from scoring.goalposts import TAIL, Goalposts
from scoring.robustness import Column, Variant, robustness, slope_posts
from scoring.scorecard import Scorecard
from scoring.scorecard_review import RankShift, RankStability
from scoring.slope import HORIZON
from scoring.standing import Standing
from scoring.tiers import RankIntervals, rank_intervals

_FEWEST_REPS = 2


def rank_stability(scorecard: Scorecard, standings: Mapping[str, Standing]) -> RankStability | None:
    """How stable the ranks of these reps are; None where fewer than two of them have coverage enough for a score.

    Each rep's rank interval is that of method.md section 7, 1 + those told apart above it to k - those below. Variants are those
    of `robustness`, put together by what they change: of each rep the furthest move counts, so "half move by at most" holds for
    every weight or goalpost that could be taken.

    Args:
        scorecard: the one that the standings are by.
        standings: by rep id, under the same norms.

    Source: method.md section 7 (robustness, tiers).
    """
    reps = [rep for rep in sorted(standings) if standings[rep].breakdown.covered(scorecard.coverage_gate)]
    if len(reps) < _FEWEST_REPS:
        return None
    stand = [standings[rep] for rep in reps]
    weights = {pillar.name: pillar.weight for pillar in stand[0].breakdown.pillars}
    found = robustness(weights, columns(stand))
    intervals = rank_intervals([s.breakdown.score for s in stand], [s.interval.variance for s in stand])
    k = len(reps)
    pairs_apart = int((intervals.best - 1).sum())  # each pair told apart stands above one of the two
    by_change: dict[str, list[Variant]] = {}
    for variant in found.variants:
        by_change.setdefault(variant.change, []).append(variant)
    shifts = [_shift(change, found.ranks, variants, intervals) for change, variants in by_change.items()]
    return RankStability(k, pairs_apart / (k * (k - 1) / 2), shifts)


def columns(standings: list[Standing]) -> list[Column]:
    """The scored metrics and slopes of some subjects, in their order; all must stand under the same scorecard and norms."""
    found = []
    for place, pillar in enumerate(standings[0].breakdown.pillars):
        for nth, part in enumerate(pillar.metrics):
            parts = [standing.breakdown.pillars[place].metrics[nth] for standing in standings]
            if pillar.name == IMPROVEMENT:
                posts: Goalposts | list[Goalposts] = _posts_of_slopes(parts)
            else:
                posts = [standing.posts[part.name] for standing in standings]
            found.append(Column(part.name, pillar.name, part.weight, [each.shrunk for each in parts], posts))
    return found


def _posts_of_slopes(parts: list[MetricPart]) -> Goalposts:
    """The straight line on which these slopes lie, the same for all; where all lie beyond its ends any that leaves them there."""
    rise = next((abs(part.du_dx) for part in parts if part.du_dx), None)
    end = 0.5 / rise if rise else min(abs(part.shrunk) for part in parts)
    return slope_posts(HORIZON * end / TAIL, parts[0].sign)


def _shift(change: str, ranks: np.ndarray, variants: list[Variant], intervals: RankIntervals) -> RankShift:
    moves = np.max([np.abs(variant.ranks - ranks) for variant in variants], axis=0)
    within = np.all(
        [(intervals.best <= variant.ranks) & (variant.ranks <= intervals.worst) for variant in variants], axis=0
    )
    return RankShift(change, float(median(moves.tolist())), int(moves.max()), float(within.sum()) / len(ranks))
