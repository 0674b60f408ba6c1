"""Credit: who shares in a record, and how whole numbers are divided without losing one."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import floor
from typing import Any

WHOLE = 1_000_000
"""One whole record, in millionths."""


def largest_remainder(total: int, weights: Mapping[str, Fraction | int]) -> dict[str, int]:
    """`total` divided in proportion to `weights` into integers that sum to it.

    Each gets its quota rounded down; what is left goes, one each, to the largest remainders, ties to the earlier in the
    mapping. The parts of a negative total are those of the positive one, negated. Source: contract.md section 1.

    >>> largest_remainder(100, {"a": 1, "b": 1, "c": 1})
    {'a': 34, 'b': 33, 'c': 33}
    """
    if total < 0:
        return {name: -part for name, part in largest_remainder(-total, weights).items()}
    if len(weights) == 1:
        return dict.fromkeys(weights, total)
    whole = sum(weights.values())
    quotas = {name: Fraction(total * weight) / whole for name, weight in weights.items()}
    parts = {name: floor(quota) for name, quota in quotas.items()}
    left = total - sum(parts.values())
    by_remainder = sorted(quotas, key=lambda name: parts[name] - quotas[name])  # sorted() keeps ties in their order
    for name in by_remainder[:left]:
        parts[name] += 1
    return parts


def shares(record: Any) -> dict[str, int]:
    """Millionths of a record by rep, above 0 and summing to 1,000,000: its splits, else all of it to `rep_id`.

    A rep listed twice is added up at its first place, before scaling. Source: contract.md section 1.
    """
    splits = getattr(record, "splits", None)
    if not splits:
        return {record.rep_id: WHOLE}
    stated: dict[str, Fraction] = {}
    for split in splits:
        stated[split.rep_id] = stated.get(split.rep_id, Fraction(0)) + Fraction(split.share)
    return {rep_id: share for rep_id, share in largest_remainder(WHOLE, stated).items() if share > 0}
