"""The outside world: exchange rates, the market's slow wave, the season within a quarter."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import NamedTuple

from streams.simulator.catalogue import CURRENCIES
from streams.simulator.dice import dice, normal, wave
from streams.simulator.workdays import month_in_quarter, quarter

_WAVE_DAYS = 310
_LAST_DAYS = 10


class Season(NamedTuple):
    """Factors around 1 on the chances to win a ripe deal and to lose one; the usual discount (share of the list)."""

    win: float
    lose: float
    discount: float


_SEASONS = (Season(0.72, 1.05, 0.06), Season(0.85, 1.0, 0.08), Season(1.75, 0.85, 0.11))


def season(day: date) -> Season:
    """The season: quarters begin slowly and end with a rush.

    >>> [round(season(date(2025, month, day)).win, 2) for month, day in ((1, 15), (2, 15), (3, 10), (3, 28))]
    [0.72, 0.85, 1.75, 2.36]
    """
    usual = _SEASONS[month_in_quarter(day)]
    if (quarter(day)[1] - day).days < _LAST_DAYS:
        return Season(usual.win * 1.35, usual.lose, usual.discount + 0.03)
    return usual


def exchange_rate(seed: int, currency: str, ordinal: int) -> str:
    """Base units for one unit of the currency on that day, as a decimal string of five places.

    >>> exchange_rate(1, "EUR", 739252)
    '1.10651'
    """
    place = tuple(CURRENCIES).index(currency)
    r = dice(seed, "fx", place, ordinal)
    turns = ordinal / (230.0 + 60.0 * place)
    return f"{CURRENCIES[currency] * (1.0 + 0.035 * wave(turns) + 0.003 * normal(r)):.5f}"


@lru_cache(maxsize=64)
def market_index(seed: int, segment: int, ordinal: int) -> float:
    """The market's index (100 = normal) of a territory by its place, or of all with segment -1; one decimal.

    >>> market_index(1, -1, 739252), 80 < min(market_index(1, 0, 739252 + d) for d in range(400)) < 100
    (98.0, True)
    """
    phase = dice(seed, "market").random() + 0.08 * segment
    noise = normal(dice(seed, "market", segment, ordinal))
    return round(100.0 + 11.0 * wave(ordinal / _WAVE_DAYS + phase) + 0.6 * noise, 1)
