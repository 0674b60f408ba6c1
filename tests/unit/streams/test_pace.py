"""How long fetches rest."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterable

import pytest

from streams.cutting import Frame
from streams.pace import LEAST_A_SECOND, LONGEST_SECONDS, RECORDS_A_TRANSACTION, Pace
from streams.paced_consumer import _rested

INPUT, SUMS = "sales.events.v1", "upscore-facts"


class Hand:
    """A clock moved by hand."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def frames(topic: str, lanes: Iterable[int], offsets: int = 1) -> list[Frame]:
    return [Frame(topic, lane, 0, offsets, 0, ()) for lane in lanes]


def transactions_a_second(records_a_second: int, lanes: int) -> float:
    """What a steady flow comes to, where each fetch brings every lane something."""
    clock = Hand()
    pace = Pace([INPUT], clock)
    fetches, carried = 0, 0.0
    while clock.now < 1_020.0:
        before = clock.now
        clock.now += max(pace.rest(), 0.001)
        carried += records_a_second * (clock.now - before)
        whole = int(carried)
        carried -= whole
        pace.brought([*frames(INPUT, [0], whole), *frames(SUMS, range(lanes), 10_000)])
        fetches += clock.now > 1_010.0
    return lanes * fetches / 10


def test_the_first_fetch_does_not_rest() -> None:
    assert Pace([INPUT], Hand()).rest() == 0


def test_a_fetch_rests_by_the_lanes_that_the_one_before_it_gave_work() -> None:
    clock = Hand()
    pace = Pace([INPUT], clock)
    pace.brought([*frames(SUMS, [3]), *frames("upscore-pane-changes", [3])])
    assert pace.rest() == pytest.approx(1 / LEAST_A_SECOND)
    clock.now += 0.75 / LEAST_A_SECOND
    assert pace.rest() == pytest.approx(0.25 / LEAST_A_SECOND)
    clock.now += 100
    assert pace.rest() == 0
    pace.brought(frames(SUMS, range(4)))
    assert pace.rest() == pytest.approx(4 / LEAST_A_SECOND)


def test_no_rest_is_longer_than_the_longest() -> None:
    pace = Pace([INPUT], Hand())
    pace.brought(frames(SUMS, range(64)))
    assert pace.rest() == pytest.approx(LONGEST_SECONDS)


@pytest.mark.parametrize("rate", [20, 200, 2_000])
def test_transactions_are_as_many_as_the_records_allow(rate: int) -> None:
    found = transactions_a_second(rate, lanes=8)
    rest = 8 / found
    told = rate * rest / -math.expm1(-rest)  # a record counts in full as it comes: rare fetches make them seem more
    assert found == pytest.approx(LEAST_A_SECOND + told / RECORDS_A_TRANSACTION, rel=0.15)


def test_a_backlog_hardly_rests_from_its_first_fetch_on() -> None:
    pace = Pace([INPUT], Hand())
    pace.brought(frames(INPUT, range(8), 4_000))
    assert pace.rest() < 0.006


def test_a_burst_is_forgotten_in_seconds() -> None:
    clock = Hand()
    pace = Pace([INPUT], clock)
    pace.brought(frames(INPUT, range(8), 4_000))
    clock.now += 15.0
    pace.brought(frames(INPUT, range(4)))
    assert pace.rest() == pytest.approx(4 / LEAST_A_SECOND, rel=0.05)


def test_a_fetch_that_is_cancelled_while_it_rests_brings_nothing_and_is_not_sent() -> None:
    async def scenario() -> None:
        pace, sent = Pace([INPUT]), []

        async def fetch(*request: object) -> bool:
            sent.append(request)
            return True

        rested = _rested(pace, fetch)
        assert await rested("assignment", 1, "request")
        assert sent == [("assignment", 1, "request")]
        pace.brought(frames(SUMS, range(64)))
        resting = asyncio.create_task(rested("assignment", 1, "next"))
        await asyncio.sleep(0)
        resting.cancel()
        assert await resting is False
        assert len(sent) == 1

    asyncio.run(scenario())
