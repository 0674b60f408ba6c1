"""Rank report: how far ranks of reps hang on evidence and on choices of the scorecard, rep by rep and choice by choice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from scoring.rank_stability import columns, rank_stability
from scoring.robustness import robustness
from scoring.scorecard import Scorecard
from scoring.standing import Standing
from scoring.tiers import rank_intervals, tiers


def rank_report(scorecard: Scorecard, standings: Mapping[str, Standing]) -> dict[str, Any] | None:
    """The report as an object of JSON; None where fewer than two reps have coverage enough for a score.

    `reps` are by rank, then id: `best_rank` to `worst_rank` is what the evidence leaves open, `best_by_choice` to
    `worst_by_choice` the ends over all variants of the scorecard. `changes` are `RankShift`s, `variants` each single one.

    Args:
        scorecard: the one that the standings are by.
        standings: by rep id, under the same norms.

    Source: method.md section 7 (robustness, tiers).
    """
    stability = rank_stability(scorecard, standings)
    if stability is None:
        return None
    reps = [rep for rep in sorted(standings) if standings[rep].breakdown.covered(scorecard.coverage_gate)]
    stand = [standings[rep] for rep in reps]
    found = robustness({pillar.name: pillar.weight for pillar in stand[0].breakdown.pillars}, columns(stand))
    scores, variances = [s.breakdown.score for s in stand], [s.interval.variance for s in stand]
    intervals, tier_of = rank_intervals(scores, variances), tiers(scores, variances)
    rows = [
        {
            "id": rep,
            "score": scores[place],
            "rank": int(found.ranks[place]),
            "best_rank": int(intervals.best[place]),
            "worst_rank": int(intervals.worst[place]),
            "best_by_choice": int(found.best[place]),
            "worst_by_choice": int(found.worst[place]),
            "tier": tier_of[place],
        }
        for place, rep in enumerate(reps)
    ]
    return {
        "told_apart": stability.told_apart,
        "kendall": found.kendall,
        "typical_width": found.typical_width,
        "reps": sorted(rows, key=lambda row: (row["rank"], row["id"])),
        "changes": [asdict(shift) for shift in stability.shifts],
        "variants": [
            {name: getattr(variant, name) for name in ("name", "change", "spearman", "kendall", "largest_move")}
            for variant in found.variants
        ],
    }
