"""When a position that stands still is a stall, and when it is not."""

from __future__ import annotations

import pytest

from streams.stalls import PATIENCE_SECONDS, StallWatch

PLACE = ("sales.events.v1", 3)


def looks(*positions_and_ends: tuple[int, int], every: float = 2.0) -> list[float | None]:
    """The age of the stall at each look, None where there is none."""
    watch = StallWatch()
    return [watch.look({PLACE: pair}, number * every).get(PLACE) for number, pair in enumerate(positions_and_ends)]


def test_a_position_that_stands_still_while_records_wait_is_a_stall_after_a_while() -> None:
    ages = looks(*[(5, 9 + number) for number in range(20)])
    assert ages[: int(PATIENCE_SECONDS // 2) + 1] == [None] * 8
    assert ages[8:] == [16.0 + 2 * number for number in range(12)]


def test_a_stall_ends_as_soon_as_the_position_moves() -> None:
    ages = looks(*[(5, 9)] * 10, (6, 9), *[(6, 9)] * 9)
    assert ages[9] == 18.0
    assert ages[10] is None
    assert ages[18:] == [16.0, 18.0]


def test_nothing_to_read_is_no_stall() -> None:
    assert looks(*[(9, 9)] * 30) == [None] * 30


def test_waiting_begins_when_there_is_something_to_wait_for() -> None:
    ages = looks(*[(9, 9)] * 20, *[(9, 10)] * 9)
    assert ages[:28] == [None] * 28
    assert ages[28] == 16.0


def test_a_lane_that_was_away_begins_anew() -> None:
    watch = StallWatch()
    for second in range(0, 14, 2):
        watch.look({PLACE: (5, 9)}, second)
    assert watch.look({}, 14) == {}
    assert [watch.look({PLACE: (5, 9)}, second) for second in range(16, 31, 2)] == [{}] * 8
    assert watch.look({PLACE: (5, 9)}, 32) == {PLACE: 16.0}


@pytest.mark.parametrize("gap", [11.0, 3600.0])
def test_a_worker_that_was_stopped_itself_does_not_take_that_for_a_stall(gap: float) -> None:
    watch = StallWatch()
    watch.look({PLACE: (5, 9)}, 0.0)
    assert watch.look({PLACE: (5, 9)}, gap) == {}
    assert watch.look({PLACE: (5, 9)}, gap + 2) == {}
