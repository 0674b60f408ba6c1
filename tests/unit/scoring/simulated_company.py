"""A line that has taken the records of the simulated company."""

from __future__ import annotations

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
def simulated_line(reps: int = 12, days: int = 120) -> Line:
    """The company from September 2025 on; shared, so nobody may give it further records."""
    line = Line(Organisation(UTC, "USD", EXPONENTS))
    for record in records(seed=7, days=days, reps=reps, start=date(2025, 9, 1)):
        take(line, record)
    return line


def take(line: Line, record: dict[str, Any]) -> None:
    """One record as a CRM would publish it."""
    read = decode(TOPIC_OF[record["type"]], text(record))
    updated_at = 0 if read.updated_at is None else microseconds(read.updated_at)
    line.take(read.type, read.id, updated_at, read.version or 0, None if isinstance(read, Deletion) else read)


def newest_day(line: Line) -> int:
    """The newest business date of all."""
    found = line.newest_day(datetime(2030, 1, 1, tzinfo=UTC).toordinal())
    assert found is not None
    return found
