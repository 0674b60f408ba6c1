"""Daily goals: the targets of one metric that many subjects had on each day, and where goalposts stand by them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from scoring.daily_columns import Array
from scoring.goalposts import TAIL
from scoring.norms import MetricNorm
from scoring.presence import Holidays
from scoring.quarter import STOCK, in_scored_unit, kind_of
from scoring.reference import Reference, Target
from scoring.scorecard import ScoredMetric

Posts = tuple[Any, Any, Any, Any]
"""Worst, target, best and cap, infinite without one: numbers, or arrays by subject and day."""


class Goals:
    """The targets of some subjects in one metric, looked up once for all days from `first` to `last`."""

    def __init__(
        self,
        subjects: Sequence[str],
        reference: Reference,
        scored: ScoredMetric,
        holidays: Holidays,
        first: int,
        last: int,
    ) -> None:
        """Look them up."""
        self._first, self._scored, self._holidays = first, scored, holidays
        usual = None if self._is_whole else scored.target
        if kind_of(scored.metric) != "sum" and usual is not None:
            usual = in_scored_unit(scored.metric, usual)
        self._goals: list[float | None] = [usual]
        self._numbers: Array | None = None
        """By subject and day the place of its goal; None where all are the usual one."""
        for row, subject in enumerate(subjects):
            for start, end, target in reference.targets_between(subject, scored.metric, first, last):
                if self._numbers is None:
                    self._numbers = np.zeros((len(subjects), last - first + 1), dtype=np.int64)
                self._numbers[row, start - first : end - first + 1] = len(self._goals)
                self._goals.append(self._goal(target))

    @property
    def _is_whole(self) -> bool:
        """Whether a target is of the stock as a whole, not of a working day."""
        return self._scored.metric == STOCK and not self._scored.per_day

    def _goal(self, target: Target) -> float | None:
        metric = self._scored.metric
        if kind_of(metric) != "sum":
            return in_scored_unit(metric, float(target.value))
        if self._is_whole:
            return float(target.value)
        days = self._holidays.working_days(target.start, target.end)
        numerator, denominator = target.value.as_integer_ratio()
        return numerator / (denominator * days) if days > 0 else None  # rounded once

    def posts(self, norm: MetricNorm, first: int, last: int) -> Posts:
        """Goalposts under a norm by subject and day from `first` to `last`; numbers where nobody has a target."""
        usual = _placed(norm, self._goals[0])
        if self._numbers is None:
            return usual
        numbers = self._numbers[:, first - self._first : last - self._first + 1]
        asked = np.flatnonzero(np.bincount(numbers.ravel(), minlength=len(self._goals)))
        goals = [self._goals[place] for place in asked.tolist()]
        table = np.empty((4, len(self._goals)))
        table[:, asked] = _all_placed(norm, np.array([np.nan if goal is None else goal for goal in goals]))
        for place, goal in zip(asked.tolist(), goals, strict=True):
            if goal is None:
                table[:, place] = _placed(norm, None)
        worst, target, best, cap = table[:, numbers]
        return worst, target, best, cap


def _placed(norm: MetricNorm, goal: float | None) -> tuple[float, float, float, float]:
    posts = norm.goalposts(goal)
    return posts.worst, posts.target, posts.best, float("inf") if posts.cap is None else posts.cap


def _all_placed(norm: MetricNorm, goals: Array) -> Array:
    """`scoring.goalposts.goalposts` of many targets, to the last digit."""
    wide, sign = norm.tau_star, 1.0 if norm.higher_is_better else -1.0
    level, goal = sign * norm.norm.level, sign * goals
    low, high = level - TAIL * wide, level + TAIL * wide
    best = np.where(goal >= high, goal + (3 / 7) * (goal - low), high)
    worst = np.where(goal <= low, goal - (7 / 3) * (high - goal), low)
    capped = (goal > 0) & (norm.capped and norm.higher_is_better)
    return np.array([sign * worst, sign * goal, sign * best, np.where(capped, norm.cap * goal, np.inf)])
