"""What the pages of latency and sizing make of what was measured."""

from __future__ import annotations

import doctest
from datetime import date
from itertools import chain

import pytest

from benchmarks import latency_page, scale, sizing, sizing_limits, sizing_page
from benchmarks.latency_page import Measured
from benchmarks.machine import Machine
from benchmarks.probes import METRICS, STATE, TOPIC, Seen
from benchmarks.scale import BASE, LOADS, ROUNDS, calls, row_by_row
from benchmarks.sizing import LOADS_RETENTION_DAYS, MOST_PARTITIONS, Scaled, Taken, days, need
from benchmarks.sizing_limits import limits

MACHINE = Machine("a processor", 2, 2**33, "Linux x86_64", "CPython 3.11.7", "4.1.1", (), 0.2)
ON = date(2026, 1, 31)


@pytest.mark.parametrize("module", [latency_page, sizing, sizing_limits, sizing_page, scale])
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
        "| 200 records/s | 200 | 50 / 95 / 99 (100) | 500 / 500 / 500 (1) | 600 / 600 / 600 (1) | 12.3% |"
        in text.splitlines()
    )


def test_each_table_of_loads_differs_from_the_base_in_one_thing_or_in_reps_with_their_records():
    for name, loads in LOADS.items():
        assert BASE in loads
        varied = {"company": ["reps", "records"], "day": ["a_day"]}.get(name, [name])
        for load in loads:
            assert [field for field in BASE._fields if getattr(load, field) != getattr(BASE, field)] in ([], varied)
            assert name != "company" or load.records / load.reps == BASE.records / BASE.reps


def test_memory_and_arithmetic_follow_from_the_rows():
    rows = {name: [scaled(load) for load in loads] for name, loads in LOADS.items()}
    text = sizing_page.page(rows, {}, MACHINE, ON)
    assert "| a worker without records | 100 MB |" in text
    assert "| 500 bytes |" in text
    assert "| 20.0 KB |" in text
    assert "One more day with records takes 0 bytes" in text, "all of these take the same"
    assert "| records held | 800 days of retention | 2.19 billion |" in text
    assert "| memory of the records | 500 bytes each | 1,096 GB |" in text
    assert "| memory of the reps | 20.0 KB each | 2.0 GB |" in text
    assert "| 32 GB each, less what an empty one takes | 33 |" in text


def test_without_rows_to_reckon_with_the_page_says_so():
    text = sizing_page.page({"workers": [scaled(BASE)]}, {}, MACHINE, ON)
    assert text.count("It takes rows of reps and of records to tell.") == 2


def test_the_page_says_what_was_asked_and_what_was_found():
    rows = {name: [scaled(load) for load in loads] for name, loads in LOADS.items()}
    rows["reps"][-1] = rows["reps"][-1]._replace(cpu_us=25.0)
    rows["workers"][1] = rows["workers"][1]._replace(rate=66_000.0, cpu_us=22.0)
    lines = sizing_page.page(rows, {}, MACHINE, ON).splitlines()
    told = lines[lines.index("| asked | limit | found | met |") + 2 :][:8]
    flat = "dearest by cheapest | at most 1.20"
    records = "1,000 reps with 1,000,000 records to 1,000 reps with 100,000"
    shared = "100 reps with 1,000,000 records to 10,000 reps with 1,000,000"
    company = "1,000 reps with 1,000,000 records to 100 reps with 100,000"
    assert told == [
        f"| CPU a record, more records: {flat} | 1.00: 20.0 to 20.0 µs; {records} | yes |",
        f"| CPU a record, more reps: {flat} | 1.25: 20.0 to 25.0 µs; {shared} | **no** |",
        f"| CPU a record, more reps and their records: {flat} | 1.00: 20.0 to 20.0 µs; {company} | yes |",
        "| records a second, two workers by one | at least 1.30 | 1.32: 66,000 by 50,000 | yes |",
        "| CPU a record, two workers by one | at most 1.10 | 1.10: 22.0 by 20.0 µs | yes |",
        "| memory a live record | at most 1,000 bytes | 500 bytes | yes |",
        "| memory a rep | at most 100 KB | 20.0 KB | yes |",
        (
            "| memory of all, by both limits: dearest load | at most 1.00 | 0.50: 502.0 of 1,010.0 MB; "
            "100 reps with 1,000,000 records, 10 a day | yes |"
        ),
    ]


def test_each_limit_is_told_apart_from_what_exceeds_it():
    rows = {name: [scaled(load) for load in loads] for name, loads in LOADS.items()}
    assert all(limit.met for limit in limits(rows) if limit.what != "records a second, two workers by one")
    for name in ("records", "reps", "company"):
        rows[name] = [row._replace(cpu_us=20.0 + place * 2.1) for place, row in enumerate(rows[name])]
    rows["workers"][1] = rows["workers"][1]._replace(rate=64_000.0, cpu_us=22.1)
    rows["records"][-1] = rows["records"][-1]._replace(full_bytes=rows["records"][-2].full_bytes + 9_001_000_000)
    rows["reps"][-1] = rows["reps"][-1]._replace(full_bytes=rows["reps"][0].full_bytes + 991_000_000)
    day = rows["day"][0]
    rows["day"][0] = day._replace(full_bytes=day.empty_bytes + 1_100_000_001)
    assert [limit.what for limit in limits(rows) if limit.met] == []


def test_what_was_not_measured_is_neither_met_nor_missed():
    told = [limit.cells() for limit in limits({"workers": [scaled(BASE)], "records": [], "reps": [scaled(BASE)]})]
    *differences, all_memory = told
    assert len(differences) == 7
    assert all(cells[2:] == ("not measured", "") for cells in differences)
    assert all_memory[3] == "yes", "which takes one load"
    assert limits({})[-1].cells()[2:] == ("not measured", "")


def test_a_load_that_fails_takes_no_other_row_with_it():
    measured = []

    def measure(load, number):
        measured.append((load, number))
        if load.workers == 2:
            raise RuntimeError("the workers never reached all records: and this was in their logs")
        return scaled(load)._replace(cpu_us=20.0 - number)

    tables = {"workers": LOADS["workers"], "reps": LOADS["reps"]}
    steps = [(sizing_page.page(rows, failures, MACHINE, ON), rows) for rows, failures in row_by_row(tables, measure)]
    assert [number for _, number in measured] == [0] * 5 + [round_ for round_ in range(1, ROUNDS) for _ in range(4)], (
        "what failed is not tried again"
    )
    assert len(steps) == len(measured) == len({*measured})
    assert f"| {BASE.workers} | 1,000 | 8 | 10 | 1,000,000 | 50,000 | 20.0 |" in steps[0][0]
    text, rows = steps[-1]
    assert [row.load.workers for row in rows["workers"]] == [1, 4]
    assert [row.load.reps for row in rows["reps"]] == [100, 1_000, 10_000]
    assert (
        f"| {BASE.workers} | 1,000 | 8 | 10 | 1,000,000 | 50,000 | {21.0 - ROUNDS} (median 18.0, most 20.0) |" in text
    )
    assert "Each load is measured once." in steps[0][0]
    assert f"Each load is measured {ROUNDS} times by turns" in text
    assert (
        "1,000,000 records of 1,000 reps, 10 a day, 8 partitions, 2 workers could not be measured: the workers never reached all"
        in text
    )
    assert "logs" not in text


def test_every_load_is_measured_in_each_round_and_held_against_others_of_the_same():
    costs = {100_000: (6.0, 10.5, 6.2), 1_000_000: (4.0, 10.0, 6.0), 10_000_000: (6.0, 11.0, 6.6)}

    measured = []

    def measure(load, number):
        measured.append((load.records, number))
        return scaled(load)._replace(cpu_us=costs[load.records][number])

    *_, (rows, _) = row_by_row({"records": LOADS["records"]}, measure, rounds=3)
    assert measured == [(records, number) for number in range(3) for records in costs], "by turns"
    assert [row.costs for row in rows["records"]] == [*costs.values()]
    by_records = limits(rows)[0]
    loads = "1,000 reps with 1,000,000 records to 1,000 reps with 10,000,000"
    assert by_records.found == f"1.10 (1.10 to 1.50): 6.0 to 6.6 µs; {loads}"
    assert by_records.cells()[3] == "yes, kept in 2 of 3 rounds"
    assert [row.cpu_us for row in rows["records"]] == [6.0, 4.0, 6.0], "by one lucky run it would be 1.5"


def test_two_workers_are_held_against_one_round_by_round():
    one = scaled(BASE)._replace(costs=(5.0, 8.0, 6.0), rates=(160_000.0, 100_000.0, 150_000.0))
    two = scaled(BASE._replace(workers=2))._replace(costs=(5.6, 8.8, 6.0), rates=(200_000.0, 140_000.0, 210_000.0))
    gain, overhead = limits({"workers": [one, two]})[3:5]
    assert gain.found == "1.40 (1.25 to 1.40): 200,000 by 150,000"
    assert gain.cells()[3] == "yes, kept in 2 of 3 rounds"
    assert overhead.found == "1.10 (1.00 to 1.12): 6.0 by 6.0 µs"
    assert overhead.cells()[3] == "yes, kept in 2 of 3 rounds"


def test_a_page_without_any_row_says_why():
    text = sizing_page.page({"workers": []}, {BASE: "nothing answered"}, MACHINE, ON)
    assert (
        "1,000,000 records of 1,000 reps, 10 a day, 8 partitions, 1 worker could not be measured: nothing answered."
        in text
    )
    assert "## By workers" not in text


def test_what_costs_most_decides_how_many_workers():
    cheap = Taken(10.0**8, 0.0, 0.0)
    assert need(1, 31_536_000 * 1_000.0, cheap, 1_000.0).workers == 10
    assert need(1, 31_536_000.0, cheap, 1.0).workers == 1
    assert need(1, 10**12, Taken(10.0**8, 0.0, 1_000.0), 1.0).partitions == MOST_PARTITIONS


def test_calls_are_counted_as_the_records_are_made():
    load = BASE._replace(reps=7, records=3 * 7 * 400 + 30, a_day=3)
    of_numbers = [number // (7 * 3) for number in range(load.records)]
    assert calls(load) == sum(401 - day < 364 and number % 5 < 2 for number, day in enumerate(of_numbers))


def test_each_rep_of_each_load_has_as_many_records_a_day_as_it_says():
    for load in chain.from_iterable(LOADS.values()):
        assert days(load) * load.reps * load.a_day == load.records, load
        assert days(load) < LOADS_RETENTION_DAYS, load
