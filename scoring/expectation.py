"""Expectation: what a week lets expect of a rep, from the norm, the season, the market and the rest of the whole."""

from __future__ import annotations

from typing import Final, NamedTuple

from scoring.evidence import Evidence, Kind

NORM_WEIGHT: Final = 20.0
"""Observations (days present, of a sum) that the norm weighs beside the rest of the team in the same week."""
LOWEST_RATE: Final = 0.02
HIGHEST_RATE: Final = 0.98
LARGEST_CHANGE: Final = 10.0
"""No week is expected to be beyond so many times, or below such a part of, what norm, season and market say of a sum."""


_NOTHING: Final = Evidence()


class Expected(NamedTuple):
    """The value expected of a rep in one week, and the observations of the rest of the team that it rests on (0: none)."""

    value: float
    rest: float


class Parts(NamedTuple):
    """The three numbers that are shown, in the metric's unit: raw value, market and season part, rep part.

    `raw` and `rep` are None without evidence; else the norm + `market` + `rep` is `raw`.
    """

    raw: float | None
    market: float
    rep: float | None


def rest_of(whole: Evidence, own: Evidence) -> Evidence:
    """The evidence of a team in one week without one member's, or of the company without a team's; nothing left is `Evidence()`.

    Pool the whole in any order (`pooled` rounds each sum once): subtracting keeps that, and costs the same in a team of
    any size.

    >>> rest_of(Evidence(9, 5, 9), Evidence(4, 1, 4))
    Evidence(n=5.0, total=4.0, base=5.0, squares=0.0, cross=0.0, base_squares=0.0)
    """
    n, base = whole.n - own.n, whole.base - own.base
    if n <= 0 or base <= 0:  # below 0 by rounding alone, where shares of split deals are no binary fractions
        return Evidence()
    squares, base_squares = max(0.0, whole.squares - own.squares), max(0.0, whole.base_squares - own.base_squares)
    return Evidence(
        float(n), float(whole.total - own.total), float(base), squares, whole.cross - own.cross, base_squares
    )


def baseline(
    kind: Kind, norm: float, phase: float | None = None, market: float = 100.0, *, positive: bool = False
) -> float:
    """e0: what norm, phase of the quarter and market let expect of a week, before its own evidence.

    A rate moves in odds, so it stays a rate. A sum, and a mean of values above 0, move in proportion. Other means and
    ratios of money move by a difference, so that logarithms and points below 0 are possible, and never with the market
    (method.md names rates alone; the others are chosen here).

    Args:
        kind: rate, sum, mean or ratio.
        norm: m of the norms in force; of a rate above 0 and below 1.
        phase: of the quarter: the odds ratio of a rate, the ratio of what moves in proportion (both above 0), else a
            difference; None where fewer than three past quarters tell it.
        market: the index, above 0; 100 is normal. A metric that does not follow the market (calls, days) is given 100.
        positive: a mean of values above 0, such as days or seconds.

    Raises:
        ValueError: a rate's norm is not between 0 and 1, or phase or market is not above 0 where it must be.

    Source: method.md section 5.

    >>> baseline("rate", 0.5, phase=1.5), round(baseline("rate", 0.5, market=50.0), 4)
    (0.6, 0.3333)
    >>> baseline("sum", 8.0, phase=0.5, market=110.0), baseline("mean", 3.5, phase=-0.5, market=80.0)
    (4.4, 3.0)
    """
    if not _proportional(kind, positive) and kind != "rate":
        return norm + (phase or 0.0)
    ratio = 1.0 if phase is None else phase
    if not (ratio > 0 and market > 0):
        raise ValueError(f"phase is {phase!r} and market is {market!r} for a {kind}; expected both above 0")
    if kind != "rate":
        return norm * ratio * (market / 100)
    if not 0 < norm < 1:
        raise ValueError(f"the norm of a rate is {norm!r}; expected above 0 and below 1")
    odds = norm / (1 - norm) * ratio * (market / 100)  # exp(logit m + ln phase + ln(market / 100)), without logarithms
    return odds / (1 + odds)


def expected(
    kind: Kind,
    e0: float,
    rest: Evidence,
    beyond: Evidence = _NOTHING,
    *,
    positive: bool = False,
) -> Expected:
    """e: the baseline, moved by the rest of the company and then by the rest of the team in the same week.

    e = (n_rest * x_rest + 20 * e1) / (n_rest + 20), x_rest being the value of the rest of the team; e1 is the same of
    e0 and the rest of the company, and e0 itself where nothing is given. Method.md went from e0 to the team in one
    step. A team of five follows only half of a season then, and what is left of it stays for weeks: at a season of 0.4
    in log odds the charts gave a false alarm in 707 points, with the company between in 1,284 (docs/method/drops.md).

    For sums n is days present: the variance of a sum is phi * e a day, as that of a rate is e(1 - e) an observation, so
    the same weight has the same meaning. Rates are kept within 0.02..0.98. What moves in proportion, where e0 is above
    0, is kept within a tenth and ten times of e0, so that a week in which the team's refunds exceed its sales does not
    let expect losses. Others are not bounded.

    Args:
        kind: rate, sum, mean or ratio.
        e0: from `baseline`.
        rest: the rest of the team in the week (`rest_of`); of a team the other teams of its company, of the company
            nothing.
        beyond: the company in the week without the team, or nothing.
        positive: as in `baseline`.

    Source: method.md section 5.

    >>> expected("rate", 0.5, Evidence(20, 14, 20)), expected("rate", 0.5, Evidence())
    (Expected(value=0.6, rest=20), Expected(value=0.5, rest=0.0))
    >>> expected("rate", 0.5, Evidence(), beyond=Evidence(20, 14, 20)), expected("sum", 8.0, Evidence(20, -900.0, 20))
    (Expected(value=0.6, rest=0.0), Expected(value=0.8, rest=20))
    """
    value = _drawn(_drawn(e0, beyond), rest)
    if kind == "rate":
        value = min(HIGHEST_RATE, max(LOWEST_RATE, value))
    elif _proportional(kind, positive) and e0 > 0:
        value = min(e0 * LARGEST_CHANGE, max(e0 / LARGEST_CHANGE, value))
    return Expected(value, rest.n if rest.n > 0 and rest.base > 0 else 0.0)


def _drawn(level: float, rest: Evidence) -> float:
    """A level, moved by evidence against which it weighs 20 observations."""
    if rest.n <= 0 or rest.base <= 0:
        return level
    found = rest.total if rest.n == rest.base else rest.n * (rest.total / rest.base)
    return (found + NORM_WEIGHT * level) / (rest.n + NORM_WEIGHT)


def _proportional(kind: Kind, positive: bool) -> bool:  # noqa: FBT001 - private, and the word says it
    return kind == "sum" or (kind == "mean" and positive)


def parts(norm: float, own: Evidence, of_week: Expected) -> Parts:
    """What is shown: the raw value, what market and season added to the norm, and what the rep added to that.

    >>> parts(0.5, Evidence(4, 3, 4), Expected(0.625, 20)), parts(0.5, Evidence(), Expected(0.625, 20))
    (Parts(raw=0.75, market=0.125, rep=0.125), Parts(raw=None, market=0.125, rep=None))

    Source: method.md section 5.
    """
    raw = own.value
    return Parts(raw, of_week.value - norm, None if raw is None else raw - of_week.value)
