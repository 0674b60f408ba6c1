"""Customers: since when, renewed when, lost when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from schemas.records.common import Id, Instant, Label, Versioned

__all__ = ["Customer"]


@dataclass(slots=True, kw_only=True)
class Customer(Versioned):
    """A customer as it now stands. Source: contract.md section 1.

    Attributes:
        rep_id: Who looks after it.
        since: When it became a customer.
        churned_at: When it stopped being one.
        renewals: When it renewed, in any order, at most 1,000.
        source: Of its lead, to group by.
    """

    type: Literal["customer"]
    rep_id: Id
    since: Instant
    churned_at: Instant | None = None
    renewals: Annotated[list[Instant], Field(max_length=1000)] | None = None
    source: Label | None = None
