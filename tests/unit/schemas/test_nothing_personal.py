"""Details of invalid records, wherever a personal text stands: `tests/integration/test_nothing_told.py` in process."""

from __future__ import annotations

from schemas.records import InvalidRecord
from streams.intake import read
from tests.integration.test_nothing_told import messages


def test_no_detail_repeats_a_personal_text() -> None:
    details = []
    for topic, key, value in messages():
        try:
            read(topic, key, value, 0)
        except InvalidRecord as invalid:
            details.append(invalid.detail)
    assert len(details) > 1_000
    assert not [detail for detail in details if "mark" in detail.lower().replace("market", "")]
