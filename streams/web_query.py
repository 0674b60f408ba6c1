"""What is asked of the API: parts of paths and queries, checked, each refused with what was expected."""

from __future__ import annotations

from typing import Final
from urllib.parse import unquote

from aiohttp import web

from scoring.facts import KINDS
from scoring.kpi import BY_NAME, TARGET_ATTAINMENT

SUBJECTS: Final = KINDS

_MOST_ENTRIES: Final = 10_000


def subject_of_path(raw_path: str, before: str) -> tuple[str, str]:
    """The kind and the id that a path names after `before`.

    Args:
        raw_path: as it was sent, decoded here once: an id may hold slashes, line ends and percent signs.
        before: the beginning of the path, with its last slash.

    Raises:
        HTTPBadRequest: the path is not percent-encoded UTF-8.
        HTTPNotFound: there is no such kind.

    >>> subject_of_path("/api/v1/scores/rep/a%2Fb%25", "/api/v1/scores/")
    ('rep', 'a/b%')
    """
    try:
        path = unquote(raw_path, errors="strict")
    except UnicodeDecodeError as error:
        raise web.HTTPBadRequest(text="the path is not percent-encoded UTF-8") from error
    subject, _, subject_id = path.removeprefix(before).partition("/")
    if subject not in SUBJECTS:
        raise web.HTTPNotFound(text=f"there is no subject {subject!r}: expected one of {', '.join(SUBJECTS)}")
    return subject, subject_id


def known_subject(subject: str) -> str:
    """The kind of subject, if it is one.

    Raises:
        HTTPBadRequest: it is none.
    """
    if subject not in SUBJECTS:
        raise web.HTTPBadRequest(text=f"subject is {subject!r}: expected one of {', '.join(SUBJECTS)}")
    return subject


def known_metric(metric: str) -> str:
    """The name of a metric, `score` or `evaluation_<criterion>`, if it is one.

    Raises:
        HTTPBadRequest: it is none.
    """
    known = ("score", *BY_NAME, TARGET_ATTAINMENT)
    if metric not in known and not metric.startswith("evaluation_"):
        raise web.HTTPBadRequest(
            text=f"metric is {metric!r}: expected evaluation_<criterion> or one of {', '.join(known)}"
        )
    return metric


def limit_asked(text: str) -> int:
    """How many entries are asked for, 1 to 10,000.

    Raises:
        HTTPBadRequest: it is no such number.
    """
    if not (
        text.isascii() and text.isdigit() and len(text) <= len(str(_MOST_ENTRIES)) and 1 <= int(text) <= _MOST_ENTRIES
    ):
        raise web.HTTPBadRequest(text=f"limit is {text!r}: expected a whole number from 1 to {_MOST_ENTRIES}")
    return int(text)
