"""Explanations close at every level, end in the scores that the line gives, and tell each cause under its own part."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.currencies import EXPONENTS
from schemas.records import Deletion, decode
from schemas.score import Explanation
from schemas.topics import ACTIVITIES, EVENTS, FEEDBACK, RECORD_TYPES, REFERENCE
from scoring.explanation import Asked, explanation
from scoring.line import Line
from scoring.organisation import Organisation, microseconds
from scoring.scorecard import Scorecard, parse
from tests.unit.scoring.crm_records import AS_OF, messages

CARD = replace(parse(files("scoring").joinpath("scorecards/default.toml").read_text()), coverage_gate=0.0)
NOW, THEN = "2026-01-15T12:00:00Z", "2026-01-01T12:00:00Z"
TOPIC_OF = {record_type: topic for topic, types in RECORD_TYPES.items() for record_type in types}


def take(line: Line, topic: str, value: bytes) -> None:
    record = decode(topic, value)
    held = None if isinstance(record, Deletion) else record
    line.take(record.type, record.id, microseconds(record.updated_at), record.version, held)


def line_of(sent: list[tuple[str, bytes]], zone: str = "America/New_York") -> Line:
    line = Line(Organisation(ZoneInfo(zone), "USD", EXPONENTS), explains=True)
    for topic, value in sent:
        take(line, topic, value)
    return line


def score(line: Line, subject: str, as_of: date, known_at: str, card: Scorecard = CARD) -> dict[str, Any] | None:
    found = {f"{s['subject']}:{s['id']}": s for s in line.scores(card, as_of.toordinal(), known_at)}
    return found.get(subject)


def told(
    before: tuple[Line, date], after: tuple[Line, date], subject: str, *, corrections: bool = True, card: Scorecard = CARD
) -> dict[str, Any]:
    known = NOW if before[0] is after[0] else THEN
    return explanation(
        Asked(before[0], card, before[1].toordinal(), known),
        Asked(after[0], card, after[1].toordinal(), NOW),
        subject,
        corrections=corrections,
    )


def levels(parts: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for part in parts:
        yield part
        yield from levels(part.get("parts", []))


def assert_closes(made: dict[str, Any]) -> None:
    Explanation.model_validate_json(json.dumps(made))  # which adds up every level
    for part in levels(made["parts"]):
        if "parts" in part:
            assert math.isclose(math.fsum(p["points"] for p in part["parts"]), part["points"], abs_tol=1e-9)
        if "records" in part:
            assert math.isclose(math.fsum(p["points"] for p in part["records"]), part["points"], abs_tol=1e-9)
    before, after = made["from"], made["to"]
    if before is not None and before["score"] is not None and after["score"] is not None:
        change = math.fsum(part["points"] for part in made["parts"])
        assert math.isclose(change, after["score"] - before["score"], abs_tol=1e-9)
        assert [part["cause"] for part in made["parts"][:4]] == ["scorecard", "people", "corrections", "market"]
    else:
        assert made["parts"] == []


@settings(max_examples=120, deadline=None)
@given(
    st.lists(messages(), max_size=40),
    st.integers(0, 40),
    st.integers(0, 380),
    st.integers(-60, 200),
    st.booleans(),
    st.data(),
)
def test_an_explanation_of_any_world_closes_between_the_lines_own_scores(  # noqa: PLR0913, PLR0917 - all of them are drawn
    sent: list[tuple[str, bytes]], known: int, back: int, apart: int, corrections: bool, data: st.DataObject
) -> None:
    now, then = line_of(sent), line_of(sent[:known])
    as_of, against = AS_OF - timedelta(days=back), AS_OF - timedelta(days=back + apart)
    subjects = [f"{s['subject']}:{s['id']}" for s in now.scores(CARD, as_of.toordinal(), NOW)]
    if not subjects:
        return
    subject = data.draw(st.sampled_from(subjects))
    made = told((then, against), (now, as_of), subject, corrections=corrections)
    assert made["to"] == score(now, subject, as_of, NOW)
    assert made["from"] == score(then, subject, against, THEN)
    assert_closes(made)
    same = told((now, against), (now, as_of), subject)
    assert same["from"] == score(now, subject, against, NOW)
    assert_closes(same)
    for parts in (same["parts"], [] if corrections else made["parts"]):
        assert [part["points"] for part in parts if part["cause"] == "corrections"] in ([], [0.0])


@settings(max_examples=40, deadline=None)
@given(st.lists(messages(), max_size=30), st.data())
def test_a_date_against_itself_has_nothing_to_tell(sent: list[tuple[str, bytes]], data: st.DataObject) -> None:
    line, again = line_of(sent), line_of(sent)
    subjects = [f"{s['subject']}:{s['id']}" for s in line.scores(CARD, AS_OF.toordinal(), NOW)]
    if not subjects:
        return
    subject = data.draw(st.sampled_from(subjects))
    for other in (line, again):
        made = told((other, AS_OF), (line, AS_OF), subject)
        assert {part["points"] for part in levels(made["parts"])} <= {0.0}
