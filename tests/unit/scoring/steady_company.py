"""A company whose weeks are all alike, so that whatever moves a score is what a test has changed."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

FIRST = date(2025, 1, 6)
AS_OF = date(2025, 11, 16)
FRIDAY = 4
UPDATED = "2025-01-01T00:00:00Z"


def at(day: date, hour: int = 12) -> str:
    return f"{day.isoformat()}T{hour:02}:00:00Z"


def record(record_type: str, record_id: str, **fields: Any) -> dict[str, Any]:
    return {"type": record_type, "id": record_id, "updated_at": UPDATED} | fields


def deal(record_id: str, rep: str, day: date, **fields: Any) -> dict[str, Any]:
    usual = {"rep_id": rep, "status": "won", "opened_at": at(day), "closed_at": at(day, 13), "amount": "100"}
    return record("deal", record_id, **(usual | {"currency": "USD", "cost": "40", "product": "Basic"} | fields))


def weeks_of(rep: str, *, happy: bool, first: date = FIRST, last: date = AS_OF) -> list[dict[str, Any]]:
    """The same week over and over: two deals, twenty calls, an answer."""
    made, day = [], first
    while day <= last:
        of_day = f"{rep}-{day.isoformat()}"
        if day.weekday() in (0, 3):
            made.append(deal(f"d-{of_day}", rep, day, **({} if day.weekday() == 0 or happy else {"status": "lost"})))
        if day.weekday() <= FRIDAY:
            made += [
                record("activity", f"a-{of_day}-{nth}", rep_id=rep, kind="call", occurred_at=at(day))
                for nth in range(4)
            ]
        if day.weekday() == FRIDAY:
            answer = 5 if happy or day.toordinal() % 2 else 1
            made.append(
                record("feedback", f"f-{of_day}", rep_id=rep, scale="csat_5", value=answer, occurred_at=at(day))
            )
        day += timedelta(days=1)
    return made


def rep_record(rep: str, team: str = "t-a", **fields: Any) -> dict[str, Any]:
    return record("rep", rep, team_id=team, **fields)


def company(*more: dict[str, Any], moved: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    made = [record_ for place in range(4) for record_ in weeks_of(f"r-{place}", happy=place % 2 == 0)]
    reps = [rep_record(f"r-{place}") for place in range(4)]
    if moved is not None:
        reps = [moved if moved["id"] == rep["id"] else rep for rep in reps]
    return [*reps, *made, *more]
