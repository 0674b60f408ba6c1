"""What we alert of: a real drop of a subject's score, and its end.

The models document and validate the messages on `upscore.alerts.v1`; workers build plain objects of the same shape. Numbers
are not rounded.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from schemas.explanation import Part, RecordPoints
from schemas.score import Points, Published, ScoreVersion, Subject, SubjectId

__all__ = ["ScoreDropped", "ScoreRecovered"]


class Alert(Published):
    """What both alerts say."""

    subject: Subject
    id: SubjectId
    team_id: SubjectId | None
    manager: str | None = Field(description="Where the alert goes, from the team record; null if it names nobody.")
    as_of: date
    scorecard: str
    norms: str | None
    metric: str = Field(description="The metric whose chart tells of the change.")
    statistic: Annotated[float, Field(ge=0)] = Field(description="C of the chart.")
    threshold: Annotated[float, Field(gt=0)] = Field(description="h of the chart: an alarm is above it.")
    budget: Annotated[float, Field(gt=0)] | None = Field(
        None, description="False alerts a team and year that the scorecard allows; h was raised until it is kept."
    )
    since: date = Field(description="The day the chart last stood at 0.")
    score_before: Points | None = Field(description="On the day of `since`.")
    score_after: Points | None = Field(description="On the day of `as_of`.")
    low: Points | None = Field(None, description="Lower end of the 80 % interval of score_after.")
    high: Points | None = Field(None, description="Upper end of the 80 % interval of score_after.")
    cause_key: str | None = Field(
        None, description="What lost most in the drop, as pillar/metric, or corrections: one alert a cause in 14 days."
    )
    version: ScoreVersion

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if (self.low is None) != (self.high is None):
            raise ValueError(f"low, high: expected both ends of the interval or none, got {(self.low, self.high)}")
        low, score, high = self.low, self.score_after, self.high
        if low is not None and high is not None and (score is None or not low <= score <= high):
            raise ValueError(f"low, score_after, high: expected low <= score_after <= high, got {(low, score, high)}")
        if self.since > self.as_of:
            raise ValueError(f"since: expected {self.as_of} (as_of) or before, got {self.since}")
        return self


class ScoreDropped(Alert):
    """A drop that is no noise, with what it is associated with. Source: method.md section 8."""

    type: Literal["ScoreDropped"]
    severity: Literal["warning", "alarm"]
    cause: str = Field(description="The part with the largest loss, in a few words.")
    parts: list[Part] = Field(description="The waterfall from score_before to score_after.")
    worst_records: list[RecordPoints] | None = Field(
        None, description="Of the records named in the parts those with the greatest losses, greatest first."
    )

    @model_validator(mode="after")
    def _lose(self) -> Self:
        points = [record.points for record in self.worst_records or ()]
        if any(lost >= 0 for lost in points) or points != sorted(points):
            raise ValueError(f"worst_records: expected points below 0, the greatest loss first, got {points}")
        return self


class ScoreRecovered(Alert):
    """The chart of a drop is back below half its threshold. Source: method.md section 8."""

    type: Literal["ScoreRecovered"]
    dropped_as_of: date = Field(description="`as_of` of the drop that ends here.")
    restarted: bool | None = Field(
        None,
        description="The chart has begun anew (a team move, the end of a ramp, a long absence), or the rep has left: "
        "that, and no better figures, ends the drop.",
    )
