"""Maturation by brute force: one deal after another, one day after another. Source: method.md sections 2 and 3."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from scoring.maturation import Deal


def age_at_win(deal: Deal, as_of: int) -> int | None:
    """The age on the day of winning, if that day has come."""
    return max(deal.won - deal.opened, 0) if deal.won is not None and deal.won <= as_of else None


def won_by_age(deals: Sequence[Deal], as_of: int, age: int) -> Fraction:
    """F(age) by following the deals day by day: of those that come to an age unwon, the part that is won at it.

    >>> won_by_age([Deal(1, 2), Deal(1, None), Deal(9, None)], 9, 1)
    Fraction(1, 2)
    """
    unwon = Fraction(1)
    for day in range(age + 1):
        there, won = Fraction(0), Fraction(0)
        for deal in deals:
            at = age_at_win(deal, as_of)
            if at is None and deal.opened + day <= as_of:
                there += Fraction(deal.weight)
            elif at is not None and at >= day:
                there += Fraction(deal.weight)
                won += Fraction(deal.weight) if at == day else 0
        if there:
            unwon *= 1 - won / there
    return 1 - unwon


def percentile(deals: Sequence[Deal], as_of: int, share: Fraction) -> int:
    """The first age by which that share of the won deals was won.

    >>> percentile([Deal(1, 3), Deal(1, 5), Deal(1, None)], 9, Fraction(1, 2))
    2
    """
    won = [(at, Fraction(deal.weight)) for deal in deals if (at := age_at_win(deal, as_of)) is not None]
    age = 0
    while sum(weight for at, weight in won if at <= age) < share * sum(weight for _, weight in won):
        age += 1
    return age


def cohort(
    deals: Sequence[Deal], as_of: int, shares: Sequence[float], opened_days: int
) -> tuple[Fraction, Fraction] | None:
    """N, the ripe deals that it is worth, and p̂ of the deals opened in the last days; None without any chance of a win so far.

    >>> cohort([Deal(9, 10), Deal(9, None)], 10, (0.0, 0.25, 0.5), 30)
    (Fraction(2, 3), Fraction(1, 1))
    """
    horizon, end = len(shares) - 1, Fraction(shares[-1])
    wins = chances = doubt = Fraction(0)
    for deal in deals:
        if deal.opened > as_of or deal.opened + opened_days <= as_of:
            continue
        age = min(horizon, as_of - deal.opened)
        weight, chance, at = Fraction(deal.weight), Fraction(shares[age]), age_at_win(deal, as_of)
        wins += weight if at is not None and at <= age else 0
        chances += weight * chance
        doubt += weight * chance * (1 - chance)
    if not chances:
        return None
    n = chances if not doubt or end == 1 else (1 - end) * chances**2 / (end * doubt)
    return n, min(max(end * wins / chances, Fraction(0)), Fraction(1))
