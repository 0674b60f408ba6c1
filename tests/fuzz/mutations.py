"""Mutations: messages made of the golden examples by a seeded dice, each wrong, or odd, in a way of its own."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from schemas.topics import RECORD_TYPES

EXAMPLES = Path(__file__).parent.parent.parent / "schemas" / "examples"
TOPICS = tuple(RECORD_TYPES)
LARGE_BYTES = 999_000

ODD_VALUES: tuple[str, ...] = (
    *("null", "true", "false", "0", "-0", "-1", "1e400", "-1e400", "1e-400", "0.1", "9" * 30, "9" * 400, "1" * 5000),
    *("NaN", "Infinity", "-Infinity", "1E+2", "01", "+1", ".5", "5.", "0x10", "1_000", "9223372036854775808"),
    *(
        '""',
        '" "',
        '"\\u0000"',
        '"\\ud800"',
        '"\\udc00\\ud800"',
        '"\\ud83d\\ude00"',
        '"\\uFEFF"',
        '"NaN"',
        '"Infinity"',
    ),
    *(
        '"0000-00-00"',
        '"2026-02-30"',
        '"2026-01-31T25:00:00Z"',
        '"9999-12-31T23:59:59Z"',
        '"1970-01-01T00:00:00+14:00"',
    ),
    *(
        '"2026-01-31T09:30:60Z"',
        '"0.1e3"',
        '"1e400"',
        '"-0"',
        '"١٢"',
        '"USD"',
        '"won"',
        '"a/b:c%2F"',
        '"' + "x" * 300 + '"',
    ),
    *("[]", "{}", "[[]]", '{"a": {"b": {}}}', "[" * 50 + "]" * 50, '{"x":' * 200 + "1" + "}" * 200, "'a'", "undefined"),
    *(
        '[{"rep_id": "r-1", "share": "1e400"}]',
        '[{"rep_id": "r-1", "share": 1}, {"rep_id": "r-1", "share": 0}]',
        '{"": 1}',
    ),
)
KEYS: tuple[bytes | None, ...] = (
    *(None, b"", b"\x00", b"\xff\xfe", b":", b"deal:", b":d-1", b"deal:d-1", b"no-type:d-1", b"d-1", b"\xed\xa0\x80"),
    *(b"x" * 1000, "schlüssel".encode(), b"deal:deal:d-1", b"rep:r-1", b"d-2"),
)


class Message(NamedTuple):
    """What is sent; `topic` is the logical name."""

    topic: str
    key: bytes | None
    value: bytes | None


@cache
def seeds() -> tuple[tuple[str, bytes], ...]:
    """The golden examples, valid and invalid."""
    paths = [
        path for topic in TOPICS for folder in (EXAMPLES, EXAMPLES / "invalid") for path in (folder / topic).glob("*")
    ]
    return tuple((path.parent.name, path.read_bytes()) for path in sorted(paths) if path.is_file())


def mutated(count: int, seed: int, *, large_every: int = 20_000) -> Iterator[Message]:
    """So many messages, the same for the same seed; about one in `large_every` is of a megabyte."""
    dice = random.Random(seed)
    for number in range(count):
        topic, value = dice.choice(seeds())
        if large_every and number % large_every == large_every - 1:
            yield Message(topic, b"large", _large(dice, value))
            continue
        for _ in range(1 if dice.random() < 0.7 else dice.randint(2, 4)):
            value = dice.choice(MUTATIONS)(dice, value)
        if dice.random() < 0.05:
            topic = dice.choice(TOPICS)
        key = dice.choice(KEYS) if dice.random() < 0.2 else f"f-{dice.randrange(5_000)}".encode()
        yield Message(topic, key, None if dice.random() < 0.01 else value)


def _large(dice: random.Random, value: bytes) -> bytes:
    filler = dice.choice([b"x", b"[", b'"', b"\xf0\x9f\x98\x80", b"9"]) * LARGE_BYTES
    return _spliced(dice, value, filler[: LARGE_BYTES - len(value)])


def _spliced(dice: random.Random, value: bytes, piece: bytes) -> bytes:
    place = dice.randint(0, len(value))
    return value[:place] + piece + value[place:]


def _flip_bytes(dice: random.Random, value: bytes) -> bytes:
    changed = bytearray(value)
    for _ in range(dice.randint(1, 8)):
        if changed:
            changed[dice.randrange(len(changed))] = dice.randrange(256)
    return bytes(changed)


def _cut(dice: random.Random, value: bytes) -> bytes:
    ends = sorted((dice.randint(0, len(value)), dice.randint(0, len(value))))
    return value[: ends[0]] if dice.random() < 0.5 else value[: ends[0]] + value[ends[1] :]


def _repeat(dice: random.Random, value: bytes) -> bytes:
    ends = sorted((dice.randint(0, len(value)), dice.randint(0, len(value))))
    return value[: ends[1]] + value[ends[0] :]


def _noise(dice: random.Random, _value: bytes) -> bytes:
    return dice.randbytes(dice.randint(0, 64))


def _other_encoding(dice: random.Random, value: bytes) -> bytes:
    text = value.decode("utf-8", "replace")
    return text.encode(dice.choice(["utf-8-sig", "utf-16", "utf-16-le", "utf-32", "utf-7"]), "replace")


def _invalid_utf8(dice: random.Random, value: bytes) -> bytes:
    return _spliced(
        dice, value, dice.choice([b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf8\x88\x80\x80\x80", b"\xe2\x82"])
    )


def _nest(dice: random.Random, value: bytes) -> bytes:
    depth = dice.choice([10, 100, 199, 200, 1_000, 20_000])
    opening, closing = dice.choice([(b"[", b"]"), (b'{"a":', b"}")])
    return (
        opening * depth + (value if dice.random() < 0.5 else b"1") + (closing * depth if dice.random() < 0.7 else b"")
    )


def _control_characters(dice: random.Random, value: bytes) -> bytes:
    return _spliced(dice, value, bytes([dice.randrange(32)]) * dice.randint(1, 3))


def _in_json(change: Callable[[random.Random, dict[str, Any]], str | None]) -> Callable[[random.Random, bytes], bytes]:
    """A mutation of the JSON object that the bytes hold, if they do."""

    def mutate(dice: random.Random, value: bytes) -> bytes:
        try:
            fields = json.loads(value)
        except (ValueError, RecursionError):
            return _flip_bytes(dice, value)
        if not isinstance(fields, dict) or not fields:
            return _flip_bytes(dice, value)
        text = change(dice, fields)
        return (json.dumps(fields) if text is None else text).encode("utf-8", "surrogatepass")

    return mutate


def _odd_value(dice: random.Random, fields: dict[str, Any]) -> str:
    name = dice.choice(list(fields))
    return _with_raw(fields, name, dice.choice(ODD_VALUES))


def _odd_value_deeper(dice: random.Random, fields: dict[str, Any]) -> str:
    nested = [name for name, value in fields.items() if isinstance(value, dict | list) and value]
    if not nested:
        return _odd_value(dice, fields)
    name = dice.choice(nested)
    inside, odd = fields[name], dice.choice(ODD_VALUES)
    if isinstance(inside, dict):
        return _with_raw(fields, name, _with_raw(inside, dice.choice(list(inside)), odd))
    parts = [json.dumps(part) for part in inside]
    parts[dice.randrange(len(parts))] = odd
    return _with_raw(fields, name, f"[{','.join(parts)}]")


def _with_raw(fields: dict[str, Any], name: str, raw: str) -> str:
    pairs = [f"{json.dumps(other)}: {raw if other == name else json.dumps(value)}" for other, value in fields.items()]
    return "{" + ", ".join(pairs) + "}"


def _duplicate_key(dice: random.Random, fields: dict[str, Any]) -> str:
    name = dice.choice(list(fields))
    again = f"{json.dumps(name)}: {dice.choice(ODD_VALUES) if dice.random() < 0.5 else json.dumps(fields[name])}"
    text = json.dumps(fields)
    return f"{{{again}, {text[1:]}" if dice.random() < 0.5 else f"{text[:-1]}, {again}}}"


def _without_field(dice: random.Random, fields: dict[str, Any]) -> None:
    del fields[dice.choice(list(fields))]


def _with_foreign_field(dice: random.Random, fields: dict[str, Any]) -> None:
    other = json.loads(dice.choice([value for _, value in seeds() if value.lstrip()[:1] == b"{" and _is_json(value)]))
    fields |= {name: other[name] for name in other if dice.random() < 0.5}


def _is_json(value: bytes) -> bool:
    try:
        return isinstance(json.loads(value), dict)
    except (ValueError, RecursionError):
        return False


def _fresh(dice: random.Random, fields: dict[str, Any]) -> None:
    """Still valid if it was: another id, another version."""
    fields["id"] = f"f-{dice.randrange(5_000)}"
    fields["version"] = dice.randrange(-5, 50)


def _deleted(dice: random.Random, fields: dict[str, Any]) -> None:
    fields["deleted"] = dice.choice([True, True, False, None, 1, "true"])


MUTATIONS: tuple[Callable[[random.Random, bytes], bytes], ...] = (
    *(_flip_bytes, _cut, _repeat, _noise, _other_encoding, _invalid_utf8, _nest, _control_characters),
    *map(_in_json, (_odd_value, _odd_value, _odd_value_deeper, _duplicate_key, _without_field, _with_foreign_field)),
    *map(_in_json, (_fresh, _fresh, _fresh, _deleted)),
)
