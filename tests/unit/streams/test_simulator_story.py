"""Who slides really slides, who improves really improves, and the others do neither."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from functools import lru_cache
from math import sqrt

import pytest

from streams.simulator import plan, records

START = date(2025, 1, 1)
SEEDS = range(1, 9)
SHAPE = {"days": 280, "reps": 8, "start": START}
TOP_BOX = 4


def tell(record):
    """(kind of fact, whether it is a good one, its day) of a record, or None."""
    if record["type"] == "deal" and record["status"] != "open":
        return "deal", record["status"] == "won", record["closed_at"]
    if record["type"] == "feedback" and record["scale"] in {"csat_5", "stars_5"}:
        return "csat", record["value"] >= TOP_BOX, record["occurred_at"]
    if record["type"] == "activity":
        return "activity", True, record["occurred_at"]
    return None


@lru_cache(maxsize=1)
def counts():
    """By (turn, story of the rep, after the turn, kind of fact): facts and good ones, over all seeds."""
    n, good = Counter(), Counter()
    for seed in SEEDS:
        company = plan(seed=seed, **SHAPE)
        newest = {(record["type"], record["id"]): record for record in records(seed=seed, **SHAPE)}
        away = {rep.id for rep in (*company.leaves, *company.hires)}
        stories = {rep.id: rep.story for rep in company.reps if rep.id not in away}
        for record in newest.values():
            told = None if record.get("deleted") else tell(record)
            if told is None or record["rep_id"] not in stories:
                continue
            kind, is_good, when = told
            story = stories[record["rep_id"]]
            for part, turning in (("slides", company.slides), ("improves", company.improves)):
                if story not in {part, "steady"}:
                    continue
                passed = datetime.fromisoformat(when).date() - turning.turns_on
                if not timedelta(0) <= passed < turning.settles_on - turning.turns_on:
                    key = part, story, passed >= timedelta(0), kind
                    n[key] += 1
                    good[key] += is_good
    return n, good


def change(part, story, kind):
    """The change of the share of good facts at the turn, and its standard error."""
    n, good = counts()
    keys = [(part, story, after, kind) for after in (False, True)]
    before, after = (good[key] / n[key] for key in keys)
    error = sqrt(sum(good[key] / n[key] * (1 - good[key] / n[key]) / n[key] for key in keys))
    return after - before, error


def z_against_the_others(part, kind):
    """How many standard errors the change of the one in the story lies from that of the steady reps."""
    own, own_error = change(part, part, kind)
    others, others_error = change(part, "steady", kind)
    return (own - others) / sqrt(own_error**2 + others_error**2)


@pytest.mark.parametrize("kind", ["deal", "csat"])
def test_the_sliding_reps_wins_and_satisfaction_fall(kind):
    assert change("slides", "slides", kind)[0] < -0.2
    assert z_against_the_others("slides", kind) < -4


@pytest.mark.parametrize("kind", ["deal", "csat"])
def test_the_improving_reps_wins_and_satisfaction_rise(kind):
    assert change("improves", "improves", kind)[0] > 0.1
    assert z_against_the_others("improves", kind) > 3


def test_the_sliding_reps_activity_falls():
    n, _ = counts()
    ratio = {
        who: n["slides", who, True, "activity"] / n["slides", who, False, "activity"] for who in ("slides", "steady")
    }
    assert ratio["slides"] < 0.75 * ratio["steady"]


@pytest.mark.parametrize("part", ["slides", "improves"])
@pytest.mark.parametrize("kind", ["deal", "csat"])
def test_the_others_stay_about_the_same(part, kind):
    assert abs(change(part, "steady", kind)[0]) < 0.08


def test_parts_are_given_as_far_as_there_are_reps():
    for reps in range(1, 60):
        company = plan(seed=reps, days=200, reps=reps, start=START)
        assert len(company.reps) == reps
        given = [
            bool(part) for part in (company.slides, company.improves, company.moves, company.leaves, company.hires)
        ]
        assert given == [reps >= least for least in (2, 3, 4, 6, 8)]
        parts = [company.slides, company.improves, company.moves, *company.leaves, *company.hires]
        ids = [rep.id for rep in parts if rep is not None]
        assert len(set(ids)) == len(ids)


def test_the_plan_dates_the_turns():
    company = plan(seed=3, **SHAPE)
    shares = [(rep.turns_on - START).days / SHAPE["days"] for rep in (company.slides, company.improves)]
    assert shares == pytest.approx([2 / 3, 1 / 3], abs=0.01)
    assert all(START < rep.hired_on < START + timedelta(days=SHAPE["days"]) for rep in company.hires)
    assert all(START < rep.left_on < START + timedelta(days=SHAPE["days"]) for rep in company.leaves)


def test_people_do_not_depend_on_the_length_of_the_run():
    short, long = (plan(seed=3, days=days, reps=20, start=START) for days in (100, 300))
    assert [(r.name, r.team, r.win, r.story) for r in short.reps] == [
        (r.name, r.team, r.win, r.story) for r in long.reps
    ]


def test_both_who_change_are_coached():
    company = plan(seed=3, **SHAPE)
    coached = [r for r in records(seed=3, **SHAPE) if r["type"] == "intervention" and r["kind"] == "coaching"]
    assert {record["subject_id"] for record in coached} == {company.slides.id, company.improves.id}
    assert all(record["updated_at"][:10] >= company.improves.turns_on.isoformat() for record in coached)
