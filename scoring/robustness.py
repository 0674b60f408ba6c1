"""Robustness: how far ranks hang on choices of the scorecard that could have been made otherwise."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from scoring.aggregate import FLOOR, IMPROVEMENT
from scoring.goalposts import TAIL, Goalposts
from scoring.slope import HORIZON

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_WEIGHT_STEP: Final = 0.25
_POST_STEP: Final = 0.10
_BLOCK: Final = 512
_AT_TARGET: Final = 0.7
_DIGITS: Final = 12

_WEIGHT: Final = "any one weight 25 % less or more"
_MEAN: Final = "arithmetic mean of pillars"
_POSTS: Final = "goalposts of any one metric 10 % nearer or further"


@dataclass(frozen=True, slots=True)
class Column:
    """One metric of all reps, as it is scored.

    `weight` is its weight inside `pillar`, `values` the shrunk values of the reps (always in the same order), `posts` their
    goalposts, one for all or one a rep (targets differ). A slope in the pillar `improvement` bears its metric's name.
    """

    metric: str
    pillar: str
    weight: float
    values: Sequence[float]
    posts: Goalposts | Sequence[Goalposts]

    def utilities(self, stretch: float = 1.0) -> list[float]:
        """Of each rep, with the goalposts `stretch` times as far from the target."""
        if isinstance(self.posts, Goalposts):
            posts = stretched(self.posts, stretch)
            return [posts.utility(value) for value in self.values]
        return [stretched(posts, stretch).utility(value) for posts, value in zip(self.posts, self.values, strict=True)]


def stretched(posts: Goalposts, times: float) -> Goalposts:
    """The same target, both goalposts so many times as far from it; a cap stays.

    >>> stretched(Goalposts(2.0, 4.0, 5.0), 1.5)
    Goalposts(worst=1.0, target=4.0, best=5.5, cap=None)
    """
    target = posts.target
    return replace(posts, worst=target + times * (posts.worst - target), best=target + times * (posts.best - target))


def slope_posts(tau_star: float, sign: int = 1) -> Goalposts:
    """The goalposts of an improvement: the straight line of `scoring.slope.improvement_utility`, told as goalposts.

    >>> posts = slope_posts(0.1)
    >>> round(posts.utility(0.0), 12), round(posts.utility(0.1 / 13), 4)
    (0.5, 0.804)
    """
    end = sign * TAIL * tau_star / HORIZON
    return Goalposts(-end, (2 * _AT_TARGET - 1) * end, end)


@dataclass(frozen=True, slots=True)
class Variant:
    """One other choice: how the ranks by it agree with those of the scorecard (1: all the same), and who moves furthest.

    `change` is what sort of choice it is, one sentence part for all alike; `ranks` are those by it, rep by rep.
    """

    name: str
    change: str
    spearman: float
    kendall: float
    largest_move: int
    ranks: Ints = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Robustness:
    """Ranks (1 is best, equal scores share the better one) as they are and the best and worst over all variants, rep by rep."""

    ranks: Ints
    best: Ints
    worst: Ints
    variants: tuple[Variant, ...]

    @property
    def kendall(self) -> float:
        """The mean agreement over the variants; 1 without any."""
        agreed = [variant.kendall for variant in self.variants]
        return math.fsum(agreed) / len(agreed) if agreed else 1.0

    @property
    def typical_width(self) -> float:
        """The median width of a rank interval as a share of all ranks, 0..1; 0 for one rep or none."""
        k = len(self.ranks)
        return float(np.median(self.worst - self.best)) / (k - 1) if k > 1 else 0.0


def robustness(weights: Mapping[str, float], columns: Iterable[Column]) -> Robustness:
    """Ranks as they are, and as they would be under each variant of the choices behind them.

    Each weight is 25 % less or more (a pillar's or a metric's), the arithmetic mean of pillars stands for the geometric one,
    the goalposts of one metric are 10 % nearer to the target or further from it, and each metric is left out in turn.
    A metric's slope goes with it: its weight changes likewise, and it leaves with the metric. Weights are shared out anew in each
    variant. One that changes nothing (the weight of a metric alone in its pillar) is left out. Answers do not depend on the order
    of columns or reps.

    Args:
        weights: of the pillars.
        columns: every scored metric and slope, the reps in the same order in each.

    Raises:
        ValueError: columns of different lengths, or none with a weight outside `improvement`.

    Source: method.md section 7; OECD/JRC, Handbook on Constructing Composite Indicators (2008), step 7, sensitivity analysis.

    >>> posts = Goalposts(0.0, 7.0, 10.0)
    >>> found = robustness({"results": 0.5, "customer": 0.5}, [
    ...     Column("a", "results", 1.0, [9.0, 5.0, 2.0], posts), Column("b", "customer", 1.0, [4.0, 5.0, 2.0], posts)])
    >>> found.ranks.tolist(), found.best.tolist(), found.worst.tolist(), len(found.variants)
    ([1, 2, 3], [1, 1, 3], [2, 2, 3], 11)
    """
    ordered = sorted(columns, key=lambda column: (column.pillar, column.metric))
    if len({len(column.values) for column in ordered}) > 1:
        raise ValueError(f"columns of lengths {[len(c.values) for c in ordered]}; expected one value a rep in each")
    plain = {_key(column): np.array(column.utilities()) for column in ordered}
    scores = _scores(weights, ordered, plain)
    if scores is None:
        raise ValueError(f"no metric with a weight outside improvement: {[_key(column) for column in ordered]}")
    ranks = _ranks(scores)
    best, worst, variants = ranks.copy(), ranks.copy(), []
    for change, name, changed in _variants(weights, ordered, plain):
        if changed is None:
            continue
        other = _ranks(changed)
        best, worst = np.minimum(best, other), np.maximum(worst, other)
        moved = int(np.abs(other - ranks).max(initial=0))
        variants.append(Variant(name, change, spearman(ranks, other), kendall(ranks, other), moved, other))
    return Robustness(ranks, best, worst, tuple(variants))


def spearman(ranks: Ints, other: Ints) -> float:
    """Spearman's correlation of two rankings, ties shared; 1 where either ranks nobody above another. From whole numbers.

    >>> round(spearman(np.array([1, 2, 3, 4]), np.array([1, 2, 4, 3])), 12)
    0.8
    """
    a, b = _centred(ranks), _centred(other)
    scale = math.sqrt(int((a * a).sum()) * int((b * b).sum()))
    return int((a * b).sum()) / scale if scale else 1.0


def kendall(ranks: Ints, other: Ints) -> float:
    """Kendall's tau-b of two rankings; 1 where either ranks nobody above another. From whole numbers, in k² steps.

    >>> round(kendall(np.array([1, 2, 3, 4]), np.array([1, 2, 4, 3])), 12)  # 5 of 6 pairs agree
    0.666666666667
    """
    agree = apart = other_apart = 0
    for start in range(0, len(ranks), _BLOCK):
        block = slice(start, start + _BLOCK)
        one = np.sign(ranks[block, None] - ranks[None, :])
        two = np.sign(other[block, None] - other[None, :])
        agree += int((one * two).sum())
        apart += int(np.abs(one).sum())
        other_apart += int(np.abs(two).sum())
    return agree / math.sqrt(apart * other_apart) if apart and other_apart else 1.0


def _variants(
    weights: Mapping[str, float], columns: list[Column], plain: Mapping[tuple[str, str], Floats]
) -> Iterator[tuple[str, str, list[float] | None]]:
    names = sorted({column.metric for column in columns})
    pillars = sorted({column.pillar for column in columns})
    for sign, said in ((-1, "less"), (1, "more")):
        times = 1 + sign * _WEIGHT_STEP
        for pillar in pillars if len(pillars) > 1 else []:
            changed = {name: weight * (times if name == pillar else 1) for name, weight in weights.items()}
            yield _WEIGHT, f"pillar {pillar} weighs 25 % {said}", _scores(changed, columns, plain)
        for metric in names:
            if any(_beside(column, columns) for column in columns if column.metric == metric):
                changed_columns = [_weighing(c, c.weight * times) if c.metric == metric else c for c in columns]
                yield _WEIGHT, f"{metric} weighs 25 % {said}", _scores(weights, changed_columns, plain)
    if len(pillars) > 1:
        yield _MEAN, _MEAN, _scores(weights, columns, plain, lambda v: v)
    for sign, said in ((-1, "nearer"), (1, "further")):
        for metric in names:
            own = {
                _key(column): np.array(column.utilities(1 + sign * _POST_STEP))
                for column in columns
                if column.metric == metric
            }
            yield _POSTS, f"goalposts of {metric} 10 % {said}", _scores(weights, columns, {**plain, **own})
    for metric in names:
        others = [column for column in columns if column.metric != metric]
        yield f"without {metric}", f"without {metric}", _scores(weights, others, plain)


def _scores(
    weights: Mapping[str, float],
    columns: list[Column],
    utilities: Mapping[tuple[str, str], Floats],
    of: Callable[[float], float] = math.log,
) -> list[float] | None:
    """Of each rep Σ W·of(V), which ranks as the score does; None with no weight outside `improvement`.

    Rounded to 12 digits after the point: reps that are equal by different ways, such as 0.7 x 0.6 and 0.7 x 0.4 + 0.5 x 0.28,
    would otherwise be ranked by how they add up.
    """
    total = np.zeros(len(columns[0].values) if columns else 0)
    outside = 0.0
    for pillar in sorted({column.pillar for column in columns}):
        inside = [column for column in columns if column.pillar == pillar]
        whole = math.fsum(column.weight for column in inside)
        if not whole:
            continue
        outside += weights[pillar] if pillar != IMPROVEMENT else 0.0
        value = np.zeros(len(total))
        for column in inside:
            value = value + column.weight / whole * utilities[_key(column)]
        total = total + weights[pillar] * np.array([of(FLOOR + (1 - FLOOR) * u) for u in value.tolist()])
    present = math.fsum(weights[pillar] for pillar in {column.pillar for column in columns})
    return [round(float(score) / present, _DIGITS) for score in total] if outside > 0 else None


def _ranks(scores: list[float]) -> Ints:
    """1 + how many are strictly better."""
    found = np.array(scores, dtype=np.float64)
    better = len(found) - np.searchsorted(np.sort(found), found, side="right")
    return np.asarray(1 + better, dtype=np.int64)


def _centred(ranks: Ints) -> Ints:
    """Twice the shared rank of each, less its mean, in whole numbers."""
    ordered = np.sort(ranks)
    first = np.searchsorted(ordered, ranks, side="left")
    last = np.searchsorted(ordered, ranks, side="right")
    return np.asarray(first + last - len(ranks), dtype=np.int64)


def _beside(column: Column, columns: list[Column]) -> bool:
    """Whether another metric shares its pillar, so that its weight matters."""
    return any(other.pillar == column.pillar and other.metric != column.metric for other in columns)


def _weighing(column: Column, weight: float) -> Column:
    return replace(column, weight=weight)


def _key(column: Column) -> tuple[str, str]:
    return column.pillar, column.metric
