"""What we publish: the score of a subject, and why it is what it is.

The models document and validate the messages; workers build plain objects of the same shape. Numbers are not rounded.
"""

from __future__ import annotations

import math
from datetime import date
from typing import Annotated, Final, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from schemas.explanation import CLOSES_WITHIN, Part

__all__ = [
    "WINDOWS",
    "Explanation",
    "MetricScore",
    "PillarScore",
    "ScoreUpdated",
    "ScoreVersion",
    "Subject",
    "WindowValue",
    "Windows",
]

Subject = Literal["rep", "team", "territory", "company"]
"""What has a score; the company's id is `company`."""

WINDOWS: Final = ("7d", "28d", "91d", "364d")
"""Rolling windows, each ending with `as_of` included."""

Points = Annotated[float, Field(ge=0, le=100)]
Ratio = Annotated[float, Field(ge=0, le=1)]
SubjectId = Annotated[str, Field(min_length=1, max_length=200)]


class Published(BaseModel):
    """Strict, finite and closed: a misspelt or missing field is an error, not a surprise downstream."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class WindowValue(Published):
    """A metric over one window. No evidence: 0.0 for sums, null for everything else, and n 0."""

    value: float | None = Field(description="Raw: never shrunk, prorated, winsorised or capped.")
    n: Annotated[int, Field(ge=0)] = Field(description="Records behind it; a split deal counts once for each subject.")


class Windows(Published):
    """A metric over all windows."""

    d7: WindowValue = Field(alias="7d")
    d28: WindowValue = Field(alias="28d")
    d91: WindowValue = Field(alias="91d")
    d364: WindowValue = Field(alias="364d")


class MetricScore(Published):
    """One metric of a subject."""

    unit: str = Field(description="A currency, s, ratio, points, 1 ...")
    windows: Windows
    target: float | None = Field(description="What was asked for, in the unit; null if nothing was.")
    shrunk: float | None = Field(description="The value drawn towards the peers'; null if not in the scorecard.")
    utility: Ratio | None = Field(description="The shrunk value on 0..1, where 0.7 is on target; null if not scored.")
    pillar: str | None = Field(description="The pillar it belongs to; null if it is shown only.")


class PillarScore(Published):
    """One pillar of a subject."""

    value: Ratio | None = Field(description="Weighted mean of its metrics' utilities; null if it has none.")
    weight: Ratio = Field(description="As used, after what is absent has given its weight away.")


class ScoreVersion(BaseModel):
    """What makes two computations of the same score differ in bytes: left out when scores are compared."""

    model_config = ConfigDict(extra="allow", frozen=True)

    known_at: AwareDatetime = Field(description="Records that arrived until then were known.")


class ScoreUpdated(Published):
    """The score of a subject on a date. Source: contract.md section 4."""

    subject: Subject
    id: SubjectId
    team_id: SubjectId | None = Field(description="The rep's team on that date; null for groups.")
    as_of: date
    scorecard: str = Field(description="Name and version, like default@1.")
    norms: str | None = Field(
        description="Quarter and a digest of the norms' content, like 2026Q1@996c082c0586; null before there are any."
    )
    score: Points | None
    low: Points | None = Field(description="Lower end of the 80 % interval.")
    high: Points | None = Field(description="Upper end of the 80 % interval.")
    level: Points | None = Field(description="The score without its improvement pillar.")
    improvement: Points | None = Field(description="50 is flat.")
    coverage: Ratio = Field(description="Share of the scorecard's weight that has evidence.")
    status: Literal["scored", "insufficient_evidence"]
    pillars: dict[str, PillarScore]
    metrics: dict[str, MetricScore] = Field(description="Every metric, in the scorecard or not.")
    unrated: dict[str, float] = Field(description="Major units by currency that no exchange rate was found for.")
    version: ScoreVersion

    @model_validator(mode="after")
    def _agree(self) -> Self:
        figures = (self.low, self.score, self.high)
        if self.status == "insufficient_evidence":
            if figures != (None, None, None):
                raise ValueError("score, low, high: expected null with insufficient_evidence")
        elif self.score is None:
            raise ValueError("score: expected a number when scored, got null")
        elif (self.low is None) != (self.high is None):
            raise ValueError(f"low, score, high: expected both ends of the interval or none, got {figures}")
        elif self.low is not None and self.high is not None and not self.low <= self.score <= self.high:
            raise ValueError(f"low, score, high: expected low <= score <= high, got {figures}")
        if self.subject != "rep" and self.team_id is not None:
            raise ValueError(f"team_id: expected null for a {self.subject}, got {self.team_id!r}")
        if self.subject == "company" and self.id != "company":
            raise ValueError(f"id: expected 'company' for the company, got {self.id!r}")
        return self


class Explanation(Published):
    """Why a score is what it is: what `upscore explain --json` prints. Source: contract.md section 4."""

    subject: Subject
    id: SubjectId
    before: ScoreUpdated | None = Field(alias="from")
    after: ScoreUpdated = Field(alias="to")
    parts: list[Part] = Field(description="Sum to to.score - from.score within 1e-9; empty where either is null.")

    @model_validator(mode="after")
    def _close(self) -> Self:
        if self.before is not None and self.before.score is not None and self.after.score is not None:
            change, total = self.after.score - self.before.score, math.fsum(part.points for part in self.parts)
            if abs(total - change) > CLOSES_WITHIN:
                raise ValueError(f"parts: expected a sum of {change}, the change of the score, got {total}")
        return self
