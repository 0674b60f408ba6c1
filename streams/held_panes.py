"""Held panes: what a lane hands over of a subject to whoever works beside it, in another thread."""

from __future__ import annotations

from typing import NamedTuple

from scoring.panes import Panes
from streams.partition_state import PartitionState

__all__ = ["Held", "held_panes"]


class Held(NamedTuple):
    """A copy of a subject's panes, and the first day of which panes are kept, 0 for all."""

    panes: Panes
    first_day: int


def held_panes(state: PartitionState, subject: str) -> Held:
    """The panes of a rep or a group, empty where it has none; later records do not come to them."""
    first_day = state.reps.first_day if subject.startswith("rep:") else state.groups.first_day
    return Held({day: dict(pane) for day, pane in (state.panes(subject) or {}).items()}, first_day)
