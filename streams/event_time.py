"""Event time: the newest business date that came in, told as the unix time of its midnight."""

from __future__ import annotations

from datetime import date, datetime

from streams.desk import Desk


def tell_event_time(desk: Desk, day: int | None) -> None:
    """Let a business date (ordinal, not beyond today; None: there is none) count for the event time, which never goes back."""
    if day is not None and day > desk.newest_day_seen:
        desk.newest_day_seen = day
        midnight = datetime.combine(date.fromordinal(day), datetime.min.time(), desk.organisation.zone)
        desk.metrics.show_event_time(midnight.timestamp())
