"""Versions: which of all deliveries are in force, and the `events` clock they set."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Delivery:
    """One Kafka message, decoded; a tombstone of a bare id is one delivery for each type of its topic.

    `updated_at_us` is in microseconds since 1970, the Kafka timestamp where the record states none; `version` is 0
    where absent; `offset` is that of the source. `record` is None for a deletion or a tombstone.
    """

    type: str
    id: str
    updated_at_us: int
    version: int
    offset: int
    record: Any | None


@dataclass(frozen=True, slots=True)
class InForce:
    """A record that counts, with the version it won by."""

    record: Any
    updated_at_us: int
    version: int

    @property
    def rank(self) -> tuple[int, int, str]:
        """What decides between several records for one thing: the newest version, then the greater id."""
        return self.updated_at_us, self.version, self.record.id


def newest(deliveries: Iterable[Delivery]) -> list[InForce]:
    """The records in force, by type and id: the newest version of each, unless that is a deletion.

    Source: contract.md section 1.

    >>> from types import SimpleNamespace
    >>> new, old = SimpleNamespace(id="d-1", stage="won"), SimpleNamespace(id="d-1", stage="open")
    >>> [i.record.stage for i in newest([Delivery("deal", "d-1", 9, 0, 1, new), Delivery("deal", "d-1", 5, 0, 2, old)])]
    ['won']
    """
    winners: dict[tuple[str, str], Delivery] = {}
    for delivery in deliveries:
        key = (delivery.type, delivery.id)
        if key not in winners or _order(delivery) >= _order(winners[key]):
            winners[key] = delivery
    ordered = (winners[key] for key in sorted(winners))
    return [InForce(d.record, d.updated_at_us, d.version) for d in ordered if d.record is not None]


def _order(delivery: Delivery) -> tuple[int, int, int]:
    return delivery.updated_at_us, delivery.version, delivery.offset


def newest_business_date(records: Iterable[InForce], zone: ZoneInfo, today: date) -> date | None:
    """The `as_of` of the `events` clock: the newest local date up to `today` of a won, lost, opened or occurred fact.

    None when there is no such fact. Leads, customers and reference data do not count. Source: contract.md section 3.
    """
    dates = [instant.astimezone(zone).date() for held in records for instant in _clock_instants(held.record)]
    return max((day for day in dates if day <= today), default=None)


def _clock_instants(record: Any) -> list[Any]:
    if record.type == "deal":
        return [record.opened_at] if record.status == "open" else [record.opened_at, record.closed_at]
    if record.type in {"refund", "cost", "activity", "evaluation", "feedback"}:
        return [record.occurred_at]
    return []
