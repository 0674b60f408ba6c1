"""Activities of reps, and marks given to their conversations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, WithJsonSchema

from schemas.records.common import Id, Instant, Name, Versioned, line
from schemas.records.numbers import Percentage, Seconds

__all__ = ["Activity", "Evaluation"]

Criterion = Annotated[str, line(1, 100, "a name"), WithJsonSchema({"type": "string", "minLength": 1, "maxLength": 100})]
"""What a conversation is marked for, like `active_listening`: 1..100 characters; part of a metric's name."""


@dataclass(slots=True, kw_only=True)
class Activity(Versioned):
    """Something a rep did. Source: contract.md section 1.

    Attributes:
        rep_id: Who.
        kind: What.
        occurred_at: When it began.
        duration_seconds: How long, 0 or more.
        outcome: What came of it; None where nobody says.
        deal_id: For which deal.
        lead_id: For which lead.
        first_response_seconds: How long a lead or customer waited for it, 0 or more, where it was a first response.
    """

    type: Literal["activity"]
    rep_id: Id
    kind: Literal["call", "email", "meeting", "demo", "proposal", "other"]
    occurred_at: Instant
    duration_seconds: Seconds | None = None
    outcome: Literal["connected", "no_answer", "held", "no_show", "replied", "other"] | None = None
    deal_id: Id | None = None
    lead_id: Id | None = None
    first_response_seconds: Seconds | None = None


@dataclass(slots=True, kw_only=True)
class Evaluation(Versioned):
    """Marks for one conversation. Source: contract.md section 1.

    Attributes:
        rep_id: Who was marked.
        occurred_at: When the conversation was.
        criteria: Mark by name of the criterion, 0..100; at most 100 of them.
        evaluator: Who marked. Personal data.
    """

    type: Literal["evaluation"]
    rep_id: Id
    occurred_at: Instant
    criteria: Annotated[dict[Criterion, Percentage], Field(max_length=100)]
    evaluator: Name | None = None
