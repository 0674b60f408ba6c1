"""Reading again: how far workers are, how fast they go, how long it takes them still."""

from __future__ import annotations

from typing import Final

from dashboards.signal import Query, Signal, signal
from dashboards.signals.stream import LAG, RATE
from dashboards.units import COUNT, PER_SECOND, RATIO, SECONDS
from schemas import metrics

_LEFT: Final = f"sum({LAG})"
_MOST: Final = f"max_over_time(sum({LAG})[$__range:$__rate_interval])"


def left() -> Signal:
    """Records still to be read."""
    return signal(
        "Left to read",
        "Records of all input topics that the group has not committed yet.",
        COUNT,
        _LEFT,
    )


def time_left() -> Signal:
    """How long it takes still."""
    return signal(
        "Time left",
        "Records left by the rate at which they are read now. 0: caught up; none: there is a backlog, and nothing moves.",
        SECONDS,
        f"({_LEFT} / (sum({RATE}) > 0)) or ({_LEFT} == 0)",
    )


def progress() -> Signal:
    """Part of the backlog that is done."""
    return signal(
        "Caught up",
        "Part that is done of the greatest backlog of the time shown; choose a time that holds the start.",
        RATIO,
        f"1 - {_LEFT} / ({_MOST} > 0) or ({_LEFT} == 0) + 1",
    )


def rate() -> Signal:
    """Records read a second."""
    return signal("Reading rate", "Records a second, read and committed, of all workers.", PER_SECOND, f"sum({RATE})")


def recovering() -> Signal:
    """Workers that are not ready yet."""
    return signal(
        "Not ready",
        "Workers that recover their state or do not move. 0 once all is read.",
        COUNT,
        f"count({metrics.READY.name}) - sum({metrics.READY.name})",
    )


def backlog() -> Signal:
    """The backlog over time."""
    return signal(
        "Backlog",
        "Records left, by topic. A straight line down reaches 0 at the time left; level means stuck.",
        COUNT,
        Query(LAG, "{{topic}}"),
    )


def outcomes() -> Signal:
    """What becomes of the records that are read again."""
    return signal(
        "What is read",
        "Records a second by outcome. Where topics are read a second time, most are unchanged; from the "
        "beginning, most are applied.",
        PER_SECOND,
        Query(f"sum by (outcome) ({RATE})", "{{outcome}}"),
    )


def worker_rates() -> Signal:
    """Records read a second by each worker."""
    return signal(
        "Rate by worker",
        "Records a second that each worker reads. One far below the others decides when it ends.",
        PER_SECOND,
        Query(f"sum by (instance) ({RATE})", "{{instance}}"),
    )


def worker_left() -> Signal:
    """Records left of each worker."""
    return signal(
        "Left by worker",
        "Records of the worker's own partitions that are not applied yet.",
        COUNT,
        Query(f"sum by (instance) ({metrics.POSITION_LAG.name})", "{{instance}}"),
    )


def scores_before_and_after() -> Signal:
    """Scores while history is read."""
    return signal(
        "Scores before and after",
        "The company's score and the middle of all reps: where reading again moved them, records or the "
        "scorecard differ from before.",
        "suffix: pts",
        Query(f"max({metrics.COMPANY_SCORE.name})", "company"),
        Query(f"quantile(0.5, max by (rep) ({metrics.REP_SCORE.name}))", "median of reps"),
    )


def known_reps() -> Signal:
    """Reps while history is read."""
    return signal(
        "Reps before and after",
        "Reps with a score and all that are known: the same as before once all is read.",
        COUNT,
        Query(f"count(count by (rep) ({metrics.REP_SCORE.name}))", "scored"),
        Query(f"count(count by (rep) ({metrics.REP_INFO.name}))", "known"),
    )
