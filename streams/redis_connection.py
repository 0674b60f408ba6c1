"""Redis connection: what of a Redis's settings can be known to be wrong before anything is asked of it."""

from __future__ import annotations

import ssl

from redis.asyncio.connection import ConnectionPool
from redis.exceptions import RedisError

from streams.errors import SettingsError

__all__ = ["certificates", "place_of"]


def certificates(path: str) -> str:
    """The path, once the file there is known to hold certificates.

    Raises:
        SettingsError: it cannot be read, or holds none.
    """
    try:
        ssl.create_default_context(cafile=path)
    except OSError as error:
        reason = "it holds no certificate" if isinstance(error, ssl.SSLError) else error.strerror
        raise SettingsError(f"UPSCORE_REDIS_CA_FILE is {path!r}: {reason}; expected a file in PEM format") from error
    return path


def place_of(url: str) -> str:
    """Where a Redis is, without the password.

    Raises:
        SettingsError: the URL is none of a Redis.

    >>> place_of("rediss://:secret@cache.example.com:6380/2")
    'cache.example.com:6380'
    """
    try:
        pool = ConnectionPool.from_url(url)
        pieces = dict(pool.connection_class(**pool.connection_kwargs).repr_pieces())  # type: ignore[no-untyped-call]
    except (ValueError, TypeError, RedisError):
        # Not `from error`: its text may hold a part of the password.
        raise SettingsError(
            "UPSCORE_REDIS_URL is not the URL of a Redis: expected redis://[[user]:password@]host:port/db, rediss://… "
            "or unix://path, reserved characters of a password percent-encoded"
        ) from None
    return f"{pieces['path']}" if "path" in pieces else f"{pieces['host']}:{pieces['port']}"
