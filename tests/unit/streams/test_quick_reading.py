"""Many messages read at once deliver what each would by itself, with the facts of the record that it is."""

from __future__ import annotations

import json
from datetime import UTC
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from schemas.currencies import EXPONENTS
from schemas.records import InvalidRecord
from schemas.topics import ACTIVITIES, EVENTS, FEEDBACK
from scoring.facts import facts_of
from scoring.organisation import Organisation
from streams.intake import Delivery, read
from streams.quick_reading import QuickReader
from tests.fuzz.mutations import mutated
from tests.traffic import rough_messages
from tests.unit.streams.desks import NOW_MS, deal, message

ORGANISATIONS = [Organisation(zone, "USD", EXPONENTS) for zone in (UTC, ZoneInfo("America/Sao_Paulo"))]


def both(organisation: Organisation, topic: str, messages: list[Any]) -> list[tuple[Any, Any]]:
    """What of the messages is read at once, beside what each delivers by itself; None where it is no record."""
    read_at_once = QuickReader(organisation).read(topic, messages)
    return [(quick, by_itself(organisation, topic, each)) for quick, each in zip(read_at_once, messages, strict=True)]


def by_itself(organisation: Organisation, topic: str, one: Any) -> Any:
    try:
        [delivery, *more] = read(topic, one.key, one.value, one.timestamp)
    except InvalidRecord:
        return None
    return None if more or delivery.record is None else (told(delivery), facts_of(delivery.record, organisation))


def told(delivery: Delivery) -> Any:
    return delivery.type, delivery.id, delivery.updated_at, delivery.version


@pytest.mark.parametrize("organisation", ORGANISATIONS, ids=lambda organisation: str(organisation.zone))
@pytest.mark.parametrize("topic", [EVENTS, ACTIVITIES, FEEDBACK])
def test_what_is_read_at_once_is_what_intake_reads(topic: str, organisation: Organisation) -> None:
    given = [*rough_messages(4_000, seed=5, days=120, reps=10), *mutated(2_000, seed=6, large_every=0)]
    messages = [
        message(topic, value, key=key, offset=offset, timestamp_ms=NOW_MS + offset)
        for offset, (name, key, value) in enumerate(given)
        if name == topic
    ]
    found = both(organisation, topic, messages)
    for quick, expected in found:
        if quick is not None:
            assert (told(quick), quick.facts) == expected
            assert json.dumps(quick.facts) == json.dumps(expected[1]), "rows hold amounts in their order"
    at_once = sum(quick is not None for quick, _ in found)
    assert at_once > 0.8 * sum(expected is not None for _, expected in found)


def test_splits_renewals_and_unusual_moments_are_told_alike() -> None:
    splits = [{"rep_id": f"r-{number}", "share": share} for number, share in enumerate((0.1, 0.2, 0.7))]
    won = {"status": "won", "closed_at": "2026-01-12T23:59:59.5-05:00", "amount": 1234.56, "currency": "EUR"}
    renewals = ["2025-02-01T00:00:00Z", "2026-01-01T02:00:00+03:00"]
    customer = {"type": "customer", "id": "c-1", "rep_id": "r-1", "since": "2024-02-01T00:00:00Z"}
    given = [
        deal("d-1", **won, splits=splits, cost=0.1, list_price=2000),
        deal("d-2", status="lost", amount=7, closed_at="2026-01-12T12:00:00Z", splits=splits),
        customer,
        customer | {"id": "c-2", "renewals": renewals, "churned_at": "2026-01-13T00:30:00Z"},
        customer | {"id": "c-3", "renewals": []},
        customer | {"id": "c-4", "renewals": renewals[:1]},
    ]
    for organisation in ORGANISATIONS:
        for quick, expected in both(organisation, EVENTS, [message(EVENTS, one) for one in given]):
            assert (told(quick), quick.facts) == expected
