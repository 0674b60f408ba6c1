from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from schemas.records import InvalidRecord
from schemas.topics import ACTIVITIES, EVENTS, FEEDBACK, REFERENCE
from scoring.facts import Facts, facts_of
from scoring.ledger import FactSums
from scoring.organisation import microseconds
from streams.cutting import Frame
from streams.intake import check_not_ahead, newest_day, read
from streams.replay import taking
from streams.replay.asked import Asked
from streams.replay.facts_of_values import FactsOfValues
from streams.replay.folding import fold
from streams.replay.spool import SpoolWriter, reference_rows
from streams.replay.taking import Taker
from streams.settings import Settings
from tests.fuzz.mutations import mutated
from tests.traffic import rough_messages
from tests.unit.streams.desks import message

NOW = datetime(2025, 4, 15, 12, tzinfo=UTC)
"""In the midst of the records: later ones are refused, but for those less than a day ahead."""
NOW_MS = microseconds(NOW) // 1000
TOPICS = (EVENTS, ACTIVITIES, FEEDBACK, REFERENCE)
ODD_ACTIVITIES = [
    b'{"type":"activity","id":"odd","rep_id":"r-1","kind":"call","occurred_at":"2025-04-%s","first_response_seconds":%s}'
    % (moment, seconds)
    for moment in (b"14T23:59:59Z", b"16T03:59:59.999999Z", b"15T01:00:00+05:30")
    for seconds in (b"null", b"0", b"3600", b"0.1234565", b"2000001", b"1000000000")
]


def messages_of(topic: str) -> list[Any]:
    """Rough, fuzzed and odd ones, each with a time of its own."""
    sent = [*rough_messages(2_500, seed=3, days=90, reps=10), *mutated(1_000, seed=4, large_every=0)]
    values = [(key, value) for name, key, value in sent if name == topic]
    if topic == ACTIVITIES:
        values += [(b"odd", value.replace(b"odd", b"odd-%d" % place)) for place, value in enumerate(ODD_ACTIVITIES)]
    return [
        message(topic, value, key=key, offset=offset, timestamp_ms=NOW_MS - 1000 * offset)
        for offset, (key, value) in enumerate(values)
    ]


def expected(asked: Asked, topic: str, messages: list[Any]) -> tuple[list[Facts], dict[str, Any]]:
    """Sums of the newest versions, and the newest reference records, message by message."""
    newest: dict[str, Any] = {}
    for each in messages:
        try:
            for delivery in read(topic, each.key, each.value, each.timestamp):
                facts = [] if delivery.record is None else facts_of(delivery.record, asked.organisation)
                check_not_ahead(delivery, newest_day(facts), asked.now_us, asked.today)
                order = delivery.updated_at, delivery.version, each.offset
                held = newest.setdefault(f"{delivery.type}:{delivery.id}", (order, facts, None))
                if order >= held[0]:
                    value = None if delivery.record is None else each.value
                    newest[f"{delivery.type}:{delivery.id}"] = order, facts, value
        except InvalidRecord:
            continue
    sums = FactSums()
    for _, facts, _ in newest.values():
        sums.add(facts)
    return sorted(sums.take(), key=lambda fact: fact[:2]), {
        key: (order, value) for key, (order, _, value) in newest.items()
    }


@pytest.mark.parametrize("topic", TOPICS)
@pytest.mark.parametrize("at_once", [1, 1_000])
def test_what_is_taken_is_what_intake_and_facts_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, topic: str, at_once: int
) -> None:
    monkeypatch.setattr(taking, "_AT_ONCE", at_once)
    messages = messages_of(topic)
    end, beyond = len(messages) - 5, len(messages)
    partition = (topic, 0)
    asked = Asked(
        settings=Settings(time_zone="America/New_York"),
        starts={partition: 0},
        ends={partition: end},
        now_us=NOW_MS * 1000,
    )
    writer = SpoolWriter(tmp_path, 0, 3, 0)
    taker = Taker(asked, partition, writer)
    for start, stop in ((0, 700), (700, beyond)):
        taker.take(Frame(topic, 0, start, stop, 0, messages[start:stop]))
    sums, newest = expected(asked, topic, messages[:end])
    assert len(newest) > 20
    if topic == REFERENCE:
        found: dict[str, Any] = {}
        for row in reference_rows(tmp_path, 1, 3):
            if row.key not in found or row[1:4] >= found[row.key][0]:
                found[row.key] = row[1:4], row.value
        assert found == newest
    else:
        [whole] = fold(tmp_path, 1, range(3), (None,), lambda _: None, FactsOfValues(asked.organisation))
        assert whole.take() == sums


def test_what_came_too_late_is_not_known(tmp_path: Path) -> None:
    messages = messages_of(ACTIVITIES)
    partition, cut = (ACTIVITIES, 0), NOW_MS - 500_000
    asked = Asked(
        settings=Settings(),
        starts={partition: 0},
        ends={partition: len(messages)},
        cuts=(cut,),
        now_us=NOW_MS * 1000,
    )
    writer = SpoolWriter(tmp_path, 0, 1, 0)
    Taker(asked, partition, writer).take(Frame(ACTIVITIES, 0, 0, len(messages), 0, messages))
    assert writer.progress.newest_ms == cut
    [whole] = fold(tmp_path, 1, [0], (None,), lambda _: None, FactsOfValues(asked.organisation))
    assert whole.take() == expected(asked, ACTIVITIES, [each for each in messages if each.timestamp <= cut])[0]
