"""Values of a scorecard file: each is checked where it stands, and refused with its place and what was expected there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final, NamedTuple, TypeVar

LARGEST: Final = 1e15
"""No number of a scorecard is larger: beyond it, floats lose cents."""


class InvalidScorecard(ValueError):
    """The scorecard file cannot be used; the message names the place and what was expected there."""


class Bounds(NamedTuple):
    """A number of a table: within `least` and `most`, both included; `whole` refuses fractions."""

    least: float
    most: float = LARGEST
    whole: bool = False


_T = TypeVar("_T")
_SPOKEN: Final[dict[type, str]] = {
    str: "a text",
    int: "a whole number",
    bool: "true or false",
    dict: "a table",
    list: "a list",
    date: "a date, written 2026-12-25 without quotation marks",
}


def a(place: str, value: Any, kind: type[_T]) -> _T:
    """The value, which is of exactly this kind: true is no number.

    Raises:
        InvalidScorecard: it is of another.
    """
    if type(value) is not kind:
        raise InvalidScorecard(f"{place} is {value!r}; expected {_SPOKEN[kind]}")
    return value


def number(place: str, value: Any, least: float, most: float = LARGEST) -> float:
    """The value as a float within bounds, both included.

    >>> number("weight", 1, 0), number("weight", 0.5, 0, 1)
    (1.0, 0.5)

    Raises:
        InvalidScorecard: it is no number, not a finite one, or out of bounds.
    """
    if type(value) not in (int, float) or not least <= value <= most:
        raise InvalidScorecard(f"{place} is {value!r}; expected a number of at least {least:g}, at most {most:g}")
    return float(value)


def whole_number(place: str, value: Any, least: float, most: float) -> int:
    """The value as a whole number within bounds, both included.

    Raises:
        InvalidScorecard: it is none.
    """
    if type(value) is not int or not least <= value <= most:
        raise InvalidScorecard(f"{place} is {value!r}; expected a whole number of at least {least:g}, at most {most:g}")
    return value


def one_of(place: str, value: Any, choices: Iterable[str]) -> str:
    """The value, which is one of the choices.

    Raises:
        InvalidScorecard: it is not.
    """
    allowed = list(choices)
    if type(value) is not str or value not in allowed:
        raise InvalidScorecard(f"{place} is {value!r}; expected one of {allowed}")
    return value


def same_keys(place: str, found: Iterable[str], required: Iterable[str], optional: Iterable[str] = ()) -> None:
    """Nothing where all that is required is there, and nothing unknown.

    Raises:
        InvalidScorecard: a key is missing or unknown.
    """
    names, needed = set(found), set(required)
    if missing := sorted(needed - names):
        raise InvalidScorecard(f"{place}: missing {missing}")
    known = needed | set(optional)
    if unknown := sorted(names - known):
        raise InvalidScorecard(f"{place}: unknown {unknown}; expected {sorted(known)}")


def numbers(name: str, table: Any, bounds: Mapping[str, Bounds]) -> dict[str, Any]:
    """The numbers that a table `[name]` states, each checked; those that it leaves out are left out.

    Raises:
        InvalidScorecard: it is no table, has another key, or a number out of its bounds.
    """
    place = f"[{name}]"
    given = a(place, table, dict)
    same_keys(place, given, (), bounds)
    return {key: _bounded(f"{place} {key}", given[key], bounds[key]) for key in bounds if key in given}


def _bounded(place: str, value: Any, bounds: Bounds) -> float:
    if bounds.whole:
        return whole_number(place, value, bounds.least, bounds.most)
    return number(place, value, bounds.least, bounds.most)
