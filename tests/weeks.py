"""The weeks topic of an installation under test: what it holds, and what it must hold by the records alone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from zoneinfo import ZoneInfo

from schemas.currencies import EXPONENTS
from schemas.topics import TOPICS, internal_name
from scoring import oracle
from scoring.line import Line, subjects
from scoring.organisation import Organisation
from scoring.weekly import WeekRow, scored_kpis, shared_weeks, week_rows
from streams.codec import decode_week_row
from streams.ready_days import is_ready_key
from streams.scorecard_file import load_scorecard
from streams.settings import Settings
from streams.week_book import subject_and_week
from tests.installation import Installation, Scores, wait_until

Weeks = dict[tuple[str, int], WeekRow]
"""Rows by subject and Monday."""


def as_of_of(scores: Scores) -> int:
    """The date of some scores, as a day number."""
    return date.fromisoformat(next(iter(scores.values()))["as_of"]).toordinal()


def expected_weeks(settings: Settings, deliveries: Iterable[oracle.Delivery], as_of: int) -> Weeks:
    """The rows of every subject, from the newest versions of the records in one pass through the pure core."""
    line = Line(Organisation(ZoneInfo(settings.time_zone), settings.base_currency, EXPONENTS))
    for delivery in deliveries:
        line.take(delivery.type, delivery.id, delivery.updated_at_us, delivery.version, delivery.record)
    kpis = scored_kpis(scored.metric for scored in load_scorecard(settings.scorecard).metrics)
    weeks = shared_weeks(as_of)
    line.panes("company:company")  # which settles the panes
    return {
        (subject, week): row
        for subject in subjects(line.reference, line.reps, line.groups)
        for week, row in week_rows(line.panes(subject) or {}, weeks, kpis, line.reference.rates).items()
    }


def shared(line: Installation, as_of: int) -> Weeks:
    """The newest row of each key on the topic, as far as it is of a shared week."""
    topic = internal_name(line.settings.app, TOPICS["weeks"])
    newest = {message.key(): message.value() for message in line.read_all([topic]) if not is_ready_key(message.key())}
    weeks = shared_weeks(as_of)
    rows = {subject_and_week(key): decode_week_row(value) for key, value in newest.items() if value is not None}
    return {key: row for key, row in rows.items() if key[1] in weeks}


def wait_for_weeks(line: Installation, deliveries: Iterable[oracle.Delivery], as_of: int, seconds: float) -> int:
    """Wait until the topic holds exactly what it must; how many rows that is."""
    expected = expected_weeks(line.settings, deliveries, as_of)
    try:
        wait_until(lambda: shared(line, as_of) == expected, seconds, f"{len(expected)} week rows")
    except AssertionError as error:
        found = shared(line, as_of)
        wrong = [key for key in expected.keys() | found.keys() if found.get(key) != expected.get(key)]
        first = min(wrong)
        raise AssertionError(
            f"{len(wrong)} of {len(expected)} week rows differ; {first}: {found.get(first)} instead of {expected.get(first)}"
        ) from error
    return len(expected)
