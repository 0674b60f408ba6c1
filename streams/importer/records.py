"""Records of rows: what each `[[records]]` rule makes of a row, checked as any delivery is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from types import NoneType, UnionType
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

import msgspec

from schemas.records import CLASSES, TYPES, InvalidRecord, decode
from streams.importer.mapping import MappingError, RecordRule, ValueRule, checked
from streams.importer.templates import spoken
from streams.importer.values import Cells, Kind, Sources, Unfit, Value, condition, is_constant, value

__all__ = ["Made", "RecordMaker"]

TOPIC_OF: Final[dict[str, str]] = {kind: topic for topic, kinds in TYPES.items() for kind in kinds}
KINDS: Final[dict[type, Kind]] = {
    str: Kind.TEXT, int: Kind.INTEGER, bool: Kind.FLAG, Decimal: Kind.NUMBER, datetime: Kind.TIME, date: Kind.DATE,
}  # fmt: skip
_to_json = msgspec.json.Encoder(decimal_format="number").encode


@dataclass(frozen=True, slots=True)
class Made:
    """A valid record: where it goes, its type and id, and its bytes."""

    topic: str
    type: str
    id: str
    value: bytes


class RecordMaker:
    """One `[[records]]` rule."""

    def __init__(self, rule: RecordRule, number: int, sources: Sources) -> None:
        """Make ready for the rule that stands at `number`, from 1, in the mapping.

        Raises:
            MappingError: its type, one of its fields or one of its values is not as expected.
        """
        place = f"[[records]] number {number} ({rule.type})"
        if rule.type not in CLASSES:
            raise MappingError(f"{place}: unknown type: expected one of {', '.join(CLASSES)}")
        self._type = rule.type
        self._topic = TOPIC_OF[rule.type]
        self._applies = condition(rule.when, f"{place}, when", sources)
        if "type" in rule.fields:
            raise MappingError(f"{place}, field type: it is stated by the rule already: leave it out")
        self._fields = _object(rule.fields, CLASSES[rule.type], place, sources)
        self._seen: set[str] | None = set() if rule.once else None

    def make(self, cells: Cells) -> Made | None:
        """The row's record, None if the rule does not apply to it or has made this one already (`once`).

        Raises:
            Unfit: the rule applies, but the row gives no valid record.
        """
        if not self._applies(cells):
            return None
        found, lacking = self._fields(cells)
        if lacking:
            raise Unfit(lacking)
        content = _to_json({"type": self._type, **found})
        try:
            record = decode(self._topic, content)
        except InvalidRecord as error:
            raise Unfit(f"{error.reason}: {error.detail}") from error
        return Made(self._topic, self._type, record.id, content)

    def is_new(self, record_id: str) -> bool:
        """Whether the record shall go out: always, but of a rule with `once` the first of each id only."""
        if self._seen is None:
            return True
        new = record_id not in self._seen
        self._seen.add(record_id)
        return new


def _object(
    tree: Mapping[str, Any], cls: type, place: str, sources: Sources
) -> Callable[[Cells], tuple[dict[str, Any], str]]:
    """What makes the fields of a record, or of an object inside one, and says which required one is lacking, if any."""
    hints = {name: _bare(hint) for name, hint in get_type_hints(cls).items() if name != "type"}
    if unknown := [name for name in tree if name not in hints]:
        raise MappingError(f"{place}: unknown field {unknown[0]!r}: expected {', '.join(hints)}")
    required = {
        f.name for f in fields(cls) if f.default is MISSING and f.default_factory is MISSING and f.name != "type"
    }
    if (missing := required - set(tree)) and tree.get("deleted") is not True:
        raise MappingError(f"{place}: missing {', '.join(sorted(missing))}: a {cls.__name__.lower()} needs it")
    made = [(name, _field(rule, hints[name], f"{place}, field {name}", sources)) for name, rule in tree.items()]

    def make(cells: Cells) -> tuple[dict[str, Any], str]:
        found, lacking = {}, ""
        for name, field in made:
            content = field(cells)
            if content is not None:
                found[name] = content
            elif name in required and not lacking:
                lacking = f"{_source_of(tree[name])} is empty, and {name} is required"
        return found, "" if found.get("deleted") is True else lacking

    return make


def _entry(tree: Mapping[str, Any], cls: type, place: str, sources: Sources) -> Value:
    """An object of a list; nothing if all columns that it is made from are empty."""
    make = _object(tree, cls, place, sources)
    varying = {name for name, rule in tree.items() if not is_constant(rule)}

    def fill(cells: Cells) -> dict[str, Any] | None:
        found, lacking = make(cells)
        if varying.isdisjoint(found) and varying:
            return None
        if lacking:
            raise Unfit(lacking)
        return found

    return fill


def _field(tree: Any, hint: Any, place: str, sources: Sources) -> Value:
    """What makes one field, by what the record's class says that it holds."""
    origin = get_origin(hint)
    if origin is list:
        return _list(tree, _bare(get_args(hint)[0]), place, sources)
    if origin is dict:
        return _named(tree, _bare(get_args(hint)[1]), place, sources)
    if is_dataclass(hint) and isinstance(hint, type):
        if not isinstance(tree, dict):
            raise MappingError(f"{place}: is {tree!r}: expected a table of fields")
        return _entry(tree, hint, place, sources)
    return value(tree, KINDS.get(hint, Kind.TEXT), place, sources)


def _list(tree: Any, hint: Any, place: str, sources: Sources) -> Value:
    """A list of rules, those that come out empty left off; or one cell with a separator."""
    if isinstance(tree, dict):
        separator = checked(ValueRule, tree, place).separator
        if separator is None:
            raise MappingError(f"{place}: is a table without separator: expected a list, or a column and its separator")
        if is_dataclass(hint):
            raise MappingError(f"{place}: has a separator: expected a list of tables")
        return _separated(tree, separator, hint, place, sources)
    if not isinstance(tree, list):
        raise MappingError(f"{place}: is {tree!r}: expected a list")
    entries = [_field(entry, hint, f"{place} number {number}", sources) for number, entry in enumerate(tree, start=1)]

    def make(cells: Cells) -> list[Any] | None:
        return [content for content in _filled(entries, cells) if content is not None] or None

    return make


def _filled(entries: list[Value], cells: Cells) -> Iterator[Any]:
    for entry in entries:
        yield entry(cells)


def _separated(tree: Mapping[str, Any], separator: str, hint: Any, place: str, sources: Sources) -> Value:
    if "column" not in tree:
        raise MappingError(f"{place}: has a separator but no column")
    column = sources.uses(str(tree["column"]), place)
    entry = value({**tree, "separator": None}, KINDS.get(hint, Kind.TEXT), place, sources)

    def make(cells: Cells) -> list[Any] | None:
        parts = [part.strip() for part in cells[column].split(separator)]
        return [content for part in parts if part and (content := entry({column: part})) is not None] or None

    return make


def _named(tree: Any, hint: Any, place: str, sources: Sources) -> Value:
    """An object with names of the mapping's choice, such as criteria; what comes out empty is left off."""
    if not isinstance(tree, dict):
        raise MappingError(f"{place}: is {tree!r}: expected a table of names")
    entries = [(name, _field(rule, hint, f"{place}.{name}", sources)) for name, rule in tree.items()]

    def make(cells: Cells) -> dict[str, Any] | None:
        return {name: content for name, entry in entries if (content := entry(cells)) is not None} or None

    return make


def _bare(hint: Any) -> Any:
    """The type without None: what the field holds when it is there."""
    if get_origin(hint) in (Union, UnionType):
        return next(each for each in get_args(hint) if each is not NoneType)
    return hint


def _source_of(rule: Any) -> str:
    """What a message calls the place that a value should have come from."""
    if isinstance(rule, dict):
        return spoken(str(rule.get("column") or rule.get("template") or "what the mapping gives"))
    return spoken(str(rule))
