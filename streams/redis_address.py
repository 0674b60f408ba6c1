"""Redis address: the URL of a Redis as it may be shown."""

from __future__ import annotations

from urllib.parse import urlsplit

__all__ = ["without_password"]


def without_password(url: str) -> str:
    """The URL with `***` for user and password, and without its options, for one of them may be the password.

    What is no such URL shows nothing of itself.

    >>> without_password("rediss://shop:hush@cache.example.com:6380/2?password=hush")
    'rediss://***@cache.example.com:6380/2'
    >>> without_password("unix:///run/redis.sock")
    'unix:///run/redis.sock'
    >>> without_password("hush@cache")
    '***'
    """
    try:
        parts = urlsplit(url)
        user, at, place = parts.netloc.rpartition("@")
    except ValueError:
        return "***"
    # A password with a bare slash, hash or question mark ends the place too early, and its rest looks like a path.
    if parts.scheme not in {"redis", "rediss", "unix"} or "@" in parts.path + parts.query + parts.fragment:
        return "***"
    if not at and ":" in place and not place.rpartition(":")[2].isdigit():
        return "***"
    return f"{parts.scheme}://{'***@' if user or at else ''}{place}{parts.path}"
