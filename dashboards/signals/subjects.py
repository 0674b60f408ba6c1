"""Scores, pillars, metrics and drops of the company, a team and a rep."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from dashboards.scorecard import Scorecard, ScoredMetric
from dashboards.signal import Query, Signal, signal
from dashboards.units import POINTS, RATIO, unit_of_figure
from schemas import metrics
from schemas.catalogue import MEANINGS
from schemas.metrics import MetricSpec


@dataclass(frozen=True, slots=True)
class Subject:
    """What a board is about: its families, which series are its own, and what one of them is called.

    Attributes:
        name: in titles.
        chosen: matchers of its series, with no braces.
        by: labels that tell subjects of the kind apart.
        is_group: it has members, so that a sum of it is not compared with what is typical of one of them.
    """

    name: str
    chosen: str
    by: tuple[str, ...]
    score: MetricSpec
    low: MetricSpec
    high: MetricSpec
    metric: MetricSpec
    pillar: MetricSpec
    dropped: MetricSpec
    is_group: bool = True

    def of(self, spec: MetricSpec, *by: str, more: str = "", suffix: str = "") -> str:
        """The greatest over the workers: while a subject moves from one to another, two may show it."""
        matchers = ",".join(part for part in (self.chosen, more) if part)
        series = f"{spec.name}{{{matchers}}}" if matchers else spec.name
        grouping = f" by ({', '.join((*self.by, *by))})" if (*self.by, *by) else ""
        return f"max{grouping} ({series}{suffix})"


COMPANY: Final = Subject(
    "Company",
    "",
    (),
    metrics.COMPANY_SCORE,
    metrics.COMPANY_SCORE_LOW,
    metrics.COMPANY_SCORE_HIGH,
    metrics.COMPANY_METRIC,
    metrics.COMPANY_PILLAR,
    metrics.COMPANY_DROPPED,
)
TEAM: Final = Subject(
    "Team",
    'team="$team"',
    ("team",),
    metrics.TEAM_SCORE,
    metrics.TEAM_SCORE_LOW,
    metrics.TEAM_SCORE_HIGH,
    metrics.TEAM_METRIC,
    metrics.TEAM_PILLAR,
    metrics.TEAM_DROPPED,
)
REP: Final = Subject(
    "Rep",
    'rep="$rep"',
    ("rep",),
    metrics.REP_SCORE,
    metrics.REP_SCORE_LOW,
    metrics.REP_SCORE_HIGH,
    metrics.REP_METRIC,
    metrics.REP_PILLAR,
    metrics.REP_DROPPED,
    is_group=False,
)

_THEN: Final = " offset $__range"
HIGH: Final = "high"
LOW: Final = "low"


def score(subject: Subject) -> Signal:
    """The score as it stands."""
    return signal(
        f"{subject.name} score",
        "0 to 100: about 46 is at the peers' level in everything, 70 at every goal. Absent while the evidence is insufficient.",
        POINTS,
        subject.of(subject.score),
    )


def interval(subject: Subject) -> Signal:
    """Between what the score lies."""
    return signal(
        "80 % interval",
        "The score lies between these with 80 %. Wide: few records; compare with care.",
        POINTS,
        Query(subject.of(subject.low), LOW),
        Query(subject.of(subject.high), HIGH),
    )


def change(subject: Subject, card: Scorecard) -> Signal:
    """Points won or lost over the time shown."""
    return signal(
        "Change",
        f"Points won or lost over the time shown. Up to {card.size_gate_points:g} points is the size that alerts leave alone.",
        POINTS,
        f"{subject.of(subject.score)} - {subject.of(subject.score, suffix=_THEN)}",
    )


def drop(subject: Subject, card: Scorecard) -> Signal:
    """Points lost in drops that are open, by cause."""
    return signal(
        "Open drop",
        f"Points lost in a drop that is more than chance, by what lost most; none is good. Red from "
        f"{card.size_gate_points:g} points, "
        "from where it alerts.",
        POINTS,
        Query(subject.of(subject.dropped, "cause"), "{{cause}}"),
    )


def course(subject: Subject, *others: Query) -> Signal:
    """The score over time with its interval, and what to compare it with."""
    return signal(
        f"{subject.name} score over time",
        "The score, dashed the 80 % interval around it, and what to compare it with. Lines across: the peers' "
        "level and every goal reached.",
        POINTS,
        Query(subject.of(subject.high), HIGH),
        Query(subject.of(subject.low), LOW),
        Query(subject.of(subject.score), "score"),
        *others,
    )


def pillars(subject: Subject) -> Signal:
    """Each pillar over time."""
    return signal(
        "Pillars",
        "The parts of the score, 0 to 1 each: which one moved when the score did. Lines across: the peers' level "
        "and every goal reached.",
        RATIO,
        Query(subject.of(subject.pillar, "pillar"), "{{pillar}}"),
    )


def pillar_changes(subject: Subject) -> Signal:
    """How much each pillar has moved over the time shown."""
    now, then = (subject.of(subject.pillar, "pillar", suffix=suffix) for suffix in ("", _THEN))
    return signal(
        "What moved the score",
        "Change of each pillar over the time shown. The waterfall down to single deals is in upscore explain; a "
        "click leads to every number.",
        RATIO,
        Query(f"{now} - {then}", "{{pillar}}"),
    )


def attainment(subject: Subject) -> Signal:
    """Net revenue of the target."""
    return signal(
        "Target attainment",
        f"Over the chosen window: {MEANINGS['target_attainment']}. Absent where there is no target.",
        RATIO,
        subject.of(subject.metric, more='metric="target_attainment",window="$window"'),
    )


def metric(subject: Subject, scored: ScoredMetric, currency: str, *, beside: Subject | None = None) -> Signal:
    """One scored metric over time, in its own unit, of sums the value a day; `beside` it the usual member of another subject."""
    figure = scored.figure
    meaning = MEANINGS.get(figure.name, "mean of what evaluators gave").replace("`", "")
    of_one = " of one rep" if figure.adds_up and subject.is_group else ""
    return signal(
        f"{figure.title} a day" if figure.adds_up else figure.title,
        f"Over the chosen window: {meaning}{', by its days' if figure.adds_up else ''}. By the scorecard {scored.typical:g} is "
        f"typical{of_one or ' of peers'}{' and day' if scored.per_day else ''}, {scored.spread:g} one spread between them; "
        f"{'more' if scored.higher_is_better else 'less'} is better.",
        unit_of_figure(figure.unit, currency),
        Query(_of_window(subject, figure.name, by_days=figure.adds_up), _LEGEND[subject.name]),
        *([] if beside is None else [Query(usual_member(figure.name, by_days=figure.adds_up), MEDIAN)]),
    )


def _of_window(subject: Subject, name: str, *, by_days: bool) -> str:
    if not by_days:
        return subject.of(subject.metric, more=f'metric="{name}",window="$window"')
    parts = [f"{subject.of(subject.metric, more=_exactly(name, window))} / {days}" for window, days in _DAYS.items()]
    return " or ".join(parts)


def usual_member(name: str, *, by_days: bool) -> str:
    """The median over the members of the chosen rep's teams."""
    spec, info = metrics.REP_METRIC.name, metrics.REP_INFO.name

    def median(matchers: str) -> str:
        own = f'max by (team) ({info}{{rep="$rep"}})'
        return f"max(quantile by (team) (0.5, max by (rep, team) ({spec}{{{matchers}}})) and on (team) {own})"

    if not by_days:
        return median(f'metric="{name}",window="$window"')
    return " or ".join([f"{median(_exactly(name, window))} / {days}" for window, days in _DAYS.items()])


def _exactly(name: str, window: str) -> str:
    """The series of one window if it is the chosen one, else none."""
    return f'metric="{name}",window="{window}",window=~"$window"'


_DAYS: Final = {"28d": 28, "91d": 91}
"""Windows that are exported, in days."""
_LEGEND: Final = {"Company": "company", "Team": "{{team}}", "Rep": "{{rep}}"}
MEDIAN: Final = "median of the team"
