"""Many subjects at once: teams of the company, reps of a team, who moved most, which drops are open."""

from __future__ import annotations

from typing import Final

from dashboards.signal import Query, Signal, signal
from dashboards.units import COUNT, POINTS
from schemas import metrics

_SHOWN: Final = 10
"""Rows of a list of the most and the least."""

_REPS: Final = f"max by (rep, team) ({metrics.REP_SCORE.name})"
_REPS_THEN: Final = f"max by (rep, team) ({metrics.REP_SCORE.name} offset $__range)"
_TEAM_REPS: Final = f'{metrics.REP_SCORE.name}{{team="$team"}}'
_TEAMS: Final = f"max by (team) ({metrics.TEAM_SCORE.name})"
_TEAMS_THEN: Final = f"max by (team) ({metrics.TEAM_SCORE.name} offset $__range)"


def teams_over_time() -> Signal:
    """The score of each team."""
    return signal(
        "Teams over time",
        "The score of each team; a click on a line opens the team. Lines across: the peers' level and every goal reached.",
        POINTS,
        Query(_TEAMS, "{{team}}"),
    )


def territories() -> Signal:
    """The score of each territory."""
    return signal(
        "Territories",
        "The score of each territory as it stands.",
        POINTS,
        Query(f"max by (territory) ({metrics.TERRITORY_SCORE.name})", "{{territory}}"),
    )


def teams() -> Signal:
    """A row for each team: score, interval, change, points lost in an open drop."""
    return signal(
        "Each team",
        "Each team: its score, the 80 % interval, the change over the time shown, points lost in an open drop. "
        "Where intervals overlap there "
        "is no rank. A click opens the team.",
        POINTS,
        _TEAMS,
        f"max by (team) ({metrics.TEAM_SCORE_LOW.name})",
        f"max by (team) ({metrics.TEAM_SCORE_HIGH.name})",
        f"{_TEAMS} - {_TEAMS_THEN}",
        f"max by (team) ({metrics.TEAM_DROPPED.name})",
    )


def climbers() -> Signal:
    """Those who won most over the time shown."""
    return signal(
        "Risen most",
        f"The {_SHOWN} reps who won most points over the time shown. A click opens the rep.",
        POINTS,
        f"topk({_SHOWN}, {_REPS} - {_REPS_THEN} > 0)",
    )


def fallers() -> Signal:
    """Those who lost most over the time shown."""
    return signal(
        "Fallen most",
        f"The {_SHOWN} reps who lost most points over the time shown, by chance or not: what is more than chance "
        "is an open drop. "
        "A click opens the rep.",
        POINTS,
        f"bottomk({_SHOWN}, {_REPS} - {_REPS_THEN} < 0)",
    )


def reps() -> Signal:
    """A row for each rep of the team."""

    def of(name: str, suffix: str = "") -> str:
        return f'max by (rep, team) ({name}{{team="$team"}}{suffix})'

    score, then = of(metrics.REP_SCORE.name), of(metrics.REP_SCORE.name, " offset $__range")
    return signal(
        "Each rep",
        "Each rep of the team: score, its 80 % interval, the change over the time shown, points lost in an open "
        "drop. Where intervals overlap "
        "there is no rank. A click opens the rep.",
        POINTS,
        score,
        of(metrics.REP_SCORE_LOW.name),
        of(metrics.REP_SCORE_HIGH.name),
        f"{score} - {then}",
        of(metrics.REP_DROPPED.name),
    )


def reps_over_time() -> Signal:
    """The score of each rep of the team."""
    return signal(
        "Reps over time",
        "The score of each rep of the team; a click on a line opens the rep. Lines across: the peers' level and "
        "every goal reached.",
        POINTS,
        Query(f"max by (rep, team) ({_TEAM_REPS})", "{{rep}}"),
    )


def spread() -> Signal:
    """How far the reps of the team are apart."""
    reps = f"max by (rep) ({_TEAM_REPS})"
    return signal(
        "Spread between reps",
        "The highest, the middle and the lowest score of the team's reps. Wide: the team's score hangs on few.",
        POINTS,
        Query(f"max({reps})", "highest"),
        Query(f"quantile(0.5, {reps})", "median"),
        Query(f"min({reps})", "lowest"),
    )


def team_reps() -> Signal:
    """How many reps of the team have a score."""
    return signal(
        "Reps scored",
        "Reps of the team with a score, and all of them. Those without have too few records for one.",
        COUNT,
        Query(f"count(count by (rep) ({_TEAM_REPS}))", "scored"),
        Query(f'count(count by (rep) ({metrics.REP_INFO.name}{{team="$team"}}))', "members"),
    )


def reps_dropped(team: bool = False) -> Signal:  # noqa: FBT001, FBT002 - one of two places
    """How many reps are in an open drop."""
    chosen = '{team="$team"}' if team else ""
    return signal(
        "Reps in a drop",
        "Reps whose score has dropped by more than chance and has not recovered. The board of alerts lists them with the cause.",
        COUNT,
        f"count(count by (rep) ({metrics.REP_DROPPED.name}{chosen})) or vector(0)",
    )


def teams_dropped() -> Signal:
    """How many teams are in an open drop."""
    return signal(
        "Teams in a drop",
        "Teams whose score has dropped by more than chance and has not recovered.",
        COUNT,
        f"count(count by (team) ({metrics.TEAM_DROPPED.name})) or vector(0)",
    )


def rep_team() -> Signal:
    """The team of the rep."""
    return signal(
        "Team",
        "Where the rep is now. A click opens the team.",
        "string",
        Query(f'max by (team) ({metrics.REP_INFO.name}{{rep="$rep"}})', "{{team}}"),
    )


def against_median() -> Signal:
    """The rep's score less the median of its team."""
    median = f"quantile by (team) (0.5, {_REPS})"
    own = f'max by (rep, team) ({metrics.REP_SCORE.name}{{rep="$rep"}})'
    return signal(
        "Against the team",
        "The score less the median of the rep's team. Within the interval it says nothing.",
        POINTS,
        f"max({own} - on (team) group_left () {median})",
    )


def against_self() -> Signal:
    """The rep's score less its own mean."""
    own = f'max(max by (rep) ({metrics.REP_SCORE.name}{{rep="$rep"}}))'
    return signal(
        "Against own past",
        "The score less its mean of the last 28 days.",
        POINTS,
        f"{own} - {OWN_MEAN}",
    )


OWN_MEAN: Final = f'avg_over_time(max(max by (rep) ({metrics.REP_SCORE.name}{{rep="$rep"}}))[28d:1m])'
TEAM_MEDIAN: Final = (
    f'max(quantile by (team) (0.5, {_REPS}) and on (team) max by (team) ({metrics.REP_INFO.name}{{rep="$rep"}}))'
)
