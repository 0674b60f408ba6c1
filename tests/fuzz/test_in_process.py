"""Fuzzed messages through decoding, intake and the ledger's stage: each ends in exactly one outcome, nothing else is raised."""

from __future__ import annotations

import os
from collections import Counter
from typing import Any

from schemas.records import InvalidRecord, decode
from schemas.topics import INPUTS
from streams.intake import read
from streams.outbox import Outbox
from streams.tally import Tally
from tests.fuzz.mutations import Message, mutated
from tests.unit.streams.desks import NOW_MS, message
from tests.unit.streams.desks import sent as everything_sent
from tests.unit.streams.ledger_at_work import Ledger

MESSAGES = int(os.environ.get("FUZZ_MESSAGES", "20000"))
"""`make fuzz` sends half a million."""
SEED = int(os.environ.get("FUZZ_SEED", "1"))
AT_ONCE = 500


def test_a_seed_always_gives_the_same_messages() -> None:
    assert list(mutated(2_000, seed=7)) == list(mutated(2_000, seed=7))
    assert list(mutated(2_000, seed=7)) != list(mutated(2_000, seed=8))


def outcome_of(sent: Message) -> InvalidRecord | None:
    """Why it is no record; None if it is one."""
    try:
        if sent.value is not None:
            decode(sent.topic, sent.value)
        read(sent.topic, sent.key, sent.value, NOW_MS)
    except InvalidRecord as invalid:
        return invalid
    except Exception as error:
        error.add_note(f"of {sent!r:.2000}")
        raise
    return None


def test_decoding_and_intake_raise_nothing_but_invalid_records() -> None:
    outcomes = [outcome_of(sent) for sent in mutated(MESSAGES, SEED)]
    details = [outcome.detail for outcome in outcomes if outcome is not None]
    assert max(map(len, details)) < 2_000
    assert all(detail.encode() for detail in details)  # it becomes a header
    reasons = Counter("valid" if outcome is None else outcome.reason for outcome in outcomes)
    assert reasons["valid"] > MESSAGES // 20, (
        "mutations must leave some records whole, or nothing behind decoding is tried"
    )
    assert reasons.keys() >= {"not_json", "not_an_object", "unknown_type", "missing_field", "invalid_field"}


def test_a_ledger_stage_accounts_for_every_message() -> None:
    ledger = Ledger()
    total, invalid = 0, 0
    counted: Counter[str] = Counter()
    waiting: dict[str, list[Message]] = {spec.name: [] for spec in INPUTS}

    def take(topic: str) -> None:
        nonlocal total, invalid
        outbox, tally = Outbox(), Tally()
        messages = [message(topic, m.value, key=m.key, offset=total + n) for n, m in enumerate(waiting[topic])]
        ledger.stage.take(messages, topic, outbox, tally)
        ledger.outbox = outbox
        letters = [letter.value for letter in ledger.dead_letters()]
        refused = tally.records[topic, "invalid"]
        assert len(letters) == refused == tally.dead_letters.total()
        assert not Counter(letters) - Counter(m.value for m in waiting[topic]), "a dead letter that nobody sent"
        for (_, outcome), count in tally.records.items():
            counted[str(outcome)] += count
        total += len(messages)
        ledger.stage.facts.take()
        ledger.stage.take_changed()
        waiting[topic] = []

    for sent in mutated(MESSAGES, SEED + 1):
        waiting[sent.topic].append(sent)
        if len(waiting[sent.topic]) >= AT_ONCE:
            take(sent.topic)
    for topic in waiting:
        take(topic)
    assert total == MESSAGES == counted.total()
    assert counted.keys() == {"applied", "unchanged", "stale", "invalid"}
    assert min(counted.values()) > 0


def test_many_at_once_end_as_they_would_one_after_the_other() -> None:
    """Rows, facts, dead letters byte for byte with their reasons, and counts: of quick ways and slow ones alike."""
    ledgers = {1: Ledger(), AT_ONCE: Ledger()}
    waiting: dict[str, list[Message]] = {spec.name: [] for spec in INPUTS}
    offset = 0

    def take(topic: str) -> None:
        nonlocal offset
        given = waiting[topic]
        messages = [message(topic, m.value, key=m.key, offset=offset + n) for n, m in enumerate(given)]
        told = [said_of(ledger, messages, topic, at_once) for at_once, ledger in ledgers.items()]
        assert told[0] == told[1]
        offset, waiting[topic] = offset + len(given), []

    for sent in mutated(MESSAGES // 4, SEED + 2):
        waiting[sent.topic].append(sent)
        if len(waiting[sent.topic]) >= AT_ONCE:
            take(sent.topic)
    for topic in waiting:
        take(topic)
    one, many = ledgers.values()
    assert one.stage.rows == many.stage.rows
    assert any(row_key.startswith(b"lactivity:") for row_key in many.stage.rows)


def said_of(ledger: Ledger, messages: list[Any], topic: str, at_once: int) -> Any:
    """All that a ledger's stage says of messages, so many of them at once."""
    ledger.outbox, tally = Outbox(), Tally()
    for start in range(0, len(messages), at_once):
        ledger.stage.take(messages[start : start + at_once], topic, ledger.outbox, tally)
    counts = [tally.records, tally.dead_letters, tally.oddities, tally.late_ms, tally.timestamps_ms, tally.newest_day]
    changed = dict(ledger.stage.take_changed())
    return ledger.sums(), sorted(everything_sent(ledger.outbox), key=str), changed, counts
