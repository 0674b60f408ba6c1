"""Drops: which falls of a subject's score its charts call real, when each is told, and when it is over."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from scoring.chart import ChartWeek, Point, chart
from scoring.chart_rule import ChartRule
from scoring.choices import Drops

Severity = Literal["warning", "alarm"]


class Change(NamedTuple):
    """What became of the score between two days, from its waterfall.

    `before` and `after` are the scores (None without one). `fall` is the points lost without the market, scorecard and
    people parts; None where either day has no score. `cause` is the part of that with the largest loss, in a few words.
    """

    before: float | None
    after: float | None
    fall: float | None
    cause: str


@dataclass(frozen=True, slots=True)
class Run:
    """One chart of one metric from a restart on: in force from the day `start`, until a later run of the metric starts."""

    metric: str
    start: int
    threshold: float
    points: tuple[Point, ...]

    def standing(self, day: int) -> Point | None:
        """The last point known at the end of a day; None before the first."""
        known = bisect_right(self.points, day, key=lambda point: point.day)
        return self.points[known - 1] if known else None


@dataclass(frozen=True, slots=True)
class Drop:
    """A fall that the chart of `metric` calls real and the score shows, told on `day`.

    `statistic` is C, `threshold` h, `since` the day on which C last stood at 0: `before` and `after` are the scores of
    `since` and of `day`, `fall` the points lost between them without the market, scorecard and people parts.
    """

    day: int
    metric: str
    severity: Severity
    cause: str
    statistic: float
    threshold: float
    since: int
    before: float | None
    after: float | None
    fall: float


@dataclass(frozen=True, slots=True)
class Recovery:
    """The end of a drop that was told: its chart is below half its threshold, or (`restarted`) has begun anew."""

    day: int
    metric: str
    dropped: int
    statistic: float
    threshold: float
    restarted: bool


Alert = Drop | Recovery


def runs(metric: str, weeks: Iterable[ChartWeek], rules: Mapping[int, ChartRule]) -> tuple[Run, ...]:
    """The charts of a metric: one from each restart to the next.

    A chart restarts where a rep's numbers before and after cannot be compared: on the first day of a new scorecard, in
    a new team, after the ramp, after an absence; and it begins on the first day of all. A week that a restart cuts in
    two belongs to neither chart.

    Args:
        metric: its name.
        weeks: complete weeks, in any order.
        rules: by the day of each restart (the beginning is one), how the chart is drawn from then on. Weeks before the
            first are left out.

    Source: method.md section 8.

    >>> from scoring.chart import ChartWeek
    >>> quiet = [ChartWeek(738004 + 7 * k, 8, 4, 8, 0.5, 20) for k in range(6)]  # 738004 is a Monday
    >>> rule = ChartRule("rate", 25.0)
    >>> [(run.start, len(run.points)) for run in runs("csat", quiet, {738004: rule, 738020: rule})]
    [(738004, 2), (738020, 3)]
    """
    ordered, starts = sorted(weeks), sorted(rules)
    found = []
    for number, start in enumerate(starts):
        end = starts[number + 1] if number + 1 < len(starts) else None
        inside = [w for w in ordered if w.monday >= start and (end is None or w.monday + 7 <= end)]
        found.append(Run(metric, start, rules[start].alarm, chart(rules[start], inside)))
    return tuple(found)


def alerts(
    charts: Iterable[Run],
    change: Callable[[int, int], Change],
    days: Iterable[int],
    sent: Sequence[Alert] = (),
    *,
    chosen: Drops = Drops(),  # noqa: B008 - frozen
    warnings: bool = False,
) -> tuple[Alert, ...]:
    """What is to be told of a subject on these days, in order, beside what was sent before.

    On the end of each day, each metric's chart in force stands at its last point. A drop is told where C is above h
    (`alarm`), the score fell by 5 (`chosen`) or more since C last stood at 0 (`Change.fall`), and by half of that at least
    as it is shown, the metric has no open drop, and no drop of the same cause was told in the 14 days before. It stays
    open, told once, until C is below h/2 or the chart restarts: then its recovery is told. What fails a gate is asked
    again on the next day. Of several metrics on a day the highest C goes first, among equals the first by name.

    What was sent stays sent: a correction that redraws a chart changes no day but those asked for. If the redrawn chart
    is quiet, the open drop ends with a recovery on the first of these days. So telling days one by one, each with what
    was sent until then, says what telling them together says.

    Args:
        charts: runs of all charted metrics of the subject, in any order, drawn from what is known now.
        change: what became of the score from the first day to the second; asked only where C is high enough.
        days: ordinals of the days to decide (Sundays are enough: charts move on no other day, scores do); in order,
            none twice.
        sent: all that was told before, in order.
        chosen: how many points a fall must have, 5 unless the scorecard says otherwise, and for how many days one cause is told
            once, 14.
        warnings: also tell C above 4, as `warning`. Not by default: the budget of false alerts is that of h, and
            warnings would break it; boards show them. The alarm that a warning becomes is told too, at least 14 days
            later if the cause is the same.

    Source: method.md section 8.
    """
    by_metric: dict[str, list[Run]] = {}
    for run in sorted(charts, key=lambda run: (run.metric, run.start)):
        by_metric.setdefault(run.metric, []).append(run)
    told, before = list(sent), len(sent)
    for day in days:
        in_force = {
            metric: max((r for r in of if r.start <= day), key=lambda r: r.start, default=None)
            for metric, of in by_metric.items()
        }
        told += _recoveries(day, in_force, told)
        for run, point in _highest_first(day, in_force):
            severity: Severity = "alarm" if point.c > run.threshold else "warning"
            if severity == "warning" and not (warnings and point.warned):
                continue
            open_drop = _open_drops(told).get(run.metric)
            if open_drop and (open_drop.severity == "alarm" or severity == "warning"):
                continue
            found = change(point.since, day)
            fall = _large_fall(found, chosen)
            if fall is None or _told_lately(found.cause, day, told, chosen):
                continue
            told.append(
                Drop(
                    day,
                    run.metric,
                    severity,
                    found.cause,
                    point.c,
                    run.threshold,
                    point.since,
                    found.before,
                    found.after,
                    fall,
                )
            )
    return tuple(told[before:])


def _large_fall(found: Change, chosen: Drops) -> float | None:
    """The points lost, where they are worth telling; else None.

    That of the score as shown is asked too, which method.md does not: where the others rise, who stays behind has a market part
    above 0 and a loss of its own, and a drop would be told of a score that is where it was.
    """
    if found.fall is None or found.before is None or found.after is None:
        return None
    large = found.fall >= chosen.size_gate_points and found.before - found.after >= chosen.size_gate_points / 2
    return found.fall if large else None


def still_counts(told: Sequence[Alert], day: int, chosen: Drops = Drops()) -> tuple[Alert, ...]:  # noqa: B008 - frozen
    """What of the alerts up to a day `alerts` has to know on the days after it: open drops, and those told lately.

    >>> old = Drop(70, "csat", "alarm", "customer/csat", 5.5, 5.0, 7, 70.0, 60.0, 10.0)
    >>> over = Recovery(84, "csat", 70, 1.0, 5.0, restarted=False)
    >>> still_counts([old], 500) == (old,), still_counts([old, over], 500), still_counts([old, over], 83) == (old, over)
    (True, (), True)
    """
    open_drops = _open_drops(told).values()
    return tuple(alert for alert in told if day - alert.day < chosen.one_alert_days or alert in open_drops)


def _highest_first(day: int, in_force: Mapping[str, Run | None]) -> list[tuple[Run, Point]]:
    standing = [(run, run.standing(day)) for run in in_force.values() if run]
    return sorted(((run, point) for run, point in standing if point), key=lambda pair: (-pair[1].c, pair[0].metric))


def _recoveries(day: int, in_force: Mapping[str, Run | None], told: Sequence[Alert]) -> list[Recovery]:
    ended = []
    for metric, drop in sorted(_open_drops(told).items()):
        run = in_force.get(metric)
        point = run.standing(day) if run else None
        c, threshold = (point.c if point else 0.0), (run.threshold if run else drop.threshold)
        restarted = run is None or run.start > drop.day
        if restarted or c < threshold / 2:
            ended.append(Recovery(day, metric, drop.day, c, threshold, restarted))
    return ended


def _open_drops(told: Iterable[Alert]) -> dict[str, Drop]:
    """The drops that have not ended, by metric."""
    found: dict[str, Drop] = {}
    for alert in told:
        if isinstance(alert, Drop):
            found[alert.metric] = alert
        else:
            found.pop(alert.metric, None)
    return found


def _told_lately(cause: str, day: int, told: Iterable[Alert], chosen: Drops) -> bool:
    return any(isinstance(a, Drop) and a.cause == cause and day - a.day < chosen.one_alert_days for a in told)
