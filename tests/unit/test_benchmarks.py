"""The benchmarks' own parts: the same records for all, right answers to compare with, and what the page says."""

from __future__ import annotations

import dataclasses
import doctest
from datetime import date

import pytest

from benchmarks import report, rolling
from benchmarks.bare_loop import Loop
from benchmarks.contestant import Result
from benchmarks.machine import Machine
from benchmarks.meter import Reading
from benchmarks.report import Entry, page
from benchmarks.stock_faust import OWN_TOPICS, Job
from benchmarks.task import Task
from benchmarks.truth import Truth
from benchmarks.upscore_worker import UpscoreWorker
from benchmarks.workload import Workload

MACHINE = Machine("a processor", 2, 2**33, "Linux x86_64", "CPython 3.11.7", "4.1.1", ("pydantic 2",), 0.2)


@pytest.fixture(scope="module")
def workload():
    return Workload.simulated(3_000)


@pytest.fixture(scope="module")
def truth(workload):
    return Truth.of(workload)


@pytest.fixture
def task(truth, tmp_path):
    return Task("127.0.0.1:1", "test", ["t"], 8, 3_000, truth.as_of.toordinal(), truth.memberships, str(tmp_path))


def counted(counts, subject):
    return {name: count for name, count in counts.get(subject, {}).items() if count}


def assert_right(counts, truth):
    assert sum(sum(windows.values()) for windows in truth.counts.values()) > 1_000
    assert {s: counted(counts, s) for s in truth.counts} == {s: counted(truth.counts, s) for s in truth.counts}


def test_doctests_hold():
    assert all(doctest.testmod(module).failed == 0 for module in (report, rolling))


def test_the_workload_is_the_same_every_time():
    start = date(2025, 1, 1)
    assert Workload.simulated(500, start).messages == Workload.simulated(800, start).messages[:500]


def test_a_sample_has_all_versions_of_its_ids_and_all_reps(workload):
    sample = workload.sample(0.3)
    keys = {message.key for message in sample.messages}
    assert sample.messages == tuple(message for message in workload.messages if message.key in keys)
    assert 0.2 < len(sample) / len(workload) < 0.4
    assert set(Truth.of(sample).memberships) == set(Truth.of(workload).memberships)
    assert workload.sample(1.0) == workload


def test_nine_tenths_of_the_records_are_activities_once_the_company_is_set_up():
    assert Workload(Workload.simulated(20_000).messages[10_000:]).activity_share > 0.85


def test_the_bare_loop_counts_what_the_oracle_counts(workload, truth, task):
    loop = Loop(task)
    for message in workload.messages:
        loop.take(message.value)
    panes = ((subject, day, pane) for (subject, day), pane in loop.panes.items())
    assert_right(rolling.rolling(panes, task.as_of), truth)


def test_the_bare_loop_needs_no_order_and_takes_repeats(workload, truth, task):
    loop = Loop(task)
    for message in (*reversed(workload.messages), *workload.messages):
        loop.take(message.value)
    panes = ((subject, day, pane) for (subject, day), pane in loop.panes.items())
    assert_right(rolling.rolling(panes, task.as_of), truth)


def test_the_faust_job_declares_the_topics_that_are_created_for_it(task):
    job = Job(task)
    tables = {table.changelog_topic.get_topic_name() for table in (job.ledger, job.rep_panes, job.team_panes)}
    own = {topic for channel in (job.facts, job.team_facts) for topic in channel.topics}
    assert tables | own == {f"test-{name}" for name in OWN_TOPICS}


def entry(*rates, wrong=()):
    results = [Result(1_000, Reading(1_000 / rate, 0.02, 10**8), 5, wrong) for rate in rates]
    return Entry(UpscoreWorker(), results)


def test_the_page_has_median_spread_and_verdict(workload):
    text = page([entry(100, 300, 200)], entry(100), MACHINE, workload, date(2026, 1, 31))
    row = next(line for line in text.splitlines() if line.startswith("| upscore"))
    assert (
        row
        == "| upscore | 1,000 | 200 (100 to 300) | 20.0 (20.0 to 20.0) | 100 (100 to 100) | 1.0 | yes, all 5 subjects |"
    )
    assert "load before the run 0.2." in text


def test_the_page_says_who_is_wrong_and_when_others_were_busy(workload):
    busy = dataclasses.replace(MACHINE, load=3.0)
    text = page([entry(100, wrong=("rep:a",))], entry(100), busy, workload, date(2026, 1, 31))
    assert "no: 1 of 5 subjects wrong" in text
    assert "pessimistic" in text
