"""Explanations are what the oracle works out by brute force: the same parts in the same order, with the same points."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.currencies import EXPONENTS
from schemas.records import Deletion, decode
from schemas.topics import REFERENCE
from scoring import oracle
from scoring.oracle import explanation as naive
from scoring.organisation import microseconds
from scoring.scorecard import Scorecard
from streams.simulator import records as simulated_records
from tests.unit.scoring.crm_records import AS_OF, DAYS, messages
from tests.unit.scoring.explained import CARD, NOW, THEN, assert_closes, levels, line_of, message, subjects, told
from tests.unit.scoring.steady_company import AS_OF as SUNDAY
from tests.unit.scoring.steady_company import company as steady
from tests.unit.scoring.steady_company import rep_record, weeks_of
from tests.unit.scoring.test_explanation import in_segments
from tests.unit.scoring.test_line_equals_oracle import CHOSEN, EVERYTHING

NEW_YORK = "America/New_York"


def in_force(sent: Iterable[tuple[str, bytes]]) -> list[oracle.InForce]:
    deliveries = []
    for offset, (topic, value) in enumerate(sent):
        record = decode(topic, value)
        held = None if isinstance(record, Deletion) else record
        at = microseconds(record.updated_at)
        deliveries.append(oracle.Delivery(record.type, record.id, at, record.version or 0, offset, held))
    return oracle.newest(deliveries)


def by_brute_force(
    before: tuple[list[oracle.InForce], date],
    after: tuple[list[oracle.InForce], date],
    subject: str,
    *,
    corrections: bool = True,
    card: Scorecard = CARD,
    zone: str = NEW_YORK,
) -> dict[str, Any]:
    kind, _, key = subject.partition(":")
    return naive.explanation(
        naive.Asked(*before, card, NOW if before[0] is after[0] else THEN),
        naive.Asked(*after, card, NOW),
        (kind, key),
        naive.Organisation(zone=ZoneInfo(zone), base_currency="USD", exponents=EXPONENTS),
        corrections=corrections,
    )


def assert_same(found: dict[str, Any], expected: dict[str, Any]) -> None:
    for end in ("from", "to"):
        assert found[end] == expected[end]
    assert_same_parts(found["parts"], expected["parts"], ())


def assert_same_parts(found: list[dict[str, Any]], expected: list[dict[str, Any]], at: tuple[str, ...]) -> None:
    assert [names(part) for part in found] == [names(part) for part in expected], at
    for part, same in zip(found, expected, strict=True):
        place = (*at, " ".join(names(part).values()))
        assert part["points"] == pytest.approx(same["points"], rel=1e-9, abs=1e-9), place
        assert part.keys() == same.keys(), place
        for inside in ("parts", "records"):
            assert_same_parts(part.get(inside, []), same.get(inside, []), place)


def names(part: Mapping[str, Any]) -> dict[str, str]:
    return {name: value for name, value in part.items() if isinstance(value, str)}


INDICES = st.builds(
    lambda day, index, segment: (
        {"type": "market", "date": day, "index": index} | ({"segment": segment} if segment else {})
    ),
    DAYS,
    st.sampled_from([70, 95.5, 130]),
    st.sampled_from([None, "north", "south"]),
)


@st.composite
def markets(draw: st.DrawFn) -> list[tuple[str, bytes]]:
    """Some readings of the market."""
    stated = draw(st.lists(INDICES, max_size=4))
    return [
        (REFERENCE, json.dumps(of | {"id": f"m-{place}", "updated_at": "2025-01-01T00:00:00Z"}).encode())
        for place, of in enumerate(stated)
    ]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(messages(), max_size=30).map(in_segments),
    markets(),
    st.integers(0, 30),
    st.integers(0, 300),
    st.integers(-60, 120),
    st.sampled_from(["told apart", "told among the metrics"]),
    st.sampled_from([CARD, replace(CHOSEN, coverage_gate=0.0), replace(EVERYTHING, coverage_gate=0.0)]),
    st.data(),
)
def test_in_any_world(
    sent: list[tuple[str, bytes]],
    market: list[tuple[str, bytes]],
    known: int,
    back: int,
    apart: int,
    corrections: str,
    card: Scorecard,
    data: st.DataObject,
) -> None:
    lists = ([*sent[:known], *market[: len(market) // 2]], [*sent, *market])
    lines, records = [line_of(each) for each in lists], [in_force(each) for each in lists]
    if not subjects(lines[1]):
        return
    subject, separate = data.draw(st.sampled_from(subjects(lines[1]))), corrections == "told apart"
    as_of = AS_OF - timedelta(days=back)
    against = as_of - timedelta(days=apart)
    for place in (0, 1):
        found = told((lines[place], against), (lines[1], as_of), subject, corrections=separate, cards=(card, card))
        expected = by_brute_force(
            (records[place], against), (records[1], as_of), subject, corrections=separate, card=card
        )
        assert_same(found, expected)
        assert_closes(expected, deeply=False)


FIRST = date(2025, 2, 1)


@pytest.fixture(scope="module")
def company() -> list[tuple[str, bytes]]:
    """Four reps who move between teams, with a market that moves; their activities thinned out."""
    simulated = simulated_records(seed=5, days=150, reps=4, start=FIRST)
    return [message(of) for place, of in enumerate(simulated) if of["type"] != "activity" or place % 40 == 0]


@pytest.mark.parametrize("known", ["now", "then"])
def test_in_a_simulated_company(company: list[tuple[str, bytes]], known: str) -> None:
    before = company if known == "now" else company[: len(company) * 4 // 5]
    lines, records = (line_of(before), line_of(company)), (in_force(before), in_force(company))
    subject_of, causes, segments = {}, set(), set()
    for place, subject in enumerate(subjects(lines[1])):
        subject_of[subject.partition(":")[0]] = subject
        against, as_of = (FIRST + timedelta(days=day - 3 * place) for day in (119, 148))
        found = told((lines[0], against), (lines[1], as_of), subject)
        assert_same(found, by_brute_force((records[0], against), (records[1], as_of), subject))
        causes |= {part["cause"] for part in levels(found["parts"]) if abs(part["points"]) > 1e-6}
        segments |= {part["segment"] for part in levels(found["parts"]) if "segment" in part}
    assert subject_of.keys() == {"rep", "team", "territory", "company"}
    assert causes >= {"scorecard", "people", "market", "pillar", "metric", "mix", "rate", "volume", "records", "rest"}
    assert ("corrections" in causes) == (known == "then")
    assert len(segments) > 3


@pytest.mark.parametrize("subject", ["team:t-a", "company:company", "rep:r-8", "rep:r-0"])
def test_of_a_group_with_new_members(subject: str) -> None:
    joined, before = SUNDAY - timedelta(days=45), SUNDAY - timedelta(days=35)
    new = [rep_record(f"r-{n}", hired_on=joined.isoformat()) for n in (8, 9)]
    weeks = [of for n in (8, 9) for of in weeks_of(f"r-{n}", happy=True, first=joined)]
    moved = rep_record("r-1", "t-b", history=[{"team_id": "t-a", "until": before.isoformat()}])
    sent = list(map(message, steady(*new, *weeks, moved=moved)))
    line, records = line_of(sent, "UTC"), in_force(sent)
    found = told((line, before), (line, SUNDAY), subject)
    assert_same(found, by_brute_force((records, before), (records, SUNDAY), subject, zone="UTC"))


CHECKED = {
    *("explanation", "waterfall", "metric_change", "metric_records", "mix", "counting", "logarithmic_mean"),
    *("expected_change", "moved_ground", "moved_roster", "course", "line", "facts", "panes", "windows"),
}


def test_the_oracle_imports_nothing_of_what_it_checks() -> None:
    for path in Path(naive.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom):
                assert node.module not in {f"scoring.{name}" for name in CHECKED}, path.name
