"""Quick decoding: records of a usual form several times as fast as `schemas.records.decode` has them, and the same.

There is one definition of a record, and what is here is made of it: each type of msgspec's of the schema of a validator, so
that what it takes, the validator takes as well. Whatever is not surely valid - a text with an escape or beyond ASCII, a split,
money as text, a deletion, a field of another type - is left to `decode`, which alone says what is invalid, and why.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Annotated, Any, Final, Literal, NamedTuple, Union

import msgspec
import numpy as np
from msgspec import Meta

from schemas.records import ADAPTERS
from schemas.records.common import NO_CONTROL_CHARACTERS
from schemas.records.decoding import LONG_FRACTION, LONG_NUMBER
from streams.moments import NEVER, Integers, Moments

_MOST_LEVELS: Final = 190
_LONGEST: Final = 4_000
"""Bytes of a value. The validator refuses deeper nesting, and numbers of as many digits, in fields that nobody knows, too."""


class Quick(NamedTuple):
    """Records of one type out of many values."""

    type: str
    places: list[int]
    """Which of the values they are."""
    records: list[Any]
    """With the fields of the type's dataclass: numbers as int or float, instants and dates as the texts they came as."""
    instants: dict[str, Integers]
    """By field the microseconds since 1970 of each record, `NEVER` where it has none; of a list its newest."""


class _Shape(NamedTuple):
    """How the records of one type are looked at after they were taken apart."""

    type: str
    instants: tuple[str, ...]
    lists: tuple[str, ...]
    """Fields with lists of instants."""
    dates: tuple[str, ...]


class _Nothing(msgspec.Struct, tag_field="type", tag=""):
    """Beside one type alone, so that it is still asked for a `type`; left to the validator, as deletions are."""

    deleted: bool = True


class QuickDecoder:
    """Takes apart the values of one input topic."""

    def __init__(self, topic: str) -> None:
        """For the topic of that logical name."""
        choices = _undressed(ADAPTERS[topic].core_schema)["choices"]
        self._shapes = dict(filter(None, (_struct(name, choice) for name, choice in choices.items())))
        self._moments = Moments()
        self._decode = msgspec.json.Decoder(Union[(_Nothing, *self._shapes)]).decode

    def decode(self, values: Sequence[bytes]) -> tuple[list[Quick], list[int]]:
        """The records among the values, by type, and the places of the others: these are for `schemas.records.decode`."""
        found = self._taken_apart(values)
        by_type: dict[Any, list[int]] = {}
        for place, record in enumerate(found):
            by_type.setdefault(None if record is None or record.deleted else type(record), []).append(place)
        others = by_type.pop(None, [])
        quick = []
        for struct, places in by_type.items():
            group, left = self._looked_at(self._shapes[struct], places, [found[place] for place in places])
            others += left
            quick += [group] if group.places else []
        return quick, sorted(others)

    def _taken_apart(self, values: Sequence[bytes]) -> list[Any]:
        decode = self._decode
        are_plain = _is_plain(b" ".join(values)) and not any(map(_is_large, values))
        found: list[Any] = []
        for value in values:
            if are_plain or (_is_plain(value) and not _is_large(value)):
                try:
                    found.append(decode(value))
                    continue
                except msgspec.DecodeError:
                    pass
            found.append(None)
        return found

    def _looked_at(self, shape: _Shape, places: list[int], records: list[Any]) -> tuple[Quick, list[int]]:
        """What of these is surely valid, and the places of the rest."""
        try:
            return Quick(shape.type, places, records, self._instants(shape, records)), []
        except ValueError:
            fine = [self._is_fine(shape, record) for record in records]
            left = [place for place, is_fine in zip(places, fine, strict=True) if not is_fine]
            records = [record for record, is_fine in zip(records, fine, strict=True) if is_fine]
            places = [place for place, is_fine in zip(places, fine, strict=True) if is_fine]
            return Quick(shape.type, places, records, self._instants(shape, records)), left

    def _is_fine(self, shape: _Shape, record: Any) -> bool:
        try:
            self._instants(shape, (record,))
        except ValueError:
            return False
        return True

    def _instants(self, shape: _Shape, records: Sequence[Any]) -> dict[str, Integers]:
        for name in shape.dates:
            self._moments.check_dates(list(map(attrgetter(name), records)))
        found = {name: self._moments.microseconds(list(map(attrgetter(name), records))) for name in shape.instants}
        return found | {name: self._newest(list(map(attrgetter(name), records))) for name in shape.lists}

    def _newest(self, lists: list[list[str] | None]) -> Integers:
        newest = np.full(len(lists), NEVER)
        rows = [row for row, texts in enumerate(lists) for _ in texts or ()]
        np.maximum.at(newest, rows, self._moments.microseconds([text for texts in lists for text in texts or ()]))
        return newest


def _is_plain(text: bytes) -> bool:
    """Whether there is no control character in any text, raw or escaped, and no number of more digits than a double keeps."""
    return (
        text.isascii()
        and b"\\" not in text
        and b"\x7f" not in text
        and not (LONG_FRACTION.search(text) and LONG_NUMBER.search(text))
    )


def _is_large(value: bytes) -> bool:
    """Whether a value is too long, or too deep: a level takes two bytes."""
    length = len(value)
    return length > 2 * _MOST_LEVELS and (length > _LONGEST or value.count(b"[") + value.count(b"{") > _MOST_LEVELS)


class _NotQuick(Exception):
    """A schema of which no type is made."""


def _struct(name: str, schema: Any) -> tuple[Any, _Shape] | None:
    """The type of a record, and how to look at it; None where a required field is not quick."""
    cls, definition = schema["cls"], schema["schema"]
    fields: list[tuple[str, Any, Any]] = []
    by_kind: dict[str | None, list[str]] = {}
    for field in definition["fields"]:
        if field["name"] == "type":
            continue
        inner, default = field["schema"], msgspec.NODEFAULT
        if inner["type"] == "default":
            inner, default = inner["schema"], inner["default"]
        try:
            made = _type(inner)
        except _NotQuick:
            if default is not None:
                return None
            made = None  # what is there is left to the validator
        fields.append((field["name"], made, default))
        by_kind.setdefault(_kind(inner), []).append(field["name"])
    own = {"__post_init__": cls.__post_init__} if schema["post_init"] else {}
    struct = msgspec.defstruct(
        cls.__name__, fields, tag_field="type", tag=name, kw_only=True, gc=False, namespace=own, module=__name__
    )
    return struct, _Shape(name, *(tuple(by_kind.get(kind, ())) for kind in ("instant", "instants", "day")))


def _kind(schema: Any) -> str | None:
    """What the messages of a schema are about: `instant`, `day`, `text`, `number`, ...; `instants` of a list of these."""
    inner = schema["schema"] if schema["type"] == "nullable" else schema
    if _is_list_of_instants(inner):
        return "instants"
    about: str | None = inner.get("custom_error_type")
    return about


def _type(schema: Any) -> Any:
    """A type of msgspec's that takes nothing which the schema would not, and gives the same value.

    Raises:
        _NotQuick: there is none.
    """
    kind, about = schema["type"], schema.get("custom_error_type")
    made: Any = None
    if kind == "nullable":
        made = _type(schema["schema"]) | None
    elif _is_list_of_instants(schema):
        made = Annotated[list[str], Meta(max_length=schema["max_length"])]
    elif about in {"instant", "day"}:
        made = str  # `Moments` looks at it
    elif about == "flag":
        made = bool | None
    elif about == "number":
        whole = schema["schema"]["json_schema"]["choices"][0]["steps"][0]
        bounds = Meta(ge=whole["ge"], le=whole["le"])
        made = Annotated[int, bounds] | Annotated[float, bounds]
    elif about is not None:
        made = _type(schema["schema"])
    else:
        made = _plain_type(schema)
    if made is None:
        raise _NotQuick
    return made


def _plain_type(schema: Any) -> Any:
    """That of a choice, a whole number or a text; None for others."""
    kind = schema["type"]
    if kind == "literal":
        return Literal[tuple(schema["expected"])]
    if kind == "int" and schema.get("strict"):
        return Annotated[int, Meta(ge=schema["ge"], le=schema["le"])]
    if kind == "str" and schema.get("strict") and schema.get("pattern") in {None, NO_CONTROL_CHARACTERS}:
        return Annotated[str, Meta(min_length=schema.get("min_length", 0), max_length=schema["max_length"])]
    return None


def _is_list_of_instants(schema: Any) -> bool:
    return bool(schema["type"] == "list" and schema["items_schema"].get("custom_error_type") == "instant")


def _undressed(schema: Any) -> Any:
    """A schema without the definitions around it: what refers to them is not quick anyway."""
    return schema["schema"] if schema["type"] == "definitions" else schema
