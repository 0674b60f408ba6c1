"""Tiers: who can be told apart from whom, and from the middle. Ranks that noise alone would make are not given."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

APART: Final = 1.2815515655446004
"""Standard deviations between two scores from which P(one is higher) > 0.9: they are told apart."""
_BEYOND_MEDIAN = 1.959963984540054  # P > 0.975
_BLOCK = 512  # reps compared with all others at once: bounds the memory, not the answer
_FEWEST_PEERS = 3


def probability_higher(score: float, variance: float, other: float, other_variance: float) -> float:
    """P(S_i > S_j) = Φ((ln S_i - ln S_j)/√(v_i + v_j)) of two scores; a half where both are certain and equal.

    Args:
        score: of the one, above 0.
        variance: of its logarithm (`Interval.variance`).
        other: score of the other.
        other_variance: likewise.

    Source: method.md section 7; Goldstein & Spiegelhalter (JRSS A 159, 1996).

    >>> round(probability_higher(60.0, 0.01, 50.0, 0.01), 4), probability_higher(50.0, 0.0, 50.0, 0.0)
    (0.9013, 0.5)
    """
    ahead, sd = math.log(score) - math.log(other), math.sqrt(variance + other_variance)
    if not sd:
        return 0.5 if not ahead else float(ahead > 0)
    return 0.5 * math.erfc(-ahead / sd / math.sqrt(2))


@dataclass(frozen=True, slots=True)
class RankIntervals:
    """Of each of k reps, in the order given: the best and the worst rank that it may have, 1..k."""

    best: Ints
    worst: Ints


def rank_intervals(
    scores: Sequence[float] | Floats, variances: Sequence[float] | Floats, first: int | None = None
) -> RankIntervals:
    """1 + #{j: P(S_j > S_i) > 0.9} to k - #{j: P(S_i > S_j) > 0.9}; none for no reps.

    Each rep is compared with each: k² steps in numpy, 3,000 reps in half a second; `first`·k where only those are asked for. A
    rep's own ranks do not depend on where it stands in the input.

    Args:
        scores: above 0.
        variances: of their logarithms.
        first: of how many, from the beginning, the intervals are wanted; all if None.

    Source: method.md section 7; Goldstein & Spiegelhalter (JRSS A 159, 1996).

    >>> ranks = rank_intervals([80.0, 60.0, 58.0], [0.004, 0.004, 0.004])
    >>> ranks.best.tolist(), ranks.worst.tolist()
    ([1, 2, 2], [1, 3, 3])
    """
    logs, v = _logs(scores), np.asarray(variances, dtype=np.float64)
    k = len(logs)
    wanted = k if first is None else min(first, k)
    behind, ahead = np.zeros(wanted, dtype=np.int64), np.zeros(wanted, dtype=np.int64)
    for start in range(0, wanted, _BLOCK):
        block = slice(start, min(start + _BLOCK, wanted))
        lead = logs[block, None] - logs[None, :]
        reach = APART * np.sqrt(v[block, None] + v[None, :])
        ahead[block] = (lead > reach).sum(axis=1)
        behind[block] = (-lead > reach).sum(axis=1)
    return RankIntervals(1 + behind, k - ahead)


def tiers(scores: Sequence[float] | Floats, variances: Sequence[float] | Floats) -> list[str]:
    """`above`, `typical` or `below` of each peer: where P(S_i > the others' median) > 0.975, or P(S_i < it), else typical.

    The median is that of the *other* peers, so that nobody is measured against himself and the two are independent. It is an
    estimate as well: to v_i is added its variance by the noise of the scores it is made of, (π/2)·mean(v_j)/(k-1), which is
    the large-sample variance of the median of as many normal values. What the peers' true scores differ by is not added: the
    question is where the middle of *these* peers lies. With fewer than 3 others everybody is typical.

    Source: method.md section 7; Kenney & Keeping (1962), variance of a median.

    >>> tiers([90.0, 50.0, 51.0, 52.0, 20.0], [0.01] * 5)
    ['above', 'typical', 'typical', 'typical', 'below']
    """
    logs, v = _logs(scores), np.asarray(variances, dtype=np.float64)
    k = len(logs)
    if k - 1 < _FEWEST_PEERS:
        return ["typical"] * k
    order = np.sort(logs)
    place = np.searchsorted(order, logs)
    # without the one at `place`, the element r of the others is order[r] before it and order[r + 1] from it on
    low, high = (k - 2) // 2, (k - 1) // 2
    median = (order[low + (place <= low)] + order[high + (place <= high)]) / 2
    noise = math.pi / 2 * (math.fsum(v) - v) / (k - 1) ** 2
    distance = logs - median
    reach = _BEYOND_MEDIAN * np.sqrt(v + np.maximum(noise, 0.0))
    return [
        "above" if up else "below" if down else "typical"
        for up, down in zip(distance > reach, -distance > reach, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class Spread:
    """How the scores of a group's members lie, beside the group's own: quartiles, ends, and what of it is more than noise.

    `real` is the standard deviation between members in points that noise does not explain: √max(0, var(ln S) - mean v) times
    the median. 0 says that the members cannot be told apart as a whole.
    """

    members: int
    lowest: float
    lower_quartile: float
    median: float
    upper_quartile: float
    highest: float
    real: float


def spread(scores: Sequence[float] | Floats, variances: Sequence[float] | Floats) -> Spread | None:
    """The spread of the members' scores, of those that have one; None for none.

    Quartiles are interpolated between the two nearest members (type 7).

    Source: method.md section 7 (members' spread); `real` by moments, as the spread between reps in section 4.

    >>> spread([40.0, 50.0, 60.0], [0.5, 0.5, 0.5])
    Spread(members=3, lowest=40.0, lower_quartile=45.0, median=50.0, upper_quartile=55.0, highest=60.0, real=0.0)
    """
    k = len(scores)
    if not k:
        return None
    ordered = sorted(float(score) for score in scores)
    lower, median, upper = (_between(ordered, share) for share in (0.25, 0.5, 0.75))
    logs = [math.log(score) for score in ordered]
    mean = math.fsum(logs) / k
    seen = math.fsum((log - mean) ** 2 for log in logs) / (k - 1) if k > 1 else 0.0
    real = math.sqrt(max(0.0, seen - math.fsum(variances) / k)) * median
    return Spread(k, ordered[0], lower, median, upper, ordered[-1], real)


def _logs(scores: Sequence[float] | Floats) -> Floats:
    """By the library of C, one by one: numpy's own may differ in the last digit by where a value stands."""
    return np.array([math.log(score) for score in scores], dtype=np.float64)


def _between(ordered: Sequence[float], share: float) -> float:
    place = share * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])
