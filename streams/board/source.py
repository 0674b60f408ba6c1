"""Board source: what the board needs of the worker it belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from streams.desk import Desk
from streams.held_panes import Held

__all__ = ["BoardSource"]


class BoardSource(Protocol):
    """A worker as its board sees it; every method may be called from any thread."""

    desk: Desk

    def published(self) -> Mapping[str, dict[str, Any]]:
        """The newest published score of every owned subject; none while it is not sure that they are owned."""
        ...

    def score(self, subject: str, subject_id: str) -> dict[str, Any] | None:
        """A subject's score from the state as it is now; None if it is unknown or not owned. Blocks for some milliseconds."""
        ...

    def standing(self, subject: str, subject_id: str) -> dict[str, Any] | None:
        """What that score is made of; None likewise. Blocks likewise."""
        ...

    def held(self, subject: str, subject_id: str) -> Held | None:
        """A copy of a subject's panes; None if it is not owned. Blocks likewise."""
        ...

    def owned(self) -> frozenset[int]:
        """The partitions whose lanes run here; none while that is not sure."""
        ...

    def obstacles(self) -> list[str]:
        """Why the worker is not ready, for people; empty when it is."""
        ...
