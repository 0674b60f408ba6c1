"""What the web server and the exporter may see of a worker."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from prometheus_client import CollectorRegistry

from streams.open_drops import OpenDrops
from streams.settings import Settings


class WorkerView(Protocol):
    """A worker as its readers see it; every method may be called from any thread."""

    settings: Settings
    registry: CollectorRegistry

    def published(self) -> Mapping[str, dict[str, Any]]:
        """The newest published score of every owned subject, by subject key; a mapping that never changes again.

        Empty while the worker cannot be sure that they are still its own (`streams/lease.py`).
        """
        ...

    def drops(self) -> OpenDrops:
        """By subject key and cause, the points lost in open drops of owned subjects; never changes again."""
        ...

    def territory(self, rep_id: str) -> str | None:
        """A rep's territory on the worker's date; None without one."""
        ...

    def score(self, subject: str, subject_id: str) -> dict[str, Any] | None:
        """A subject's score from the state as it is now; None if it is unknown or not owned. Blocks for some milliseconds."""
        ...

    def norms(self) -> dict[str, Any]:
        """The norms in force on the worker's date (`schemas.norms`)."""
        ...

    def has_signal(self, metric: str) -> bool | None:
        """Whether the norms in force say that a metric tells reps apart; None where they do not say, or it is not scored."""
        ...

    def silence(self) -> str | None:
        """Why the worker tells nothing of its subjects, for people; None where it does."""
        ...

    def obstacles(self) -> list[str]:
        """Why the worker is not ready, for people; empty when it is."""
        ...
