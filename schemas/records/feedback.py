"""What customers say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final, Literal

from pydantic import Field

from schemas.records.common import Comment, Id, Instant, Versioned
from schemas.records.invalid import invalid_field

__all__ = ["RANGES", "Feedback", "Scale"]

Scale = Literal["csat_5", "nps_11", "ces_7", "stars_5", "thumbs"]

RANGES: Final[dict[str, tuple[int, int]]] = {
    "csat_5": (1, 5),
    "nps_11": (0, 10),
    "ces_7": (1, 7),
    "stars_5": (1, 5),
    "thumbs": (0, 1),
}
"""Lowest and highest value of each scale."""


@dataclass(slots=True, kw_only=True)
class Feedback(Versioned):
    """One answer of a customer. Source: contract.md section 1.

    Attributes:
        rep_id: The owner at the time.
        occurred_at: When it was given.
        scale: What was asked.
        value: A whole number within the scale's range, see `RANGES`; for thumbs 1 is up.
        customer_id: Who answered.
        deal_id: About which deal.
        comment: In the customer's words. Personal data.
    """

    type: Literal["feedback"]
    rep_id: Id
    occurred_at: Instant
    scale: Scale
    value: Annotated[int, Field(strict=True, ge=0, le=10)]
    customer_id: Id | None = None
    deal_id: Id | None = None
    comment: Comment | None = None

    def __post_init__(self) -> None:
        """Refuse a value that the scale does not have."""
        low, high = RANGES[self.scale]
        if not low <= self.value <= high:
            raise invalid_field("value", f"expected {low} to {high} on {self.scale}, got {self.value}")
