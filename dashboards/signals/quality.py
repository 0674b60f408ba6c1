"""Alerts, and how good the data is that scores are made of."""

from __future__ import annotations

from typing import Final

from dashboards.signal import Query, Signal, signal
from dashboards.units import COUNT, PER_SECOND, POINTS, RATIO
from schemas import metrics

_FIRING: Final = 'ALERTS{alertname=~"(Sales|Upscore).*",alertstate="firing"}'


def firing() -> Signal:
    """How many alerts fire."""
    return signal(
        "Alerts firing",
        "Alerts of upscore that fire in Prometheus now, inhibited ones too.",
        COUNT,
        f"count({_FIRING}) or vector(0)",
    )


def told() -> Signal:
    """How many alerts on drops went out over the time shown."""
    return signal(
        "Alerts told",
        "Drops and recoveries that workers have told over the time shown.",
        COUNT,
        f"sum(increase({metrics.ALERTS.name}[$__range])) or vector(0)",
    )


def without_score() -> Signal:
    """Reps that have none."""
    return signal(
        "Reps without a score",
        "Reps that are known and have too few records for a score. Many: a CRM sends too little of what the scorecard asks for.",
        COUNT,
        f"count(count by (rep) ({metrics.REP_INFO.name})) - (count(count by (rep) ({metrics.REP_SCORE.name})) or vector(0))",
    )


def twice() -> Signal:
    """Subjects that two workers show."""
    return signal(
        "Shown twice",
        "Reps whose score two workers show at once. 0 but for moments of a rebalance; see the runbook, UpscoreDoubleExposure.",
        COUNT,
        f"count(count by (rep) ({metrics.REP_SCORE.name}) > 1) or vector(0)",
    )


def drops_of_reps() -> Signal:
    """Open drops of reps, with their cause."""
    return signal(
        "Open drops of reps",
        "Each rep in a drop: what lost most, and the points lost. A click opens the rep.",
        POINTS,
        f"max by (rep, team, cause) ({metrics.REP_DROPPED.name})",
    )


def drops_of_groups() -> Signal:
    """Open drops of teams, territories and the company, with their cause."""
    parts = [
        f'label_replace({metrics.TEAM_DROPPED.name}, "of", "team $1", "team", "(.+)")',
        f'label_replace({metrics.TERRITORY_DROPPED.name}, "of", "territory $1", "territory", "(.+)")',
        f'label_replace({metrics.COMPANY_DROPPED.name}, "of", "company", "", "")',
    ]
    return signal(
        "Open drops of groups",
        "Teams, territories and the company in a drop: what lost most, and the points lost.",
        POINTS,
        f"max by (of, cause) ({' or '.join(parts)})",
    )


def drops_by_cause() -> Signal:
    """Open drops of reps over time, by cause."""
    return signal(
        "Reps in a drop by cause",
        "How many reps are in a drop, by what lost most. One cause for many: something about the data or the "
        "market, not about people.",
        COUNT,
        Query(f"count by (cause) (max by (rep, cause) ({metrics.REP_DROPPED.name}))", "{{cause}}"),
    )


def told_by_kind() -> Signal:
    """Alerts that workers sent."""
    return signal(
        "Alerts told over time",
        "Drops and recoveries that workers have told since they run, by severity. A flood: look at the data "
        "before you look at people.",
        COUNT,
        Query(f"sum by (type, severity) ({metrics.ALERTS.name})", "{{type}} ({{severity}})"),
    )


def firing_by_name() -> Signal:
    """Alerts that fire, over time."""
    return signal(
        "Alerts firing by name",
        "Alerts of upscore that fire in Prometheus, by name. What to do stands in the runbook under that name.",
        COUNT,
        Query(f"count by (alertname) ({_FIRING})", "{{alertname}}"),
    )


def refused() -> Signal:
    """Part of records refused, by topic."""
    return signal(
        "Refused by topic",
        "Part of the records of the last minute that were refused.",
        RATIO,
        Query(f"max by (topic) ({metrics.INVALID_RATIO.name})", "{{topic}}"),
    )


def refused_by_reason() -> Signal:
    """Dead letters over the time shown, by reason."""
    return signal(
        "Dead letters by reason",
        "Records refused over the time shown. The dead letters say which they were and what was wrong.",
        COUNT,
        Query(f"sum by (reason) (increase({metrics.DEAD_LETTER_RECORDS.name}[$__range])) > 0", "{{reason}}"),
    )


def oddities() -> Signal:
    """Odd records over the time shown, by kind."""
    return signal(
        "Odd records by kind",
        "Records of the time shown that were accepted although something about them is odd. They count; somebody "
        "may want to look.",
        COUNT,
        Query(f"sum by (kind) (increase({metrics.ODDITIES.name}[$__range])) > 0", "{{kind}}"),
    )


def misplaced() -> Signal:
    """Records in a foreign partition."""
    return signal(
        "Misplaced records",
        "Records a second that came to a foreign partition and were forwarded home. Scores are right; the "
        "producer's partitioner is not ours.",
        PER_SECOND,
        Query(f"sum by (topic) (rate({metrics.MISPLACED_RECORDS.name}[$__rate_interval]))", "{{topic}}"),
    )


def repeats() -> Signal:
    """Part of records that brought nothing new."""
    outcome = f"sum by (outcome) (rate({metrics.RECORDS.name}[$__rate_interval]))"
    every = f"sum(rate({metrics.RECORDS.name}[$__rate_interval]))"
    return signal(
        "What records brought",
        "Part of the records by outcome. Many unchanged or stale ones: a CRM sends again and again what is known.",
        RATIO,
        Query(f"{outcome} / scalar({every} > 0)", "{{outcome}}"),
    )
