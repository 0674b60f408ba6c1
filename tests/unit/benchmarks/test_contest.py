"""The benchmarks' own parts: the same records for all, right answers to compare with, and what the page says."""

from __future__ import annotations

import dataclasses
import doctest
import io
from datetime import UTC, date, datetime, timedelta

import pytest
from rich.console import Console

from benchmarks import markdown, report, rolling, spread
from benchmarks import workload as workloads
from benchmarks.bare_loop import Loop
from benchmarks.contest import Contest
from benchmarks.contestant import Failed, Result
from benchmarks.contestants import BARE_LOOP, BY_WORD, FLINK, TWO_WORKERS, UPSCORE
from benchmarks.machine import Machine
from benchmarks.meter import Reading
from benchmarks.report import page
from benchmarks.stock_faust import OWN_TOPICS, Job
from benchmarks.task import Task
from benchmarks.truth import Truth
from benchmarks.workload import Workload

MACHINE = Machine("a processor", 2, 2**33, "Linux x86_64", "CPython 3.11.7", "4.1.1", ("pydantic 2",), 0.2)
TODAY = datetime.now(UTC).date()


@pytest.fixture(scope="module")
def workload():
    return Workload.simulated(3_000)


@pytest.fixture(scope="module")
def truth(workload):
    return Truth.of(workload, TODAY)


@pytest.fixture
def task(truth, tmp_path):
    return Task("127.0.0.1:1", "test", ["t"], 8, 3_000, truth.as_of.toordinal(), truth.memberships, str(tmp_path))


def counted(counts, subject):
    return {name: count for name, count in counts.get(subject, {}).items() if count}


def assert_right(counts, truth):
    assert sum(sum(windows.values()) for windows in truth.counts.values()) > 1_000
    assert {s: counted(counts, s) for s in truth.counts} == {s: counted(truth.counts, s) for s in truth.counts}


def test_doctests_hold():
    assert all(doctest.testmod(module).failed == 0 for module in (markdown, report, rolling, spread, workloads))


def test_the_workload_is_the_same_every_time():
    start = date(2025, 1, 1)
    assert Workload.simulated(500, start).messages == Workload.simulated(800, start).messages[:500]


def test_a_sample_has_all_versions_of_its_ids_and_all_reps(workload, truth):
    sample = workload.sample(0.3)
    keys = {message.key for message in sample.messages}
    assert sample.messages == tuple(message for message in workload.messages if message.key in keys)
    assert 0.2 < len(sample) / len(workload) < 0.4
    assert set(Truth.of(sample, TODAY).memberships) == set(truth.memberships)
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


def test_companies_beside_each_other_are_counted_as_the_bare_loop_counts_them(workload, truth, task):
    beside, expected = workload.beside(3), truth.beside(3)
    loop = Loop(dataclasses.replace(task, memberships=expected.memberships))
    for message in beside:
        loop.take(message.value)
    panes = ((subject, day, pane) for (subject, day), pane in loop.panes.items())
    assert_right(rolling.rolling(panes, task.as_of), expected)
    assert len(beside) == 3 * len(workload)
    assert len(expected.counts) == 3 * len(truth.counts)
    assert expected.company["calls 91d"] == 3 * truth.company["calls 91d"] > 0


class Played:
    """A contestant that has its runs ready."""

    def __init__(self, *runs, part=1.0):
        self.name, self.what, self.part = "a player", "plays", part
        self.runs = list(runs)

    def prepare(self):
        """Nothing to make."""

    def run(self, ground):
        self.ground = ground
        run = self.runs.pop(0)
        if isinstance(run, Exception):
            raise run
        return run


def ran(rate, wrong=(), cpu_us=20.0):
    return Result(1_000, Reading(1_000 / rate, cpu_us / 1000, 10**8), 5, wrong)


@pytest.fixture
def contest(workload):
    return Contest(workload, 1, Console(file=io.StringIO()), today=lambda: TODAY)


def told(contest, machine=MACHINE, missing=None):
    return page([contest], missing or {}, machine, date(2026, 1, 31))


def test_the_page_has_median_spread_and_verdict(contest):
    contest.results = {UPSCORE: [ran(100), ran(300), ran(200)], BARE_LOOP: [ran(1_000, cpu_us=10.0)]}
    row = next(line for line in told(contest).splitlines() if line.startswith("| upscore"))
    assert (
        row
        == "| upscore | 1,000 | 200 (100 to 300) | 20.0 (20.0 to 20.0) | 100 (100 to 100) | 2.0 | yes, all 5 subjects |"
    )
    assert "load before the run 0.2." in told(contest)


def test_the_page_says_who_is_wrong_and_when_others_were_busy(contest):
    contest.results = {UPSCORE: [ran(100, wrong=("rep:a",))]}
    text = told(contest, dataclasses.replace(MACHINE, load=3.0))
    assert "no: 1 of 5 subjects wrong" in text
    assert "pessimistic" in text


def test_the_page_compares_with_the_best_engine_that_is_right(contest):
    contest.results = {
        UPSCORE: [ran(300)],
        TWO_WORKERS: [ran(500, cpu_us=24.0)],
        BARE_LOOP: [ran(1_000, cpu_us=1.0)],
        FLINK: [ran(100, cpu_us=40.0)],
        BY_WORD["quix"]: [ran(900, cpu_us=5.0, wrong=("rep:a",))],
    }
    beside = "times the CPU a record of the cheapest engine that is right (Flink DataStream), at"
    text = told(contest)
    assert f"upscore: 0.50 {beside} 3.00 times" in text
    assert f"upscore, two workers: 0.60 {beside} 5.00 times" in text


def test_the_page_names_who_was_not_run_and_who_did_not_finish(contest, tmp_path):
    player = Played(Failed("it stopped\nlast words"))
    contest.hold(player, 0, "127.0.0.1:1", tmp_path)
    assert not contest.is_right
    text = told(contest, missing={"Flink DataStream": "there is no mvn"})
    assert "**Flink DataStream** was not run: there is no mvn." in text
    assert "**a player** did not finish: last words." in text


def test_a_contestant_with_a_part_gets_a_sample_and_its_own_truth(contest, tmp_path):
    player = Played(ran(100), part=0.3)
    contest.hold(player, 0, "127.0.0.1:1", tmp_path)
    assert contest.is_right
    assert len(player.ground.workload) < 0.5 * len(contest.workload)
    assert player.ground.truth.counts != contest.truth.counts


def test_a_wrong_figure_in_any_run_makes_the_contest_wrong(contest, tmp_path):
    player = Played(ran(100), ran(100, wrong=("rep:a",)))
    contest.hold(player, 0, "127.0.0.1:1", tmp_path)
    assert contest.is_right
    contest.hold(player, 1, "127.0.0.1:1", tmp_path)
    assert not contest.is_right


def test_a_run_during_which_the_day_turns_is_held_again_with_the_truth_of_the_new_day(workload, tmp_path):
    said = io.StringIO()
    days = iter([TODAY, TODAY, *[TODAY + timedelta(days=1)] * 3])
    contest = Contest(workload, 1, Console(file=said), today=lambda: next(days))
    player = Played(ran(100, wrong=("rep:a",)), ran(200))
    contest.hold(player, 0, "127.0.0.1:1", tmp_path)
    assert contest.results[player] == [ran(200)]
    assert player.ground.truth.as_of == TODAY + timedelta(days=1)
    assert player.ground.truth.scores != contest.truth.scores
    assert "the day turned meanwhile" in said.getvalue()
    assert len(list(tmp_path.iterdir())) == 2
