"""Logarithmic mean: the weight that turns a change of a logarithm into the change of the number itself."""

from __future__ import annotations

import math


def logarithmic_mean(a: float, b: float) -> float:
    """L(a, b) = (a - b)/ln(a/b), between the two; L(a, a) = a. So L(a, b)·ln(a/b) = a - b.

    It is the mean over t in 0..1 of a^(1-t)·b^t. One formula serves near and far: with b the smaller one and r = (a - b)/b it is
    b·r/log1p(r), which loses no digits where a and b nearly agree. The two may be swapped without changing a bit.

    Raises:
        ValueError: a or b is not above 0.

    Source: method.md section 9; Ang, LMDI (Energy Policy 32, 2004).

    >>> round(logarithmic_mean(100.0, 50.0), 6), logarithmic_mean(61.4, 61.4), logarithmic_mean(2.0, 1.0) * math.log(2.0)
    (72.134752, 61.4, 1.0)
    """
    low, high = min(a, b), max(a, b)
    if not low > 0:
        raise ValueError(f"logarithmic mean of {a!r} and {b!r}; expected both above 0")
    difference = high - low
    return difference / math.log1p(difference / low) if difference else low
