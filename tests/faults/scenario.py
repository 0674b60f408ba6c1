"""Scenario: something that goes wrong, with a name, a sentence and how often `make faults` plays it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.faults.course import Course

Play = Callable[[Course], None]


@dataclass(frozen=True, slots=True)
class Scenario:
    """What is played on a course; afterwards the course is compared with the oracle."""

    name: str
    says: str
    play: Play
    runs: int = 3
    own_stack: bool = False
    """It breaks the broker or Redis, so it gets one of its own."""
    kafka_settings: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    """Settings of the installation, and `traffic`."""
    in_cut: bool = False
    """Whether CI plays it."""


SCENARIOS: dict[str, Scenario] = {}
"""By name, in the order in which they are declared."""


def scenario(says: str, **options: Any) -> Callable[[Play], Play]:
    """Declare a function a scenario, under its name."""

    def declare(play: Play) -> Play:
        SCENARIOS[play.__name__] = Scenario(play.__name__, says, play, **options)
        return play

    return declare
