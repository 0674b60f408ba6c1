"""Alert message: a drop, or its end, in the JSON of `schemas.alert`."""

from __future__ import annotations

from datetime import date
from typing import Any

from scoring.drop_change import ScoreChange
from scoring.drops import Alert, Drop
from scoring.norms import Norms
from scoring.roster import Roster
from scoring.scorecard import Scorecard
from streams.waterfall_words import cause_in_words


def alert_message(
    subject: str,
    alert: Alert,
    drop: Drop,
    change: ScoreChange,
    roster: Roster,
    scorecard: Scorecard,
    norms: Norms,
    known_at: str,
) -> dict[str, Any]:
    """What is sent of an alert.

    Args:
        subject: its key.
        alert: what is told.
        drop: the same, or the drop that a recovery ends.
        change: of the score from the day on which the drop's chart last stood at 0 to the alert's day.
        roster: who belongs where, and who manages.
        scorecard: in force.
        norms: in force on the day.
        known_at: RFC 3339 time up to which records were taken in.

    A recovery states the score before the drop as it was told then. The manager is that of the rep's team, or of the team itself.
    """
    kind, _, subject_id = subject.partition(":")
    team = roster.team_on(subject_id, alert.day) if kind == "rep" else None
    manages = roster.teams.get(subject_id if kind == "team" else team or "")
    told, interval = change.told, change.after.interval
    scored = told.after is not None
    message = {
        "type": "ScoreDropped" if isinstance(alert, Drop) else "ScoreRecovered",
        "subject": kind,
        "id": subject_id,
        "team_id": team,
        "manager": None if manages is None else manages.manager,
        "as_of": _iso(alert.day),
        "scorecard": scorecard.label,
        "norms": norms.label if norms.first_week else None,
        "metric": alert.metric,
        "statistic": alert.statistic,
        "threshold": alert.threshold,
        "budget": scorecard.drops.false_alerts,
        "since": _iso(drop.since),
        "score_before": drop.before,
        "score_after": told.after,
        "low": interval.low if scored else None,
        "high": interval.high if scored else None,
        "cause_key": drop.cause or None,
        "version": {"known_at": known_at},
    }
    if isinstance(alert, Drop):
        parts = list(change.parts)
        return message | {
            "severity": alert.severity,
            "cause": cause_in_words(parts),
            "parts": parts,
            "worst_records": None,
        }
    return message | {"dropped_as_of": _iso(alert.dropped), "restarted": alert.restarted}


def _iso(day: int) -> str:
    return date.fromordinal(day).isoformat()
