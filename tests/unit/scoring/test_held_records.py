"""What a line remembers of single records: their facts always, their segments only where it is to explain."""

from __future__ import annotations

from datetime import UTC

from schemas.currencies import EXPONENTS
from schemas.records import decode
from scoring.line import Line
from scoring.organisation import Organisation
from tests.unit.scoring.explained import TOPIC_OF, message
from tests.unit.scoring.steady_company import AS_OF, at, deal, record


def test_segments_are_products_else_sources_and_follow_corrections() -> None:
    line = Line(Organisation(UTC, "USD", EXPONENTS), explains=True)

    def segment(version: int, **fields: str | None) -> str | None:
        made = decode(*message(deal("d-1", "r-1", AS_OF, **fields)))
        line.take("deal", "d-1", version, 0, made)
        [held] = line.held()
        return held.segment

    assert segment(1, product="Gold", source="web") == "Gold"
    assert segment(3, product=None, source="web") == "web"
    assert segment(2, product="Older", source="web") == "web"
    assert segment(4, product=None, source=None) is None
    assert segment(5, product="Gold") == "Gold"
    line.take("deal", "d-1", 6, 0, None)
    assert list(line.held()) == []
    assert line.held_as("deal", "d-1") == line.held_as("deal", "d-1")._replace(segment=None, facts=[])


def test_segments_are_retired_with_their_records() -> None:
    line = Line(Organisation(UTC, "USD", EXPONENTS), explains=True)
    lead = record("lead", "l-1", rep_id="r-1", created_at=at(AS_OF), source="fair")
    line.take("lead", "l-1", 1, 0, decode(*message(lead)))
    assert line.held_as("lead", "l-1").segment == "fair"
    line.retire(AS_OF.toordinal() + 1, 2**60)
    assert line.held_as("lead", "l-1").segment is None


def test_a_line_that_does_not_explain_remembers_no_segments() -> None:
    line = Line(Organisation(UTC, "USD", EXPONENTS))
    line.take("deal", "d-1", 1, 0, decode(TOPIC_OF["deal"], message(deal("d-1", "r-1", AS_OF))[1]))
    [held] = line.held()
    assert (held.type, held.id, held.segment) == ("deal", "d-1", None)
    assert held.facts
