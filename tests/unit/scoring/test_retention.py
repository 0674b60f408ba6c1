"""Letting go what is out of retention never changes a score, on that day or on any later one."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.currencies import EXPONENTS
from schemas.records import Deletion, decode
from scoring import oracle
from scoring.facts import facts_of
from scoring.ledger import Entry
from scoring.line import Line
from scoring.organisation import Organisation, microseconds
from scoring.retention import PAST, PAST_DAY, may_go, things
from scoring.scorecard import parse
from tests.unit.scoring.crm_records import messages

SCORECARD = parse(files("scoring").joinpath("scorecards/default.toml").read_text())
ZONE = ZoneInfo("America/New_York")
ORGANISATION = Organisation(ZONE, "USD", EXPONENTS)
FIRST_TODAY = date(2026, 2, 10)
"""A day after all dates of the records drawn; its retention ends in the middle of them."""
RETENTION = 480


def midnight_us(day: int) -> int:
    return microseconds(datetime.combine(date.fromordinal(day), datetime.min.time(), UTC))


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[int, tuple[str, bytes]]]:
    """Messages and the day, counted from the first, on which each is delivered."""
    sent = draw(st.lists(messages(), max_size=40))
    days = sorted(draw(st.lists(st.integers(0, 800), min_size=len(sent), max_size=len(sent))))
    return list(zip(days, sent, strict=True))


def delivery_of(sent: tuple[str, bytes], today: date, offset: int) -> oracle.Delivery:
    """The record as of the day on which it is delivered: versions are made in the order of their days."""
    topic, value = sent
    fields = json.loads(value) | {"updated_at": f"{today}T00:00:00Z", "version": offset}
    record = decode(topic, json.dumps(fields).encode())
    held = None if isinstance(record, Deletion) else record
    return oracle.Delivery(record.type, record.id, microseconds(record.updated_at), record.version, offset, held)


def without_forgotten_criteria(score: dict) -> dict:
    """A score without the criteria for which there is no figure in any window: they are forgotten with their records."""
    metrics = {
        name: metric
        for name, metric in score["metrics"].items()
        if not name.startswith("evaluation_") or any(window["n"] for window in metric["windows"].values())
    }
    return score | {"metrics": metrics}


def scores_of(line: Line, as_of: date) -> dict:
    found = line.scores(SCORECARD, as_of.toordinal(), "now")
    return {(score["subject"], score["id"]): without_forgotten_criteria(score) for score in found}


def oracle_scores(taken: list[oracle.Delivery], as_of: date) -> dict:
    found = oracle.scores(
        oracle.newest(taken),
        as_of=as_of,
        zone=ZONE,
        base_currency="USD",
        exponents=EXPONENTS,
        scorecard=SCORECARD,
        known_at="now",
    )
    return {subject: without_forgotten_criteria(score) for subject, score in found.items()}


@settings(max_examples=150)
@given(histories(), st.lists(st.integers(0, 900), min_size=1, max_size=4))
def test_scores_with_and_without_retirement_and_the_oracles_are_the_same_on_every_later_day(
    history: list[tuple[int, tuple[str, bytes]]], looks: list[int]
) -> None:
    whole, retiring, taken = Line(ORGANISATION), Line(ORGANISATION), []
    gone: set[tuple[str, str]] = set()
    events: list[tuple[int, tuple[str, bytes] | None]] = [*history, *((day, None) for day in looks)]
    for offset, (passed, sent) in enumerate(sorted(events, key=lambda event: event[0])):
        today = FIRST_TODAY + timedelta(days=passed)
        if sent is None:
            first_day = today.toordinal() - RETENTION
            retiring.retire(first_day, midnight_us(first_day))
            gone |= {(one.type, one.id) for one in taken if not retiring.holds(one.type, one.id)}
            for later in (0, 1, 100):
                as_of = today + timedelta(days=later)
                found = scores_of(retiring, as_of)
                assert found == scores_of(whole, as_of)
                assert found == oracle_scores(taken, as_of)
            continue
        one = delivery_of(sent, today, offset)
        if (one.type, one.id) in gone:
            continue  # it is not held any more: what it said stands
        for line in (whole, retiring):
            line.take(one.type, one.id, one.updated_at_us, one.version, one.record)
        taken.append(one)


@settings(max_examples=60)
@given(st.lists(messages(), max_size=30))
def test_what_is_left_of_the_past_is_one_pane_a_subject_and_the_days_of_customers(sent: list) -> None:
    line = Line(ORGANISATION)
    for offset, one in enumerate(sent):
        made = delivery_of(one, FIRST_TODAY, offset)
        line.take(made.type, made.id, made.updated_at_us, made.version, made.record)
    later = FIRST_TODAY.toordinal() + 2_000
    line.retire(later, midnight_us(later))
    for book in (line.reps.book, line.groups.book):
        for panes in book.by_subject.values():
            for day, pane in panes.items():
                assert pane.keys() <= (
                    {"unrecorded", PAST} if day <= PAST_DAY else {"customers_new", "customers_churned"}
                )


@settings(max_examples=200)
@given(messages())
def test_every_record_that_is_no_customer_counts_at_least_one_thing_for_each_subject_it_touches(sent: tuple) -> None:
    record = decode(*sent)
    if isinstance(record, Deletion) or record.type == "customer":
        return
    for subject, _, amounts in facts_of(record, ORGANISATION):
        of_subject = [more for name, _, more in facts_of(record, ORGANISATION) if name == subject]
        assert sum(things(more) for more in of_subject) >= 1, (subject, amounts)


OPEN = [("rep:a", 10, {"opened": 1_000_000, "opened_n": 1})]
WON = [*OPEN, ("rep:a", 20, {"won|USD": 1_000_000, "won_n|USD": 1})]


@pytest.mark.parametrize(
    ("record_type", "entry", "goes"),
    [
        ("deal", Entry(5, 0, WON), True),
        ("deal", Entry(5, 0, OPEN), False),
        ("deal", Entry(5, 0, []), True),
        ("deal", Entry(99, 0, WON), False),
        ("deal", Entry(5, 0, [*WON[:1], ("rep:a", 30, WON[1][2])]), False),
        ("activity", Entry(5, 0, [("rep:a", 29, {"activity/call/": 1})]), True),
        ("customer", Entry(5, 0, [("rep:a", 10, {"customers_new": 1})]), False),
        ("customer", Entry(5, 0, []), False),
        ("team", Entry(5, 0, [], b"digest"), False),
    ],
)
def test_what_may_go(record_type: str, entry: Entry, *, goes: bool) -> None:
    assert may_go(record_type, entry, 30, 99) is goes
