"""Rules about drops: the stream's detector decides, here it is kept over hand-overs, held back by late data, and told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from dashboards.rules.choices import Choices
from dashboards.rules.spec import Alert, Group, Recording
from dashboards.rules.wording import CAUSE, POINTS, link, score_now
from schemas import metrics
from schemas.metrics import MetricSpec

__all__ = ["HELD_BACK", "MISSING", "drop_groups"]

LATE: Final = "topic:upscore_lateness_seconds:mean"
MISSING: Final = "topic:upscore_records:missing"
HELD_BACK: Final = "company:sales_dropped_points:held_back"
"""There while data are late or missing, or were a short while ago: no new drop is told."""

_WHY: Final = f"The loss is mostly associated with {CAUSE}."


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of subject: its gauges, the labels of a drop, the label that is its id (none for the company)."""

    name: str
    dropped: MetricSpec
    score: MetricSpec

    @property
    def open(self) -> str:
        return f"{self.name}:{self.dropped.name}:open"

    @property
    def id(self) -> str:
        return "" if self.name == "company" else self.name


_REP: Final = _Kind("rep", metrics.REP_DROPPED, metrics.REP_SCORE)
_TEAM: Final = _Kind("team", metrics.TEAM_DROPPED, metrics.TEAM_SCORE)
_TERRITORY: Final = _Kind("territory", metrics.TERRITORY_DROPPED, metrics.TERRITORY_SCORE)
_COMPANY: Final = _Kind("company", metrics.COMPANY_DROPPED, metrics.COMPANY_SCORE)


def drop_groups(choices: Choices) -> list[Group]:
    """One group: what an alert's text asks for is recorded before it, and a resolved message keeps its cause."""
    kinds = (_COMPANY, _TERRITORY, _TEAM, _REP)
    return [
        Group(
            name="upscore-drops",
            interval=choices.evaluation_seconds.span,
            rules=[
                Recording(
                    LATE, f"max by (topic) (avg_over_time({metrics.LATENESS.name}[{choices.late_mean_seconds.span}]))"
                ),
                Recording(HELD_BACK, _held_back(choices)),
                *[Recording(kind.open, _open(kind, choices)) for kind in kinds],
                _late(choices),
                *_alerts(choices),
            ],
        )
    ]


def _held_back(choices: Choices) -> str:
    late = f"max(max_over_time({LATE}[{choices.late_hold_seconds.span}])) > {choices.late_by_seconds.text}"
    missing = f"max(max_over_time({MISSING}[{choices.missing_hold_seconds.span}]))"
    return f"{late}\nor\n{missing}\nor\nsum({metrics.STALLED_PARTITIONS.name}) > 0"


def _open(kind: _Kind, choices: Choices) -> str:
    """Open drops by cause: new ones while nothing holds them back, and those told before for as long as they are open.

    One that no worker shows is open as long as no worker shows its subject's score either: while partitions change hands
    nobody has recovered. The second half asks for what this rule itself said last.
    """
    by, on = ", ".join(kind.dropped.labels), kind.id
    shown = f"max by ({by}) ({kind.dropped.name})"
    scores = f"max by ({on}) ({kind.score.name})" if on else f"max({kind.score.name})"
    last = f"max by ({by}) (last_over_time({kind.dropped.name}[{choices.handover_seconds.span}]))"
    return (
        f"(\n  {shown}\n  unless on () {HELD_BACK}\n)\nor\n(\n  (\n    {shown}\n    or\n"
        f"    ({last} unless on ({on}) {scores})\n  )\n  and {kind.open}\n)"
    )


def _late(choices: Choices) -> Alert:
    return Alert(
        name="UpscoreDataLate",
        expr=f"{LATE} > {choices.late_by_seconds.text}",
        wait=choices.late_wait.span,
        severity="warning",
        summary="Records of {{ $labels.topic }} come {{ $value | humanizeDuration }} late",
        description=(
            "Records of {{ $labels.topic }} came to Kafka {{ $value | humanizeDuration }} after they were made, on average "
            f"of {choices.late_mean_seconds.span}; {choices.late_by_seconds.span} are expected at most. "
            f"New drop alerts are held back until {choices.late_hold_seconds.span} after it is over."
        ),
        board=link("upscore-stream"),
    )


def _alerts(choices: Choices) -> list[Alert]:
    return [
        Alert(
            name="SalesCompanyScoreDropped",
            expr=f"{_COMPANY.open} > 0",
            wait=choices.team_wait.span,
            severity="warning",
            summary=f"The company's score dropped by {POINTS}",
            description=f"The company's score has lost {POINTS}.{score_now(_COMPANY.score.name, '')} {_WHY}"
            + _listed("Open drops of teams", _TEAM, "", "team"),
            board=link("upscore-company"),
            explain="upscore explain company --subject company",
        ),
        _dropped("SalesTerritoryScoreDropped", _TERRITORY, choices.team_wait.span, "upscore-company"),
        _dropped("SalesTeamScoreDropped", _TEAM, choices.team_wait.span, "upscore-team", _reps_of_the_team()),
        Alert(
            name="SalesTeamRepsDropped",
            expr=f"count by (team) (count by (rep, team) ({_REP.open})) >= {choices.several_reps.text}",
            wait=choices.team_wait.span,
            severity="warning",
            summary="The scores of {{ $value }} reps of team {{ $labels.team }} dropped",
            description="The scores of {{ $value }} reps of team {{ $labels.team }} have dropped. What they have in "
            "common is worth a look." + _reps_of_the_team(),
            board=link("upscore-team", "team"),
            explain="upscore explain {{ $labels.team }} --subject team",
        ),
        _dropped("SalesRepScoreDropped", _REP, choices.rep_wait.span, "upscore-rep"),
    ]


def _dropped(name: str, kind: _Kind, wait: str, board: str, more: str = "") -> Alert:
    """The alert of one subject's own drop."""
    who = f"{kind.name} {{{{ $labels.{kind.id} }}}}"
    variables = [label for label in kind.dropped.labels if label in ("team", "rep")]
    return Alert(
        name=name,
        expr=f"{kind.open} > 0",
        wait=wait,
        severity="warning",
        summary=f"The score of {who} dropped by {POINTS}",
        description=f"The score of {who} has lost {POINTS}.{score_now(kind.score.name, kind.id)} {_WHY}{more}",
        board=link(board, *variables),
        explain=f"upscore explain {{{{ $labels.{kind.id} }}}} --subject {kind.name}",
    )


def _reps_of_the_team() -> str:
    return _listed("Open drops of its reps", _REP, "team", "rep")


def _listed(head: str, kind: _Kind, within: str, label: str, most: int = 10) -> str:
    """A sentence with up to `most` open drops of members, the largest first; nothing where there is none."""
    query = f"topk({most}, {kind.open})"
    found = (
        f'{{{{ with printf "topk({most}, {kind.open}{{{within}=%q}})" $labels.{within} | query }}}}'
        if within
        else f'{{{{ with query "{query}" }}}}'
    )
    line = f'{{{{ if $i }}}}, {{{{ end }}}}{{{{ $drop.Labels.{label} }}}} -{{{{ $drop.Value | printf "%.1f" }}}}'
    return f"{found} {head}: {{{{ range $i, $drop := . }}}}{line}{{{{ end }}}}.{{{{ end }}}}"
