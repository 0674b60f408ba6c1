"""Grafana's name of each unit that we declare."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

POINTS: Final = "suffix: pts"
PER_SECOND: Final = "cps"
MOMENT: Final = "dateTimeAsIso"
"""Of unix time in milliseconds."""
COUNT: Final = "short"
RATIO: Final = "percentunit"
SECONDS: Final = "s"
BYTES: Final = "bytes"
TEXT: Final = "string"
"""Of values that are shown by their name or a mapping alone."""

_OF_FIGURES: Final[Mapping[str, str]] = {
    "count": COUNT,
    "ratio": RATIO,
    "days": "d",
    "seconds": SECONDS,
    "points": POINTS,
}


def unit_of_figure(unit: str, currency: str) -> str:
    """Grafana's unit of a sales metric; money is shown in the base currency, its code before the amount.

    >>> unit_of_figure("money", "EUR"), unit_of_figure("ratio", "EUR")
    ('currency:EUR ', 'percentunit')
    """
    return f"currency:{currency} " if unit == "money" else _OF_FIGURES[unit]
