"""What a score is made of: the answer of `/api/v1/standing/{subject}/{id}`, and what `upscore standing --json` prints.

The models document and validate the answer; workers build plain objects of the same shape. Numbers are not rounded, and are
enough to compute the score by hand.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from schemas.score import Points, Published, Ratio, ScoreVersion, Subject, SubjectId

__all__ = ["Advice", "Known", "Lever", "PartStanding", "Period", "PeriodToDate", "PillarStanding", "Standing"]

Count = Annotated[float, Field(ge=0)]


class ScoreWindow(Published):
    """The days over which the score is taken."""

    days: Annotated[int, Field(ge=1)]
    first: date
    last: date = Field(description="Included; `as_of`.")
    present: Annotated[int, Field(ge=0)] = Field(
        description="Working days on which the subject was there; of a group those of all members, added up."
    )


class Interval(Published):
    """The 80 % interval of a score."""

    low: Points
    high: Points
    variance: Count = Field(description="Of the score's logarithm: ((ln high - ln low) / (2 x 1.2816)) squared, uncut.")


class Goalposts(Published):
    """Where utility is 0, 0.7 and 1, in the unit in which the metric is scored. Source: method.md section 6."""

    worst: float
    target: float = Field(description="The target in force, else 0.842 spreads better than the peers' level.")
    best: float
    cap: float | None = Field(description="What is beyond it counts as this; null: nothing is cut.")


class CohortStanding(Published):
    """How the deals opened lately have ripened. Source: method.md section 3."""

    won: Count = Field(description="O: wins so far, in deals.")
    expected: Count = Field(description="E: sum of F(g) over the deals' ages g.")
    variance: Count = Field(description="Sum of F(g)(1 - F(g)).")
    in_the_end: Ratio = Field(
        description="m = F(A). The value is m x O/E, within 0..1; n = (1-m) x E^2 / (m x variance)."
    )


class Known(Published):
    """What stands behind one metric. Units are those of `scored_in`."""

    kind: Literal["rate", "mean", "sum", "ratio"]
    records: Annotated[int, Field(ge=0)] = Field(description="Records behind it.")
    coverage: Ratio = Field(
        description="What it adds to the coverage: its weight by the scorecard; 0 below `min_n` records."
    )
    total: float = Field(description="Sum of what is measured; total / base is the value.")
    base: float = Field(description="What it is measured against: observations, days present, or money.")
    cohort: CohortStanding | None = Field(description="Of cohort_win_rate alone.")
    target: float | None = Field(description="In force on `as_of`; null if nobody gave one.")
    peers: Annotated[int, Field(ge=0)] = Field(description="Behind the norm; 0: the scorecard states it.")
    peers_level: float = Field(description="m of all peers, about which the goalposts lie.")
    peers_total: float = Field(description="X of the peers; 0 where the scorecard states the norm.")
    peers_base: float = Field(description="N of the peers, likewise.")
    own_total: float = Field(description="The subject's own part of X.")
    own_base: float = Field(
        description="And of N. `level` is (X - own)/(N - own), for rates (X - own + 1/2)/(N - own + 1)."
    )
    spread: Count = Field(description="tau between the peers.")
    smallest_spread: Count = Field(description="The smallest that matters; the greater of both sets the goalposts.")
    noise: Count = Field(description="s squared of one observation at the shrunk value.")
    signal: Ratio | None = Field(
        description="Share of a typical rep's figure that is the rep; null: too few peers to say."
    )
    no_measurable_difference: bool = Field(description="Peers could not be told from each other by it.")
    variance: Count = Field(description="Of the truth about `shrunk`. Source: method.md section 4.")
    low: float = Field(description="`shrunk` less 1.2816 standard deviations; a rate's within 0..1.")
    high: float
    shown: float = Field(
        description="`shrunk` in the unit in which the metric is shown: of a logarithm its exponential."
    )


class PartStanding(Published):
    """One metric of a pillar; in `improvement` its slope. shrunk = (n x value + prior x level) / (n + prior)."""

    weight: Ratio = Field(description="Inside the pillar; they sum to 1.")
    sign: Literal[1, -1] = Field(description="-1 where less is better.")
    scored_in: str = Field(description="The unit of all values here, such as 'ln USD' or 'count a day present'.")
    value: float | None = Field(description="The evidence's own; null without evidence.")
    n: Count = Field(description="Observations, days present for a sum, weeks for a slope.")
    level: float = Field(description="The norm's, the subject's own part left out; 0 for a slope.")
    prior: Count | None = Field(description="M: observations that the level counts for; null: it counts alone.")
    shrunk: float
    goalposts: Goalposts
    utility: Ratio
    utility_low: Ratio = Field(description="At the worse end of the metric's own 80 % interval.")
    utility_high: Ratio = Field(description="At its better end.")
    utility_per_unit: float = Field(
        description="Derivative of the utility; 0 where a change for the better moves nothing."
    )
    known: Known | None = Field(description="Null for a slope.")


class PillarStanding(Published):
    """One pillar that has a metric."""

    weight: Ratio = Field(description="W as used; they sum to 1. Score = 100 x product of v ^ W.")
    u: Ratio = Field(description="U: mean of the metrics' utilities by weight.")
    v: Ratio = Field(description="V = 0.05 + 0.95 x U.")
    metrics: dict[str, PartStanding]


class Lever(Published):
    """What one metric does for the score today, and what it would do if it were better; all else as it is."""

    pillar: str
    metric: str
    value: float = Field(description="The shrunk one, in the unit in which the metric is scored, as all values here.")
    beside_norm: float = Field(description="Points more (below 0: less) than at the norm's level.")
    certain: bool = Field(description="The metric's own 80 % interval lies all on one side of that level.")
    per_unit: float = Field(description="Points per unit: the derivative of the score.")
    step: float = Field(description="One spread between peers, signed towards better.")
    per_step: Count = Field(description="Points that such a step would bring.")
    to_target: float = Field(description="How far the target is, signed; 0 where it is met.")
    target_points: Count = Field(description="Points that meeting the target would bring.")
    improving: Ratio | None = Field(description="Its part of the improvement pillar, 0.5 is flat; null if it has none.")


class Advice(Published):
    """Where a subject is strong or weak, and what would raise the score most; strongest first."""

    levers: list[Lever] = Field(description="Every metric, by the points of a step.")
    strengths: list[Lever] = Field(description="Above the norm, by the points they give.")
    weak_spots: list[Lever] = Field(
        description="Below norm and target, by the points that meeting the target would bring."
    )


class Figure(Published):
    """A raw value and the records behind it."""

    value: float | None
    n: Annotated[int, Field(ge=0)]


class Period(Published):
    """Raw figures of the scored metrics over some days."""

    name: str | None = Field(
        description="Of the fiscal month, quarter or year, such as 2026Q1; null for a previous one."
    )
    first: date
    last: date
    days: Annotated[int, Field(ge=1)]
    metrics: dict[str, Figure | None] = Field(description="Null: it needs days that are no longer kept.")
    reason: str | None = Field(description="Why a metric is null; null if none is.")


class PeriodToDate(Period):
    """A period up to `as_of`, and as many days just before it."""

    previous: Period


class Periods(Published):
    """On the scorecard's fiscal calendar. Source: method.md section 2."""

    month_to_date: PeriodToDate
    quarter_to_date: PeriodToDate
    year_to_date: PeriodToDate


class Standing(Published):
    """Everything that the score of a subject is made of. Sources: method.md sections 4, 6 and 7."""

    subject: Subject
    id: SubjectId
    team_id: SubjectId | None
    as_of: date
    scorecard: str
    norms: str | None = Field(description="As in a score; `/api/v1/norms` has those in force.")
    window: ScoreWindow
    score: Points | None
    interval: Interval | None = Field(description="Null where the score is.")
    level: Points
    coverage: Ratio
    coverage_of_slopes: Ratio = Field(description="What of the coverage the slopes of the improvement pillar make up.")
    coverage_gate: Ratio = Field(description="Below it there is no score.")
    status: Literal["scored", "insufficient_evidence"]
    pillars: dict[str, PillarStanding]
    not_collected: list[str] = Field(
        description="Metrics whose weight went to others: the company has no records of them."
    )
    correlations: dict[str, dict[str, float]] = Field(
        description="How weekly residuals of two metrics go together among the peers; each pair once, what is missing is 0."
    )
    slope_with_metric: float = Field(description="How a slope goes together with its own metric, in the interval.")
    advice: Advice | None = Field(description="Null where the score is.")
    periods: Periods
    version: ScoreVersion

    @model_validator(mode="after")
    def _agree(self) -> Self:
        known = [self.score is not None, self.interval is not None, self.advice is not None]
        if known != [self.status == "scored"] * 3:
            raise ValueError(f"score, interval, advice: expected all of them when scored, else none, got {known}")
        return self
