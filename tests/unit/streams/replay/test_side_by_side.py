from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from streams.errors import UpscoreError
from streams.replay.progress import Lines
from streams.replay.side_by_side import dealt, run

Advance = Callable[[int], None]


def test_results_come_in_the_order_of_the_parts_and_steps_are_added_up() -> None:
    told: list[int] = []

    def part(number: int) -> Callable[[Advance], Any]:
        def work(advance: Advance) -> tuple[int, int]:
            advance(number)
            return number, os.getpid()

        return work

    found = run([part(1), part(2), part(3)], told.append)
    assert [number for number, _ in found] == [1, 2, 3]
    assert len({pid for _, pid in found}) == 3
    assert found[-1] == (3, os.getpid())
    assert sorted(told) == [1, 2, 3]
    assert run([part(7)], told.append) == [(7, os.getpid())]


def test_what_a_part_raises_is_raised() -> None:
    def told(_: Advance) -> None:
        raise UpscoreError("the topic is gone")

    def bug(_: Advance) -> None:
        raise KeyError("some bug")

    def dies(_: Advance) -> None:
        os._exit(3)

    def fine(_: Advance) -> None:
        return None

    with pytest.raises(UpscoreError, match="the topic is gone"):
        run([told, fine], lambda _: None)
    with pytest.raises(UpscoreError, match="the topic is gone"):
        run([fine, told], lambda _: None)
    with pytest.raises(RuntimeError, match="some bug"):
        run([bug, fine], lambda _: None)
    with pytest.raises(KeyError, match="some bug"):
        run([fine, bug], lambda _: None)
    with pytest.raises(RuntimeError, match="ended before its work was done"):
        run([dies, fine], lambda _: None)


def test_a_part_that_is_done_here_does_not_go_on_for_long_once_another_has_failed() -> None:
    deadline = time.monotonic() + 60

    def dies(_: Advance) -> None:
        os._exit(3)

    def goes_on(advance: Advance) -> None:
        while time.monotonic() < deadline:
            advance(1)

    with pytest.raises(RuntimeError, match="ended before its work was done"):
        run([dies, goes_on], lambda _: None)
    assert time.monotonic() < deadline


def test_what_is_dealt_goes_to_whichever_part_asks_first_and_to_one_alone() -> None:
    things = [f"quarter {number}" for number in range(200)]

    def one(each: Iterator[str], _: Advance) -> list[str]:
        return [thing for thing in [next(each, None)] if thing is not None]

    def quick(each: Iterator[str], _: Advance) -> list[str]:
        return list(each)

    with dealt(things) as each:
        found = run([partial(one, each), partial(one, each), partial(quick, each)], lambda _: None)
    assert sorted([*found[0], *found[1], *found[2]]) == sorted(things)
    assert len(found[2]) >= len(things) - 2
    with dealt(things) as each:
        assert run([partial(quick, each)], lambda _: None) == [things]


def test_a_line_now_and_then_says_rate_and_time_left() -> None:
    said: list[str] = []
    now = 100.0
    advance = Lines(said.append, lambda: now).stage("reading", "records", 1_000)
    advance(10)
    now = 105.0
    advance(490)
    advance(100)
    now = 110.0
    advance(200)
    assert said == [
        "replay: reading, 500 of 1,000 records (50 %), 100 records/s, 5 s left",
        "replay: reading, 800 of 1,000 records (80 %), 80 records/s, 2 s left",
    ]
