"""A simulated company in the lanes of one worker, and in a line beside: what tests of the board compare."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from random import Random
from typing import NamedTuple

from schemas.currencies import EXPONENTS
from scoring.line import Line
from scoring.organisation import Organisation
from streams.as_of import zone_named
from streams.desk import Desk
from streams.intake import read
from streams.publisher import read_record
from streams.simulator import line, records
from tests.unit.streams.desks import Clock, desk_at
from tests.unit.streams.lane_exchange import Exchange


class Company(NamedTuple):
    """What the lanes know, what a line knows of the same records, and the last day."""

    exchange: Exchange
    desk: Desk
    line: Line
    today: int


@cache
def company(days: int = 150, reps: int = 5) -> Company:
    """All records of a simulated company, taken by the lanes of one worker and by a line; not to be changed."""
    start = date(2025, 3, 3)
    today = start + timedelta(days=days - 1)
    desk = desk_at(Clock(today), partitions=2)
    exchange = Exchange([desk], Random(1))
    beside = Line(Organisation(zone_named("UTC"), "USD", EXPONENTS))
    for record in records(seed=3, days=days, reps=reps, start=start):
        value = line(record)
        deliver(exchange, beside, value)
    exchange.until_quiet()
    return Company(exchange, desk, beside, today.toordinal())


def deliver(exchange: Exchange, beside: Line, value: bytes) -> None:
    """A record to both."""
    topic, _, record_id = read_record(value)
    exchange.deliver(topic, record_id.encode(), value)
    for delivery in read(topic, record_id.encode(), value, 0):
        beside.take(delivery.type, delivery.id, delivery.updated_at, delivery.version, delivery.record)
