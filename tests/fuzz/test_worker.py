"""Fuzzed messages among good ones through a real worker: it goes on, refuses each bad one once, and scores as the oracle does."""

from __future__ import annotations

import random
import time
from collections import Counter
from pathlib import Path
from zoneinfo import ZoneInfo

from schemas.currencies import EXPONENTS
from schemas.records import InvalidRecord
from schemas.topics import ACTIVITIES, EVENTS
from scoring.facts import facts_of
from scoring.organisation import Organisation
from streams.intake import check_not_ahead, newest_day, read
from streams.local import Addresses
from tests.fuzz.mutations import Message, mutated
from tests.installation import WorkerProcess, installation, wait_until
from tests.integration.test_the_line import rough_messages

FUZZED = 20_000
GOOD = 5_000
NOW_US = time.time_ns() // 1000
ORGANISATION = Organisation(ZoneInfo("UTC"), "USD", EXPONENTS)


def is_bad(sent: Message) -> bool:
    try:
        read(sent.topic, sent.key, sent.value, NOW_US // 1000)
    except InvalidRecord:
        return True
    return False


def is_ahead(sent: Message) -> bool:
    """Whether it is a record, but from a future that a worker refuses and the oracle takes."""
    today = NOW_US // 86_400_000_000 + 719_163
    for delivery in read(sent.topic, sent.key, sent.value, NOW_US // 1000):
        facts = [] if delivery.record is None else facts_of(delivery.record, ORGANISATION)
        try:
            check_not_ahead(delivery, newest_day(facts), NOW_US, today)
        except InvalidRecord:
            return True
    return False


def at_home(sent: Message) -> Message:
    """A valid record keyed by its id: order among equal versions is promised within a partition alone."""
    if sent.value is None:
        return sent
    [delivery] = read(sent.topic, sent.key, sent.value, 0)
    return sent._replace(key=delivery.id.encode())


def mixed(seed: int) -> tuple[list[Message], list[Message]]:
    """All messages in the order in which they are sent, and the bad ones of them."""
    fuzzed = list(mutated(FUZZED, seed, large_every=4_000))
    bad = [sent for sent in fuzzed if is_bad(sent)]
    kept = [at_home(sent) for sent in fuzzed if not is_bad(sent) and not is_ahead(sent)]
    good = [Message(*sent) for sent in rough_messages(GOOD, seed)]
    bad += [sent for sent in good if is_bad(sent)]
    return strewn(seed, [sent for sent in fuzzed if is_bad(sent)], kept, good), bad


def strewn(seed: int, *queues: list[Message]) -> list[Message]:
    """The messages of all queues, mixed; each queue keeps its order."""
    turns = [number for number, queue in enumerate(queues) for _ in queue]
    random.Random(seed).shuffle(turns)
    waiting = [iter(queue) for queue in queues]
    return [next(waiting[number]) for number in turns]


def test_a_worker_refuses_each_bad_message_once_and_scores_the_good_ones(stack: Addresses, tmp_path: Path) -> None:
    messages, bad = mixed(seed=3)
    assert len(bad) > FUZZED // 3
    with installation(stack, tmp_path, "fuzzed", partitions=2) as line_:
        worker = line_.start_worker()
        line_.produce(messages)
        wait_until(lambda: worker.counted() == len(messages), 120, "every message's outcome")
        assert worker.counted("invalid") == len(bad)
        letters = line_.dead_letters()
        assert Counter((m.key(), m.value()) for m in letters) == Counter((m.key, m.value) for m in bad)
        line_.wait_for_scores(line_.oracle_scores(), 120)
        assert worker.get("/readyz")[0] == 200
        assert "Traceback" not in worker.log.read_text()
        assert worker.stop() == 0


def ratio(worker: WorkerProcess, topic: str = EVENTS) -> float:
    text = worker.get("/metrics?name[]=upscore_invalid_ratio")[1].decode()
    samples = [line for line in text.splitlines() if line.startswith(f'upscore_invalid_ratio{{topic="{topic}"}}')]
    return float(samples[0].rpartition(" ")[2]) if samples else 0.0


def test_a_flood_of_bad_records_shows_while_good_ones_flow_and_is_over_when_it_is_over(
    stack: Addresses, tmp_path: Path
) -> None:
    good = [Message(*sent) for sent in rough_messages(24_000, 9)]
    before, during, after = good[:1_000], good[1_000:2_000], good[2_000:]
    flood = [Message(EVENTS, b"f", b"{"), Message(EVENTS, b"g", b'{"type": "deal"}')] * 500
    with installation(stack, tmp_path, "flooded", partitions=2) as line_:
        worker = line_.start_worker()
        sent = 0
        for phase, low, high in ((before, 0.0, 0.1), (strewn(9, during, flood), 0.5, 1.0)):
            sent += line_.produce(phase)
            wait_until(lambda upto=sent: worker.counted() == upto, 60, "all that was sent")
            assert low <= ratio(worker) <= high
        assert ratio(worker, ACTIVITIES) == 0
        line_.wait_for_scores(line_.oracle_scores(), 60)
        assert worker.get("/readyz")[0] == 200
        line_.produce(after)
        wait_until(lambda: ratio(worker) < 0.3, 90, "the end of the flood")
