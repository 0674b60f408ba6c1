"""Leads: people or firms that may become customers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from schemas.records.common import Id, Instant, Label, Versioned

__all__ = ["Lead"]


@dataclass(slots=True, kw_only=True)
class Lead(Versioned):
    """A lead as it now stands. Source: contract.md section 1.

    Attributes:
        rep_id: Who works on it.
        created_at: When it came in.
        source: Where from, to group by.
        qualified_at: When it was found worth working on.
        converted_at: When it became a deal.
    """

    type: Literal["lead"]
    rep_id: Id
    created_at: Instant
    source: Label | None = None
    qualified_at: Instant | None = None
    converted_at: Instant | None = None
