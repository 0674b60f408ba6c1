"""Questions: what is asked of the board's API, checked, each refused with what was expected."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final
from urllib.parse import unquote_plus

from aiohttp import web

from schemas.dead_letters import REASONS
from streams.board.explaining import Dates
from streams.board.letters import Wanted
from streams.web_query import SUBJECTS

__all__ = ["dates_asked", "days_asked", "letters_asked", "subjects_watched", "text_asked"]

LONGEST_TREND: Final = 400
_AGAINST_DAYS: Final = 28
_MOST_LETTERS: Final = 200
_MOST_SUBJECTS: Final = 200
_LONGEST_TEXT: Final = 200


def days_asked(text: str) -> int:
    """Over how many days a trend is asked for, 7 to 400.

    Raises:
        HTTPBadRequest: it is no such number.
    """
    return _number("days", text, 7, LONGEST_TREND)


def text_asked(text: str) -> str:
    """What is searched for, at most 200 characters.

    Raises:
        HTTPBadRequest: it is longer.
    """
    if len(text) > _LONGEST_TEXT:
        raise web.HTTPBadRequest(text=f"q has {len(text)} characters: expected {_LONGEST_TEXT} at most")
    return text


def dates_asked(query: Mapping[str, str], today: int) -> Dates:
    """The dates that an explanation is asked for: `as_of` (else today), `against` (else 28 days before).

    Raises:
        HTTPBadRequest: one is no date.
    """
    as_of = _date("as_of", query.get("as_of"), today)
    against = _date("against", query.get("against"), max(1, date.fromisoformat(as_of).toordinal() - _AGAINST_DAYS))
    return Dates(as_of, against)


def letters_asked(query: Mapping[str, str]) -> Wanted:
    """Which dead letters are asked for.

    Raises:
        HTTPBadRequest: there is no such reason, or no such number.
    """
    reason = query.get("reason") or None
    if reason is not None and reason not in REASONS:
        raise web.HTTPBadRequest(text=f"reason is {reason!r}: expected one of {', '.join(REASONS)}")
    return Wanted(text_asked(query.get("q", "")), reason, _number("limit", query.get("limit", "50"), 1, _MOST_LETTERS))


def subjects_watched(raw_query: str) -> tuple[list[str], list[str]]:
    """The keys of `subjects=` and `members=` in a query as it was sent: commas between them, each encoded by itself.

    Raises:
        HTTPBadRequest: one is no subject's key, or there are too many.

    >>> subjects_watched("subjects=rep:r-1,rep:a%2Cb&members=team:t-1")
    (['rep:r-1', 'rep:a,b'], ['team:t-1'])
    """
    found: dict[str, list[str]] = {"subjects": [], "members": []}
    for pair in raw_query.split("&"):
        name, _, text = pair.partition("=")
        if name in found:
            found[name] += [_key(each) for each in text.split(",") if each]
    if sum(map(len, found.values())) > _MOST_SUBJECTS:
        raise web.HTTPBadRequest(
            text=f"more than {_MOST_SUBJECTS} subjects: name their group in members=, as in members=team:t-1"
        )
    return found["subjects"], found["members"]


def _key(encoded: str) -> str:
    try:
        key = unquote_plus(encoded, errors="strict")
    except UnicodeDecodeError as error:
        raise web.HTTPBadRequest(text="the query is not percent-encoded UTF-8") from error
    kind, _, subject_id = key.partition(":")
    if kind not in SUBJECTS or not subject_id:
        raise web.HTTPBadRequest(text=f"{key!r} is no subject: expected <subject>:<id>, as in rep:r-1")
    return key


def _number(name: str, text: str, least: int, most: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(most)) and least <= int(text) <= most):
        raise web.HTTPBadRequest(text=f"{name} is {text!r}: expected a whole number from {least} to {most}")
    return int(text)


def _date(name: str, text: str | None, otherwise: int) -> str:
    if not text:
        return date.fromordinal(otherwise).isoformat()
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.isoformat() != text:
        raise web.HTTPBadRequest(text=f"{name} is {text!r}: expected a date, YYYY-MM-DD")
    return text
