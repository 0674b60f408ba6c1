"""Spread: what several runs gave, in one cell of a table."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

__all__ = ["spread"]


def spread(values: Sequence[float], form: str) -> str:
    """The median, and where the values lie if they are several.

    >>> spread([3.0, 1.0, 2.0], ",.0f"), spread([1.0], ",.0f")
    ('2 (1 to 3)', '1')
    """
    middle = format(median(values), form)
    return middle if len(values) == 1 else f"{middle} ({min(values):{form}} to {max(values):{form}})"
