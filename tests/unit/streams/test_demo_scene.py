"""What a demo plays: the simulated CRM, day by day."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest

from streams.demo.scene import simulated
from streams.publisher import read_record
from streams.simulator import line, records

TODAY = date(2026, 3, 1)


@pytest.mark.parametrize("today", [TODAY, TODAY + timedelta(days=1)])  # Saturday was the last day, then Sunday
def test_every_day_up_to_yesterday_comes_once_and_in_order(today: date) -> None:
    scene = simulated(days=45, reps=1, seed=1, history=None, today=today)
    days = [day.date for day in scene.days]
    assert (scene.first, scene.last) == (days[0], days[-1]) == (today - timedelta(days=45), today - timedelta(days=1))
    assert {later - earlier for earlier, later in pairwise(days)} == {timedelta(days=1)}
    assert scene.live_from == scene.first + timedelta(days=15)


def test_the_records_are_those_of_the_simulated_crm_each_for_its_own_topic() -> None:
    scene = simulated(days=30, reps=4, seed=7, history=None, today=TODAY)
    sent = [record for day in scene.days for record in day.records]
    expected = [line(record).rstrip() for record in records(seed=7, days=30, reps=4, start=scene.first)]
    assert [record.value for record in sent] == expected
    for record in sent:
        topic, _, record_id = read_record(record.value)
        assert (record.topic, record.id) == (topic, record_id)


def test_people_and_teams_have_names_and_the_story_is_told() -> None:
    scene = simulated(days=90, reps=12, seed=1, history=None, today=TODAY)
    assert scene.watched == {
        "rep:r-3": "r-3 slides from 2026-01-30 on",
        "rep:r-6": "r-6 improves from 2025-12-31 on",
    }
    assert scene.turns == {"rep:r-3": date(2026, 1, 30), "rep:r-6": date(2025, 12, 31)}
    assert set(scene.watched) < set(scene.names)
    assert scene.names["team:t-1"] == "EMEA 1"


def test_one_rep_alone_has_no_story() -> None:
    assert simulated(days=5, reps=1, seed=1, history=None, today=TODAY).watched == {}


def test_what_is_out_of_range_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="reps 100001"):
        simulated(days=5, reps=100_001, seed=1, history=None, today=TODAY)
