"""Lanes score one after the other, and leave time for records."""

from __future__ import annotations

import pytest

from streams.scoring_turns import SHARE, SHARE_WHILE_BEHIND, ScoringTurns


class Watch:
    """Seconds, moved by hand."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_a_lane_that_is_alone_does_not_wait() -> None:
    turns = ScoringTurns(Watch())
    assert [turns.seconds_until(3) for _ in range(3)] == [0, 0, 0]


def test_one_lane_scores_at_a_time_and_whoever_waits_longest_is_next() -> None:
    watch = Watch()
    turns, called = ScoringTurns(watch), list[int]()
    turns.called = called.append
    assert turns.seconds_until(3) == 0
    assert turns.seconds_until(5) > 0
    assert turns.seconds_until(4) > 0
    turns.done(3, 0.0, SHARE)
    assert turns.seconds_until(3) > 0, "it is the last of three now"
    assert turns.seconds_until(4) > 0
    assert turns.seconds_until(5) == 0
    turns.done(5, 0.0, SHARE)
    assert turns.seconds_until(4) == 0
    turns.leave(3)
    assert called == [5, 4], "whoever is next, and nobody for one who was not"


def test_a_lane_that_leaves_holds_up_nobody() -> None:
    turns = ScoringTurns(Watch())
    assert turns.seconds_until(3) == 0
    turns.leave(3)
    turns.leave(3)
    assert turns.seconds_until(5) == 0


def test_a_lane_that_scores_beside_anothers_turn_takes_no_rest_away() -> None:
    turns = ScoringTurns(Watch())
    turns.done(3, 0.02, SHARE_WHILE_BEHIND)
    rest = turns.seconds_until(5)
    turns.done(4, 0.002, SHARE)
    assert turns.seconds_until(5) == pytest.approx(rest + 0.002)


@pytest.mark.parametrize("share", [SHARE, SHARE_WHILE_BEHIND])
def test_scoring_takes_its_share_of_the_time_and_no_more(share: float) -> None:
    watch = Watch()
    turns = ScoringTurns(watch)
    scored = 0.0
    while watch.now < 1_100:
        if (pause := turns.seconds_until(0)) == 0:
            watch.now += 0.02
            scored += 0.02
            turns.done(0, 0.02, share)
        else:
            watch.now += pause
    assert scored / 100 == pytest.approx(share, rel=0.1)
