"""Mapping: what the columns of an export mean, read from a TOML file and checked before a row is.

The pages for people are docs/import.md; a change here is a change there.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping as MappingOf
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from streams.errors import UpscoreError

__all__ = [
    "Case", "Condition", "Constant", "CsvFormat", "Formats", "Lookup", "Mapping", "MappingError", "RecordRule",
    "RejectRule", "ValueRule", "checked", "load_mapping",
]  # fmt: skip


class MappingError(UpscoreError):
    """The mapping cannot be used, or does not fit the export; the text names the place and what was expected there."""


def _listed(value: object) -> object:
    return value if isinstance(value, list) else [value]


def _encoding(name: str) -> str:
    try:
        "".encode(name)
    except LookupError as error:
        raise ValueError("expected an encoding such as utf-8, utf-16 or cp1252") from error
    return name


def _one_character(text: str) -> str:
    if len(text) != 1:
        raise ValueError("expected one character")
    return text


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("expected a time zone such as UTC or Europe/Berlin")
    return name


def _constant(value: object) -> object:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("expected an offset in the time, such as 2026-01-31T00:00:00Z")
        return value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if not isinstance(value, str | bool | int | Decimal):
        raise ValueError("expected a text, a number, true or false, a date or a time")  # noqa: TRY004 - pydantic's way
    return value


Constant = Annotated[Any, BeforeValidator(_constant)]
"""A value that is the same for all rows, as the record shall state it: text, whole number, Decimal, bool."""
Texts = Annotated[tuple[str, ...], Field(strict=False), BeforeValidator(_listed)]
OneCharacter = Annotated[str, AfterValidator(_one_character)]
Zone = Annotated[str, AfterValidator(_zone)]
Model = TypeVar("Model", bound=BaseModel)


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    @model_validator(mode="before")
    @classmethod
    def _only_known(cls, tree: Any) -> Any:
        """Says what is known instead; pydantic's own refusal of extra keys does not."""
        known = [field.alias or name for name, field in cls.model_fields.items()]
        if isinstance(tree, dict) and (unknown := [name for name in tree if name not in known]):
            raise PydanticCustomError(
                "unknown", "{text}", {"text": f"unknown {unknown[0]!r}; expected {', '.join(known)}"}
            )
        return tree


class CsvFormat(_Table):
    """How the file is written."""

    encoding: Annotated[str, AfterValidator(_encoding)] = "utf-8-sig"
    delimiter: OneCharacter = ","
    quote: OneCharacter = '"'
    skip_lines: int = Field(default=0, ge=0)
    header: list[str] | None = None
    """Names of the columns, for a file that does not begin with them."""
    trim: bool = True
    empty: list[str] = []
    """Cells that mean nothing, beside the empty ones."""


class Formats(_Table):
    """How cells are written, where a field does not say otherwise."""

    times: Texts = ("iso",)
    time_zone: Zone = "UTC"
    at: Annotated[time, Field(strict=False)] = time(0)
    decimal: OneCharacter = "."
    thousands: str = Field(default="", max_length=1)
    strip: Texts = ()

    @property
    def zone(self) -> ZoneInfo:
        """The zone of times that state no offset."""
        return ZoneInfo(self.time_zone)


class Condition(_Table):
    """Something that holds for a row or does not. What is not stated is not asked."""

    column: str
    filled: bool | None = None
    one_of: Texts | None = Field(default=None, alias="in")
    none_of: Texts | None = Field(default=None, alias="not_in")


Conditions = Annotated[list[Condition], BeforeValidator(_listed)]
"""All must hold; none always do."""


class Lookup(_Table):
    """A second file that has more of something: found by a key in one of its columns."""

    file: str
    key: str
    csv: CsvFormat = CsvFormat()


class Case(_Table):
    """A value for the rows that its conditions hold for."""

    when: Conditions = []
    value: Any


class ValueRule(_Table):
    """Where a field's value comes from, and how it is read. Exactly one of the first five says where from."""

    column: str | None = None
    template: str | None = None
    constant: Constant | None = None
    cases: list[Case] | None = None
    newest: Texts | None = None

    map: dict[str, Constant] | None = None
    unmapped: Literal["reject", "keep", "absent"] = "reject"
    lookup: str | None = None
    not_found: Literal["reject", "absent"] = "reject"
    default: Constant | None = None
    times: Texts | None = None
    time_zone: Zone | None = None
    at: Annotated[time | None, Field(strict=False)] = None
    decimal: OneCharacter | None = None
    thousands: Annotated[str | None, Field(max_length=1)] = None
    strip: Texts | None = None
    scale: Annotated[Decimal | None, Field(strict=False)] = None
    absolute: bool = False
    separator: str | None = Field(default=None, min_length=1)

    def formats(self, usual: Formats) -> Formats:
        """The formats of this field: its own where it states them, else the usual ones."""
        own = {name: value for name in Formats.model_fields if (value := getattr(self, name)) is not None}
        return usual.model_copy(update=own)


class RejectRule(_Table):
    """Rows that are set aside, and why."""

    when: Conditions
    reason: str = Field(min_length=1)


class RecordRule(_Table):
    """One record that a row makes."""

    type: str
    when: Conditions = []
    once: bool = False
    """Only the first row with this id makes it: for what an export repeats on every row, such as a team."""
    fields: dict[str, Any]


class Mapping(_Table):
    """A whole mapping file."""

    csv: CsvFormat = CsvFormat()
    formats: Formats = Formats()
    lookups: dict[str, Lookup] = {}
    reject: list[RejectRule] = []
    records: list[RecordRule] = Field(min_length=1)


def load_mapping(path: Path) -> Mapping:
    """The mapping that a file describes. Fields and columns are checked later, when its rules are made.

    Raises:
        MappingError: the file cannot be read, is no TOML, or something in it is unknown, missing or of the wrong kind.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise MappingError(f"{path}: cannot read the mapping: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise MappingError(f"{path}: the mapping is not UTF-8 (byte {error.start}): save it as UTF-8") from error
    try:
        tree = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise MappingError(f"{path}: not TOML: {error}") from error
    return checked(Mapping, tree, str(path))


def checked(model: type[Model], tree: MappingOf[str, Any], place: str) -> Model:
    """The model that a table describes.

    Raises:
        MappingError: it does not; the message begins with `place` and names the value and what was expected.
    """
    try:
        return model.model_validate(tree)
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        where = "".join([f" number {s + 1}" if isinstance(s, int) else f" {s}" for s in fault["loc"]]).strip()
        message = fault["msg"].removeprefix("Value error, ").replace("Input should be", "expected", 1)
        if fault["type"] == "missing":
            message = "missing"
        elif fault["type"] != "unknown":
            found = fault["input"]
            shown = found.isoformat() if isinstance(found, date | time) else repr(found)
            message = f"is {shown}: {message[:1].lower()}{message[1:]}"
        raise MappingError(f"{place}: {where} {message}" if where else f"{place}: {message}") from error
