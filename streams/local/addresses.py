"""Where the local Kafka and Redis are reached."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """The two addresses, in the words of the settings."""

    broker: str
    """`host:port`, for UPSCORE_BROKER."""

    redis_url: str
    """`redis://host:port/0`, for UPSCORE_REDIS_URL."""
