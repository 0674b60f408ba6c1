"""Counting a subject by the memberships of another day, against records that are rewritten as if everybody had moved then."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.counting import Counting
from scoring.roster import Roster
from tests.unit.scoring.crm_records import AS_OF, memberships, messages
from tests.unit.scoring.explained import line_of, message, subjects
from tests.unit.scoring.steady_company import AS_OF as SUNDAY
from tests.unit.scoring.steady_company import at, company, deal, record


def as_if_moved(sent: list[tuple[str, bytes]], days: int) -> list[tuple[str, bytes]]:
    """The same records, with everybody's earlier memberships ending so many days sooner."""
    rewritten = []
    for topic, value in sent:
        content = json.loads(value)
        for past in content.get("history") or ():
            past["until"] = (date.fromisoformat(past["until"]) - timedelta(days=days)).isoformat()
        rewritten.append((topic, json.dumps(content).encode()))
    return rewritten


@settings(max_examples=100, deadline=None)
@given(
    st.lists(messages(), max_size=30),
    st.lists(memberships(), min_size=3, max_size=3),
    st.integers(-90, 200),
    st.integers(0, 300),
    st.integers(0, 90),
)
def test_a_subject_counts_as_if_everybody_had_moved_so_many_days_sooner(
    sent: list[tuple[str, bytes]], reps: list[dict[str, Any]], days: int, back: int, length: int
) -> None:
    newest = {"updated_at": "2025-06-01T00:00:00Z"}
    sent = [*sent, *(message(rep | newest | {"id": f"r-{place + 1}"}) for place, rep in enumerate(reps))]
    line, moved = line_of(sent), line_of(as_if_moved(sent, days))
    last = AS_OF.toordinal() - back
    for subject in subjects(line):
        counting = Counting(subject, line.reference.roster, days)
        assert counting.panes(line.panes_of_members) == (moved.panes(subject) or {})
        window = (last - length, last)
        found = line.reference.days_present(subject, *window, moved=days)
        assert found == moved.reference.days_present(subject, *window)
        assert line.reference.days_present(subject, *window) == line_of(sent).reference.days_present(subject, *window)


def test_counting_a_group_is_what_its_own_panes_say() -> None:
    shared = [
        deal(
            "d-shared",
            "r-1",
            date(2025, 11, 5),
            splits=[{"rep_id": "r-0", "share": "0.5"}, {"rep_id": "r-1", "share": "0.5"}],
        ),
        record("cost", "c-1", team_id="t-a", occurred_at=at(SUNDAY), category="sales", amount="7", currency="USD"),
        record("activity", "a-x", rep_id="r-new", kind="call", occurred_at=at(SUNDAY)),
    ]
    of = line_of(map(message, [*company(*shared), record("team", "t-a", parent="t-all")]), "UTC")
    for subject in ("team:t-a", "team:t-all", "team:unassigned", "company:company", "rep:r-1"):
        counting = Counting(subject, of.reference.roster)
        assert counting.panes(of.panes_of_members) == of.panes(subject)
        whole: dict[int, dict[str, int]] = {}
        for held in of.held():
            for day, amounts in counting.of_record(held.facts).items():
                for key, amount in amounts.items():
                    whole.setdefault(day, {})[key] = whole.get(day, {}).get(key, 0) + amount
        panes = {day: {key: amount for key, amount in pane.items() if amount} for day, pane in whole.items()}
        assert {day: pane for day, pane in panes.items() if pane} == {
            day: p for day, p in of.panes(subject).items() if day
        }


def test_nobody_counts_for_a_group_that_does_not_exist() -> None:
    assert Counting("team:nowhere", Roster()).panes({"rep:a": {9: {"calls": 2}}}) == {}
