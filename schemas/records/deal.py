"""Deals: what was offered, sold or lost, by whom, for how much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Final, Literal

from pydantic import Field

from schemas.records.common import Currency, Day, Id, Instant, Label, Versioned
from schemas.records.invalid import invalid_field, missing_field
from schemas.records.numbers import Money, Share

__all__ = ["Deal", "Split", "Splits"]

SPLIT_TOLERANCE: Final = Decimal("0.0001")


@dataclass(slots=True, kw_only=True)
class Split:
    """One rep's part of the credit.

    Attributes:
        rep_id: Who gets it; a rep listed twice is added up.
        share: 0..1; the shares of a list sum to 1 within 0.0001.
    """

    rep_id: Id
    share: Share


Splits = Annotated[list[Split], Field(max_length=100)]
"""Who shares the credit, at most 100; see `check_splits`."""


def check_splits(splits: Sequence[Split]) -> None:
    """Nothing, if the shares sum to 1 within 0.0001.

    Raises:
        PydanticCustomError: They do not. Source: contract.md section 1, splits.

    >>> check_splits([Split(rep_id="r-1", share=Decimal("0.3333")), Split(rep_id="r-2", share=Decimal("0.6667"))])
    """
    total = sum((split.share for split in splits), Decimal(0))
    if abs(total - 1) > SPLIT_TOLERANCE:
        raise invalid_field("splits", "expected shares that sum to 1 within 0.0001")


@dataclass(slots=True, kw_only=True)
class Deal(Versioned):
    """A deal as it now stands. Source: contract.md section 1.

    `closed_at` before `opened_at` is accepted. Money is in major units of `currency`; without one it counts nowhere.

    Attributes:
        rep_id: Whose it is, unless `splits` says otherwise.
        status: A won or lost deal needs `closed_at`, a won one `amount` and `currency` too.
        opened_at: When it became a deal.
        closed_at: When it was won or lost.
        amount: What it sold for, or is expected to.
        currency: Of amount, cost and list_price.
        cost: Of what was sold.
        list_price: Before discounts.
        stage: Of the pipeline.
        expected_close_on: Expected date of closing; it is no business date.
        customer_id: Who bought.
        product: What, to group by.
        source: Of the lead, to group by.
        lead_id: The lead it came from.
        splits: Replaces the whole credit of `rep_id`.
    """

    type: Literal["deal"]
    rep_id: Id
    status: Literal["open", "won", "lost"]
    opened_at: Instant
    closed_at: Instant | None = None
    amount: Money | None = None
    currency: Currency | None = None
    cost: Money | None = None
    list_price: Money | None = None
    stage: Label | None = None
    expected_close_on: Day | None = None
    customer_id: Id | None = None
    product: Label | None = None
    source: Label | None = None
    lead_id: Id | None = None
    splits: Splits | None = None

    def __post_init__(self) -> None:
        """Refuse a closed deal that does not say when, or a won one that does not say for how much."""
        if self.status != "open":
            if self.closed_at is None:
                raise missing_field("closed_at", "required when status is won or lost")
            if self.status == "won" and (self.amount is None or self.currency is None):
                raise missing_field("amount" if self.amount is None else "currency", "required when status is won")
        if self.splits is not None:
            check_splits(self.splits)
