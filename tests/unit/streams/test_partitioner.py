"""Homes of keys: where Java's clients and librdkafka put them, however many are asked for at once."""

from __future__ import annotations

import random
import zlib

import pytest
from aiokafka.partitioner import murmur2 as murmur2_of_one
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.partitioner import PARTITIONERS, Homes, crc32, murmur2

POSITIVE = 0x7FFFFFFF


def expected(keys: list[bytes]) -> list[int]:
    return [murmur2_of_one(key) & POSITIVE for key in keys]


@pytest.mark.parametrize("count", [0, 1, 2, 48, 49, 50, 51, 52, 200])
def test_murmur2_is_javas_for_any_number_of_keys(count: int) -> None:
    rng = random.Random(count)
    keys = [rng.randbytes(rng.randrange(65)) for _ in range(count)]
    assert murmur2(keys).tolist() == expected(keys)


@pytest.mark.parametrize("length", range(65))
def test_murmur2_is_javas_for_keys_of_every_length(length: int) -> None:
    rng = random.Random(length)
    keys = [b"\0" * length, b"\xff" * length, *(rng.randbytes(length) for _ in range(60))]
    assert murmur2(keys).tolist() == expected(keys)


@settings(deadline=None)
@given(st.lists(st.binary(max_size=64), max_size=120))
def test_murmur2_is_javas_for_mixed_lengths(keys: list[bytes]) -> None:
    assert murmur2(keys).tolist() == expected(keys)


@settings(deadline=None)
@given(st.lists(st.binary(max_size=16), min_size=60, max_size=80))
def test_trailing_zeros_are_part_of_a_key(keys: list[bytes]) -> None:
    longer = [key + b"\0" for key in keys]
    assert murmur2(longer).tolist() == expected(longer)


@settings(deadline=None)
@given(st.lists(st.binary(max_size=300), max_size=80))
def test_crc32_is_the_standard_one(keys: list[bytes]) -> None:
    assert crc32(keys).tolist() == [zlib.crc32(key) for key in keys]


@settings(deadline=None)
@given(
    st.sampled_from(sorted(PARTITIONERS)),
    st.integers(1, 256),
    st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=200), min_size=1, max_size=120),
)
def test_one_id_has_the_home_it_has_among_many(partitioner: str, partitions: int, ids: list[str]) -> None:
    together = Homes(partitioner, partitions).of_ids(ids)
    homes = Homes(partitioner, partitions)
    assert together == [homes.of_subject(one) for one in ids] == [homes.of_subject(one) for one in ids]
    others = Homes(partitioner, partitions)
    assert together[::2] == others.of_subjects(ids[::2])
    assert together == others.of_subjects(ids) == others.of_subjects(ids), "some were known, and then all"
    assert set(together) <= set(range(partitions))


def test_both_partitioners_use_every_partition() -> None:
    ids = [f"r-{number}" for number in range(2_000)]
    for partitioner in PARTITIONERS:
        homes = Homes(partitioner, 8).of_ids(ids)
        assert all(150 < homes.count(home) < 350 for home in range(8))
