"""Hypothesis strategies for deliveries of CRM records: few ids, so that versions, splits and moves meet each other."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

from hypothesis import strategies as st

from schemas.topics import ACTIVITIES, EVENTS, FEEDBACK, REFERENCE

FIRST = datetime(2025, 1, 1, tzinfo=UTC)
AS_OF = date(2026, 1, 15)
_SPAN_SECONDS = 400 * 86_400

REPS = st.sampled_from(["r-1", "r-2", "r-3", 'r-"4"'])
TEAMS = st.sampled_from(["t-a", "t-b", "t-c"])
TERRITORIES = st.none() | st.sampled_from(["north", "south"])
CURRENCIES = st.sampled_from(["USD", "EUR", "JPY"])
MOMENTS = st.integers(0, _SPAN_SECONDS).map(lambda s: (FIRST + timedelta(seconds=s)).isoformat())
DAYS = st.integers(0, 400).map(lambda d: (FIRST + timedelta(days=d)).date().isoformat())
AMOUNTS = st.integers(0, 10**7).map(lambda cents: f"{cents / 1000:.3f}")
SHARES = st.sampled_from(
    [["1"], ["0.5", "0.5"], ["0.3333", "0.3333", "0.3333"], ["0.25", "0.75"], ["0", "1"], ["0.1", "0.2", "0.7"]]
)


@st.composite
def splits(draw: st.DrawFn) -> list[dict[str, str]]:
    return [{"rep_id": draw(REPS), "share": share} for share in draw(SHARES)]


def _optional(**fields: st.SearchStrategy) -> st.SearchStrategy:
    return st.fixed_dictionaries({}, optional=fields)


@st.composite
def deals(draw: st.DrawFn) -> dict:
    record = {
        "type": "deal",
        "rep_id": draw(REPS),
        "status": draw(st.sampled_from(["open", "won", "won", "lost"])),
        "opened_at": draw(MOMENTS),
    }
    if record["status"] != "open" or draw(st.booleans()):
        record["closed_at"] = draw(MOMENTS)
    if record["status"] == "won" or draw(st.booleans()):
        record |= {"amount": draw(AMOUNTS), "currency": draw(CURRENCIES)}
    return record | draw(_optional(cost=AMOUNTS, list_price=AMOUNTS, splits=splits()))


def _record(record_type: str, fixed: dict, **optional: st.SearchStrategy) -> st.SearchStrategy:
    return st.tuples(st.fixed_dictionaries(fixed), _optional(**optional)).map(
        lambda parts: {"type": record_type} | parts[0] | parts[1]
    )


REFUNDS = _record(
    "refund", {"rep_id": REPS, "occurred_at": MOMENTS, "amount": AMOUNTS, "currency": CURRENCIES}, splits=splits()
)
COSTS = _record(
    "cost",
    {
        "occurred_at": MOMENTS,
        "amount": AMOUNTS,
        "currency": CURRENCIES,
        "category": st.sampled_from(["marketing", "sales", "other"]),
    },
    rep_id=REPS,
    team_id=TEAMS,
)
LEADS = _record("lead", {"rep_id": REPS, "created_at": MOMENTS}, qualified_at=MOMENTS, converted_at=MOMENTS)
CUSTOMERS = _record(
    "customer", {"rep_id": REPS, "since": MOMENTS}, churned_at=MOMENTS, renewals=st.lists(MOMENTS, max_size=3)
)
ACTIVITIES_OF_REPS = _record(
    "activity",
    {"rep_id": REPS, "occurred_at": MOMENTS, "kind": st.sampled_from(["call", "email", "meeting", "demo"])},
    outcome=st.sampled_from(["connected", "no_answer", "held"]),
    first_response_seconds=st.floats(0, 1e6),
)
EVALUATIONS = _record(
    "evaluation",
    {
        "rep_id": REPS,
        "occurred_at": MOMENTS,
        "criteria": st.dictionaries(
            st.sampled_from(["communication", "active_listening", "a|b", "x/y"]), st.floats(0, 100), max_size=3
        ),
    },
)
ANSWERS = st.sampled_from(
    [
        ("csat_5", 5),
        ("csat_5", 3),
        ("stars_5", 4),
        ("thumbs", 1),
        ("thumbs", 0),
        ("nps_11", 10),
        ("nps_11", 2),
        ("ces_7", 6),
    ]
)
FEEDBACKS = st.tuples(ANSWERS, REPS, MOMENTS).map(
    lambda parts: {
        "type": "feedback",
        "scale": parts[0][0],
        "value": parts[0][1],
        "rep_id": parts[1],
        "occurred_at": parts[2],
    }
)


@st.composite
def memberships(draw: st.DrawFn) -> dict:
    until = draw(st.lists(DAYS, max_size=2, unique=True))
    return {"type": "rep", "team_id": draw(TEAMS)} | draw(
        _optional(
            territory=TERRITORIES,
            hired_on=DAYS,
            left_on=DAYS,
            history=st.just([{"team_id": draw(TEAMS), "territory": draw(TERRITORIES), "until": day} for day in until]),
        )
    )


@st.composite
def targets(draw: st.DrawFn) -> dict:
    start, end = sorted([draw(DAYS), draw(DAYS)])
    subject, subject_id = draw(st.sampled_from([("rep", "r-1"), ("team", "t-a"), ("company", "company")]))
    metric = draw(st.sampled_from(["net_revenue", "calls", "csat", "win_rate"]))
    value = {"csat": 0.9, "win_rate": 0.4}.get(metric, draw(AMOUNTS))
    return {
        "type": "target",
        "subject": subject,
        "subject_id": subject_id,
        "metric": metric,
        "period_start": start,
        "period_end": end,
        "value": value,
    }


@st.composite
def absences(draw: st.DrawFn) -> dict:
    start, end = sorted([draw(DAYS), draw(DAYS)])
    return {"type": "absence", "rep_id": draw(REPS), "start": start, "end": end}


TEAM_RECORDS = _record("team", {}, parent=TEAMS)
FX_RATES = _record(
    "fx_rate",
    {"currency": st.sampled_from(["EUR", "JPY"]), "date": DAYS, "rate": st.sampled_from(["1.1", "0.0071", "1.25"])},
)

BY_TOPIC = {
    EVENTS: deals() | REFUNDS | COSTS | LEADS | CUSTOMERS,
    ACTIVITIES: ACTIVITIES_OF_REPS | EVALUATIONS,
    FEEDBACK: FEEDBACKS,
    REFERENCE: memberships() | TEAM_RECORDS | targets() | absences() | FX_RATES,
}


@st.composite
def messages(draw: st.DrawFn) -> tuple[str, bytes]:
    """A topic and the bytes of a record or deletion on it; versions differ in (updated_at, version) but for repeats."""
    topic = draw(st.sampled_from([EVENTS, EVENTS, ACTIVITIES, FEEDBACK, REFERENCE, REFERENCE]))
    record = draw(BY_TOPIC[topic])
    record_id = (
        draw(REPS)
        if record["type"] == "rep"
        else draw(TEAMS)
        if record["type"] == "team"
        else f"x-{draw(st.integers(1, 6))}"
    )
    version = draw(st.integers(0, 2**40))
    if draw(st.integers(0, 9)) == 0:
        record = {"type": record["type"], "deleted": True}
    return topic, json.dumps(record | {"id": record_id, "updated_at": FIRST.isoformat(), "version": version}).encode()
