"""Refunds: money given back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from schemas.records.common import Currency, Id, Instant, Versioned
from schemas.records.deal import Splits, check_splits
from schemas.records.numbers import Money

__all__ = ["Refund"]


@dataclass(slots=True, kw_only=True)
class Refund(Versioned):
    """A refund. It stands alone: it counts on `occurred_at` against its own rep, whatever becomes of the deal.

    Source: contract.md section 1.

    Attributes:
        rep_id: Against whom it counts, unless `splits` says otherwise.
        splits: Replaces the whole charge of `rep_id`.
        occurred_at: When the money was given back.
        amount: In major units of `currency`, at least 0.
        currency: Of the amount.
        deal_id: The deal it belongs to, for people.
    """

    type: Literal["refund"]
    rep_id: Id
    splits: Splits | None = None
    occurred_at: Instant
    amount: Money
    currency: Currency
    deal_id: Id | None = None

    def __post_init__(self) -> None:
        """Refuse shares that do not sum to 1."""
        if self.splits is not None:
            check_splits(self.splits)
