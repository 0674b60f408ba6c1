"""Which drops a trial tells: those of its days, beside each other where both scorecards tell them."""

from __future__ import annotations

from datetime import date

from scoring.drop_history import Told
from scoring.drops import Drop
from streams.replay.trial import alerts_told, drop_told

FIRST = date(2026, 1, 1).toordinal()


def drop(subject: str, day: int) -> Told:
    return Told(
        subject, Drop(FIRST + day, "calls", "alarm", "process/calls", 6.0, 5.0, FIRST + day - 20, 60.0, 50.0, 8.0)
    )


def test_drops_before_the_days_are_told_only_beside_one_in_them() -> None:
    before = [drop("rep:a", -5), drop("rep:b", 3), drop("rep:c", -3), drop("team:d", 40)]
    after = [drop("rep:b", 6), drop("rep:c", 2), drop("rep:e", -1), drop("rep:f", 0), drop("team:d", 70)]
    found = alerts_told(before, after, FIRST)
    assert [(pair["before"]["id"], pair["before"]["day"], pair["after"]["day"]) for pair in found["both"]] == [
        ("b", "2026-01-04", "2026-01-07"),
        ("c", "2025-12-29", "2026-01-03"),
    ]
    assert [told["id"] for told in found["only_before"]] == ["d"]
    assert [told["id"] for told in found["only_after"]] == ["f", "d"]


def test_a_drop_is_told_with_what_it_lost_and_since_when() -> None:
    assert drop_told(drop("team:d", 20)) == {
        "subject": "team",
        "id": "d",
        "day": "2026-01-21",
        "metric": "calls",
        "cause": "process/calls",
        "since": "2026-01-01",
        "from": 60.0,
        "to": 50.0,
        "points": -8.0,
    }
