"""The waterfall: what a change of a score is made of."""

from __future__ import annotations

import math
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

__all__ = ["CLOSES_WITHIN", "Part", "RecordPoints"]

CLOSES_WITHIN: Final = 1e-9
"""A part's own parts sum to its points within this. Source: contract.md section 4."""


class RecordPoints(BaseModel):
    """One record's points: it entered or left the window, or was corrected."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    type: str
    id: Annotated[str, Field(min_length=1, max_length=200)]
    points: float


class Part(BaseModel):
    """A part of a change, in points of the score. Source: method.md section 9."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    cause: str = Field(
        description="scorecard, people, corrections, market, pillar; below a pillar: metric, volume (its weight came or went); "
        "below a metric: volume, mix, rate (by segment), weight, norm, target; below a sum's volume: days, volume by segment; "
        "lowest: records, rest"
    )
    points: float
    pillar: str | None = None
    metric: str | None = None
    segment: str | None = None
    records: list[RecordPoints] | None = None
    parts: list[Part] | None = None

    @model_validator(mode="after")
    def _close(self) -> Self:
        if self.parts:
            total = math.fsum(part.points for part in self.parts)
            if abs(total - self.points) > CLOSES_WITHIN:
                raise ValueError(f"parts of {self.cause}: expected a sum of {self.points}, got {total}")
        return self
