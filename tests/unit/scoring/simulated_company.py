"""A line that has taken the records of the simulated company."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

from schemas.currencies import EXPONENTS
from schemas.records import Deletion, decode
from scoring.line import Line
from scoring.organisation import Organisation, microseconds
from streams.publisher import TOPIC_OF
from streams.simulator import line as text
from streams.simulator import records


@cache
def simulated_line(reps: int = 12, days: int = 120, without: str = "") -> Line:
    """The company from September 2025 on, without one type of records; shared, so nobody may give it further ones."""
    line = Line(Organisation(UTC, "USD", EXPONENTS))
    for record in simulated_records(reps, days):
        if record.type == without:
            continue
        held = None if isinstance(record, Deletion) else record
        line.take(record.type, record.id, microseconds(record.updated_at), record.version or 0, held)
    return line


def simulated_records(reps: int, days: int) -> Iterator[Any]:
    """As read from their topics, in the order in which the CRM publishes them; each states when it was made."""
    for record in records(seed=7, days=days, reps=reps, start=date(2025, 9, 1)):
        yield decode(TOPIC_OF[record["type"]], text(record))


def newest_day(line: Line) -> int:
    """The newest business date of all."""
    found = line.newest_day(datetime(2030, 1, 1, tzinfo=UTC).toordinal())
    assert found is not None
    return found
