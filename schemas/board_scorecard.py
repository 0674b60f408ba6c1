"""What the board's page of the scorecard is made of: what counts and how much. Source: `schemas.board`, which has the rules."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from schemas.board import Whole
from schemas.score import Published, Ratio

__all__ = ["ScorecardMetric", "ScorecardPillar", "ScorecardWords"]


class ScorecardMetric(Published):
    """How one metric counts."""

    metric: str
    title: str
    description: str
    weight: Ratio = Field(description="Within its pillar.")
    unit: str
    window_days: Annotated[int, Field(ge=1)]
    better: Literal["higher", "lower"]
    target: float | None = Field(description="That the scorecard states; target records come before it.")
    min_n: Whole = Field(description="Fewer records count as none.")
    per_day: bool = Field(description="`target` is a working day's.")


class ScorecardPillar(Published):
    """A pillar. `improvement` has no metrics of its own: it is the slopes of the others."""

    name: str
    weight: Ratio
    metrics: list[ScorecardMetric]


class ScorecardWords(Published):
    """`/api/v1/board/scorecard`: what counts and how much."""

    label: str
    author: str | None = Field(description="Who put it into force; null where the log does not say.")
    since: AwareDatetime | None
    pillars: list[ScorecardPillar]
    rules: list[str] = Field(description="Sentences: evidence, window, improvement, peers, drops.")
    toml: str = Field(description="The file's text; empty where it cannot be read any longer.")
