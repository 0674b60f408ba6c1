"""Lines of given records, their explanations, and what holds for each of them."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

from schemas.currencies import EXPONENTS
from schemas.records import Deletion, decode
from schemas.score import Explanation
from schemas.topics import RECORD_TYPES
from scoring.explanation import Asked, explanation
from scoring.line import Line
from scoring.line import subjects as subjects_of
from scoring.organisation import Organisation, microseconds
from scoring.scorecard import Scorecard, parse

CARD = replace(parse(files("scoring").joinpath("scorecards/default.toml").read_text()), coverage_gate=0.0)
"""The default scorecard, but that any evidence is enough."""

NOW, THEN = "2026-01-15T12:00:00Z", "2026-01-01T12:00:00Z"
TOPIC_OF = {record_type: topic for topic, types in RECORD_TYPES.items() for record_type in types}


def message(record: Mapping[str, Any]) -> tuple[str, bytes]:
    """The topic and the bytes of a record."""
    return TOPIC_OF[record["type"]], json.dumps(record).encode()


def line_of(sent: Iterable[tuple[str, bytes]], zone: str = "America/New_York") -> Line:
    line = Line(Organisation(ZoneInfo(zone), "USD", EXPONENTS), explains=True)
    for topic, value in sent:
        record = decode(topic, value)
        held = None if isinstance(record, Deletion) else record
        line.take(record.type, record.id, microseconds(record.updated_at), record.version or 0, held)
    return line


def subjects(line: Line) -> list[str]:
    line.panes("company:company")
    return list(subjects_of(line.reference, line.reps, line.groups))


def score(line: Line, subject: str, as_of: date, known_at: str) -> dict[str, Any] | None:
    found = {f"{s['subject']}:{s['id']}": s for s in line.scores(CARD, as_of.toordinal(), known_at)}
    return found.get(subject)


def told(
    before: tuple[Line, date],
    after: tuple[Line, date],
    subject: str,
    *,
    corrections: bool = True,
    cards: tuple[Scorecard, Scorecard] = (CARD, CARD),
) -> dict[str, Any]:
    known = NOW if before[0] is after[0] else THEN
    return explanation(
        Asked(before[0], before[0].scorer(cards[0], before[1].toordinal()), known),
        Asked(after[0], after[0].scorer(cards[1], after[1].toordinal()), NOW),
        subject,
        corrections=corrections,
    )


def levels(parts: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for part in parts:
        yield part
        yield from levels(part.get("parts", []))


def assert_closes(made: dict[str, Any], *, deeply: bool = True) -> None:
    """Every level sums to what is above, and the whole is what the contract describes (`deeply`: by its schema too)."""
    if deeply:
        Explanation.model_validate_json(json.dumps(made))
    for part in levels(made["parts"]):
        for inside in ("parts", "records"):
            if inside in part:
                total = math.fsum(below["points"] for below in part[inside])
                assert math.isclose(total, part["points"], rel_tol=0, abs_tol=1e-9), part
    before, after = made["from"], made["to"]
    if before is None or before["score"] is None or after["score"] is None:
        assert made["parts"] == []
        return
    change = math.fsum(part["points"] for part in made["parts"])
    assert math.isclose(change, after["score"] - before["score"], rel_tol=0, abs_tol=1e-9)
    assert [part["cause"] for part in made["parts"][:4]] == ["scorecard", "people", "corrections", "market"]
