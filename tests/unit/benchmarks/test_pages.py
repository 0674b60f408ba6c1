"""What the pages of latency and sizing make of what was measured."""

from __future__ import annotations

import doctest
from datetime import date

import pytest

from benchmarks import latency_page, scale, sizing, sizing_page
from benchmarks.latency_page import Measured
from benchmarks.machine import Machine
from benchmarks.probes import METRICS, STATE, TOPIC, Seen
from benchmarks.scale import BASE, LOADS, calls
from benchmarks.sizing import MOST_PARTITIONS, Scaled, Taken, need

MACHINE = Machine("a processor", 2, 2**33, "Linux x86_64", "CPython 3.11.7", "4.1.1", (), 0.2)
ON = date(2026, 1, 31)


@pytest.mark.parametrize("module", [latency_page, sizing, scale])
def test_doctests_hold(module):
    found = doctest.testmod(module)
    assert found.attempted > 0 == found.failed


def scaled(load):
    """100 MB a worker, 20 KB a rep, 500 bytes a record."""
    empty = 100_000_000 * load.workers
    return Scaled(load, 50_000.0, 20.0, empty, empty + 20_000 * load.reps + 500 * load.records)


def test_latencies_are_told_by_percentile_and_where_they_were_seen():
    seen = [Seen(STATE, n / 1000) for n in range(100, 0, -1)] + [Seen(TOPIC, 0.5), Seen(METRICS, 0.6)]
    text = latency_page.page([Measured("200 records/s", 199.6, 0.123, seen)], MACHINE, ON)
    assert (
        "| 200 records/s | 200 | 50 / 95 / 99 (100) | 500 / 500 / 500 (1) | 600 / 600 / 600 (1) | 12% |"
        in text.splitlines()
    )


def test_each_table_of_loads_differs_from_the_base_in_one_thing():
    for name, loads in LOADS.items():
        assert BASE in loads
        for load in loads:
            assert [field for field in BASE._fields if getattr(load, field) != getattr(BASE, field)] in ([], [name])


def test_memory_and_arithmetic_follow_from_the_rows():
    rows = {name: [scaled(load) for load in loads] for name, loads in LOADS.items()}
    text = sizing_page.page(rows, MACHINE, ON)
    assert "| a worker without records | 100 MB |" in text
    assert "| 500 bytes |" in text
    assert "| 20.0 KB |" in text
    assert "| records held | 800 days of retention | 2.19 billion |" in text
    assert "| memory of the records | 500 bytes each | 1,096 GB |" in text
    assert "| memory of the reps | 20.0 KB each | 2.0 GB |" in text
    assert "| 32 GB each, less what an empty one takes | 33 |" in text


def test_without_rows_to_reckon_with_the_page_says_so():
    text = sizing_page.page({"workers": [scaled(BASE)]}, MACHINE, ON)
    assert text.count("It takes rows of reps and of records to tell.") == 2


def test_what_costs_most_decides_how_many_workers():
    cheap = Taken(10.0**8, 0.0, 0.0)
    assert need(1, 31_536_000 * 1_000.0, cheap, 1_000.0).workers == 10
    assert need(1, 31_536_000.0, cheap, 1.0).workers == 1
    assert need(1, 10**12, Taken(10.0**8, 0.0, 1_000.0), 1.0).partitions == MOST_PARTITIONS


def test_calls_are_counted_as_the_records_are_made():
    load = BASE._replace(reps=7, records=7 * 400 + 30)
    days = [number // 7 % 400 for number in range(load.records)]
    assert calls(load) == sum(day < 364 and number % 5 < 2 for number, day in enumerate(days))
