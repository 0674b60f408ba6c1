"""YAML text of plain data, for the files that Prometheus and Alertmanager read: the same bytes for the same data."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

__all__ = ["Value", "yaml_text"]

Value = str | int | float | bool | Mapping[str, "Value"] | Sequence["Value"]
"""What can be written: texts, numbers, truth values, and mappings and lists of these."""

# What every reader takes for a text when it stands bare. A word such as `on` is a truth value to some.
_BARE: Final = re.compile(
    r"(?!(?:true|false|yes|no|on|off|null|y|n)$)[A-Za-z_][A-Za-z0-9_:./-]*(?<!:)|[0-9]+[smhdw]", re.IGNORECASE
)


def yaml_text(value: Mapping[str, Value]) -> str:
    r"""A document of one mapping, keys in their order, two spaces a level, ending with a line end.

    Texts of several lines stand as blocks, texts with signs in quotes.

    >>> print(yaml_text({"groups": [{"name": "drops", "rules": [{"expr": "a\nor b", "for": "5m"}]}], "to": 'a "b"'}), end="")
    groups:
      - name: drops
        rules:
          - expr: |-
              a
              or b
            for: 5m
    to: 'a "b"'
    """
    return "".join(f"{line}\n" for line in _mapping(value))


def _mapping(value: Mapping[str, Value]) -> Iterator[str]:
    for key, inside in value.items():
        yield from _entry(f"{_scalar(key)}:", inside, "  ")


def _entry(head: str, value: Value, indent: str) -> Iterator[str]:
    if isinstance(value, str) and _is_block(value):
        yield f"{head} |-"
        yield from (f"{indent}{line}" if line else "" for line in value.split("\n"))
    elif isinstance(value, Mapping) and value:
        yield head
        yield from (f"{indent}{line}" if line else "" for line in _mapping(value))
    elif isinstance(value, Sequence) and not isinstance(value, str) and value:
        yield head
        yield from (f"{indent}{line}" if line else "" for line in _sequence(value))
    else:
        yield f"{head} {_scalar(value)}"


def _sequence(value: Sequence[Value]) -> Iterator[str]:
    for item in value:
        for number, line in enumerate(_item(item)):
            yield f"{'  ' if number else '- '}{line}" if line else ""


def _item(value: Value) -> Iterator[str]:
    if isinstance(value, Mapping) and value:
        return _mapping(value)
    if isinstance(value, Sequence) and not isinstance(value, str) and value:
        return _sequence(value)
    return iter([_scalar(value)])


def _is_block(text: str) -> bool:
    """Whether a text can stand as it is, line by line: what is there is printable, and no blank could get lost."""
    lines = text.split("\n")
    return (
        len(lines) > 1 and all(line.isprintable() and line == line.rstrip() for line in lines) and text == text.strip()
    )


def _scalar(value: Value) -> str:
    if isinstance(value, str):
        return value if _BARE.fullmatch(value) else _quoted(value)
    return json.dumps(value)


def _quoted(text: str) -> str:
    r"""The text in quotes: single ones around what has double ones. Letters stand as they are, what cannot be printed is escaped.

    >>> print(_quoted('Köln "A" \\'), _quoted("it's"), _quoted('"\x85'))
    'Köln "A" \' "it's" "\"\U00000085"
    """
    if text.isprintable() and ('"' in text or "\\" in text):
        return "'" + text.replace("'", "''") + "'"
    return "".join(
        character if character.isprintable() else f"\\U{ord(character):08x}"
        for character in json.dumps(text, ensure_ascii=False)
    )
