"""JSON answers: compressed where a browser takes it."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from streams.codec import to_json

__all__ = ["json_answer", "json_bytes"]


def json_answer(value: Any) -> web.Response:
    """200 with a value as JSON."""
    return json_bytes(to_json(value))


def json_bytes(body: bytes, status: int = 200) -> web.Response:
    """What is JSON already."""
    response = web.Response(status=status, body=body, content_type="application/json")
    response.enable_compression()
    return response
