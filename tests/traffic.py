"""Traffic: the rough records that tests of whole workers send, and what must have become of the bad ones."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date
from itertools import islice

from schemas.topics import ACTIVITIES, EVENTS, FEEDBACK, RECORD_TYPES
from streams.simulator import line, records, roughen
from tests.installation import JAVA, LIBRDKAFKA, Installation

TOPIC_OF = {record_type: topic for topic, types in RECORD_TYPES.items() for record_type in types}

Sent = tuple[str, bytes, bytes | None]
"""Topic, key and value."""

BAD = [
    b"",
    b"\x00\xff\xfe not text",
    b"{",
    b"[]",
    b"null",
    b'{"type": "deal", "id": "bad-1"}',
    b'{"type": "cost", "id": "bad-2", "occurred_at": "2025-01-01T00:00Z", "category": "other", "amount": NaN, "currency": "USD"}',
    b'{"type": "feedback", "id": "bad-3"}',
    b'{"type": "deal", "id": "bad-4", "rep_id": "r-1", "status": "open", "opened_at": "2025-01-01T00:00:00"}',
    b'{"type": "deal", "id": "bad-5", "rep_id": "r-1", "status": "open", "opened_at": "2190-01-01T00:00:00Z"}',
    b'{"type": "refund", "id": "bad-6", "rep_id": "r-1", "occurred_at": "2025-01-01T00:00:00Z", "amount": -1, "currency": "USD"}',
    b"[" * 20_000,
]


def rough_messages(
    count: int, seed: int, *, days: int = 120, reps: int = 40, start: date = date(2025, 3, 1)
) -> list[Sent]:
    """So many rough records of a simulated CRM with bad bytes, tombstones and typed keys strewn in."""
    rng = random.Random(seed)
    messages: list[Sent] = []
    for record in islice(roughen(records(seed=seed, days=days, reps=reps, start=start), seed), count):
        key = record["id"] if rng.random() < 0.8 else f"{record['type']}:{record['id']}"
        messages.append((TOPIC_OF[record["type"]], key.encode(), line(record).rstrip()))
        if rng.random() < 0.004:
            messages.append((EVENTS, f"bad-{rng.random()}".encode(), rng.choice(BAD)))
        if rng.random() < 0.002:
            topic, victim, _ = rng.choice(messages)
            if topic in (EVENTS, ACTIVITIES, FEEDBACK):
                messages.append((topic, victim, None))
    return messages


def produce_halves(line_: Installation, messages: list[Sent]) -> None:
    """One half as Java's clients place records, the other as librdkafka's do."""
    middle = len(messages) // 2
    line_.produce(messages[:middle], JAVA)
    line_.produce(messages[middle:], LIBRDKAFKA)


def assert_dead_letters_are_the_bad_records(line_: Installation, messages: list[Sent]) -> None:
    sent = Counter((key, value) for _, key, value in messages if value in BAD)
    letters = line_.dead_letters()
    assert Counter((letter.key(), letter.value()) for letter in letters) == sent
    for letter in letters:
        headers = {name: value.decode() for name, value in letter.headers()}
        assert headers.keys() == {"source_topic", "source_partition", "source_offset", "reason", "detail"}
        assert headers["source_topic"] == EVENTS
        assert int(headers["source_offset"]) >= 0
