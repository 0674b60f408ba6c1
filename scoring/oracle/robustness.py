"""Robustness: every variant scored rep by rep and ranked pair by pair."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from math import prod
from typing import NamedTuple

from scoring.goalposts import Goalposts


class Metric(NamedTuple):
    """One metric or slope: its name, its pillar, its weight there, and by rep its value and goalposts."""

    name: str
    pillar: str
    weight: float
    values: Sequence[float]
    posts: Sequence[Goalposts]


def scores(
    weights: Mapping[str, float], metrics: Sequence[Metric], *, arithmetic: bool = False, stretch: Mapping[str, float]
) -> list[float]:
    """Of each rep; `stretch` says of a metric how many times as far its goalposts are from the target. Source: method.md 7."""
    return [_score(weights, metrics, rep, stretch, arithmetic=arithmetic) for rep in range(len(metrics[0].values))]


def _score(
    weights: Mapping[str, float], metrics: Sequence[Metric], rep: int, stretch: Mapping[str, float], *, arithmetic: bool
) -> float:
    pillars: dict[str, list[tuple[float, float]]] = {}
    for metric in metrics:
        post, times = metric.posts[rep], stretch.get(metric.name, 1.0)
        wide = Goalposts(
            post.target - times * (post.target - post.worst),
            post.target,
            post.target + times * (post.best - post.target),
            post.cap,
        )
        pillars.setdefault(metric.pillar, []).append((metric.weight, wide.utility(metric.values[rep])))
    total = sum(weights[pillar] for pillar in pillars)
    parts = [
        (weights[pillar] / total, 0.05 + 0.95 * sum(w * u for w, u in inside) / sum(w for w, _ in inside))
        for pillar, inside in pillars.items()
    ]
    return sum(w * v for w, v in parts) if arithmetic else prod(v**w for w, v in parts)


def every_variant(weights: Mapping[str, float], metrics: Sequence[Metric]) -> dict[str, list[float]]:
    """By a name for each, the scores; also of variants that change nothing."""
    names = {metric.name for metric in metrics}
    plain: Callable[..., list[float]] = scores
    found = {"arithmetic": plain(weights, metrics, arithmetic=True, stretch={})}
    for times in (0.75, 1.25):
        for pillar in {metric.pillar for metric in metrics}:
            found[f"{pillar} x {times}"] = plain({**weights, pillar: weights[pillar] * times}, metrics, stretch={})
        for name in names:
            changed = [m._replace(weight=m.weight * times) if m.name == name else m for m in metrics]
            found[f"{name} x {times}"] = plain(weights, changed, stretch={})
    for name in names:
        for times in (0.9, 1.1):
            found[f"posts of {name} x {times}"] = plain(weights, metrics, stretch={name: times})
        rest = [metric for metric in metrics if metric.name != name]
        if any(metric.pillar != "improvement" for metric in rest):
            found[f"no {name}"] = plain(weights, rest, stretch={})
    return found


def rank(values: Sequence[float], i: int) -> int:
    """1 and one for each that is higher by more than rounding."""
    return 1 + sum(other > values[i] + 1e-12 for other in values)


def kendall(ranks: Sequence[int], other: Sequence[int]) -> float:
    """Tau-b, from pairs in agreement and in contradiction."""
    agree = contradict = apart = other_apart = 0
    for i, j in combinations(range(len(ranks)), 2):
        one, two = ranks[i] - ranks[j], other[i] - other[j]
        agree += one * two > 0
        contradict += one * two < 0
        apart += one != 0
        other_apart += two != 0
    return (agree - contradict) / (apart * other_apart) ** 0.5 if apart and other_apart else 1.0


def spearman(ranks: Sequence[int], other: Sequence[int]) -> float:
    """Pearson's correlation of the ranks, equal ones given the mean of their places."""

    def shared(of: Sequence[int]) -> list[float]:
        return [sum(x < mine for x in of) + (sum(x == mine for x in of) + 1) / 2 for mine in of]

    a, b = shared(ranks), shared(other)
    mean = (len(ranks) + 1) / 2
    top = sum((x - mean) * (y - mean) for x, y in zip(a, b, strict=True))
    scale = (sum((x - mean) ** 2 for x in a) * sum((y - mean) ** 2 for y in b)) ** 0.5
    return top / scale if scale else 1.0
