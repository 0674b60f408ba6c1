"""A worker that meets rows of another version stops and says what to do; and what it says works."""

from __future__ import annotations

from pathlib import Path

import pytest
from confluent_kafka import Producer

from streams.codec import pack, unpack
from streams.local import Addresses
from streams.rows_made_under import ROWS_VERSION
from tests.installation import Installation, installation
from tests.integration.test_the_line import rough_messages

ABOUT = b"m:about"


def state_says_version(line_: Installation, version: int) -> None:
    """As a worker of that version would have written it."""
    topic = f"{line_.settings.app}-state"
    producer = Producer({"bootstrap.servers": line_.settings.broker})
    for message in line_.read_all([topic]):
        if message.key() == ABOUT:
            about = unpack(message.value()) | {"rows_version": version}
            producer.produce(topic, pack(about), ABOUT, partition=message.partition())
    assert producer.flush(20) == 0


@pytest.mark.parametrize(
    ("version", "said"),
    [
        (
            ROWS_VERSION + 1,
            f"made by a newer upscore: its rows are of version {ROWS_VERSION + 1}, this one knows {ROWS_VERSION}",
        ),
        (ROWS_VERSION - 1, "made by an older upscore"),
    ],
)
def test_a_worker_stops_at_rows_of_another_version_and_another_app_builds_them_anew(
    stack: Addresses, tmp_path: Path, version: int, said: str
) -> None:
    name = f"upgrade-{version}"
    with installation(stack, tmp_path, name, partitions=2) as line_:
        line_.produce(rough_messages(2_000, seed=21))
        expected = line_.oracle_scores()
        first = line_.start_worker()
        line_.wait_for_scores(expected, 60)
        assert first.stop() == 0
        state_says_version(line_, version)
        refused = line_.start_worker()
        assert refused.process.wait(timeout=60) == 1
        assert said in refused.log.read_text().splitlines()[-1]

        anew = tmp_path / "anew"
        anew.mkdir()
        with installation(stack, anew, f"{name}-anew", topic_prefix=f"{name}.", partitions=2) as other:
            other.start_worker().wait_until_ready()
            other.wait_for_scores(expected, 60)
