"""Codec: rows and messages between our own stages, as bytes (msgpack), and JSON for what others read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from scoring.evidence import Evidence
from scoring.facts import Facts
from scoring.ledger import Entry
from scoring.roster import Route
from scoring.weekly import WeekRow
from scoring.weeks import Opened

MESSAGE_AMOUNTS = 20_000
"""Amounts after which a message of facts is full: some twenty bytes each."""

MESSAGE_BYTES = 600_000
"""What a message of facts has at most: names of criteria and ids of reps may be long."""

_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder().decode
_unpack_entry = msgspec.msgpack.Decoder(tuple[int, int, list[tuple[str, int, dict[str, int]]], bytes]).decode
_unpack_facts = msgspec.msgpack.Decoder(list[tuple[str, int, dict[str, int]]]).decode
_unpack_large_facts = msgspec.msgpack.Decoder(list[tuple[str, int, dict[str, int | str]]]).decode

to_json = msgspec.json.Encoder().encode
"""JSON of what others read: scores, API answers."""

from_json = msgspec.json.Decoder().decode
"""What `to_json` wrote, or any JSON of a source we trust."""


def encode_entry(updated_at: int, version: int, facts: list[Facts], content: bytes = b"") -> bytes:
    """A ledger row: an `Entry` before it was made into one."""
    return pack((updated_at, version, facts, content))


def encode_entries(updated_at: Iterable[int], versions: Iterable[int], facts: Iterable[Facts]) -> list[bytes]:
    """Ledger rows of versions with one fact each, whose amounts fit 64 bits."""
    return [_pack((at, version, (fact,), b"")) for at, version, fact in zip(updated_at, versions, facts, strict=True)]


def decode_entry(row: bytes) -> Entry:
    """The version of a record that a ledger row holds."""
    try:
        return Entry(*_unpack_entry(row))
    except msgspec.ValidationError:  # amounts beyond 64 bits are among them
        updated_at, version, facts, content = _unpack(row)
        return Entry(
            updated_at, version, [(subject, day, _amounts(amounts)) for subject, day, amounts in facts], content
        )


def encode_pane(pane: dict[str, int]) -> bytes:
    """A pane row."""
    return pack(pane)


def decode_pane(row: bytes) -> dict[str, int]:
    """The sums that a pane row holds."""
    return _amounts(_unpack(row))


def encode_route(route: Route) -> bytes:
    """A route row."""
    return pack(route)


def decode_route(row: bytes) -> Route:
    """The route that a route row holds."""
    return tuple((until, tuple((group, weight) for group, weight in weights)) for until, weights in _unpack(row))


def encode_facts(facts: list[Facts]) -> Iterator[bytes]:
    """Facts as messages of `MESSAGE_BYTES` at most; the amounts of a fact that is larger by itself go over several."""
    if facts and len(facts) + sum([len(amounts) for _, _, amounts in facts]) < MESSAGE_AMOUNTS:  # nearly always
        yield from _messages(facts)
        return
    batch: list[Facts] = []
    amounts = 0
    for fact in facts:
        batch.append(fact)
        amounts += 1 + len(fact[2])
        if amounts >= MESSAGE_AMOUNTS:
            yield from _messages(batch)
            batch, amounts = [], 0
    if batch:
        yield from _messages(batch)


def _messages(facts: list[Facts]) -> Iterator[bytes]:
    """Facts as one message, or halved until each part fits; a single amount does always."""
    message = pack(facts)
    subject, day, amounts = facts[0]
    if len(message) <= MESSAGE_BYTES or len(facts) == len(amounts) == 1:
        yield message
        return
    if len(facts) > 1:
        halves = [facts[: len(facts) // 2], facts[len(facts) // 2 :]]
    else:
        items = list(amounts.items())
        middle = len(items) // 2
        halves = [[(subject, day, dict(items[:middle]))], [(subject, day, dict(items[middle:]))]]
    for half in halves:
        yield from _messages(half)


def decode_facts(message: bytes | None) -> list[Facts]:
    """The facts of one message; our own messages always have a value."""
    assert message is not None  # noqa: S101 - there is nobody else who writes to that topic
    try:
        return _unpack_facts(message)
    except msgspec.ValidationError:  # amounts beyond 64 bits are among them
        return [(subject, day, _amounts(amounts)) for subject, day, amounts in _unpack_large_facts(message)]


def encode_week_row(row: WeekRow) -> bytes:
    """A row of the weeks topic."""
    evidence = {metric: row.evidence[metric] for metric in sorted(row.evidence)}
    return pack((evidence, [(day, opened.deals, list(opened.won_after.items())) for day, opened in row.opened.items()]))


def decode_week_row(row: bytes) -> WeekRow:
    """What a row of the weeks topic says."""
    evidence, opened = _unpack(row)
    return WeekRow(
        {metric: Evidence(*sums) for metric, sums in evidence.items()},
        {day: Opened(deals, dict(won_after)) for day, deals, won_after in opened},
    )


def pack(value: Any) -> bytes:
    """Any plain value as msgpack. Whole numbers beyond 64 bits become decimal text, which `_amounts` turns back."""
    try:
        return _pack(value)
    except OverflowError:
        return _pack(_narrow(value))


def unpack(row: bytes) -> Any:
    """What `pack` wrote, lists for tuples."""
    return _unpack(row)


def _narrow(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _narrow(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_narrow(inner) for inner in value]
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return str(value)
    return value


def _amounts(amounts: dict[str, Any]) -> dict[str, int]:
    if str in map(type, amounts.values()):
        return {key: int(amount) for key, amount in amounts.items()}
    return amounts
