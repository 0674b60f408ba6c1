"""What goes wrong with boards and can be mended by who runs the command."""

from __future__ import annotations

__all__ = ["BoardError", "MissingExtra", "PublishError", "ScorecardUnread"]


class BoardError(Exception):
    """Told in one line: what is wrong, where, what was expected, what to do."""


class MissingExtra(BoardError):
    """A package of an extra is not installed."""


class ScorecardUnread(BoardError):
    """The scorecard file cannot be read."""


class PublishError(BoardError):
    """Grafana did not do what it was asked."""
