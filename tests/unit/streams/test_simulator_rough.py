"""The rough delivery: everything a broker and a CRM can do to an order, and the same records in force at the end."""

from __future__ import annotations

from collections import Counter
from datetime import date
from itertools import pairwise

import pytest

from streams.simulator import line, records, roughen

START = date(2025, 1, 1)


def version_of(record):
    return record["updated_at"], record.get("version", 0)


def in_force(stream):
    newest = {}
    for record in stream:
        key = record["type"], record["id"]
        if key not in newest or version_of(record) > version_of(newest[key]):
            newest[key] = record
    return newest


@pytest.fixture(scope="module")
def smooth():
    return list(records(seed=5, days=90, reps=10, start=START))


@pytest.fixture(scope="module")
def rough(smooth):
    return list(roughen(smooth, 5))


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("size", [1, 50, 4_000])
def test_the_newest_versions_are_the_same(smooth, seed, size):
    assert in_force(roughen(smooth[:size], seed)) == in_force(smooth[:size])


def test_every_record_comes_and_some_come_again(smooth, rough):
    once, delivered = Counter(map(line, smooth)), Counter(map(line, rough))
    assert set(once) == set(delivered)
    assert set(once.values()) == {1}
    assert 0.03 * len(smooth) < len(rough) - len(smooth) < 0.07 * len(smooth)


def test_repeats_come_far_apart(rough):
    first, apart = {}, []
    for place, text in enumerate(map(line, rough)):
        if text in first:
            apart.append(place - first[text])
        first.setdefault(text, place)
    assert max(apart) > 5_000
    assert sum(distance > 1_000 for distance in apart) > 0.3 * len(apart)


def test_old_versions_follow_newer_ones(rough):
    newest, old = {}, Counter()
    for record in rough:
        key = record["type"], record["id"]
        old[record["type"]] += version_of(record) < newest.get(key, ("", 0))
        newest[key] = max(newest.get(key, ("", 0)), version_of(record))
    assert min(old["deal"], old["lead"], old["activity"]) > 8


def test_deletions_come_before_what_they_delete(rough):
    seen, first = set(), Counter()
    for record in rough:
        key = record["type"], record["id"]
        first[record["type"]] += bool(record.get("deleted")) and key not in seen
        seen.add(key)
    assert first["activity"] > 10
    assert first.total() > first["activity"]


def test_the_order_is_wrong_within_a_day_and_across_days(rough):
    stamps = [record["updated_at"] for record in rough]
    back = [one[:10] == other[:10] for one, other in pairwise(stamps) if other < one]
    assert back.count(True) > 500
    assert back.count(False) > 500


def test_the_same_seed_gives_the_same_order_and_another_one_another(smooth):
    part = smooth[:3_000]
    assert list(roughen(part, 1)) == list(roughen(part, 1)) != list(roughen(part, 2))


def test_records_are_held_back_by_thousands_not_by_all():
    taken = 0

    def endless():
        nonlocal taken
        for record in records(seed=1, days=20_000, reps=3, start=START):
            taken += 1
            yield record

    stream = roughen(endless(), 1)
    for _ in range(100):
        next(stream)
    assert taken < 3_000
