"""Reference records of people, and the reference that has taken them; of the same record the last one counts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

from schemas.currencies import EXPONENTS
from schemas.records import Absence, Membership, Rep
from scoring.organisation import Organisation
from scoring.reference import Reference, Versioned

_KNOWN = datetime(2025, 1, 1, tzinfo=UTC)


def rep(name: str, team: str, *, history: Iterable[tuple[str, date]] = (), **dates: date) -> Rep:
    past = [Membership(team_id=there, until=until) for there, until in history]
    return Rep(type="rep", id=name, updated_at=_KNOWN, team_id=team, history=past or None, **dates)


def absence(name: str, first: date, last: date, number: int = 0) -> Absence:
    return Absence(type="absence", id=f"away-{name}-{number}", updated_at=_KNOWN, rep_id=name, start=first, end=last)


def organised(*records: Any) -> Reference:
    reference = Reference(Organisation(UTC, "USD", EXPONENTS))
    for record in records:
        reference.put(record.type, record.id, Versioned(1, 0, record.id, record))
    return reference
