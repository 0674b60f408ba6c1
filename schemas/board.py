"""What the board's pages are made of: the answers of `/api/v1/board/...` on every worker, whoever owns the subject.

The models document and validate the answers; workers build plain objects of the same shape. Numbers are not rounded: scores,
intervals and trends are those that `/api/v1/scores` and `upscore scores` give. `company`, `team`, `territory`, `search` and
`events` show scores as published (at most `UPSCORE_PUBLISH_SECONDS` old); `trend` and the standing beside it are of the state as
it is. Errors are `{"error": sentence}`: 400 for what cannot be asked, 404 for whom nobody knows, 503 for what cannot be had now.
`/api/v1/board/explain` answers with `schemas.score.Explanation`, or 202 and `Reading` while it is being worked out. What the
pages of the stream and of the scorecard are made of is in `schemas.board_stream` and `schemas.board_scorecard`.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, Field, model_validator

from schemas.alert import ScoreDropped
from schemas.explanation import Part
from schemas.score import Points, Published, Ratio, ScoreUpdated, Subject, SubjectId
from schemas.standing import Standing

__all__ = [
    "ALERT_FIELDS",
    "Alerts",
    "BoardAlert",
    "Company",
    "Detail",
    "Found",
    "Group",
    "Member",
    "Mover",
    "Reading",
    "RepPage",
    "ScoreEvent",
    "Summary",
    "Tier",
    "Trend",
]

Tier = Literal["above", "typical", "below"]
"""Beside the median of the others: as the leaderboard has it."""

Whole = Annotated[int, Field(ge=0)]
Seconds = Annotated[float, Field(ge=0)]


class Summary(Published):
    """A subject in one line."""

    subject: Subject
    id: SubjectId
    name: str | None = Field(description="What people call it, from its record; null: the id is all there is.")
    team_id: SubjectId | None = Field(description="The rep's team on `as_of`; null for groups.")
    score: Points | None = Field(description="Null with insufficient evidence.")
    low: Points | None
    high: Points | None
    level: Points | None
    improvement: Points | None
    coverage: Ratio
    status: Literal["scored", "insufficient_evidence"]
    n_members: Whole | None = Field(
        description="Reps that belong to it on its date, those of teams below it included; null for a rep."
    )


class ScoreEvent(Summary):
    """`event: score`: a subject's newest published score."""

    as_of: date


class Mover(Summary):
    """A rep whose score rose or fell."""

    before: Points = Field(description="Its score `days` before, as known now: that of `upscore scores --as-of`.")
    change: float = Field(description="`score` less `before`.")


class Movers(Published):
    """The reps with the greatest changes, greatest first; at most five each. A change within noise is listed too."""

    days: Annotated[int, Field(ge=1)]
    up: list[Mover]
    down: list[Mover]
    counted: Whole = Field(description="Reps whose earlier score is known by now; it is worked out little by little.")
    of: Whole = Field(description="Reps that have a score.")


class BoardAlert(Published):
    """`event: alert`, and alerts in answers: a message of `upscore.alerts.v1`, with what has become of it.

    A field that the message does not have is null.
    """

    subject: Subject
    id: SubjectId
    name: str | None
    team_id: SubjectId | None
    type: Literal["ScoreDropped", "ScoreRecovered"]
    severity: Literal["warning", "alarm"] | None = Field(description="Null for a recovery.")
    since: date = Field(description="The day the chart last stood at 0.")
    as_of: date = Field(description="The day that showed it.")
    metric: str
    cause: str | None = Field(description="The part with the largest loss, in a few words.")
    cause_key: str | None = Field(description="The same as pillar/metric, or corrections.")
    score_before: Points | None
    score_after: Points | None
    low: Points | None
    high: Points | None
    parts: list[Part] = Field(description="The waterfall from score_before to score_after; empty for a recovery.")
    dropped_as_of: date | None = Field(description="Of a recovery: `as_of` of the drop that it ends.")
    told_at: AwareDatetime = Field(description="When it was sent.")
    open: bool = Field(description="A drop whose end has not been told, of a subject that there still is.")
    acknowledged: bool | None = Field(
        description="Somebody has silenced it in Alertmanager; null: not asked for, not configured, or not known now."
    )

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.open and self.type != "ScoreDropped":
            raise ValueError("open: expected false for a recovery, got true")
        return self


ALERT_FIELDS: tuple[str, ...] = tuple(
    name for name in BoardAlert.model_fields if name in {*ScoreDropped.model_fields, "dropped_as_of"}
)
"""What of a message an alert of the board repeats."""


class Alerts(Published):
    """`/api/v1/board/alerts`."""

    open: list[BoardAlert] = Field(description="Newest first.")
    past: list[BoardAlert] = Field(description="Ended drops and recoveries, newest first; at most 100.")
    acknowledged_by: Literal["alertmanager"] | None = Field(
        description="Null: `UPSCORE_ALERTMANAGER_URL` is not set, or does not answer (`acknowledged_error`)."
    )
    acknowledged_error: str | None = Field(description="Why it is not known who acknowledged; null: nothing is wrong.")


class Company(Published):
    """`/api/v1/board/company`: the first page."""

    as_of: date = Field(description="The date of scores now; of a system without any record yet, today.")
    currency: str
    scorecard: str
    norms: str | None
    grafana: str | None = Field(description="`UPSCORE_GRAFANA_URL`; null where there is none.")
    company: Summary | None = Field(description="Null before there is any record.")
    teams: list[Summary] = Field(description="Greatest score first; those without one last, by id.")
    territories: list[Summary] = Field(description="Likewise.")
    movers: Movers
    alerts: list[BoardAlert] = Field(description="Those that are open, newest first.")


class Member(Summary):
    """A rep among the members of a group."""

    tier: Tier | None = Field(description="Beside the median of the other members; null without a score.")
    rank_low: Annotated[int, Field(ge=1)] | None = Field(
        description="Best rank among the members with a score that the evidence allows; null without a score."
    )
    rank_high: Annotated[int, Field(ge=1)] | None = Field(description="Worst rank, likewise.")


class MemberSpread(Published):
    """Of the members' scores; interpolated between the two nearest."""

    p10: Points
    median: Points
    p90: Points


class TargetLine(Published):
    """A target of the group, and what has been reached."""

    metric: str
    title: str
    unit: str
    window_days: Annotated[int, Field(ge=1)] = Field(description="The days that `value` and `target` are about.")
    value: float | None
    target: float = Field(description="Of a sum, what was due in these days; else the value asked for.")
    attainment: float | None = Field(description="value / target; null without a value, or where less is better.")


class WeakSpot(Published):
    """As the advice of the standing has it, worst first."""

    metric: str
    beside_norm: float = Field(description="Points less than at the norm's level: below 0.")
    certain: bool
    target_points: Annotated[float, Field(ge=0)] = Field(description="Points that meeting the target would bring.")


class Group(Published):
    """`/api/v1/board/team/{id}`, and `territory` likewise."""

    as_of: date
    currency: str
    grafana: str | None = Field(description="`UPSCORE_GRAFANA_URL`; null where there is none.")
    team: Summary = Field(description="The team, or the territory.")
    manager: str | None = Field(description="As the team's record names whoever leads it.")
    parent: Summary | None = Field(description="The team above; null at the top, for a territory, or unknown.")
    teams: list[Summary] = Field(description="Teams directly below, greatest score first.")
    members: list[Member] = Field(
        description="All of them, teams below included; greatest score first, without one last."
    )
    spread: MemberSpread | None = Field(description="Null where no member has a score.")
    targets: list[TargetLine] = Field(description="Every metric with a target in force.")
    weak_spots: list[WeakSpot] | None = Field(description="Null with insufficient evidence.")
    missing: str | None = Field(description="Why targets and weak spots cannot be told now; null where they are.")
    alerts: list[BoardAlert] = Field(description="Open ones of the group and its members, newest first.")


class TrendDay(Published):
    """A score as of the end of a day, as known now: the one that `upscore scores --as-of` gives."""

    as_of: date
    score: Points | None
    low: Points | None
    high: Points | None
    level: Points | None


class InterventionMark(Published):
    """What was done for the subject, from its `intervention` records."""

    started_at: AwareDatetime
    kind: Literal["coaching", "training", "process", "incentive", "other"]
    metric: str | None
    note: str | None


class Detail(Published):
    """`/api/v1/board/detail/{subject}/{id}`: a subject as it is now, whoever owns it."""

    score: ScoreUpdated = Field(description="The object of `/api/v1/scores/{subject}/{id}`.")
    standing: Standing = Field(description="The object of `/api/v1/standing/{subject}/{id}`.")
    targets: list[TargetLine]
    weak_spots: list[WeakSpot] | None


class RepPage(Published):
    """`/api/v1/board/rep/{id}`: a rep as of now, whoever owns it, in one answer."""

    name: str | None = Field(description="What people call it, from its record; null: the id is all there is.")
    team: Summary | None = Field(description="The rep's team; null where nobody has published its score yet.")
    standing: Standing = Field(description="The object of `/api/v1/standing/rep/{id}`.")
    score: ScoreUpdated = Field(description="The object of `/api/v1/scores/rep/{id}`.")
    alerts: list[BoardAlert] = Field(description="Open ones of the rep, newest first.")
    grafana: str | None = Field(description="`UPSCORE_GRAFANA_URL`; null where there is none.")


class Trend(Published):
    """`/api/v1/board/trend/{subject}/{id}?days=`."""

    days: list[TrendDay] = Field(
        description="Ascending, the last one `as_of`; a day each in the last 28, before that one a week. Days of which records "
        "are no longer kept are left out."
    )
    interventions: list[InterventionMark] = Field(description="That began within these days, ascending.")


class Reading(Published):
    """202 of `/api/v1/board/explain`: ask again in a second."""

    state: Literal["waiting", "reading", "computing"] = Field(description="`waiting`: another one is being read.")
    records: Whole
    of: Whole | None = Field(description="Messages of the input topics in all; null while that is not known.")
    seconds: Seconds = Field(description="Since it was asked for.")


class Found(Published):
    """`/api/v1/board/search?q=`: at most 20, those whose id or name begins with it first."""

    found: list[Summary]
