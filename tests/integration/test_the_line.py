"""The whole line on a real Kafka: rough records in, exact scores out, whatever happens to the workers."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date
from itertools import islice
from pathlib import Path

from schemas.topics import ACTIVITIES, EVENTS, FEEDBACK, RECORD_TYPES, REFERENCE
from streams.local import Addresses
from streams.simulator import line, records, roughen
from tests.installation import JAVA, LIBRDKAFKA, Installation, first_difference, installation, wait_until

RECORDS = 50_000
TOPIC_OF = {record_type: topic for topic, types in RECORD_TYPES.items() for record_type in types}

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


def rough_messages(count: int, seed: int) -> list[tuple[str, bytes, bytes | None]]:
    """So many rough records of a simulated CRM with bad bytes, tombstones and typed keys strewn in."""
    rng = random.Random(seed)
    messages: list[tuple[str, bytes, bytes | None]] = []
    for record in islice(roughen(records(seed=seed, days=120, reps=40, start=date(2025, 3, 1)), seed), count):
        key = record["id"] if rng.random() < 0.8 else f"{record['type']}:{record['id']}"
        messages.append((TOPIC_OF[record["type"]], key.encode(), line(record).rstrip()))
        if rng.random() < 0.004:
            messages.append((EVENTS, f"bad-{rng.random()}".encode(), rng.choice(BAD)))
        if rng.random() < 0.002:
            topic, victim, _ = rng.choice(messages)
            if topic in (EVENTS, ACTIVITIES, FEEDBACK):
                messages.append((topic, victim, None))
    return messages


def produce_halves(line_: Installation, messages: list[tuple[str, bytes, bytes | None]]) -> None:
    """One half as Java's clients place records, the other as librdkafka's do."""
    middle = len(messages) // 2
    line_.produce(messages[:middle], JAVA)
    line_.produce(messages[middle:], LIBRDKAFKA)


def assert_dead_letters_are_the_bad_records(
    line_: Installation, messages: list[tuple[str, bytes, bytes | None]]
) -> None:
    sent = Counter((key, value) for _, key, value in messages if value in BAD)
    letters = line_.dead_letters()
    assert Counter((letter.key(), letter.value()) for letter in letters) == sent
    for letter in letters:
        headers = {name: value.decode() for name, value in letter.headers()}
        assert headers.keys() == {"source_topic", "source_partition", "source_offset", "reason", "detail"}
        assert headers["source_topic"] == EVENTS
        assert int(headers["source_offset"]) >= 0


def test_rough_records_through_one_worker_and_then_two_give_the_oracles_scores(
    stack: Addresses, tmp_path: Path
) -> None:
    messages = rough_messages(RECORDS, seed=11)
    with installation(stack, tmp_path, "rough") as line_:
        produce_halves(line_, messages)
        expected = line_.oracle_scores()
        line_.start_worker()
        line_.wait_for_scores(expected, 120)
        assert first_difference(line_.command_scores(), expected) is None
        assert line_.workers[0].counted() == len(messages)
        assert line_.workers[0].counted("invalid") == sum(value in BAD for _, _, value in messages)
        as_of = next(iter(expected.values()))["as_of"]
        assert first_difference(line_.command_scores("--as-of", as_of), expected) is None
        assert_dead_letters_are_the_bad_records(line_, messages)

        line_.start_worker().wait_until_ready()
        more = rough_messages(RECORDS // 5, seed=12)
        produce_halves(line_, more)
        line_.wait_for_scores(line_.oracle_scores(), 120)
        assert all(worker.counted() > 0 for worker in line_.workers)
        assert_dead_letters_are_the_bad_records(line_, messages + more)


def test_rough_records_through_two_workers_from_the_start_give_the_oracles_scores(
    stack: Addresses, tmp_path: Path
) -> None:
    messages = rough_messages(RECORDS, seed=13)
    with installation(stack, tmp_path, "pair") as line_:
        line_.start_worker()
        line_.start_worker()
        produce_halves(line_, messages)
        expected = line_.oracle_scores()
        line_.wait_for_scores(expected, 120)
        as_of = next(iter(expected.values()))["as_of"]
        assert first_difference(line_.command_scores("--as-of", as_of), expected) is None
        assert_dead_letters_are_the_bad_records(line_, messages)


def test_a_worker_killed_in_the_middle_leaves_no_trace(stack: Addresses, tmp_path: Path) -> None:
    messages = rough_messages(RECORDS, seed=14)
    with installation(stack, tmp_path, "killed", transaction_records=2_000) as line_:
        produce_halves(line_, messages)
        expected = line_.oracle_scores()
        worker = line_.start_worker()
        wait_until(lambda: worker.counted() > RECORDS // 5, 60, "a fifth of the records")
        worker.kill()
        assert first_difference(line_.published_scores(), expected) is not None, "killed too late to prove anything"
        line_.start_worker()
        line_.wait_for_scores(expected, 120)
        assert_dead_letters_are_the_bad_records(line_, messages)
        assert line_.workers[-1].stop() == 0


def test_a_late_move_of_a_team_moves_its_history(stack: Addresses, tmp_path: Path) -> None:
    messages = rough_messages(5_000, seed=15)
    with installation(stack, tmp_path, "moved") as line_:
        line_.produce(messages)
        line_.start_worker()
        line_.wait_for_scores(line_.oracle_scores(), 120)
        move = b'{"type":"team","id":"t-1","updated_at":"2025-12-01T00:00:00Z","parent":"t-other"}'
        rep = b'{"type":"rep","id":"r-2","updated_at":"2025-12-01T00:00:00Z","team_id":"t-new","territory":"nowhere"}'
        line_.produce([(REFERENCE, b"t-1", move), (REFERENCE, b"r-2", rep)])
        expected = line_.oracle_scores()
        assert ("team", "t-other") in expected
        assert ("territory", "nowhere") in expected
        line_.wait_for_scores(expected, 60)
