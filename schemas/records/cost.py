"""Costs of selling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from schemas.records.common import Currency, Id, Instant, Versioned
from schemas.records.numbers import Money

__all__ = ["Cost"]


@dataclass(slots=True, kw_only=True)
class Cost(Versioned):
    """A cost of marketing or selling. Source: contract.md section 1.

    Attributes:
        rep_id: Whose it is; or
        team_id: which team's. Neither: the company's.
        occurred_at: When it was spent.
        category: What for.
        amount: In major units of `currency`, at least 0.
        currency: Of the amount.
    """

    type: Literal["cost"]
    rep_id: Id | None = None
    team_id: Id | None = None
    occurred_at: Instant
    category: Literal["marketing", "sales", "other"]
    amount: Money
    currency: Currency
