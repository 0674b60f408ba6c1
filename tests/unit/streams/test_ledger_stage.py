"""Versions in; facts and reference versions out, each exactly as it must be. Refusals: test_ledger_refusals.py."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from schemas.topics import EVENTS, REFERENCE
from streams.codec import decode_entry
from streams.ledger_keys import ledger_key
from streams.outbox import Outbox
from tests.unit.streams.desks import NOW_MS, deal, sent
from tests.unit.streams.ledger_at_work import Ledger, negated


def test_a_new_record_emits_its_facts_and_one_row() -> None:
    ledger = Ledger()
    assert ledger.take(deal()) == ["applied"]
    sums = ledger.sums()
    assert {subject for subject, _ in sums} == {"rep:r-1"}
    assert sum(amounts.get("revenue|USD", 0) for amounts in sums.values()) == 10_000
    [(key, row)] = ledger.stage.take_changed()
    assert key == ledger_key("deal", "d-1")
    assert {(subject, day): amounts for subject, day, amounts in decode_entry(row).facts} == sums
    assert not ledger.outbox


@pytest.mark.parametrize("event_id", ["e-1", "e-2", None])
def test_the_same_version_again_changes_nothing(event_id: str | None) -> None:
    ledger = Ledger()
    ledger.take(deal(event_id="e-1"))
    ledger.facts()
    ledger.stage.take_changed()
    assert ledger.take(deal(event_id=event_id)) == ["unchanged"]
    assert ledger.facts() == []
    assert list(ledger.stage.take_changed()) == []
    assert not ledger.outbox


@pytest.mark.parametrize(
    "older",
    [deal(updated_at="2026-01-10T11:59:59.999999Z", version=9), deal(version=1), deal(amount="5", version=None)],
)
def test_an_older_version_changes_nothing(older: dict[str, Any]) -> None:
    ledger = Ledger()
    ledger.take(deal(version=2))
    ledger.facts()
    ledger.stage.take_changed()
    assert ledger.take(older | {"amount": "999"}) == ["stale"]
    assert ledger.facts() == []
    assert list(ledger.stage.take_changed()) == []


def test_a_newer_version_takes_the_old_facts_out_and_its_own_in() -> None:
    ledger = Ledger()
    ledger.take(deal(rep_id="r-1", version=1))
    old = ledger.sums()
    assert ledger.take(deal(rep_id="r-2", amount="250.00", version=2)) == ["applied"]
    changed = ledger.sums()
    assert {key: amounts for key, amounts in changed.items() if key[0] == "rep:r-1"} == negated(old)
    assert sum(a.get("revenue|USD", 0) for (subject, _), a in changed.items() if subject == "rep:r-2") == 25_000


def test_a_newer_version_that_adds_the_same_is_held_and_emits_nothing() -> None:
    ledger = Ledger()
    ledger.take(deal(version=1, stage="offer"))
    ledger.facts()
    ledger.stage.take_changed()
    assert ledger.take(deal(version=2, stage="signed")) == ["applied"]
    assert ledger.facts() == []
    [(_, row)] = ledger.stage.take_changed()
    assert decode_entry(row).version == 2


def test_a_correction_of_the_amount_alone_emits_the_difference_alone() -> None:
    ledger = Ledger()
    ledger.take(deal(version=1))
    ledger.facts()
    ledger.take(deal(amount="130.00", version=2))
    differences = {name: amount for amounts in ledger.sums().values() for name, amount in amounts.items()}
    logarithms = {name: amount for name, amount in differences.items() if name.startswith("ln")}
    assert set(differences.values()) - set(logarithms.values()) == {3_000}
    before, after = math.log(100), math.log(130)  # in millionths, each rounded
    assert logarithms == {
        "ln|USD": pytest.approx(1e6 * (after - before), abs=1),
        "ln_squares|USD": pytest.approx(1e6 * (after**2 - before**2), abs=1),
    }


def test_two_versions_in_one_batch_emit_the_newest_alone() -> None:
    ledger, alone = Ledger(), Ledger()
    assert ledger.take(deal(version=1), deal(amount="7", version=3), deal(version=2)) == ["applied", "applied", "stale"]
    alone.take(deal(amount="7", version=3))
    assert ledger.sums() == alone.sums()


def test_of_equal_versions_that_differ_the_later_one_counts() -> None:
    ledger, alone = Ledger(), Ledger()
    assert ledger.take(deal(amount="1"), deal(amount="2")) == ["applied", "applied"]
    alone.take(deal(amount="2"))
    assert ledger.sums() == alone.sums()


@pytest.mark.parametrize(
    ("value", "key"),
    [
        (None, b"d-1"),
        (None, b"deal:d-1"),
        ({"type": "deal", "id": "d-1", "deleted": True}, b"any"),
        ({"type": "deal", "id": "d-1", "deleted": True, "status": 5}, None),
    ],
)
def test_a_deletion_takes_everything_out(value: dict[str, Any] | None, key: bytes | None) -> None:
    ledger = Ledger()
    ledger.take(deal())
    old = ledger.sums()
    assert ledger.take(value, key=key) == ["applied"]
    assert ledger.sums() == negated(old)
    assert ledger.take(deal()) == ["stale"]
    assert ledger.sums() == {}


def test_a_deletion_that_comes_first_is_remembered_and_a_newer_version_restores() -> None:
    ledger, alone = Ledger(), Ledger()
    assert ledger.take(None, key=b"d-1") == ["applied"]
    assert ledger.take(deal()) == ["stale"]
    assert ledger.facts() == []
    assert ledger.take(deal(updated_at="2026-01-15T12:00:00.000001Z")) == ["applied"]
    alone.take(deal())
    assert ledger.sums() == alone.sums()


def test_a_bare_tombstone_deletes_the_id_in_every_type_and_counts_once() -> None:
    ledger = Ledger()
    lead = {
        "type": "lead",
        "id": "d-1",
        "rep_id": "r-1",
        "created_at": "2026-01-05T00:00:00Z",
        "updated_at": "2026-01-05T00:00:00Z",
    }
    ledger.take(deal(), lead)
    old = ledger.sums()
    assert ledger.take(None, key=b"d-1") == ["applied"]
    assert ledger.sums() == negated(old)
    assert ledger.take(None, key=b"d-1") == ["unchanged"]
    assert ledger.take(None, key=b"d-1", timestamp_ms=NOW_MS - 1) == ["stale"]


def test_a_typed_tombstone_leaves_equal_ids_of_other_types_alone() -> None:
    ledger = Ledger()
    lead = {
        "type": "lead",
        "id": "d-1",
        "rep_id": "r-1",
        "created_at": "2026-01-05T00:00:00Z",
        "updated_at": "2026-01-05T00:00:00Z",
    }
    ledger.take(lead)
    old = ledger.sums()
    ledger.take(deal())
    ledger.facts()
    ledger.take(None, key=b"lead:d-1")
    assert ledger.sums() == negated(old)


def test_money_beyond_64_bits_goes_in_and_comes_out_again() -> None:
    ledger = Ledger()
    first = 10**12
    ledger.take(*[deal(f"d-{number}", amount=first, currency="UYW", version=1) for number in range(2_000)])
    total = sum(amounts.get("revenue|UYW", 0) for amounts in ledger.sums().values())
    assert total == 2_000 * 10**16
    ledger.take(*[deal(f"d-{number}", deleted=True, version=2) for number in range(2_000)])
    assert sum(amounts.get("revenue|UYW", 0) for amounts in ledger.sums().values()) == -total


def rep(**fields: Any) -> dict[str, Any]:
    return {"type": "rep", "id": "r-1", "team_id": "t-1", "updated_at": "2026-01-01T00:00:00Z", "version": 1} | fields


def test_a_reference_record_is_told_to_every_worker_with_its_version() -> None:
    ledger = Ledger()
    assert ledger.take(rep(), topic=REFERENCE) == ["applied"]
    [told] = sent(ledger.outbox)
    assert (told.topic, told.partition, told.key) == (ledger.desk.names.reference, 0, b"rep:r-1")
    assert json.loads(told.value or b"") == rep()
    assert dict(told.headers) == {"updated_at": b"1767225600000000", "version": b"1"}
    assert ledger.facts() == []


def test_a_reference_record_that_changes_nothing_is_not_told_again() -> None:
    ledger = Ledger()
    ledger.take(rep(version=2, event_id="e-1"), topic=REFERENCE)
    ledger.outbox = Outbox()
    assert ledger.take(rep(version=2, event_id="e-2"), topic=REFERENCE) == ["unchanged"]
    assert ledger.take(rep(version=1, team_id="t-9"), topic=REFERENCE) == ["stale"]
    assert not ledger.outbox
    assert ledger.take(rep(version=2, team_id="t-2"), topic=REFERENCE) == ["applied"]
    assert ledger.outbox


def test_a_deleted_reference_record_is_told_as_a_tombstone() -> None:
    ledger = Ledger()
    ledger.take(rep(), None, topic=REFERENCE, key=b"rep:r-1")
    told = sent(ledger.outbox, ledger.desk.names.reference)
    assert [(one.key, one.value is None) for one in told] == [(b"rep:r-1", False), (b"rep:r-1", True)]


def test_a_deal_closed_before_it_was_opened_is_taken_and_counted_as_odd() -> None:
    ledger = Ledger()
    assert ledger.take(deal(opened_at="2026-01-11T00:00:00Z")) == ["applied"]
    assert ledger.tally.oddities == {"closed_before_opened": 1}
    ledger.take(deal(opened_at="2026-01-11T00:00:00Z"))
    assert ledger.tally.oddities == {"closed_before_opened": 1}


def test_applied_records_are_late_by_the_time_from_their_making_to_kafka() -> None:
    ledger = Ledger()
    made = ("2026-01-15T11:59:00Z", "2026-01-15T11:30:00Z")  # Kafka has them at noon
    ledger.take(*[deal(f"d-{n}", updated_at=at) for n, at in enumerate(made)])
    assert ledger.tally.late_ms == {EVENTS: 60_000 + 1_800_000}
    ledger.take(deal("d-0", updated_at="2026-01-15T11:00:00Z"), deal("d-1", updated_at=made[1]), b"no record", None)
    assert ledger.tally.late_ms == {EVENTS: 60_000 + 1_800_000}, "stale, unchanged and invalid ones tell nothing"


def test_a_record_without_its_time_and_a_tombstone_are_not_late() -> None:
    ledger = Ledger()
    made = deal("d-1")
    del made["updated_at"]
    ledger.take(made)
    ledger.take(None, key=b"deal:d-2")
    assert ledger.tally.late_ms == {EVENTS: 0}


def test_the_newest_kafka_timestamp_is_compared_with_the_clock_at_which_it_was_read() -> None:
    ledger = Ledger()
    assert ledger.tally.ahead_ms is None
    ledger.take(deal("d-1"), timestamp_ms=NOW_MS - 90_000)
    assert ledger.tally.ahead_ms == -90_000
    ledger.take(deal("d-2"), timestamp_ms=NOW_MS + 7_000)
    ledger.take(b"no record", timestamp_ms=NOW_MS - 1)
    assert ledger.tally.ahead_ms == 7_000
