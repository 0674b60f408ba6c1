"""What waits for a worker's lanes, and when what a backlog left behind has arrived."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from streams import backlog as module
from streams.backlog import BACKLOG_RECORDS, SETTLING_SECONDS, Backlog
from tests.unit.streams.moved_clock import moved_clock

SUMS, CHANGES, REFERENCE, WEEKS = "facts", "pane-changes", "reference", "weeks"


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Moves the monotonic clock by hand."""
    return moved_clock(monkeypatch, module)


def of_two_lanes() -> Backlog:
    backlog = Backlog(frozenset({SUMS, CHANGES}), REFERENCE, WEEKS)
    for lane in (0, 1):
        backlog.waits(lane, 0, frames=False)
    return backlog


def ended(seconds: Callable[[float], None], lasted: float = 100.0) -> Backlog:
    """A backlog that is over."""
    backlog = of_two_lanes()
    backlog.waits(0, BACKLOG_RECORDS + 1, frames=True)
    seconds(lasted)
    backlog.waits(0, 0, frames=False)
    return backlog


def is_settled(backlog: Backlog) -> bool:
    return backlog.seconds_until_settled == 0


def test_records_of_all_lanes_together_are_a_backlog(seconds: Callable[[float], None]) -> None:
    backlog = of_two_lanes()
    backlog.waits(0, BACKLOG_RECORDS, frames=True)
    assert not backlog.is_behind
    backlog.waits(1, 1, frames=True)
    assert backlog.is_behind
    assert not backlog.ended_lately
    seconds(1)
    backlog.forget(1)
    assert not backlog.is_behind
    assert backlog.ended_lately


def test_without_a_backlog_nothing_is_waited_for() -> None:
    backlog = of_two_lanes()
    backlog.waits(0, BACKLOG_RECORDS, frames=True)
    backlog.computes(0)
    backlog.passed_on(1, {(SUMS, 0): 7}, {})
    assert is_settled(backlog)
    assert not backlog.ended_lately


def test_a_worker_has_settled_once_all_that_its_lanes_sent_each_other_was_read_and_committed(
    seconds: Callable[[float], None],
) -> None:
    backlog = ended(seconds)
    backlog.computes(0)
    assert not is_settled(backlog), "a lane has taken records"
    backlog.passed_on(0, {(SUMS, 1): 7, (CHANGES, 1): 3}, {SUMS: 4})
    assert not is_settled(backlog), "sums are on their way"
    backlog.waits(1, 0, frames=True)
    assert not is_settled(backlog), "sums wait"
    backlog.computes(1)
    backlog.waits(1, 0, frames=False)
    assert not is_settled(backlog), "sums were taken"
    backlog.passed_on(1, {}, {SUMS: 8, CHANGES: 3})
    assert not is_settled(backlog), "the position of changed panes is before the last of them"
    backlog.passed_on(1, {}, {CHANGES: 4})
    assert is_settled(backlog)


def test_sums_that_were_read_before_their_sender_said_so_are_not_waited_for(seconds: Callable[[float], None]) -> None:
    backlog = ended(seconds)
    backlog.passed_on(1, {}, {SUMS: 8})
    backlog.passed_on(0, {(SUMS, 1): 7}, {})
    assert is_settled(backlog)


def test_reference_records_are_waited_for_until_they_were_read_here_whoever_owns_their_lane(
    seconds: Callable[[float], None],
) -> None:
    backlog = ended(seconds)
    backlog.passed_on(1, {(REFERENCE, 0): 41}, {})
    assert not is_settled(backlog), "week rows would be made by the rates of before"
    backlog.forget(0)
    backlog.has_read((REFERENCE, 0), 41)
    assert not is_settled(backlog), "the last of them was not read"
    backlog.has_read((REFERENCE, 0), 42)
    assert is_settled(backlog)


def test_what_goes_to_lanes_of_other_workers_is_not_waited_for(seconds: Callable[[float], None]) -> None:
    backlog = ended(seconds)
    backlog.passed_on(0, {(SUMS, 5): 7, ("state", 0): 9}, {})
    assert is_settled(backlog)


def test_what_a_lane_had_in_hand_when_it_began_anew_is_not_waited_for(seconds: Callable[[float], None]) -> None:
    backlog = ended(seconds)
    backlog.computes(1)
    backlog.waits(1, 0, frames=True)
    backlog.weeks_are_due(1, due=True)
    backlog.passed_on(0, {(SUMS, 1): 7}, {})
    assert not is_settled(backlog)
    backlog.forget(1)
    assert is_settled(backlog)
    assert not backlog.weeks_are_coming


def test_nothing_waits_longer_than_twice_as_long_as_the_backlog_lasted(seconds: Callable[[float], None]) -> None:
    backlog = ended(seconds, lasted=2.0)
    backlog.computes(0)
    seconds(3.9)
    assert not is_settled(backlog)
    seconds(0.2)
    assert is_settled(backlog)
    assert not backlog.ended_lately


def test_behind_the_longest_backlog_the_wait_has_an_end(seconds: Callable[[float], None]) -> None:
    backlog = ended(seconds, lasted=10_000.0)
    backlog.computes(0)
    seconds(SETTLING_SECONDS - 0.1)
    assert not is_settled(backlog)
    seconds(0.2)
    assert is_settled(backlog)


def test_week_rows_are_coming_until_they_were_compared_and_those_sent_were_read(
    seconds: Callable[[float], None],
) -> None:
    backlog = ended(seconds)
    assert not backlog.weeks_are_coming
    backlog.weeks_are_due(1, due=True)
    assert backlog.weeks_are_coming
    backlog.weeks_are_due(1, due=False)
    backlog.passed_on(1, {(WEEKS, 1): 41}, {})
    assert backlog.weeks_are_coming
    assert is_settled(backlog), "rows are no sums"
    backlog.has_read((WEEKS, 1), 41)
    assert backlog.weeks_are_coming
    backlog.has_read((WEEKS, 1), 42)
    assert not backlog.weeks_are_coming


def test_others_that_shared_a_backlog_may_follow_for_a_minute(seconds: Callable[[float], None]) -> None:
    assert not of_two_lanes().others_may_follow
    backlog = ended(seconds)
    seconds(59.9)
    assert backlog.others_may_follow
    seconds(0.2)
    assert not backlog.others_may_follow
