"""Many activities at once end as they would one after the other: rows, facts, what goes out, and what is counted."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest

from schemas.topics import ACTIVITIES
from streams.activity_columns import FEW_REPS, MANY
from streams.outbox import Outbox
from streams.simulator import line, records
from streams.tally import Tally
from tests.unit.streams.desks import NOW_MS, TODAY, message, sent
from tests.unit.streams.ledger_at_work import Ledger

Record = dict[str, Any]


def taken(
    values: list[bytes | None], at_once: int, *, key: bytes = b"any", stamp: int = NOW_MS, **settings: Any
) -> Any:
    """Everything that a stage says of messages, so many of them at once."""
    ledger = Ledger(**settings)
    outbox, tally = Outbox(), Tally()
    messages = [
        message(ACTIVITIES, value, key=key, offset=offset, timestamp_ms=stamp) for offset, value in enumerate(values)
    ]
    for start in range(0, len(messages), at_once):
        ledger.stage.take(messages[start : start + at_once], ACTIVITIES, outbox, tally)
    counts = (tally.records, tally.dead_letters, tally.misplaced, tally.timestamps_ms, tally.late_ms)
    return ledger.stage.rows, dict(ledger.stage.take_changed()), ledger.sums(), sent(outbox), counts, tally.newest_day


def activities(count: int = 3 * MANY, **fields: Any) -> list[Record]:
    made = {"type": "activity", "updated_at": "2026-01-10T12:00:00.25Z", "rep_id": "r-1", "kind": "call"}
    days = ((TODAY - timedelta(days=number % 7)).isoformat() for number in range(count))
    return [
        {**made, "id": f"a-{number}", "occurred_at": f"{day}T23:30:00-03:00", "version": number % 3, **fields}
        for number, day in enumerate(days, start=1)
    ]


def same(given: list[Record], **settings: Any) -> Any:
    """What is said of many at once, which is what is said of each by itself."""
    values = [json.dumps(record).encode() for record in given]
    at_once = taken(values, len(values), **settings)
    assert at_once == taken(values, MANY, **settings) == taken(values, 1, **settings)
    return at_once


def test_a_simulated_company_s_activities_end_the_same() -> None:
    start = date(2025, 6, 1)
    values = [line(record) for record in records(seed=3, days=60, reps=8, start=start) if record["type"] == "activity"]
    assert len(values) > 20 * MANY
    assert taken(list(values), 700) == taken(list(values), 1)


def test_activities_of_more_reps_than_are_remembered_end_the_same() -> None:
    of_many = [record | {"rep_id": f"r-{number}"} for number, record in enumerate(activities(2 * FEW_REPS))]
    values = [json.dumps(record).encode() for record in of_many]
    assert taken(list(values), FEW_REPS // 2) == taken(list(values), 1)


@pytest.mark.parametrize("time_zone", ["UTC", "Europe/Berlin", "America/Sao_Paulo"])
def test_they_are_of_the_organisation_s_days(time_zone: str) -> None:
    rows, _, sums, *_ = same(activities(), time_zone=time_zone)
    assert len(rows) == 3 * MANY
    assert sum(amounts["activity/call/"] for amounts in sums.values()) == 3 * MANY


def test_versions_of_one_id_are_taken_in_their_order() -> None:
    given = activities()
    again = [record | {"kind": "email", "version": 2} for record in given[::3]]
    rows, *_, counts, _ = same([*given, *again, *given[:9], *again])
    assert len(rows) == len(given)
    assert counts[0][ACTIVITIES, "stale"] > 0
    assert counts[0][ACTIVITIES, "unchanged"] > 0


def test_a_tombstone_among_them_stands_where_it_came() -> None:
    values = [json.dumps(record).encode() for record in activities(updated_at="2026-01-15T11:59:59Z")]
    values[5:5] = [None, None]
    at_once = taken([*values, None], len(values) + 1, key=b"activity:a-9")
    assert at_once == taken([*values, None], 1, key=b"activity:a-9")
    assert not any(amounts for subject, amounts in at_once[2].items() if subject[0] == "rep:a-9")


def test_what_is_refused_goes_to_the_dead_letters_among_them() -> None:
    ahead = {"updated_at": "2026-01-17T12:00:00Z"}
    given = activities()
    given[3] |= {"kind": "visit"}
    given[4] |= ahead
    given[5] |= {"occurred_at": "2027-06-01T12:00:00Z"}
    given[6] |= {"occurred_at": "2020-06-01T12:00:00Z"}
    *_, letters, counts, _ = same(given)
    assert [json.loads(letter.value or b"")["id"] for letter in letters] == ["a-4", "a-5", "a-6", "a-7"]
    assert counts[1] == {"invalid_field": 1, "too_far_ahead": 2, "too_old": 1}


def test_days_and_versions_a_little_ahead_are_held() -> None:
    given = activities()
    given[3] |= {"updated_at": "2026-01-15T20:00:00Z"}
    given[4] |= {"occurred_at": "2026-02-01T12:00:00Z"}
    rows, *_, newest_day = same(given)
    assert len(rows) == len(given)
    assert newest_day == TODAY.toordinal()


def test_a_record_of_a_foreign_partition_is_forwarded() -> None:
    *_, forwarded, counts, _ = same(activities(), partitions=3)
    assert 0 < len(forwarded) == counts[2][ACTIVITIES] < 3 * MANY


def test_first_responses_are_told_to_the_digit() -> None:
    given = activities()
    for number, record in enumerate(given):
        record["first_response_seconds"] = [None, 7, 999_999_999, 0.1, 12.3456789, 1e-7][number % 6]
    _, _, sums, *_ = same(given)
    assert any("first_response_squares" in amounts for amounts in sums.values())


@pytest.mark.parametrize("stamp", [-1, 0, NOW_MS + 60_000, 2**62, -(2**62)])
def test_the_message_s_time_is_the_version_where_none_is_stated(stamp: int) -> None:
    same(activities(updated_at=None), stamp=stamp)
    same(activities(), stamp=stamp)
