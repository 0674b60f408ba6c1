"""Static files: what a browser loads of the board, from the package, packed, compressed and checked by its digest."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import PurePosixPath
from typing import Final, NamedTuple

from streams.board.packing import pack_modules, pack_sheets

__all__ = ["BEFORE", "PAGE", "SCRIPT", "SHEET", "TYPES", "VERSION", "StaticFile", "load_static", "sources"]

PAGE: Final = "index.html"
BEFORE: Final = "first.js"
"""The one script that is no module: it runs before them."""
SCRIPT: Final = "board.js"
"""All modules."""
SHEET: Final = "board.css"
"""All style sheets."""
VERSION: Final = "v"
"""What the page says of a file in its address: its digest."""

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


def sources() -> dict[str, bytes]:
    """Every file of the package by its path below `static`, as in `charts/trend.js`, as it is written."""
    root = files("streams").joinpath("board", "static")
    return {name: file.read_bytes() for name, file in _below(root, "") if PurePosixPath(name).suffix in TYPES}


def load_static() -> dict[str, StaticFile]:
    """What is served, by its path below `/board/`: modules and sheets as one each, everything else as it is.

    Read once: no path of a request reaches the disk. The page names the others with their digests, by which they can be kept for
    good.
    """
    found = sources()
    modules = {name: found.pop(name).decode() for name in sorted(found) if name.endswith(".js") and name != BEFORE}
    sheets = {name: found.pop(name).decode() for name in sorted(found) if name.endswith(".css")}
    found |= {SCRIPT: pack_modules(modules).encode(), SHEET: pack_sheets(sheets).encode()}
    page = found.pop(PAGE).decode()
    loaded = {name: _loaded(body, PurePosixPath(name).suffix) for name, body in found.items()}
    dated = re.sub(r'"board/([^"]+)"', lambda named: f'"board/{named[1]}?{VERSION}={loaded[named[1]].etag}"', page)
    return loaded | {PAGE: _loaded(dated.encode(), ".html")}


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
