"""Static answers: a file of the board to a browser that may have it already, or takes it compressed. Source: RFC 9110."""

from __future__ import annotations

from aiohttp import web

from streams.board.static_files import VERSION, StaticFile

_FOR_GOOD = "public, max-age=31536000, immutable"

__all__ = ["accepted_encodings", "answer_of"]


def answer_of(file: StaticFile, request: web.Request) -> web.Response:
    """The file; 304 where the browser names its digest.

    It is kept for good where it was asked for by its digest; else the browser asks each time, so that a new version is seen at
    once. Behind one address may be workers of two versions: what is asked for by another's digest is not kept.
    """
    kept = _FOR_GOOD if request.query.get(VERSION) == file.etag else "no-cache"
    headers = {"ETag": f'"{file.etag}"', "Cache-Control": kept, "Vary": "Accept-Encoding"}
    known = [etag.value for etag in request.if_none_match or ()]
    if file.etag in known or "*" in known:
        return web.Response(status=304, headers=headers)
    zipped = file.zipped if "gzip" in accepted_encodings(request.headers.get("Accept-Encoding", "")) else None
    return web.Response(
        body=file.body if zipped is None else zipped,
        content_type=file.content_type,
        charset="utf-8" if file.is_text else None,
        headers=headers | ({} if zipped is None else {"Content-Encoding": "gzip"}),
    )


def accepted_encodings(header: str) -> set[str]:
    """The encodings that an Accept-Encoding header allows.

    >>> sorted(accepted_encodings("gzip;q=1.0, br;q=0, Deflate"))
    ['deflate', 'gzip']
    """
    choices = [choice.lower().replace(" ", "").partition(";q=") for choice in header.split(",")]
    return {name for name, _, quality in choices if not quality or quality.strip("0.")}
