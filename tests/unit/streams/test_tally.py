"""Counts of a transaction: nothing is counted before it is committed, everything once it is."""

from __future__ import annotations

import time
from datetime import date
from typing import Any

from streams.desk import Desk
from streams.tally import Tally
from tests.unit.streams.desks import desk_at


def value(desk: Desk, name: str, **labels: str) -> Any:
    return desk.metrics.registry.get_sample_value(name, labels)


def test_nothing_is_counted_before_it_is_settled() -> None:
    desk, tally = desk_at(), Tally()
    tally.count("sales.events.v1", "applied", 0)
    tally.dead_letters["not_json"] += 1
    assert value(desk, "upscore_records_total", topic="sales.events.v1", outcome="applied") == 0
    assert value(desk, "upscore_dead_letters_total", reason="not_json") == 0


def test_settling_adds_to_what_was_counted_before() -> None:
    desk = desk_at()
    for _ in range(2):
        tally = Tally()
        for outcome in ("applied", "applied", "stale"):
            tally.count("sales.events.v1", outcome, 1)
        tally.dead_letters["not_json"] += 3
        tally.oddities["closed_before_opened"] += 4
        tally.misplaced["sales.events.v1"] += 5
        tally.gaps["sales.feedback.v1"] += 6
        tally.settle(desk)
    assert value(desk, "upscore_records_total", topic="sales.events.v1", outcome="applied") == 4
    assert value(desk, "upscore_records_total", topic="sales.events.v1", outcome="stale") == 2
    assert value(desk, "upscore_dead_letters_total", reason="not_json") == 6
    assert value(desk, "upscore_oddities_total", kind="closed_before_opened") == 8
    assert value(desk, "upscore_misplaced_records_total", topic="sales.events.v1") == 10
    assert value(desk, "upscore_gap_records_total", topic="sales.feedback.v1") == 12


def test_the_lag_is_the_age_of_the_newest_record_and_never_negative() -> None:
    desk, now_ms = desk_at(), int(time.time() * 1000)
    tally = Tally()
    for age_ms in (90_000, 30_000, 60_000):
        tally.count("sales.events.v1", "applied", now_ms - age_ms)
    tally.count("sales.feedback.v1", "applied", now_ms + 3_600_000)
    tally.settle(desk)
    assert 29 < value(desk, "upscore_record_lag_seconds", topic="sales.events.v1") < 60
    assert value(desk, "upscore_record_lag_seconds", topic="sales.feedback.v1") == 0


def test_event_time_is_the_midnight_of_the_newest_business_date_and_does_not_go_back() -> None:
    desk = desk_at(time_zone="Europe/Berlin")
    for day, midnight in ((date(2026, 1, 10), 1_767_999_600), (date(2025, 12, 1), 1_767_999_600)):
        tally = Tally()
        tally.newest_day = day.toordinal()
        tally.settle(desk)
        assert value(desk, "upscore_event_time_seconds") == midnight


def test_lateness_is_the_mean_of_the_applied_records_of_the_last_minute_in_seconds() -> None:
    desk = desk_at()
    for late_ms, outcomes in ((90_000, ["applied"]), (30_000, ["applied", "applied", "stale", "invalid"])):
        tally = Tally()
        for outcome in outcomes:
            tally.count("sales.events.v1", outcome, 1)
        tally.late_ms["sales.events.v1"] += late_ms
        tally.settle(desk)
    assert value(desk, "upscore_lateness_seconds", topic="sales.events.v1") == (90 + 30) / 3
    assert value(desk, "upscore_lateness_seconds", topic="sales.feedback.v1") == 0


def test_the_clock_is_that_of_the_last_transaction_with_records() -> None:
    desk = desk_at()
    tally = Tally()
    tally.compare_clocks(12_000, 10_000)
    tally.compare_clocks(11_000, 10_500)
    tally.settle(desk)
    Tally().settle(desk)
    assert value(desk, "upscore_clock_ahead_seconds") == 2


def test_the_event_time_is_no_series_before_it_is_known() -> None:
    desk = desk_at()
    Tally().settle(desk)
    assert value(desk, "upscore_event_time_seconds") is None
