"""What publishing asks of a Grafana, and what may go wrong; how it is asked is the business of an adapter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from dashboards.errors import PublishError

Json = Mapping[str, Any]


class Refusal(PublishError):
    """Grafana answered, and said no.

    Attributes:
        status: the HTTP status of its answer.
    """

    def __init__(self, status: int, message: str) -> None:
        """With what Grafana says."""
        super().__init__(message)
        self.status = status


class Unreachable(PublishError):
    """No answer: no connection, none in time, or none of a Grafana."""


class Grafana(Protocol):
    """The narrow port. Every method raises `Refusal` or `Unreachable`; what is not there is None."""

    def folder(self, uid: str) -> Json | None:
        """A folder."""

    def create_folder(self, uid: str, title: str) -> None:
        """Make a folder."""

    def data_source(self, name: str) -> Json | None:
        """A data source by its name."""

    def create_data_source(self, source: Json) -> None:
        """Make a data source."""

    def update_data_source(self, uid: str, source: Json) -> None:
        """Replace the settings of a data source."""

    def board(self, uid: str) -> Json | None:
        """A board as `{"dashboard": ..., "meta": ...}`."""

    def save_board(self, board: Json, folder_uid: str, message: str) -> None:
        """Make or replace a board; status 412 if it is not of the version that `board` names."""

    def annotations(self, tags: Sequence[str]) -> list[Json]:
        """Annotations that have all these tags."""

    def add_annotation(self, at: int, tags: Sequence[str], text: str) -> None:
        """Mark a moment, in milliseconds of unix time."""
