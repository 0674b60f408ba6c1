"""Shrinkage: what a metric of one rep is worth beside what is known of the peers. Source: method.md section 4."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median
from typing import Final, NamedTuple

from scoring.evidence import Evidence, Kind

_Z80: Final = 1.2815515655446004
"""Standard deviations to either end of an 80 % interval."""
_LEAST_NOISE: Final = 0.1
"""A sum near 0 is still taken for no less noisy than a tenth of what it is at the level: nobody is known for certain."""
_LEAST_SIGNAL: Final = 0.2
"""Below this signal share a metric is not good for a ranking."""


class Limits(NamedTuple):
    """Choices of a scorecard: bounds of the prior weight M, and M where there is no spread to take it from.

    Method.md says 10 for the least. Measured (docs/method/prior_weight.py), that draws together reps who do differ: with rates
    0.25 apart and 10 deals, or means one noise sd apart, 80 % intervals then hold 39 to 77 % of the truths and errors are up to
    1.8 times as large. With 1 they hold 77 to 83 %, and errors are larger nowhere by 1 %, with 8 peers or 30: the floor of the
    spread already sees to it that chance among few peers gives no small M.
    """

    least: float = 1.0
    most: float = 500.0
    unknown: float = 50.0


@dataclass(frozen=True, slots=True)
class Norm:
    """What the peers say about one metric, in the metric's own unit (a day present for a `sum`).

    `level` is m; `total` and `base` are the peers' X and N (for a `ratio` the sum of d), both 0 where the level comes from a
    scorecard. `within` is s², the noise of one observation at that level, and `phi` for a `sum` its variance per unit of mean
    (0 otherwise). `spread` is the standard deviation tau between reps that is used, `measured` the one that was found, before
    its floor. `weight` is M, in observations; `peers` counts reps with evidence; `heterogeneity` is Q, about `peers - 1` where
    reps do not differ. `signal` is R, 0..1: the part of a typical rep's figure that is the rep.
    """

    kind: Kind
    level: float
    total: float
    base: float
    within: float
    phi: float
    spread: float
    measured: float
    weight: float
    peers: int
    heterogeneity: float
    signal: float

    @property
    def tells_apart(self) -> bool:
        """Whether any difference between reps was measurable."""
        return self.measured > 0

    @property
    def ranks(self) -> bool:
        """Whether a leaderboard by this metric says something: the signal share is 0.2 or more."""
        return self.signal >= _LEAST_SIGNAL

    def level_without(self, own: Evidence) -> float:
        """The level with a rep's own part of the frozen sums left out: (X - x)/(N - n), for rates (X - x + ½)/(N - n + 1).

        `own` is the rep's evidence in the norm's period, nothing for a rep who had none. Where nothing else is left, or the
        level comes from a scorecard, the level as it is.

        >>> norm = Norm("rate", 0.5, 30, 60, 0.25, 0, 0.1, 0.1, 24.0, 9, 12.0, 0.3)
        >>> norm.level_without(Evidence(n=11, total=10, base=11)), norm.level_without(Evidence())
        (0.41, 0.5)
        """
        base = self.base - own.base
        if base <= 0 or self.base <= 0:
            return self.level
        total = self.total - own.total
        return (total + 0.5) / (base + 1) if self.kind == "rate" else total / base

    def noise(self, value: float) -> float:
        """s² of one observation (of a day, for a `sum`) where the true value is `value`.

        For a `sum` phi times the size of the value, but never less than a tenth of s² at the level, so that a rep near 0, or
        with as much refunded as sold, is not taken for certain: a choice of ours where method.md says s² = phi·x̃ alone.

        >>> norm = Norm("sum", 4.0, 0, 0, 8.0, 2.0, 1.0, 1.0, 8.0, 9, 12.0, 0.3)
        >>> norm.noise(6.0), norm.noise(0.0), norm.noise(-6.0)
        (12.0, 0.8, 12.0)
        """
        if self.kind == "rate":
            return max(0.0, value * (1 - value))  # a rate of two separate counts, returns per deal, can be above 1
        if self.kind == "sum":
            return max(self.phi * abs(value), _LEAST_NOISE * self.within)
        return self.within


class Shrunk(NamedTuple):
    """A rep's metric as far as it is known: `raw` x̄ (None without evidence), `n`, the `level` without the rep and its `weight` M.

    `value` is x̃ between the two, `variance` that of the truth about it, and `low` to `high` hold the truth with 80 %.
    """

    raw: float | None
    n: float
    level: float
    weight: float
    value: float
    variance: float
    low: float
    high: float


def shrink(norm: Norm, seen: Evidence, own: Evidence = Evidence()) -> Shrunk:  # noqa: B008 - a tuple, and immutable
    """The rep's metric, drawn to the level of the others by how little was seen: x̃ = (n·x̄ + M·m)/(n + M).

    Args:
        norm: the peers', frozen.
        seen: the rep's evidence in the score window.
        own: the rep's part in the norm's sums, which is left out of the level.

    Posterior variance: rates x̃(1-x̃)/(n+M+1), else s²/(n+M); and 2/(k-3)·b²(x̄-m)² with b = M/(n+M) for k > 3 peers,
    because M is itself only estimated. Without evidence x̃ = m, with the variance of the prior.

    Source: method.md section 4; Morris (JASA 78, 1983) for the last term.

    >>> from scoring.evidence import of_rate
    >>> norm = Norm("rate", 0.5, 0, 0, 0.25, 0, 0.1, 0.1, 24.0, 5, 12.0, 0.3)
    >>> shrunk = shrink(norm, of_rate(8, 8))
    >>> shrunk.value, round(shrunk.variance, 6)  # 20/32; 0.234375/33 + (2/2)·0.75²·0.5²
    (0.625, 0.147727)
    >>> shrink(norm, Evidence())[:6]
    (None, 0.0, 0.5, 24.0, 0.5, 0.01)
    """
    m = norm.level_without(own)
    x = seen.value if seen.n > 0 else None
    n = 0.0 if x is None else float(seen.n)
    value = m if x is None else (n * x + norm.weight * m) / (n + norm.weight)
    variance = norm.noise(value) / (n + norm.weight + (1 if norm.kind == "rate" else 0))
    if x is not None and norm.peers > 3:  # noqa: PLR2004 - the formula's own
        pull = norm.weight / (n + norm.weight)
        off = pull * (x - m)
        variance += 2 / (norm.peers - 3) * (off * off)
    low, high = interval(norm.kind, value, variance)
    return Shrunk(x, n, m, norm.weight, value, variance, low, high)


def interval(kind: Kind, value: float, variance: float) -> tuple[float, float]:
    """The ends between which the truth lies with 80 %: 1.2816 standard deviations, a rate's within 0..1.

    >>> [round(end, 4) for end in (*interval("mean", 5.0, 4.0), *interval("rate", 0.9, 0.04))]
    [2.4369, 7.5631, 0.6437, 1.0]
    """
    reach = _Z80 * math.sqrt(variance)
    low, high = value - reach, value + reach
    return (max(0.0, low), min(1.0, high)) if kind == "rate" else (low, high)


def estimate(
    kind: Kind,
    evidence: Mapping[str, Evidence],
    phi: float | None = None,
    limits: Limits = Limits(),  # noqa: B008 - a tuple, and immutable
) -> Norm | None:
    """The norm of a metric from its peers' evidence over the norm's period; None where they do not give one.

    That is with fewer than two reps, where noise cannot be told from spread (one observation a rep, no phi of a `sum`), and
    for a `sum` with a level of 0 or a `rate` at 1 and above, whose noise is then unknown.
    How few peers are too few to trust is for the caller to decide.

    Args:
        kind: decides s²: m(1-m) for a `rate`; pooled within reps for a `mean`, and for a `ratio` that of y - R·d about each
            rep's own R, in units of the mean d; phi·m for a `sum`. Never one rep's own.
        evidence: by rep, in any order. Reps without any do not count.
        phi: of a `sum`, see `scoring.residuals.dispersion`.
        limits: of M.

    Source: method.md section 4: Q = Σn(x̄-m)²/s², τ̂² = max(0, (Q-(k-1))·s²/A), A = N - Σn²/N, less k-1 for rates;
    τ² = max(τ̂², s²·√(2(k-1))/A), M = s²/τ² (rates: less 1); R = the median of n/(n+M) with M from τ̂². Kleinman (JASA 68, 1973).

    >>> from scoring.evidence import of_rate
    >>> norm = estimate("rate", {"a": of_rate(100, 30), "b": of_rate(100, 50), "c": of_rate(100, 70)})
    >>> norm.level, norm.within, round(norm.heterogeneity, 12)
    (0.5, 0.25, 32.0)
    >>> round(norm.measured**2, 6), round(norm.weight, 6)  # 30·0.25/(300 - 100 - 2); 0.25/0.037879 - 1
    (0.037879, 5.6)
    """
    reps = [each for each in evidence.values() if each.n > 0 and each.base > 0]
    k, n = len(reps), math.fsum(rep.n for rep in reps)
    total, base = math.fsum(rep.total for rep in reps), math.fsum(rep.base for rep in reps)
    rate = kind == "rate"
    if k < 2:  # noqa: PLR2004 - a spread needs two
        return None
    level = (total + 0.5) / (base + 1) if rate else total / base
    within = _within(kind, reps, level, phi)
    scale = n - math.fsum(rep.n * rep.n for rep in reps) / n - (k - 1 if rate else 0)
    if within is None or scale <= n * 1e-9:
        return None
    distance = math.fsum(rep.n * (rep.total / rep.base - level) ** 2 for rep in reps)
    measured = max(0.0, (distance - (k - 1) * within) / scale)
    between = max(measured, within * math.sqrt(2 * (k - 1)) / scale)
    weight = _weight(rate, within, between, limits)
    return Norm(
        kind=kind,
        level=level,
        total=total,
        base=base,
        within=within,
        phi=(phi or 0.0) if kind == "sum" else 0.0,
        spread=math.sqrt(between),
        measured=math.sqrt(measured),
        weight=weight,
        peers=k,
        heterogeneity=distance / within if within > 0 else 0.0,
        signal=_signal(rate, within, measured, [rep.n for rep in reps]),
    )


def stated(kind: Kind, typical: float, spread: float, limits: Limits = Limits()) -> Norm:  # noqa: B008 - an immutable tuple
    """The norm that a scorecard states for want of peers: its typical value and spread, M = 50, and s² = M·τ² to go with them.

    No rep's own part is ever left out of it, and it tells no rep from another.

    >>> norm = stated("sum", 4.0, 0.4)
    >>> norm.level, norm.spread, norm.weight, round(norm.within, 12), round(norm.phi, 12), norm.ranks
    (4.0, 0.4, 50.0, 8.0, 2.0, False)
    """
    within = max(0.0, typical * (1 - typical)) if kind == "rate" else limits.unknown * spread * spread
    phi = within / abs(typical) if kind == "sum" and typical else 0.0
    return Norm(kind, typical, 0.0, 0.0, within, phi, spread, 0.0, limits.unknown, 0, 0.0, 0.0)


def _within(kind: Kind, reps: list[Evidence], level: float, phi: float | None) -> float | None:
    """s² of one observation, pooled over the reps; None where they do not tell."""
    if kind == "rate":
        return level * (1 - level) if level < 1 else None
    if kind == "sum":
        return phi * abs(level) if phi is not None and level else None
    freedom = math.fsum(rep.n for rep in reps) - len(reps)
    if freedom <= 0:
        return None
    mean_base = math.fsum(rep.base for rep in reps) / math.fsum(rep.n for rep in reps)
    return math.fsum(rep.residual(rep.total / rep.base) for rep in reps) / freedom / mean_base**2


def _weight(rate: bool, within: float, between: float, limits: Limits) -> float:  # noqa: FBT001 - which formula, no option
    if between <= 0:  # no noise and no spread: everybody is the same
        return limits.most
    return min(limits.most, max(limits.least, within / between - (1 if rate else 0)))


def _signal(rate: bool, within: float, measured: float, counts: list[float]) -> float:  # noqa: FBT001 - which formula, no option
    if measured <= 0:
        return 0.0
    weight = max(0.0, within / measured - (1 if rate else 0))
    return median(n / (n + weight) for n in counts)
