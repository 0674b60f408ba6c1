from __future__ import annotations

import numpy as np
import pytest

from streams.replay.columns import Versions, bucket_of, narrowed, values_by_bucket, widened


@pytest.mark.parametrize(
    ("numbers", "size"),
    [
        ([], 1),
        ([7, 7, 7], 1),
        ([-3, 252], 1),
        ([1_700_000_000_000, 1_700_000_000_256], 2),
        ([0, 2**32 - 1], 4),
        ([0, 2**32], 8),
        ([-(2**62), 0, 2**62], 8),
        ([-(2**63), 2**63 - 1], 8),
    ],
)
def test_numbers_take_as_few_bytes_as_they_differ_by_and_come_back(numbers: list[int], size: int) -> None:
    least, kind, above = narrowed(np.array(numbers, np.int64))
    assert len(above) == size * len(numbers)
    found = widened((least, kind, above))
    assert found.tolist() == numbers
    assert found.dtype == np.int64


@pytest.mark.parametrize("buckets", [1, 3, 70_000])
def test_values_are_dealt_out_with_their_versions_in_the_order_in_which_they_came(buckets: int) -> None:
    keys = [f"deal:{number % 40}" for number in range(100)]
    some = [
        (
            Versions(keys[start : start + 30], *np.arange(start, min(start + 30, 100)) + np.zeros((4, 1), np.int64)),
            values,
        )
        for start in range(0, 100, 30)
        for values in [[b"%d" % number for number in range(start, min(start + 30, 100))]]
    ]
    found = values_by_bucket(some, buckets)
    there = {bucket: rows for bucket, rows in found.items() if rows[1]}
    assert sum(len(values) for _, values in there.values()) == 100
    for bucket, (versions, values) in there.items():
        assert {bucket_of(key, buckets) for key in versions.keys} == {bucket}
        assert [b"%d" % offset for offset in versions.offset.tolist()] == values
        assert [keys[offset] for offset in versions.offset.tolist()] == versions.keys
        assert values == sorted(values, key=int)
