"""docker-compose.yml as the tests read it: anchors merged, `${NAME:-default}` as with no .env."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
COMPOSE_FILE = ROOT / "docker-compose.yml"
ONE_SHOT = {"topics", "crm"}
"""Services that do one thing and end."""
OURS = ("topics", "worker", "crm")
"""Services that run our own image."""


@cache
def compose() -> dict[str, Any]:
    """The whole file."""
    return yaml.safe_load(COMPOSE_FILE.read_text("utf-8"))


def services() -> dict[str, dict[str, Any]]:
    """Its services by name, those of profiles too."""
    return compose()["services"]


def with_defaults(value: str) -> str:
    """What a value is with no .env; fails where one has no default.

    >>> with_defaults("${UPSCORE_CLOCK:-wall}")
    'wall'
    """
    found = re.sub(r"\$\{[A-Z_]+:-([^}]*)\}", r"\1", value)
    assert not re.search(r"\$\{", found), f"{value!r} has no default"
    return found


def environment(service: str) -> dict[str, str]:
    """A service's variables, with defaults."""
    stated = services()[service].get("environment", {})
    return {name: with_defaults(str(value)) for name, value in stated.items()}
