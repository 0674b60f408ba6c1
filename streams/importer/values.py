"""Values: a field's rule made into a function of the row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Final

from streams.importer.formats import parse_date, parse_flag, parse_number, parse_time, rfc_3339
from streams.importer.mapping import Case, Condition, Formats, MappingError, ValueRule, checked
from streams.importer.templates import Template, names_columns, spoken

__all__ = ["Cells", "Kind", "Newest", "Sources", "Unfit", "Value", "condition", "is_constant", "value"]

Cells = Mapping[str, str]
Value = Callable[[Cells], Any]
"""What a field holds for a row, None if nothing; raises `Unfit` if the row cannot be used."""

LONGEST_SHOWN: Final = 60
SOURCES: Final = ("column", "template", "constant", "cases", "newest")


class Unfit(ValueError):
    """A row that cannot be imported, and why."""


class Kind(Enum):
    """What a field of a record holds."""

    TEXT = "text"
    NUMBER = "number"
    INTEGER = "integer"
    FLAG = "flag"
    TIME = "time"
    DATE = "date"


@dataclass(slots=True)
class Newest:
    """The newest time in some columns of the whole file, found in a pass of its own."""

    columns: tuple[str, ...]
    formats: Formats
    found: datetime | None = None

    def observe(self, cells: Cells) -> None:
        """Take a row in; cells that are no time are left to the fields that read them."""
        for column in self.columns:
            if cells[column]:
                try:
                    instant = parse_time(cells[column], self.formats.times, self.formats.zone, self.formats.at)
                except ValueError:
                    continue
                if self.found is None or instant > self.found:
                    self.found = instant


@dataclass(slots=True)
class Sources:
    """What values are made from, beside their own rules.

    Attributes:
        formats: how cells are written, where a rule does not say otherwise.
        lookups: rows of the second files, by name and key.
        columns: filled in while rules are made: every column they name, with the place that names it first.
        newest: filled in too: what needs a pass over the file before the first row is imported.
    """

    formats: Formats
    lookups: Mapping[str, Mapping[str, Cells]]
    columns: dict[str, str] = field(default_factory=dict)
    newest: list[Newest] = field(default_factory=list)

    def uses(self, column: str, place: str) -> str:
        """The column, noted as used."""
        self.columns.setdefault(column, place)
        return column


def condition(conditions: Sequence[Condition], place: str, sources: Sources) -> Callable[[Cells], bool]:
    """Whether all conditions hold for a row; with none they do.

    Raises:
        MappingError: one of them asks nothing.
    """
    for each in conditions:
        sources.uses(each.column, place)
        if each.filled is None and each.one_of is None and each.none_of is None:
            raise MappingError(f"{place}: a condition on {each.column!r} asks nothing: expected filled, in or not_in")

    def holds(cells: Cells) -> bool:
        for each in conditions:
            cell = cells[each.column]
            if each.filled is not None and bool(cell) is not each.filled:
                return False
            if each.one_of is not None and cell not in each.one_of:
                return False
            if each.none_of is not None and cell in each.none_of:
                return False
        return True

    return holds


def value(tree: Any, kind: Kind, place: str, sources: Sources) -> Value:
    """The value that a rule describes: a text is a template, another plain value a constant, a table a `ValueRule`.

    Raises:
        MappingError: the rule cannot be understood; the message begins with `place`.
    """
    if not isinstance(tree, dict):
        tree = {"template" if isinstance(tree, str) else "constant": tree}
    rule = checked(ValueRule, tree, place)
    stated = [name for name in SOURCES if getattr(rule, name) is not None]
    if len(stated) != 1:
        raise MappingError(
            f"{place}: has {' and '.join(stated) or 'no source'}: expected exactly one of {', '.join(SOURCES)}"
        )
    if is_constant(tree):
        constant = rule.constant if rule.constant is not None else Template(rule.template or "", place).fill({})
        return lambda _cells: constant
    formats = rule.formats(sources.formats)
    if rule.newest is not None:
        return _newest(Newest(rule.newest, formats), place, sources)
    if rule.cases is not None:
        return _cases(rule.cases, rule.default, kind, place, sources)
    source = (
        _template(rule.template, place, sources)
        if rule.template is not None
        else _column(rule.column or "", place, sources)
    )
    return _read(source, rule, _reader(kind, rule, formats), place, sources)


def is_constant(tree: Any) -> bool:
    """Whether the value that a rule describes is the same for all rows."""
    if isinstance(tree, dict):
        return "constant" in tree or ("template" in tree and is_constant(tree["template"]))
    return not isinstance(tree, str) or not names_columns(tree)


def _read(source: Value, rule: ValueRule, read: Callable[[str], Any], place: str, sources: Sources) -> Value:
    """A cell's text through map, lookup and format."""
    what = spoken(rule.column or rule.template or "")
    seek = _seek(rule, what, place, sources) if rule.lookup is not None else None

    def evaluate(cells: Cells) -> Any:
        text = source(cells)
        if text and rule.map is not None:
            if text in rule.map:
                if seek is None:
                    return rule.map[text]
                text = str(rule.map[text])
            elif rule.unmapped == "reject":
                raise Unfit(f"{what} is {show(text)}: expected one of {', '.join(rule.map)}")
            elif rule.unmapped == "absent":
                text = None
        if text and seek is not None:
            text = seek(text)
        if not text:
            return rule.default
        try:
            return read(text)
        except ValueError as error:
            raise Unfit(f"{what} is {show(text)}: {error}") from error

    return evaluate


def _seek(rule: ValueRule, what: str, place: str, sources: Sources) -> Callable[[str], str | None]:
    table_name, _, column = (rule.lookup or "").partition(".")
    if table_name not in sources.lookups:
        known = ", ".join(sources.lookups) or "none declared under [lookups]"
        raise MappingError(
            f"{place}: lookup is {rule.lookup!r}: expected <lookup>.<column>, the lookups being: {known}"
        )
    table = sources.lookups[table_name]
    for row in table.values():
        if column not in row:
            raise MappingError(
                f"{place}: lookup {table_name!r} has no column {column!r}: expected one of {', '.join(row)}"
            )

    def seek(key: str) -> str | None:
        row = table.get(key)
        if row is None and rule.not_found == "reject":
            raise Unfit(f"{what} is {show(key)}: not found in the lookup {table_name!r}")
        return row[column] if row else None

    return seek


def _reader(kind: Kind, rule: ValueRule, formats: Formats) -> Callable[[str], Any]:
    """What turns a cell's text into what a record states."""
    zone = formats.zone

    def number(text: str) -> Decimal:
        found = parse_number(text, decimal=formats.decimal, thousands=formats.thousands, strip=formats.strip)
        found = abs(found) if rule.absolute else found
        return found if rule.scale is None else found * rule.scale

    def integer(text: str) -> int:
        found = number(text)
        if found != found.to_integral_value():
            raise ValueError("expected a whole number")
        return int(found)

    readers: dict[Kind, Callable[[str], Any]] = {
        Kind.TEXT: str,
        Kind.NUMBER: number,
        Kind.INTEGER: integer,
        Kind.FLAG: parse_flag,
        Kind.TIME: lambda text: rfc_3339(parse_time(text, formats.times, zone, formats.at)),
        Kind.DATE: lambda text: parse_date(text, formats.times, zone).isoformat(),
    }
    return readers[kind]


def _newest(newest: Newest, place: str, sources: Sources) -> Value:
    for column in newest.columns:
        sources.uses(column, place)
    sources.newest.append(newest)
    return lambda _cells: None if newest.found is None else rfc_3339(newest.found)


def _cases(cases: Sequence[Case], default: Any, kind: Kind, place: str, sources: Sources) -> Value:
    made = []
    for number, case in enumerate(cases, start=1):
        where = f"{place}, case {number}"
        made.append((condition(case.when, where, sources), value(case.value, kind, where, sources)))

    def pick(cells: Cells) -> Any:
        for holds, chosen in made:
            if holds(cells):
                return chosen(cells)
        return default

    return pick


def _column(column: str, place: str, sources: Sources) -> Value:
    sources.uses(column, place)
    return lambda cells: cells[column]


def _template(text: str, place: str, sources: Sources) -> Value:
    template = Template(text, place)
    for column in template.columns:
        sources.uses(column, place)
    return template.fill


def show(text: str) -> str:
    """A cell's text for a message, cut if it is long."""
    return repr(text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "…")
