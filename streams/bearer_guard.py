"""Bearer guard: who may read what a worker serves, where a token is set. Source: RFC 6750."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from hmac import compare_digest
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Middleware
from pydantic import SecretStr

__all__ = ["bearer_guard"]

_OPEN: Final = frozenset({"/healthz", "/readyz"})
"""What answers without a token: those who restart a worker, or send no work to it, know no secrets."""

_PAGES: Final = ("/", "/favicon.ico")
_FILES: Final = "/board/"
"""The board's files hold no data: the page asks for the token, and shows it when it asks for data."""

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def bearer_guard(token: SecretStr | None) -> Middleware:
    """A middleware that lets pass who shows the token, and everybody where it is None.

    Others get 401, for every path but the two of health and the board's files, known or not.
    """
    expected = None if token is None else token.get_secret_value().encode()

    @web.middleware
    async def guard(request: web.Request, handler: _Handler) -> web.StreamResponse:
        if expected is not None and not _is_open(request.path):
            scheme, _, shown = request.headers.get("Authorization", "").partition(" ")
            # In constant time: how far a guess is right must not show in how long the answer takes.
            if scheme.lower() != "bearer" or not compare_digest(shown.strip().encode(errors="replace"), expected):
                raise web.HTTPUnauthorized(
                    text="send the worker's UPSCORE_HTTP_TOKEN in the header Authorization: Bearer …",
                    headers={"WWW-Authenticate": "Bearer"},
                )
        return await handler(request)

    return guard


def _is_open(path: str) -> bool:
    return path in _OPEN or path in _PAGES or path.startswith(_FILES)
