"""Drop publication: tells of drops and their ends, each once, as soon as the day that shows them is over and known to all lanes.

A day is decided once every lane has taken in what there was when it ended (`streams/readiness.py`); how long that takes, and
whose worker lags or died, does not matter. Days decided, and what was told, are rows of the lane's state, written in the
transaction of the alerts. A new installation takes the days before the newest that any lane knew of as decided, once it is not
behind, so years of history are read without a word. With the `events` clock days are decided as they pass.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from scoring.course import Ground
from scoring.drop_change import ScoreChange, ScoreChanges
from scoring.drop_charts import DropCharts
from scoring.drops import Alert, Change, Drop, Recovery, Run, alerts
from scoring.score import Scorer
from scoring.weeks import DAYS
from streams.alert_message import alert_message
from streams.as_of import known_at
from streams.codec import to_json
from streams.desk import Desk
from streams.outbox import Outbox, Outgoing
from streams.partition_state import PartitionState

_BEHIND_SECONDS: Final = 1.0
"""While records wait, a new installation does not begin to decide; this is when to look again."""
_MOST_DAYS: Final = 35
"""After a longer standstill the days before these are not decided: what they show, these show too."""
_TOGETHER: Final = 8
"""Subjects whose charts are drawn at once: some 30 ms, after which records get a turn."""


class DropPublication:
    """The alerts of one lane: which days are due, and what is told of whom."""

    def __init__(self, partition: int, desk: Desk) -> None:
        """Nothing is due before the first look."""
        self._partition = partition
        self._desk = desk
        self._moved: set[str] | None = None
        """Subjects with a chart above its limit when all were last drawn; None: draw all."""
        self._pending: list[tuple[dict[str, Any], str]] = []
        """Alerts, and the severity of each one's drop."""

    def recovered(self) -> None:
        """Another worker may have told things meanwhile."""
        self._moved, self._pending = None, []

    def seconds_until_due(self, state: PartitionState, *, behind: bool) -> float | None:
        """How long nothing has to be decided; None while all lanes are not ready. `behind`: whether there is a backlog."""
        if not state.voice.speaks:  # what was told and decided is another generation's to say, and comes with the voice
            return None
        if state.told.decided is None:
            if not self._desk.ready_day:
                return None
            return _BEHIND_SECONDS if behind else 0.0
        return 0.0 if self._ready(state.told.decided) else None

    def compute(self, state: PartitionState, outbox: Outbox) -> Iterator[None]:
        """Put what is to be told of the days that are ready into the outbox, pausing now and then."""
        self._pending = []
        if state.told.decided is None:
            if self._desk.ready_day:
                state.told.decide(self._desk.ready.newest - 1)
            return
        days = self._ready(state.told.decided)
        if not days:
            return
        ground = self._desk.ground.on(self._desk.as_of.day())
        yield
        if len(days) > _MOST_DAYS:
            self._moved = None
        for day in days[-_MOST_DAYS:]:
            yield from self._decide(day, ground, state, outbox)
        state.told.decide(days[-1])

    def done(self) -> None:
        """What was computed is committed."""
        for message, severity in self._pending:
            self._desk.metrics.alerts.labels(message["type"], severity).inc()
        if self._pending:
            self._desk.told([message for message, _ in self._pending])
        self._pending = []

    def _ready(self, decided: int) -> range:
        """The days that are to be decided: those after the last one that all lanes have taken in, and that are over here too."""
        return range(decided + 1, min(self._desk.ready_day, self._desk.known_as_of or 0))

    def _decide(self, day: int, ground: Ground, state: PartitionState, outbox: Outbox) -> Iterator[None]:
        desk = self._desk
        norms = desk.norms.in_force(day)
        charts = DropCharts(ground, desk.scorecard, norms, day)
        changes = ScoreChanges(desk.reference, desk.scorecard, desk.norms.in_force, ground)
        for gone in [subject for subject in state.told.subjects if subject not in state.shown]:
            state.told.forget(gone)
        draw_all = self._moved is None or day % DAYS == 0  # a Sunday: charts move, on other days only scores do
        due = state.shown if draw_all or self._moved is None else self._moved | set(state.told.subjects)
        subjects = sorted(due & state.shown)
        above: set[str] = set()
        for start in range(0, len(subjects), _TOGETHER):
            some = subjects[start : start + _TOGETHER]
            for subject, of_subject in self._with_charts(charts.of(some), some):
                if any(_is_above(run, day) for run in of_subject):
                    above.add(subject)
                elif not state.told.of(subject):
                    continue
                self._tell(day, subject, of_subject, changes, state, outbox)
            yield
        self._moved = above if draw_all else above | (self._moved or set())

    @staticmethod
    def _with_charts(
        charts: Mapping[str, Sequence[Run]], subjects: Sequence[str]
    ) -> Iterator[tuple[str, Sequence[Run]]]:
        for subject in subjects:
            yield subject, charts.get(subject, ())

    def _tell(
        self,
        day: int,
        subject: str,
        charts: Sequence[Run],
        changes: ScoreChanges,
        state: PartitionState,
        outbox: Outbox,
    ) -> None:
        desk, panes = self._desk, state.panes(subject)
        known: dict[int, ScoreChange] = {}

        def between(since: int) -> ScoreChange:
            if since not in known:
                known[since] = changes.between(subject, panes, since, day)
            return known[since]

        def change(since: int, _: int) -> Change:
            return between(since).told if self._has_all(state, since) else _UNKNOWN

        told = state.told.of(subject)
        fresh = alerts(charts, change, [day], told, chosen=desk.scorecard.drops)
        for alert in fresh:
            drop = alert if isinstance(alert, Drop) else _ended(alert, told)
            message = alert_message(
                subject,
                alert,
                drop,
                between(drop.since),
                desk.reference.roster,
                desk.scorecard,
                desk.norms.in_force(day),
                known_at(),
            )
            outbox.put(desk.names.alerts, self._partition, Outgoing(subject.encode(), to_json(message)))
            self._pending.append((message, drop.severity))
        state.told.tell(subject, fresh, day, desk.scorecard.drops)

    def _has_all(self, state: PartitionState, since: int) -> bool:
        """Whether the panes that the score of a day looks at are all still there."""
        desk = self._desk
        horizons = Scorer(desk.reference, desk.scorecard, since, desk.norms.in_force(since)).horizons
        return since - max(horizons) >= state.reps.first_day


_UNKNOWN: Final = Change(None, None, None, "")


def _is_above(run: Run, day: int) -> bool:
    point = run.standing(day)
    return point is not None and point.c > run.threshold


def _ended(recovery: Recovery, told: Sequence[Alert]) -> Drop:
    """The drop that is over."""
    return next(
        alert
        for alert in told
        if isinstance(alert, Drop) and (alert.day, alert.metric) == (recovery.dropped, recovery.metric)
    )
