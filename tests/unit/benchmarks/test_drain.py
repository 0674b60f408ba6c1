"""What a drain is measured by: stages fed from memory, and clocks around the parts of a worker."""

from __future__ import annotations

import asyncio
import gc
import time
from datetime import UTC, date, datetime

import pytest

from benchmarks.clocked_worker import LANES, LOOP, PARTS, SCORES, SUMS, Clocks, _awaited, _stepwise
from benchmarks.contestant import Result
from benchmarks.drain_page import Part, page
from benchmarks.machine import Machine
from benchmarks.meter import Reading
from benchmarks.taking import measured
from benchmarks.truth import Truth, counts_of
from benchmarks.workload import Workload
from streams.publication import Publication

MACHINE = Machine("a processor", 2, 2**33, "Linux x86_64", "CPython 3.11.7", "4.1.1", (), 0.2)


def busy(seconds: float) -> None:
    """Take CPU for so long."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


class Work:
    """Work in steps, awaited or not, with another part within it."""

    def inner(self):
        busy(0.02)
        yield
        busy(0.02)

    async def outer(self):
        busy(0.03)
        for _ in self.inner():
            await asyncio.sleep(0)
        return "done"


@pytest.fixture
def clocks():
    return Clocks()


@pytest.fixture
def usual_collector():
    """Puts back what a measurement changes of the garbage collector."""
    thresholds = gc.get_threshold()
    yield
    gc.set_threshold(*thresholds)
    gc.unfreeze()


@pytest.mark.usefixtures("usual_collector")
def test_stages_fed_from_memory_count_what_the_oracle_counts():
    workload = Workload.simulated(3_000)
    truth, lanes = Truth.of(workload, datetime.now(UTC).date()), measured(workload)
    desk = lanes.desk
    homes = {subject: desk.homes.of_subject(subject) for subject in (*truth.counts, "company:company")}
    found = {subject: Publication(home, desk).score_now(lanes.states[home], subject) for subject, home in homes.items()}
    expected = truth.counts | {"company:company": truth.company}
    assert sum(truth.company.values()) > 1_000
    assert {subject: counts_of(score) for subject, score in found.items() if score} == {
        subject: counts for subject, counts in expected.items() if any(counts.values()) or found[subject]
    }


def test_a_part_within_another_counts_for_itself_and_waiting_for_nobody(clocks, monkeypatch):
    monkeypatch.setattr(Work, "inner", Work.inner)
    monkeypatch.setattr(Work, "outer", Work.outer)
    _stepwise(clocks, Work, "inner", lambda _: SCORES)
    _awaited(clocks, Work, "outer", LANES)
    clocks.start()

    async def beside():
        work = asyncio.create_task(Work().outer())
        await asyncio.sleep(0)
        busy(0.05)  # while the work waits
        return await work

    assert asyncio.run(beside()) == "done"
    told = clocks.told()
    assert set(told) == set(PARTS)
    assert 0.04 <= told[SCORES][0] < 0.06
    assert 0.03 <= told[LANES][0] < 0.05
    assert told[LOOP][0] >= 0.05
    assert told[SCORES][1] == told[LANES][1] == 1
    assert told[SUMS] == (0.0, 0)


def test_an_error_and_a_cancellation_go_through_a_clock(clocks, monkeypatch):
    async def failing(_):
        try:
            await asyncio.sleep(60)
        finally:
            busy(0.01)

    monkeypatch.setattr(Work, "outer", failing)
    _awaited(clocks, Work, "outer", LANES)

    async def cancelled():
        work = asyncio.create_task(Work().outer())
        await asyncio.sleep(0)
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work

    asyncio.run(cancelled())
    assert clocks.seconds[LANES] >= 0.01


def test_the_page_adds_the_parts_up():
    runs = [Result(1_000, Reading(1.0, seconds, 10**8), 1, ()) for seconds in (0.03, 0.04, 0.02)]
    text = page([Part("a", 12.34, 7), Part("b", 2.0, 0)], runs, runs[:1], MACHINE, date(2026, 1, 31))
    lines = text.splitlines()
    assert "| a | 12.34 | 7 |" in lines
    assert "| b | 2.00 |  |" in lines
    assert "| **all**, without clocks' own | 14.3 |  |" in lines
    assert "| the process, as `make bench` measures it | 30.0 (20.0 to 40.0) |  |" in lines
    assert "| the bare loop | 30.0 |  |" in lines
