"""The ground book gives one ground as long as nothing has changed, and a new one as soon as anything has."""

from __future__ import annotations

from datetime import UTC, date

from schemas.currencies import EXPONENTS
from schemas.records import decode
from schemas.topics import REFERENCE
from scoring.evidence import Evidence
from scoring.facts import COMPANY
from scoring.organisation import Organisation
from scoring.reference import Reference, Versioned
from scoring.weekly import WeekRow, shared_weeks
from streams.codec import encode_week_row
from streams.ground_book import GroundBook
from streams.scorecard_file import load_scorecard
from streams.week_book import WeekBook, row_key

TODAY = date(2026, 3, 31).toordinal()
ROW = WeekRow({"calls": Evidence(total=5.0)}, {})


def _book() -> tuple[GroundBook, WeekBook, Reference]:
    weeks, reference = WeekBook(), Reference(Organisation(UTC, "USD", EXPONENTS))
    return GroundBook(weeks, reference, load_scorecard(None)), weeks, reference


def test_a_ground_serves_until_a_row_comes_in() -> None:
    book, weeks, _ = _book()
    last = shared_weeks(TODAY)[-1]
    weeks.put(row_key(COMPANY, last), encode_week_row(ROW))
    ground = book.on(TODAY)
    assert book.on(TODAY) is ground
    assert dict(ground.rows[COMPANY]) == {last: ROW}
    weeks.put(row_key(COMPANY, last - 7), encode_week_row(ROW))
    assert book.on(TODAY) is not ground
    assert book.on(TODAY).rows[COMPANY].keys() == {last - 7, last}
    assert ground.rows[COMPANY].keys() == {last}  # whoever still works with it sees nothing change


def test_a_ground_serves_until_people_change_or_a_week_is_over() -> None:
    book, _, reference = _book()
    ground = book.on(TODAY)
    assert book.on(TODAY + 7) is not ground
    ground = book.on(TODAY)
    record = decode(REFERENCE, b'{"type": "rep", "id": "r", "team_id": "t", "updated_at": "2026-01-01T00:00:00Z"}')
    reference.put("rep", "r", Versioned(1, 0, "r", record))
    assert book.on(TODAY) is not ground
    assert "r" in book.on(TODAY).people.roster.reps


def test_another_thread_gets_a_ground_of_its_own() -> None:
    book, _, _ = _book()
    assert book.anew(TODAY) is not book.on(TODAY)
    assert book.anew(TODAY) is not book.anew(TODAY)
