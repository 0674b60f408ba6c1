"""Builders of the SDK as plain JSON objects, and those as text."""

from __future__ import annotations

import json
from typing import Any

from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.encoder import JSONEncoder


def encoded(builder: Builder[Any]) -> dict[str, Any]:
    """What the builder has built, as an object of JSON."""
    plain: dict[str, Any] = json.loads(json.dumps(builder.build(), cls=JSONEncoder))
    return plain


def to_text(board: dict[str, Any]) -> str:
    """The JSON text of a board, the same bytes for the same board."""
    return json.dumps(board, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
