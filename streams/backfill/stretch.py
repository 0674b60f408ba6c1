"""Stretch: which days a backfill may write - those that are over, kept, out of the head, and before any that workers exported."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final, NamedTuple

from streams.backfill.prometheus import About, Prometheus
from streams.errors import SettingsError, UpscoreError
from streams.replay.openmetrics import NAMES

HISTORY: Final = '{__name__=~"' + "|".join(NAMES) + '",instance="",job=""}'
"""The series that backfills write: they were scraped of nobody."""
LIVE: Final = '{__name__=~"' + "|".join(NAMES) + '",instance!=""}'
"""Those of workers."""

_HOUR: Final = 3_600


class Stretch(NamedTuple):
    """Local days, both included, and their moments in milliseconds since 1970, the end not included."""

    first: int
    last: int
    start_ms: int
    end_ms: int

    @property
    def days(self) -> range:
        """The days, as ordinals."""
        return range(self.first, self.last + 1)

    def __str__(self) -> str:
        """Tell it to people."""
        return f"{iso(self.first)} to {iso(self.last)}"


def stretch_of(
    prometheus: Prometheus,
    about: About,
    newest_block_ms: int,
    first: date,
    last: date | None,
    zone: tzinfo,
    step_seconds: int,
    now_ms: int,
) -> Stretch:
    """The days to write: as asked for, without `last` up to the last day that can be written.

    Args:
        prometheus: asked where live series begin.
        about: what it says of itself.
        newest_block_ms: where the last of its blocks ends; a started Prometheus says that its head begins there.
        first: the first day.
        last: the last one; None for the last possible.
        zone: the organisation's time zone: a day is a local one.
        step_seconds: between samples; a day's last one is so long before its end.
        now_ms: the wall clock.

    Raises:
        SettingsError: `last` is before `first`.
        UpscoreError: a part of it is not kept, not over, in the head block, or told by workers already.
    """
    start_ms = midnight_ms(first, zone)
    if about.keeps_ms is not None and start_ms < now_ms - about.keeps_ms:
        oldest = local_day(now_ms - about.keeps_ms, zone) + timedelta(days=1)
        raise UpscoreError(
            f"Prometheus keeps samples for {about.keeps_ms / 86_400_000:g} days, so history from {first} would go at once: "
            f"expected --from {oldest} or later, or start it with a longer --storage.tsdb.retention.time"
        )
    limits = [(now_ms, "that day is not over")]
    if about.head_ms is not None:
        head_ms = max(about.head_ms, newest_block_ms)
        why = f"Prometheus still writes what lies after {moment(head_ms)} (its head block)"
        limits.append((head_ms + 1000 * step_seconds - 1, why))
    live_ms = _live_from(prometheus, start_ms, now_ms)
    if live_ms is not None:
        limits.append((live_ms, f"workers have exported their own scores from {moment(live_ms)} on"))
    limit_ms, why = min(limits)
    possible = local_day(limit_ms, zone) - timedelta(days=1)
    chosen = possible if last is None else last
    if last is not None and last < first:
        raise SettingsError(f"the days asked for are {first} to {last}; expected --from not after --until")
    if chosen > possible or possible < first:
        if possible < first:
            raise UpscoreError(f"no day from {first} on can be filled: {why}; expected --from {possible} or earlier")
        raise UpscoreError(f"history until {chosen} cannot be filled: {why}; expected --until {possible} or earlier")
    end_ms = midnight_ms(chosen + timedelta(days=1), zone)
    return Stretch(first.toordinal(), chosen.toordinal(), start_ms, end_ms)


def _live_from(prometheus: Prometheus, start_ms: int, now_ms: int) -> int | None:
    """From when on there are live samples after `start_ms`, to the hour before; None without any."""
    start_s, now_s = start_ms // 1000, now_ms // 1000
    if not prometheus.count_series(LIVE, start_s, now_s):
        return None
    points = prometheus.points(f"count(last_over_time({LIVE}[{_HOUR}s]))", start_s + _HOUR, now_s + _HOUR, _HOUR)
    return None if not points else max(start_ms, int(min(point.at for point in points) - _HOUR) * 1000)


def midnight_ms(day: date, zone: tzinfo) -> int:
    """When a local day begins, in milliseconds since 1970."""
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()) * 1000


def local_day(at_ms: int, zone: tzinfo) -> date:
    """The local date of a moment."""
    return datetime.fromtimestamp(at_ms / 1000, zone).date()


def moment(at_ms: int) -> str:
    """A moment for people, in UTC.

    >>> moment(1_700_000_000_000)
    '2023-11-14T22:13:20Z'
    """
    return datetime.fromtimestamp(at_ms // 1000, UTC).isoformat().replace("+00:00", "Z")


def iso(day: int) -> str:
    """A day as the contract writes it."""
    return date.fromordinal(day).isoformat()
