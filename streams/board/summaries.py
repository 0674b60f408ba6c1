"""Summaries: what the board keeps of each published score, and the lines that it makes of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import msgspec

__all__ = ["Told", "greatest_first", "read_score", "summary"]


class Told(msgspec.Struct, frozen=True):
    """A published score object, as far as the board shows it: a hundredth of its bytes."""

    subject: str
    id: str
    team_id: str | None
    as_of: str
    scorecard: str
    norms: str | None
    score: float | None
    low: float | None
    high: float | None
    level: float | None
    improvement: float | None
    coverage: float
    status: str


read_score: Final = msgspec.json.Decoder(Told).decode
"""A score object's bytes as `Told`; what it does not keep is passed over without being made."""


def summary(told: Told, name: str | None, n_members: int | None) -> dict[str, Any]:
    """A `schemas.board.Summary`."""
    return {
        "subject": told.subject,
        "id": told.id,
        "name": name,
        "team_id": told.team_id,
        "score": told.score,
        "low": told.low,
        "high": told.high,
        "level": told.level,
        "improvement": told.improvement,
        "coverage": told.coverage,
        "status": told.status,
        "n_members": n_members,
    }


def greatest_first(several: Iterable[Told]) -> list[Told]:
    """Greatest score first, those without one last, ascending ids among equals."""
    return sorted(several, key=lambda told: (told.score is None, -(told.score or 0.0), told.id))
