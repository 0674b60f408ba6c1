"""What grows without bound elsewhere: rows of any size, and topics that only we read."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from schemas.topics import ACTIVITIES, EVENTS, SCORES
from streams.local import Addresses
from tests.installation import installation, wait_until

MESSAGE_BYTES = 1_000_000


def evaluation(number: int, criteria: dict[str, int]) -> tuple[str, bytes, bytes]:
    today = datetime.now(UTC).date()
    record = {
        "type": "evaluation",
        "id": f"e-{number}",
        "updated_at": f"{today}T00:00:01Z",
        "rep_id": "r-1",
        "occurred_at": f"{today}T00:00:00Z",
        "criteria": criteria,
    }
    return ACTIVITIES, record["id"].encode(), json.dumps(record, ensure_ascii=False).encode()


def test_a_day_with_thirty_thousand_criteria_stays_exact_and_no_message_passes_one_megabyte(
    stack: Addresses, tmp_path: Path
) -> None:
    crowd = [
        evaluation(number, {f"{number}-{criterion}-" + "語" * 90: number % 100 for criterion in range(100)})
        for number in range(300)
    ]
    usual = [evaluation(1_000 + number, {"communication": 60 + number}) for number in range(10)]
    renewing = {
        "type": "customer",
        "id": "c-1",
        "updated_at": "2025-06-01T00:00:00Z",
        "rep_id": "語" * 200,
        "since": "2024-01-01T00:00:00Z",
        "renewals": [f"2024-{1 + n % 12:02}-{1 + n % 28:02}T{n % 24:02}:00:00Z" for n in range(1_000)],
    }
    with installation(stack, tmp_path, "crowded", partitions=1) as line_:
        line_.produce([*crowd, *usual, (EVENTS, b"c-1", json.dumps(renewing).encode())])
        expected = line_.oracle_scores()
        worker = line_.start_worker()
        line_.wait_for_scores(expected, 120)
        worker.kill()
        again = line_.start_worker()
        again.wait_until_ready()
        line_.produce([evaluation(2_000, {"communication": 100}), evaluation(7, {"communication": 0})])
        expected = line_.oracle_scores()
        line_.wait_for_scores(expected, 120)
        wait_until(lambda: again.counted() == 2, 30, "the two records alone, after a recovery")
        app = line_.settings.app
        topics = [f"{app}-state", f"{app}-facts", f"{app}-pane-changes", line_.settings.topic_prefix + SCORES]
        sizes = {
            topic: max(len(message.key() or b"") + len(message.value() or b"") for message in line_.read_all([topic]))
            for topic in topics
        }
        assert max(sizes.values()) < MESSAGE_BYTES, sizes
        assert sizes[f"{app}-state"] > MESSAGE_BYTES / 4, "nothing was long enough to prove anything"
