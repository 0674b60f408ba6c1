"""Static files: what a browser loads of the board, from the package, compressed and checked by its digest."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import PurePosixPath
from typing import Final, NamedTuple

__all__ = ["TYPES", "StaticFile", "load_static"]

TYPES: Final[Mapping[str, str]] = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".json": "application/json",
    ".txt": "text/plain",
    ".woff2": "font/woff2",
    ".webmanifest": "application/manifest+json",
}
"""Names' endings and what they are; a file of another kind is not served."""

_TEXTS: Final = frozenset({".html", ".css", ".js", ".mjs", ".svg", ".json", ".txt", ".webmanifest"})


class StaticFile(NamedTuple):
    """A file as it is sent."""

    content_type: str
    is_text: bool
    body: bytes
    zipped: bytes | None
    """The same, compressed; None where that is not shorter."""
    etag: str


def load_static() -> dict[str, StaticFile]:
    """Every file by its path below `static`, as in `charts/trend.js`. Read once: no path of a request reaches the disk."""
    root = files("streams").joinpath("board", "static")
    found = {}
    for name, file in _below(root, ""):
        suffix = PurePosixPath(name).suffix
        if suffix in TYPES:
            found[name] = _loaded(file.read_bytes(), suffix)
    return found


def _loaded(body: bytes, suffix: str) -> StaticFile:
    zipped = gzip.compress(body, 9, mtime=0) if suffix in _TEXTS else body
    digest = blake2b(body, digest_size=9).hexdigest()
    return StaticFile(TYPES[suffix], suffix in _TEXTS, body, zipped if len(zipped) < len(body) else None, digest)


def _below(folder: Traversable, before: str) -> Iterator[tuple[str, Traversable]]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            yield from _below(entry, f"{before}{entry.name}/")
        else:
            yield before + entry.name, entry
