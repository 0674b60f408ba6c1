"""Reference data: applied when a score is read, never baked into facts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from schemas.records.common import Comment, Currency, Day, Id, Instant, Name, Versioned
from schemas.records.invalid import invalid_field
from schemas.records.numbers import Index, Quantity, Rate

__all__ = ["Absence", "FxRate", "Intervention", "Market", "Membership", "Rep", "Subject", "Target", "Team"]

Subject = Literal["rep", "team", "territory", "company"]
"""What has a score."""


@dataclass(slots=True, kw_only=True)
class Membership:
    """An earlier membership of a rep.

    Attributes:
        team_id: The team then.
        territory: The territory then.
        until: First day no longer there.
    """

    team_id: Id
    territory: Id | None = None
    until: Day


@dataclass(slots=True, kw_only=True)
class Rep(Versioned):
    """A rep and the teams it belongs and belonged to. Source: contract.md section 1.

    Attributes:
        team_id: The team now, and for all dates that `history` does not name.
        territory: The territory now.
        history: Earlier memberships in any order, at most 1,000, each with another `until`.
        name: Personal data.
        manager: Who leads it. Personal data.
        hired_on: First day.
        left_on: Last day there.
    """

    type: Literal["rep"]
    team_id: Id
    territory: Id | None = None
    history: Annotated[list[Membership], Field(max_length=1000)] | None = None
    name: Name | None = None
    manager: Name | None = None
    hired_on: Day | None = None
    left_on: Day | None = None

    def __post_init__(self) -> None:
        """Refuse two memberships that end on the same day: one of them would hold for no day or for any."""
        if self.history and len({membership.until for membership in self.history}) != len(self.history):
            raise invalid_field("history", "expected another until in each entry, got one twice")


@dataclass(slots=True, kw_only=True)
class Team(Versioned):
    """A team. Source: contract.md section 1.

    Attributes:
        name: What it is called.
        manager: Where its alerts go. Personal data.
        parent: The team its sums roll up to. Cycles are resolved when sums are: no single record shows one.
    """

    type: Literal["team"]
    name: Name | None = None
    manager: Name | None = None
    parent: Id | None = None


@dataclass(slots=True, kw_only=True)
class Target(Versioned):
    """What a subject is asked to reach. Source: contract.md section 1.

    Attributes:
        subject: Kind of subject.
        subject_id: Its id; the company's is `company`.
        metric: Name of the metric.
        period_start: First day.
        period_end: Last day, not before the first.
        value: In the unit of the metric; money in the base currency.
    """

    type: Literal["target"]
    subject: Subject
    subject_id: Id
    metric: Id
    period_start: Day
    period_end: Day
    value: Quantity

    def __post_init__(self) -> None:
        """Refuse a period that ends before it starts."""
        if self.period_end < self.period_start:
            raise invalid_field("period_end", f"expected {self.period_start} or later, got {self.period_end}")


@dataclass(slots=True, kw_only=True)
class FxRate(Versioned):
    """An exchange rate of one day. Source: contract.md section 1.

    Attributes:
        currency: Of which one unit
        rate: is worth so many of the base currency, above 0,
        date: from this day, for at most 7 more.
    """

    type: Literal["fx_rate"]
    currency: Currency
    date: Day
    rate: Rate


@dataclass(slots=True, kw_only=True)
class Market(Versioned):
    """How the market stood on a day. Source: contract.md section 1.

    Attributes:
        segment: A territory; None: all.
        date: The day.
        index: 100 = normal.
    """

    type: Literal["market"]
    segment: Id | None = None
    date: Day
    index: Index


@dataclass(slots=True, kw_only=True)
class Absence(Versioned):
    """Days a rep was away. Source: contract.md section 1.

    Attributes:
        rep_id: Who.
        start: First day away.
        end: Last day away, not before the first.
    """

    type: Literal["absence"]
    rep_id: Id
    start: Day
    end: Day

    def __post_init__(self) -> None:
        """Refuse an absence that ends before it starts."""
        if self.end < self.start:
            raise invalid_field("end", f"expected {self.start} or later, got {self.end}")


@dataclass(slots=True, kw_only=True)
class Intervention(Versioned):
    """Something that was done to improve. Source: contract.md section 1.

    Attributes:
        subject: For which kind of subject.
        subject_id: Its id.
        started_at: When it began.
        kind: What was done.
        metric: Which metric it should move.
        note: In free words. Personal data.
    """

    type: Literal["intervention"]
    subject: Subject
    subject_id: Id
    started_at: Instant
    kind: Literal["coaching", "training", "process", "incentive", "other"]
    metric: Id | None = None
    note: Comment | None = None
