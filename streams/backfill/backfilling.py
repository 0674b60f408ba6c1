"""Backfilling: the steps, in the order in which an end at any of them does no harm.

Everything slow is done before anything is deleted: the replay, and the blocks. What was deleted is not shown from then on, the
blocks are moved in within milliseconds, and with the clean-up after it Prometheus loads them at once.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from pathlib import Path

from scoring.organisation import microseconds
from streams.as_of import zone_named
from streams.backfill.blocks import (
    Block,
    check_folder,
    check_promtool,
    held_blocks,
    make_blocks,
    move_in,
    newest_end_ms,
    staging,
)
from streams.backfill.prometheus import About, Prometheus
from streams.backfill.stretch import HISTORY, Stretch, moment, stretch_of
from streams.errors import UpscoreError
from streams.replay.as_was import AsWas
from streams.replay.figures import Table
from streams.replay.history import Stages, replayed
from streams.replay.judging import Judging
from streams.replay.openmetrics import series_on
from streams.replay.side_by_side import calm_collector
from streams.replay.tabling import subjects_of, table_of
from streams.replay.work_folder import work_folder
from streams.scorecard_file import load_scorecard
from streams.scorecard_log import read_log
from streams.settings import Settings

Say = Callable[[str], None]

_DAY_SECONDS = 86_400
_LOOK_SECONDS = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Backfill:
    """What is wanted; see the command's help."""

    settings: Settings
    prometheus: str
    first: date
    last: date | None = None
    folder: Path | None = None
    known_at: datetime | None = None
    step_seconds: int = 300
    wait_seconds: float = 300.0
    work: Path | None = None
    processes: int = 1
    scorecard_as_was: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be done: the days, where to, and how many series with how many days of history are there to be deleted."""

    stretch: Stretch
    about: About
    folder: Path
    series: int
    days: int


@dataclass(frozen=True, slots=True)
class Done:
    """What was done, and how many seconds each step took."""

    plan: Plan
    blocks: list[Block]
    seconds: Mapping[str, float] = field(default_factory=dict)


def planned(backfill: Backfill) -> Plan:
    """Look at Prometheus and its folder; nothing is changed.

    Raises:
        PrometheusError: it does not answer.
        UpscoreError: the backfill cannot be done, and why: promtool is missing, the folder is of no use, the days reach into what
            workers write or is not kept, or history is to be deleted and the admin API is off.
        SettingsError: the days are in the wrong order.
    """
    check_promtool()
    prometheus, zone = Prometheus(backfill.prometheus), zone_named(backfill.settings.time_zone)
    about = prometheus.about()
    folder = backfill.folder or Path(about.folder)
    check_folder(folder)
    now_ms = time.time_ns() // 1_000_000
    _await_blocks(prometheus, folder, backfill.wait_seconds)
    newest_ms, step = newest_end_ms(folder), backfill.step_seconds
    stretch = stretch_of(prometheus, about, newest_ms, backfill.first, backfill.last, zone, step, now_ms)
    start_s, end_s = stretch.start_ms // 1000, stretch.end_ms // 1000
    series = prometheus.count_series(HISTORY, start_s, end_s - 1)
    days = (
        len(prometheus.points(f"count({HISTORY})", start_s + _DAY_SECONDS // 2, end_s, _DAY_SECONDS)) if series else 0
    )
    if series and not days:  # samples further apart, or none: chunks that only touch these days count as series of them
        every_day = f"count(last_over_time({HISTORY}[1d]))"
        days = len(prometheus.points(every_day, start_s + _DAY_SECONDS - 1, end_s, _DAY_SECONDS))
        series = series if days else 0
    if series and not about.admin_api:
        raise UpscoreError(
            f"history of {series:,} series is there already, and Prometheus {prometheus.address} runs without its admin API, by "
            "which it is deleted: start it with --web.enable-admin-api, or choose days that have none"
        )
    return Plan(stretch, about, folder, series, days)


def fill_back(backfill: Backfill, plan: Plan, stages: Stages, say: Say) -> Done:
    """Do what was planned, and wait until Prometheus shows it.

    Raises:
        PrometheusError: Prometheus went away, or refused to delete.
        UpscoreError: a topic or the scorecard is of no use, a block could not be made, another backfill is at work, or the
            history does not show in time.
        KafkaError: the broker went away.
    """
    seconds: dict[str, float] = {}
    prometheus, zone, stretch = Prometheus(backfill.prometheus), zone_named(backfill.settings.time_zone), plan.stretch
    cut = None if backfill.known_at is None else microseconds(backfill.known_at) // 1000
    scorecard = load_scorecard(backfill.settings.scorecard)
    entries = asyncio.run(read_log(backfill.settings)) if backfill.scorecard_as_was else None
    with calm_collector(), work_folder(backfill.work) as work, staging(plan.folder) as made:
        with _timed(seconds, "reading and adding up"):
            found = replayed(backfill.settings, [cut], work, stages, processes=backfill.processes)
        with _timed(seconds, "norms and scores"):
            line = found.lines[0]
            judging = Judging(line, scorecard) if entries is None else AsWas(line, entries, zone, stretch.days)
            path = work / "scores.npy"
            table = table_of(judging, subjects_of(line), stretch.days, path, stages, backfill.processes)
        with _timed(seconds, "text and blocks"):
            step, processes = backfill.step_seconds, backfill.processes
            blocks = make_blocks(table, judging, zone, stretch, step, made, work, processes, stages)
        if not blocks:
            raise UpscoreError(
                f"no subject has a score from {stretch}: nothing was changed; is this the right broker and topic prefix?"
            )
        say(_told_blocks(blocks))
        if plan.series:
            with _timed(seconds, "deleting"):
                prometheus.delete(HISTORY, stretch.start_ms, stretch.end_ms - 1)
        with _timed(seconds, "moving in"):
            move_in(made, plan.folder, blocks)
        if plan.series:
            say(f"deleted the history that was there of {plan.series:,} series, and moved the blocks in")
            with _timed(seconds, "cleaning"):
                prometheus.clean()
        else:
            say("moved the blocks in")
        with _timed(seconds, "showing"):
            _await_shown(prometheus, table, stretch, zone, backfill)
    say(f"shown {seconds['showing']:.0f} s later: {stretch}, each day with the series that it has scores of")
    return Done(plan, blocks, seconds)


def plan_told(plan: Plan, address: str) -> Iterator[str]:
    """A plan in sentences."""
    yield f"Prometheus {plan.about.version} at {address}, its data in {plan.folder}"
    yield f"days: {plan.stretch} ({len(plan.stretch.days)})"
    if plan.series:
        until = moment(plan.stretch.end_ms - 1)
        yield f"history that is there: {plan.series:,} series, samples on {plan.days} days; deleted are those of"
        yield f"  {HISTORY}"
        yield f"  from {moment(plan.stretch.start_ms)} to {until}, and what else they have stays"
    else:
        yield "history that is there: none, so nothing is deleted"
    yield "series of workers: not touched, by their labels and because these days end before theirs begin"


def _told_blocks(blocks: list[Block]) -> str:
    samples, size = sum(block.samples for block in blocks), sum(block.size for block in blocks)
    return f"made {len(blocks)} blocks: {samples:,} samples, {size / 2**20:,.1f} MB"


def _await_blocks(prometheus: Prometheus, folder: Path, seconds: float) -> None:
    """Wait until Prometheus has loaded what is in its folder: what it has not, it would not delete from.

    Raises:
        UpscoreError: it does not.
    """
    deadline = time.monotonic() + seconds
    while (loaded := prometheus.loaded_blocks()) != (held := len(held_blocks(folder))):
        if time.monotonic() > deadline:
            raise UpscoreError(
                f"Prometheus {prometheus.address} has loaded {loaded} blocks and {str(folder)!r} holds {held}: expected the "
                "folder of this Prometheus (--data names it), and no block that it refuses; its log says which"
            )
        time.sleep(_LOOK_SECONDS)


def _await_shown(prometheus: Prometheus, table: Table, stretch: Stretch, zone: tzinfo, backfill: Backfill) -> None:
    """Wait until every day shows as many series as it has scores of.

    Raises:
        UpscoreError: it does not in time.
    """
    expected = {day: count for day in stretch.days if (count := series_on(table, day))}
    step = backfill.step_seconds
    noon_s = (stretch.start_ms // 1000 + _DAY_SECONDS // 2) // step * step
    deadline = time.monotonic() + backfill.wait_seconds
    while True:
        points = prometheus.points(f"count({HISTORY})", noon_s, stretch.end_ms // 1000, _DAY_SECONDS)
        shown = {datetime.fromtimestamp(at, zone).toordinal(): round(count) for at, count in points}
        if shown == expected:
            return
        if time.monotonic() > deadline:
            missing = sum(shown.get(day) != count for day, count in expected.items())
            raise UpscoreError(
                f"{missing} of {len(expected)} days do not show {backfill.wait_seconds:g} s after their blocks were moved into "
                f"Prometheus's folder: its log says whether it loaded them; they stay there, and the same command does it again"
            )
        time.sleep(_LOOK_SECONDS)


@contextmanager
def _timed(seconds: dict[str, float], step: str) -> Iterator[None]:
    begun = time.monotonic()
    try:
        yield
    finally:
        seconds[step] = time.monotonic() - begun
