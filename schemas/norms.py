"""The norms in force: what scores are judged against, as the answer of `/api/v1/norms`. Numbers are not rounded."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from schemas.score import Published, Ratio
from schemas.standing import Count, Goalposts

__all__ = ["MetricNorm", "Norms"]

Days = Annotated[int, Field(ge=0)]


class MetricNorm(Published):
    """What the peers say about one metric, in the unit of `scored_in`. Sources: method.md sections 4 to 6."""

    kind: Literal["rate", "mean", "sum", "ratio"]
    scored_in: str = Field(description="The unit of all values here, such as 'ln USD' or 'count a day present'.")
    higher_is_better: bool
    collected: bool = Field(description="False: the company has no records of it, and its weight goes to others.")
    peers: Annotated[int, Field(ge=0)] = Field(description="Reps with evidence; 0: the scorecard states the norm.")
    level: float = Field(description="m.")
    spread: Count = Field(description="tau between reps, as used.")
    measured_spread: Count = Field(description="As found, before its floor; 0: no measurable difference.")
    smallest_spread: Count = Field(description="The smallest that matters; the greater sets the goalposts.")
    noise: Count = Field(description="s squared of one observation at the level; of a day present for a sum.")
    phi: Count | None = Field(description="Of a sum: its variance a unit of mean.")
    prior: Count = Field(description="M: the observations of its own that a rep needs to count for half.")
    heterogeneity: Count = Field(description="Q: about peers - 1 where reps do not differ.")
    signal: Ratio | None = Field(
        description="R: share of a typical rep's figure that is the rep; null: too few peers to say."
    )
    no_measurable_difference: bool
    lag: Annotated[float, Field(ge=-1, le=1)] = Field(
        description="Correlation of a week's residual with the one before."
    )
    phases: list[Count] = Field(description="Index by month of the quarter; empty where there is none.")
    goalposts: Goalposts = Field(description="Without a target record; with the scorecard's target if it states one.")


class Norms(Published):
    """The norms of the quarter of a date. Source: method.md section 6."""

    as_of: date = Field(description="The worker's date.")
    scorecard: str
    label: str | None = Field(
        description="Quarter and a digest of the content, as scores name it; null before there are any."
    )
    quarter: str
    first_week: date | None = Field(description="The Monday from which on weeks were taken; null without any.")
    before: date = Field(description="Weeks that were over before this day were taken.")
    provisional: bool = Field(description="No whole quarter has closed yet: they are renewed weekly.")
    score_window_days: Annotated[int, Field(ge=1)]
    median_cycle_days: Days = Field(description="Days from opening to winning, of half of the won deals or more.")
    horizon_days: Days = Field(description="A: by this age nine of ten wins have come.")
    cohort_days: Days = Field(description="Deals opened in so many days make the cohort of cohort_win_rate.")
    pipeline_days: Days = Field(description="An open deal counts as pipeline for so long.")
    won_by_age: list[Ratio] = Field(
        description="F(a): share of the opened deals won by the age of a whole days, a = 0..A."
    )
    metrics: dict[str, MetricNorm] = Field(description="Every metric of the scorecard.")
    correlations: dict[str, dict[str, float]] = Field(
        description="How weekly residuals of two metrics go together; each pair once, what is missing is 0."
    )
