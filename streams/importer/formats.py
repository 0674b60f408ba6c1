"""Formats: how an export writes numbers, times, dates and yes or no, and what they mean.

All functions are pure; a cell that is not in its format raises ValueError with what was expected.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

__all__ = ["parse_date", "parse_flag", "parse_number", "parse_time", "rfc_3339", "slug"]

UNIX_UNITS: Final = {"unix": 1, "unix_ms": 1_000, "unix_us": 1_000_000}
"""Named formats that count from 1970, with their ticks in a second."""

ISO: Final = "iso"
NAMED_FORMATS: Final = frozenset({ISO, *UNIX_UNITS})

_TIME_OF_DAY = re.compile(r"%[HIpMSfXcT]|%-[HI]")
_SPACE_BESIDE_DIGITS = re.compile(r"(?<![0-9]) | (?![0-9])")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_YES, _NO = frozenset({"true", "t", "yes", "y", "1"}), frozenset({"false", "f", "no", "n", "0"})


def parse_number(text: str, *, decimal: str = ".", thousands: str = "", strip: Sequence[str] = ()) -> Decimal:
    """The number that a cell holds, exactly as written.

    Currency signs, spaces and the texts in `strip` are left out wherever they stand. A number in parentheses, or with
    its minus at the end, is negative, as accountants write it.

    Args:
        text: the cell.
        decimal: the decimal sign.
        thousands: the sign between groups of digits, or empty: then one is an error. Groups must be whole (three
            digits, or two and then three as in India): `1,5` is never taken for fifteen.
        strip: more texts to leave out, such as `EUR` or `%`.

    Raises:
        ValueError: it is no number in this format.

    >>> parse_number("1.234.567,50 €", decimal=",", thousands=".")
    Decimal('1234567.50')
    >>> parse_number("($1,200)", thousands=",")
    Decimal('-1200')
    >>> parse_number("1,5", thousands=",")
    Traceback (most recent call last):
    ValueError: expected a number such as 1,234.5
    """
    bare = text
    for sign in strip:
        bare = bare.replace(sign, "")
    bare = "".join([c for c in bare if unicodedata.category(c) != "Sc"]).replace("\N{MINUS SIGN}", "-")
    # Spreadsheets write any of the spaces between groups; elsewhere a space means nothing.
    bare = _SPACE_BESIDE_DIGITS.sub("", re.sub(r"\s+", " ", bare))
    group = " " if thousands.isspace() else thousands
    if bare.startswith("(") and bare.endswith(")"):
        bare = "-" + bare[1:-1]
    elif bare.endswith("-") and not bare.startswith("-"):
        bare = "-" + bare[:-1]
    if not _number_pattern(decimal, group).fullmatch(bare):
        raise ValueError(f"expected a number such as 1{group}234{decimal}5")
    return Decimal((bare.replace(group, "") if group else bare).replace(decimal, "."))


@lru_cache(maxsize=64)
def _number_pattern(decimal: str, thousands: str) -> re.Pattern[str]:
    whole = "[0-9]+"
    if thousands:
        group = re.escape(thousands)
        whole = f"(?:[0-9]+|[0-9]{{1,3}}(?:{group}[0-9]{{2,3}})*{group}[0-9]{{3}})"
    fraction = re.escape(decimal)
    return re.compile(f"[+-]?(?:{whole}(?:{fraction}[0-9]*)?|{fraction}[0-9]+)(?:[eE][+-]?[0-9]{{1,3}})?")


@lru_cache(maxsize=65_536)
def parse_time(text: str, formats: tuple[str, ...], zone: ZoneInfo, at: time) -> datetime:
    """The point in time that a cell holds, in UTC.

    Args:
        text: the cell.
        formats: tried in this order: `strptime` formats, `iso` (ISO 8601), or `unix`, `unix_ms`, `unix_us`.
        zone: of times that state no offset. Of an hour that the clocks repeat it is the first; an hour that they leave
            out counts as if the clocks had not been changed yet.
        at: time of day, in `zone`, of what is a date alone.

    Raises:
        ValueError: it is in none of the formats.

    >>> parse_time("20-10-16", ("%d-%m-%y",), ZoneInfo("Europe/Berlin"), time(0)).isoformat()
    '2016-10-19T22:00:00+00:00'
    >>> parse_time("1767225600000", ("unix_ms",), ZoneInfo("UTC"), time(0)).isoformat()
    '2026-01-01T00:00:00+00:00'
    """
    found, dated_only = _read(text, formats)
    if dated_only:
        found = datetime.combine(found.date(), at)
    if found.tzinfo is None:
        found = found.replace(tzinfo=zone)
    return found.astimezone(UTC)


@lru_cache(maxsize=65_536)
def parse_date(text: str, formats: tuple[str, ...], zone: ZoneInfo) -> date:
    """The date that a cell holds; of a time with an offset, the date it had in `zone`.

    Raises:
        ValueError: it is in none of the formats.

    >>> parse_date("31.01.2026", ("%d.%m.%Y",), ZoneInfo("UTC"))
    datetime.date(2026, 1, 31)
    """
    found, _ = _read(text, formats)
    return found.date() if found.tzinfo is None else found.astimezone(zone).date()


def _read(text: str, formats: tuple[str, ...]) -> tuple[datetime, bool]:
    """What the first format that fits finds, and whether that is a date with no time of day."""
    for form in formats:
        try:
            if form in UNIX_UNITS:
                return _EPOCH + timedelta(seconds=1) * _ticks(text) / UNIX_UNITS[form], False
            if form == ISO:
                return datetime.fromisoformat(text), len(text) <= len("2026-01-31")
            return datetime.strptime(text, form), not _TIME_OF_DAY.search(form)  # noqa: DTZ007 - the zone comes after
        except (ValueError, OverflowError):
            continue
    raise ValueError(f"expected a date or time as {' or '.join(formats)}")


def _ticks(text: str) -> int:
    if not re.fullmatch(r"-?[0-9]{1,18}", text):
        raise ValueError("expected whole ticks since 1970")
    return int(text)


def parse_flag(text: str) -> bool:
    """True or false, however the usual exports write it.

    Raises:
        ValueError: it is neither.

    >>> parse_flag("Yes"), parse_flag("0")
    (True, False)
    """
    word = text.casefold()
    if word not in _YES | _NO:
        raise ValueError("expected true or false, yes or no, 1 or 0; use a map for other words")
    return word in _YES


def rfc_3339(instant: datetime) -> str:
    """An aware time as records state it.

    >>> rfc_3339(datetime(2026, 1, 31, 9, 30, tzinfo=UTC))
    '2026-01-31T09:30:00Z'
    """
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def slug(text: str) -> str:
    """A text as an id: lower case, accents left off, a hyphen between words; letters of other scripts stay.

    Two texts may have the same slug: an id that the CRM gives is better where there is one.

    >>> slug("Mei-Mei Johns"), slug("Zoë  O'Brien"), slug("佐藤 健")
    ('mei-mei-johns', 'zoe-o-brien', '佐藤-健')
    """
    plain = "".join([c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)])
    return "-".join(re.findall(r"\w+", unicodedata.normalize("NFC", plain).casefold()))
