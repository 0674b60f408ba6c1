"""Quick types: a type of msgspec's for each record type, made of the schema of its validator.

There is one definition of a record, and these are made of it, so that what they take, the validator takes as well. What none
can be made of - money as text, a field of a kind not known here - they do not take.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Final, Literal, NamedTuple

import msgspec
from msgspec import Meta

from schemas.records import ADAPTERS
from schemas.records.common import NO_CONTROL_CHARACTERS

_LATER: Final = {"instant", "instants", "day"}
"""Fields that are texts to msgspec, and looked at afterwards."""


class Shape(NamedTuple):
    """How the records of one type are looked at after they were taken apart: by its name, fields that are texts to msgspec."""

    type: str
    instants: tuple[str, ...]
    lists: tuple[str, ...]
    """Fields with lists of instants."""
    dates: tuple[str, ...]


def quick_types(topic: str) -> dict[Any, Shape]:
    """The types of an input topic, by its logical name, and how records of each are looked at.

    A record type with a required field that is not quick has none.
    """
    schema = ADAPTERS[topic].core_schema
    parts: Mapping[str, Any] = {}
    if schema["type"] == "definitions":
        parts, schema = {each["ref"]: each for each in schema["definitions"]}, schema["schema"]
    made = (_struct(name, choice, parts) for name, choice in schema["choices"].items())
    return dict(each for each in made if each is not None)


class _NotQuick(Exception):
    """A schema of which no type is made."""


def _struct(name: str, schema: Any, parts: Mapping[str, Any]) -> tuple[Any, Shape] | None:
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
            made = _type(inner, parts)
        except _NotQuick:
            if default is not None:
                return None
            made = None  # what is there is left to the validator
        fields.append((field["name"], made, default))
        by_kind.setdefault(_kind(inner), []).append(field["name"])
    own: dict[str, Any] = {"type": name}  # what tags are told apart by is no attribute of msgspec's
    if schema["post_init"]:
        own["__post_init__"] = cls.__post_init__
    struct = msgspec.defstruct(
        cls.__name__, fields, tag_field="type", tag=name, kw_only=True, gc=False, namespace=own, module=__name__
    )
    return struct, Shape(name, *(tuple(by_kind.get(kind, ())) for kind in ("instant", "instants", "day")))


def _part(schema: Any, parts: Mapping[str, Any]) -> Any:
    """The type of a part of a record, such as a split. Its numbers become decimals, for the rules of records count with them.

    Raises:
        _NotQuick: there is none.
    """
    fields = [(field["name"], field["schema"]) for field in schema["schema"]["fields"]]
    numbers = [name for name, inner in fields if _kind(inner) == "number"]
    if schema["post_init"] or any(inner["type"] == "default" or _kind(inner) in _LATER for _, inner in fields):
        raise _NotQuick

    def to_decimals(part: Any) -> None:
        for name in numbers:
            setattr(part, name, Decimal(repr(getattr(part, name))))

    return msgspec.defstruct(
        schema["cls"].__name__,
        [(name, _type(inner, parts)) for name, inner in fields],
        kw_only=True,
        gc=False,
        namespace={"__post_init__": to_decimals},
        module=__name__,
    )


def _kind(schema: Any) -> str | None:
    """What the messages of a schema are about: `instant`, `day`, `text`, `number`, ...; `instants` of a list of these."""
    inner = schema["schema"] if schema["type"] == "nullable" else schema
    if _is_list_of_instants(inner):
        return "instants"
    about: str | None = inner.get("custom_error_type")
    return about


def _type(schema: Any, parts: Mapping[str, Any]) -> Any:
    """A type of msgspec's that takes nothing which the schema would not, and gives the same value.

    Raises:
        _NotQuick: there is none.
    """
    kind, about = schema["type"], schema.get("custom_error_type")
    made: Any = None
    if kind == "nullable":
        made = _type(schema["schema"], parts) | None
    elif about in {"instant", "day"}:
        made = str  # `Moments` looks at it
    elif about == "flag":
        made = bool | None
    elif about == "number":
        whole = schema["schema"]["json_schema"]["choices"][0]["steps"][0]
        bounds = Meta(ge=whole["ge"], le=whole["le"])
        made = Annotated[int, bounds] | Annotated[float, bounds]
    elif about is not None:
        made = _type(schema["schema"], parts)
    elif kind in {"list", "dict"}:
        made = Annotated[_collection(schema, parts), Meta(max_length=schema["max_length"])]
    elif kind == "definition-ref":
        made = _part(parts[schema["schema_ref"]], parts)
    else:
        made = _plain_type(schema)
    if made is None:
        raise _NotQuick
    return made


def _collection(schema: Any, parts: Mapping[str, Any]) -> Any:
    """That of a list of instants or of parts, or of numbers by name.

    Raises:
        _NotQuick: there is none.
    """
    lists: Any = list
    mappings: Any = dict
    if _is_list_of_instants(schema):
        return lists[str]
    inner = schema["items_schema" if schema["type"] == "list" else "values_schema"]
    made = _type(inner, parts)
    if schema["type"] == "dict" and _kind(inner) == "number":
        return mappings[_type(schema["keys_schema"], parts), made]
    if schema["type"] == "list" and inner["type"] == "definition-ref":
        return lists[made]
    raise _NotQuick


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
