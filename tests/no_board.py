"""A web server's board that has nothing to say, for those who are at its other routes."""

from __future__ import annotations

from aiohttp import web


class NoBoard:
    """Adds no routes."""

    def attach(self, application: web.Application) -> None:
        """As `streams.web.Routes` has it."""
