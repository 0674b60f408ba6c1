"""When a generation may speak or go, and why scores of two differ."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from streams.generations import SPEAKER, Generations, Speaker, taken_key
from streams.rebuild.control import SwitchRefused
from streams.rebuild.removal import RemovalRefused, refuse_unless_idle
from streams.rebuild.standing import Standing
from streams.rebuild.switching import NEAR, refuse_unless_ready

ABOUT: dict[str, Any] = {"partitions": 2, "partitioner": "murmur2", "rows_version": 3}
ONE = Standing(1, speaks=True, workers=1, behind=0, waiting=0, day=None, about=ABOUT)
TWO = replace(ONE, generation=2, speaks=False, about=ABOUT | {"rows_version": 4})


def generations(speaker: Speaker = Speaker(), *taken: int) -> Generations:  # noqa: B008 - frozen
    made = Generations()
    made.put(SPEAKER, speaker.value())
    for partition in taken:
        made.put(taken_key(partition), str(speaker.epoch).encode())
    return made


def test_a_generation_that_has_read_nearly_all_may_speak_whatever_the_version_of_its_rows() -> None:
    refuse_unless_ready(2, [ONE, replace(TWO, behind=NEAR, waiting=NEAR)], generations(), 2)


@pytest.mark.parametrize(
    ("generation", "two", "why"),
    [
        (1, TWO, "generation 1 speaks already"),
        (3, TWO, "there is no generation 3"),
        (2, replace(TWO, workers=0), "no worker of generation 2 runs"),
        (2, replace(TWO, behind=NEAR + 1), "has yet to read 1001 records, and 0 sums"),
        (2, replace(TWO, waiting=NEAR + 1), "has yet to read 0 records, and 1001 sums"),
        (
            2,
            replace(TWO, about=ABOUT | {"partitioner": "crc32"}),
            "partitioner of generation 1 is 'murmur2', of generation 2 'crc32'",
        ),
        (2, replace(TWO, about={}), "partitions of generation 1 is 2, of generation 2 None"),
    ],
)
def test_a_generation_that_is_not_fit_to_speak_is_refused(generation: int, two: Standing, why: str) -> None:
    with pytest.raises(SwitchRefused, match=why):
        refuse_unless_ready(generation, [ONE, two], generations(), 2)


def test_an_unfinished_switch_can_be_gone_back_from_and_nothing_else() -> None:
    under_way = generations(Speaker(1, 2, 1), 0)
    silent, speaking = replace(ONE, speaks=False), replace(TWO, speaks=True)
    refuse_unless_ready(1, [silent, speaking], under_way, 2)
    with pytest.raises(SwitchRefused, match="the switch to generation 2 is not finished"):
        refuse_unless_ready(3, [silent, speaking, replace(silent, generation=3)], under_way, 2)
    refuse_unless_ready(3, [silent, speaking, replace(silent, generation=3)], generations(Speaker(1, 2, 1), 0, 1), 2)


@pytest.mark.parametrize(
    ("generation", "one", "taken", "why"),
    [
        (3, ONE, (0, 1), "there is no generation 3: there are 1, 2"),
        (2, ONE, (0, 1), "generation 2 speaks"),
        (1, ONE, (0, 1), "1 workers of generation 1 run"),
        (1, replace(ONE, workers=0), (0,), "not finished"),
    ],
)
def test_a_generation_that_is_in_use_is_not_removed(
    generation: int, one: Standing, taken: tuple[int, ...], why: str
) -> None:
    found = [replace(one, speaks=False), replace(TWO, speaks=True)]
    with pytest.raises(RemovalRefused, match=why):
        refuse_unless_idle(generation, found, generations(Speaker(1, 2, 1), *taken), 2)


def test_an_idle_generation_may_go() -> None:
    found = [replace(ONE, speaks=False, workers=0), replace(TWO, speaks=True)]
    refuse_unless_idle(1, found, generations(Speaker(1, 2, 1), 0, 1), 2)
