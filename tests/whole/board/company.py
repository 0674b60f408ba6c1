"""Records that the board is shown on: the demo's company, a team of a thousand, and strangers who mean harm."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from schemas.topics import RECORD_TYPES
from streams.commands.demo import DAYS, REPS, SEED
from streams.simulator import plan, records

Record = dict[str, Any]
Message = tuple[str, bytes | None, bytes | None]

TOPIC_OF = {record_type: topic for topic, types in RECORD_TYPES.items() for record_type in types}

START = date(2025, 1, 1)
WATCHED_FROM = date(2025, 9, 29)
"""From here on days come one by one, for drops are told as days pass, never of history."""
LAST = date(2025, 10, 13)
"""Two Sundays later: on them the sliding rep's drop is told, then those of team and territory."""
NEWEST = datetime(LAST.year, LAST.month, LAST.day, 23, tzinfo=UTC)
"""Versions made from here on are newer than everything of the history."""

THOUSAND = "t-thousand"
MEMBERS = [f"k-{number:04}" for number in range(1, 1001)]

OWNED = "document.title='owned'"
"""What a text does that runs as a script."""
HOSTILE_TEAM = f't-"><svg onload={OWNED}>'
HOSTILE_TEAM_NAME = f"</title></script><script>{OWNED}</script> & sons"
HOSTILE_REPS = {
    f"<script>{OWNED}</script>": f'"><img src=x onerror="{OWNED}">',
    "r/../../%2e%2e/?x=1#/company&a='b'\"\\": "\u202e\u05de\u05db\u05d9\u05e8\u05d5\u05ea \u0627\u0644\u0627\u0633\u0645",
    "i" * 200: "W" * 200,
}
"""Names by ids: a script, what looks like a path and writes from right to left, and the longest that there are."""
HOSTILE_NOTE = f"<b onmouseover={OWNED}>coached</b> 'on' \"price\" {{{{7*7}}}} ${{{OWNED}}}"
HOSTILE_LETTERS = [
    f"<script>{OWNED}</script>".encode(),
    f'{{"type": "deal", "id": "<img src=x onerror={OWNED}>", "amount": "javascript:{OWNED}"}}'.encode(),
    b"\xff\xfe\x00" + "\u202e not text at all".encode() + b"\x80",
]


def people() -> tuple[str, str]:
    """The ids of the demo's reps who slide and who improve."""
    company = plan(seed=SEED, days=DAYS, reps=REPS, start=START)
    assert company.slides is not None
    assert company.improves is not None
    return company.slides.id, company.improves.id


def simulated() -> tuple[list[Record], list[list[Record]]]:
    """The demo's company: its history, and what comes on each day that is watched."""
    made = list(records(seed=SEED, days=DAYS, reps=REPS, start=START))
    days: dict[str, list[Record]] = {}
    for record in made:
        days.setdefault(record["updated_at"][:10], []).append(record)
    history = [record for day, of_day in days.items() if day < f"{WATCHED_FROM}" for record in of_day]
    return history, [of_day for day, of_day in days.items() if f"{WATCHED_FROM}" <= day <= f"{LAST}"]


def others() -> Iterator[Record]:
    """A team of a thousand, and one of strangers; they come on the last day."""
    yield _record("team", THOUSAND, name="A thousand", manager="thousand@example.com")
    for number, rep in enumerate(MEMBERS):
        yield _record("rep", rep, team_id=THOUSAND, hired_on="2020-01-01", name=f"Member {number + 1}")
        yield from a_quarter(rep, won=1 + number % 3, content=number % 4)
    yield from strangers()


def strangers() -> Iterator[Record]:
    """A team whose names, ids and notes are written to harm whoever shows them."""
    yield _record("team", HOSTILE_TEAM, name=HOSTILE_TEAM_NAME, manager=f"<{OWNED}>@example.com")
    for number, (rep, name) in enumerate(HOSTILE_REPS.items()):
        yield _record("rep", rep, team_id=HOSTILE_TEAM, hired_on="2020-01-01", name=name, territory=f"<i {OWNED}>")
        yield from a_quarter(rep, won=2 + number, content=3)
    started = _moment(20)
    rep = next(iter(HOSTILE_REPS))
    yield _record(
        "intervention", "h-note", subject="rep", subject_id=rep, started_at=started, kind="coaching", note=HOSTILE_NOTE
    )


def a_quarter(rep: str, *, won: int, content: int) -> Iterator[Record]:
    """Deals, calls and answers of the last weeks, enough for a score; of four answers, so many are content."""
    for nth in range(4):
        closed = _moment(5 + 11 * nth)
        deal = {"rep_id": rep, "opened_at": _moment(40 + 11 * nth), "closed_at": closed}
        price = {"amount": 1000.0 + 350 * nth, "currency": "USD", "cost": 400.0 + 50 * nth}
        yield _record(
            "deal", f"{rep[:180]}-d{nth}", **deal, **({"status": "won"} | price if nth < won else {"status": "lost"})
        )
        yield _record(
            "activity", f"{rep[:180]}-a{nth}", rep_id=rep, kind="call", occurred_at=closed, outcome="connected"
        )
        answer = 5 if nth < content else 2
        yield _record("feedback", f"{rep[:180]}-f{nth}", rep_id=rep, occurred_at=closed, scale="csat_5", value=answer)


def won_deal(record_id: str, rep: str, amount: float) -> Record:
    """A deal won on the last day."""
    moment = NEWEST.isoformat()
    price = {"amount": amount, "currency": "USD", "cost": amount / 4}
    return _record("deal", record_id, rep_id=rep, status="won", opened_at=_moment(30), closed_at=moment, **price)


def messages(of: Iterable[Record]) -> list[Message]:
    """Records as they are produced."""
    return [(TOPIC_OF[each["type"]], each["id"].encode(), json.dumps(each).encode()) for each in of]


def _record(record_type: str, record_id: str, **fields: Any) -> Record:
    return {"type": record_type, "id": record_id, "updated_at": NEWEST.isoformat()} | fields


def _moment(days_before: int) -> str:
    return (NEWEST - timedelta(days=days_before, hours=9)).isoformat()
