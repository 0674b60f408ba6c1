"""Rank change: how two rankings of the same subjects differ, such as by two scorecards on one day."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median
from typing import NamedTuple

import numpy as np

from scoring.robustness import kendall, spearman


class RankChange(NamedTuple):
    """How two rankings agree (1: all the same), and by how many ranks half of the subjects move at most, and the furthest."""

    subjects: int
    kendall: float
    spearman: float
    median_ranks: float
    most_ranks: int


def ranks(scores: Mapping[str, float]) -> dict[str, int]:
    """1 + how many score strictly more.

    >>> ranks({"a": 50.0, "b": 70.0, "c": 50.0})
    {'a': 2, 'b': 1, 'c': 2}
    """
    ordered = np.sort(np.array(list(scores.values()), dtype=np.float64))
    return {each: 1 + len(ordered) - int(np.searchsorted(ordered, score, "right")) for each, score in scores.items()}


def rank_change(before: Mapping[str, float], after: Mapping[str, float]) -> RankChange | None:
    """How the ranks of those that have a score in both differ; None where fewer than two have.

    >>> rank_change({"a": 3.0, "b": 2.0, "c": 1.0}, {"a": 1.0, "b": 2.0, "c": 3.0, "d": 9.0})
    RankChange(subjects=3, kendall=-1.0, spearman=-1.0, median_ranks=2, most_ranks=2)
    """
    shared = sorted(before.keys() & after.keys())
    if len(shared) < 2:  # noqa: PLR2004 - one is always first
        return None
    one, two = (ranks({each: scores[each] for each in shared}) for scores in (before, after))
    first, second = (np.array([found[each] for each in shared], np.int64) for found in (one, two))
    moves = np.abs(second - first).tolist()
    return RankChange(len(shared), kendall(first, second), spearman(first, second), median(moves), max(moves))
