"""As of: the date at which windows end, and the time zone and the moment that go with it."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo


class AsOf:
    """The date at which windows end: today, or with the `events` clock the newest business date that came in."""

    def __init__(self, clock: str, zone: tzinfo, now: Callable[[], float] = time.time) -> None:
        """Read `now` (seconds since 1970) for today; `newest` is set as it becomes known."""
        self._clock = clock
        self._zone = zone
        self._now = now
        self.newest: int | None = None

    def today(self) -> int:
        """The local date by the wall clock."""
        return datetime.fromtimestamp(self._now(), self._zone).toordinal()

    def day(self) -> int:
        """The `as_of` of every score now. Without any business date yet: today."""
        today = self.today()
        return today if self._clock == "wall" or self.newest is None else min(self.newest, today)


def known_at() -> str:
    """Now, as scores state up to when records were taken in."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def zone_named(name: str) -> tzinfo:
    """The time zone of a setting; UTC as the very object that moments in UTC have, so that these need no conversion."""
    return UTC if name == "UTC" else ZoneInfo(name)
