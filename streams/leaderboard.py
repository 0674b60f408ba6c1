"""Leaderboard: rows with what the evidence says of ranks - an interval and a tier, or that there is no ranking at all."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from scoring.aggregate import QUANTILE
from scoring.tiers import rank_intervals, tiers
from scoring.wording import NO_MEASURABLE_DIFFERENCE

Row = dict[str, Any]

NO_RANKING: Final = f"No ranking by this metric: next to {NO_MEASURABLE_DIFFERENCE}. Rows are in the order of ids."


class ScoredSubject(NamedTuple):
    """A subject with its score and the ends of its 80 % interval, 5..100, of one and the same score object."""

    id: str
    score: float
    low: float
    high: float


def by_score(scored: Iterable[ScoredSubject], limit: int) -> list[Row]:
    """The first `limit` rows of a leaderboard by score, each compared with all subjects of the kind.

    `low` and `high` are the ends of the score's 80 % interval, `best_rank` and `worst_rank` those of its rank interval, `tier`
    is `above`, `typical` or `below` the median of the others. `rank` is the plain one, which noise alone can make; equals share
    the better one.

    Args:
        scored: all of them, in any order.
        limit: rows wanted.

    Source: method.md section 7 (tiers).

    >>> rows = by_score([ScoredSubject("a", 80.0, 70.0, 90.0), ScoredSubject("b", 50.0, 45.0, 55.0)], 9)
    >>> [(row["id"], row["rank"], row["best_rank"], row["worst_rank"], row["tier"]) for row in rows]
    [('a', 1, 1, 1, 'typical'), ('b', 2, 2, 2, 'typical')]
    """
    ordered = sorted(scored, key=lambda each: (-each.score, each.id))
    scores = [each.score for each in ordered]
    variances = [log_variance(each.low, each.high) for each in ordered]
    ranks, places = rank_intervals(scores, variances, limit), tiers(scores, variances)
    rows = by_value([(each.id, each.score) for each in ordered[:limit]])
    return [
        row
        | {
            "low": ordered[place].low,
            "high": ordered[place].high,
            "best_rank": int(ranks.best[place]),
            "worst_rank": int(ranks.worst[place]),
            "tier": places[place],
        }
        for place, row in enumerate(rows)
    ]


def by_value(entries: Sequence[tuple[str, float]]) -> list[Row]:
    """Entries with ranks, equals sharing the better one.

    >>> [row["rank"] for row in by_value([("a", 9.0), ("b", 5.0), ("c", 5.0), ("d", 1.0)])]
    [1, 2, 2, 4]
    """
    rows: list[Row] = []
    for place, (subject_id, value) in enumerate(entries, start=1):
        rank = rows[-1]["rank"] if rows and rows[-1]["value"] == value else place
        rows.append({"id": subject_id, "value": value, "rank": rank})
    return rows


def unranked(entries: Sequence[tuple[str, float]], limit: int) -> list[Row]:
    """The first `limit` of all entries in the order of their ids, without ranks: the metric does not tell reps apart.

    >>> unranked([("b", 9.0), ("a", 5.0)], 1)[0] | {"note": "..."}
    {'id': 'a', 'value': 5.0, 'rank': None, 'signal': False, 'note': '...'}
    """
    return [
        {"id": subject_id, "value": value, "rank": None, "signal": False, "note": NO_RANKING}
        for subject_id, value in sorted(entries)[:limit]
    ]


def log_variance(low: float, high: float) -> float:
    """The variance of the logarithm of a score, from the ends of its 80 % interval: ((ln high - ln low)/(2·1.2816))².

    Where an end was cut at 5 or 100 it is less than the score's own.

    >>> round(log_variance(50.0, 60.0), 6)
    0.00506
    """
    return ((math.log(high) - math.log(low)) / (2 * QUANTILE)) ** 2
