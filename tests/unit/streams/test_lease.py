"""When a worker that was stopped may show its subjects again."""

from __future__ import annotations

import pytest

from streams.lease import Lease

SESSION = 10.0


class Stopped:
    """A lease and its clock, which is moved by hand."""

    def __init__(self) -> None:
        self.now = 100.0
        self.lease = Lease(SESSION, lambda: self.now)

    def live(self, seconds: float, *, rebalancing: bool = False) -> None:
        for _ in range(int(seconds * 4)):
            self.now += 0.25
            self.lease.tick(rebalancing=rebalancing)


def test_a_worker_that_lives_holds_its_lease() -> None:
    worker = Stopped()
    worker.live(60)
    worker.live(60, rebalancing=True)
    assert worker.lease.holds()


def test_a_short_stop_costs_nothing() -> None:
    worker = Stopped()
    worker.now += 0.6 * SESSION
    assert worker.lease.holds()
    worker.live(1)
    assert worker.lease.holds()


@pytest.mark.parametrize("loop_first", [True, False])
def test_after_a_long_stop_nothing_is_shown_until_the_group_has_spoken(loop_first: bool) -> None:  # noqa: FBT001
    worker = Stopped()
    worker.now += SESSION
    if loop_first:
        worker.live(1)
    assert not worker.lease.holds()
    worker.live(3 * SESSION, rebalancing=True)
    assert not worker.lease.holds()
    worker.lease.renew()
    assert worker.lease.holds()


def test_a_gap_that_cost_nothing_is_over_after_a_session_without_a_word_of_the_group() -> None:
    worker = Stopped()
    worker.now += 0.8 * SESSION
    worker.live(0.9 * SESSION)
    assert not worker.lease.holds()
    worker.live(0.3 * SESSION)
    assert worker.lease.holds()
