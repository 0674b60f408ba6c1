"""What the lanes of a worker share: names on the broker, and the date of every score."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from schemas.topics import INPUTS
from streams.as_of import AsOf, known_at
from streams.settings import Settings
from streams.topic_names import TopicNames
from tests.unit.streams.desks import Clock, desk_at


def at(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def test_inputs_and_outputs_take_the_prefix_and_internal_topics_the_application() -> None:
    names = TopicNames.of(Settings(app="north", topic_prefix="eu."))
    assert names.inputs == {"eu." + spec.name: spec.name for spec in INPUTS}
    assert (names.scores, names.dead_letters) == ("eu.upscore.scores.v1", "eu.upscore.dead-letters.v1")
    internal = (names.forwarded, names.facts, names.pane_changes, names.reference, names.clock, names.state)
    assert all(name.startswith("north-") for name in internal)
    assert len(set(internal)) == len(internal)


@pytest.mark.parametrize(
    ("zone", "moment", "expected"),
    [
        ("UTC", "2026-03-31T23:59:59+00:00", date(2026, 3, 31)),
        ("Europe/Berlin", "2026-03-31T22:00:00+00:00", date(2026, 4, 1)),
        ("America/New_York", "2026-04-01T03:59:00+00:00", date(2026, 3, 31)),
        ("Pacific/Kiritimati", "2026-03-31T10:00:00+00:00", date(2026, 4, 1)),
    ],
)
def test_today_is_the_organisations_date(zone: str, moment: str, expected: date) -> None:
    assert AsOf("wall", ZoneInfo(zone), lambda: at(moment)).today() == expected.toordinal()


def test_the_wall_clock_does_not_care_what_came_in() -> None:
    as_of = AsOf("wall", ZoneInfo("UTC"), Clock(date(2026, 1, 15)))
    as_of.newest = 5
    assert as_of.day() == date(2026, 1, 15).toordinal()


def test_the_events_clock_is_the_newest_date_that_came_in_but_never_after_today() -> None:
    clock = Clock(date(2026, 1, 15))
    as_of = AsOf("events", ZoneInfo("UTC"), clock)
    assert as_of.day() == as_of.today()
    as_of.newest = date(2025, 6, 1).toordinal()
    assert as_of.day() == date(2025, 6, 1).toordinal()
    as_of.newest = date(2026, 1, 16).toordinal()
    assert as_of.day() == date(2026, 1, 15).toordinal()
    clock.today = date(2026, 1, 17)
    assert as_of.day() == date(2026, 1, 16).toordinal()


def test_a_desk_is_made_of_its_settings() -> None:
    desk = desk_at(time_zone="Asia/Tokyo", base_currency="JPY", partitions=3, partitioner="crc32")
    assert desk.organisation.base_currency == "JPY"
    assert desk.organisation.day(datetime(2026, 1, 1, 15, tzinfo=UTC)) == date(2026, 1, 2).toordinal()
    assert desk.reference.organisation is desk.organisation
    assert {desk.homes.of_subject(f"rep:{number}") for number in range(50)} == {0, 1, 2}


def test_known_at_is_an_rfc_3339_time_in_utc() -> None:
    assert known_at().endswith("Z")
    assert abs(datetime.fromisoformat(known_at()).timestamp() - datetime.now(UTC).timestamp()) < 5
