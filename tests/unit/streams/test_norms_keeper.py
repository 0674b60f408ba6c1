"""When norms are worked out, and what waits for them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any

from scoring.evidence import Evidence
from scoring.facts import COMPANY
from scoring.norms import Norms
from scoring.weekly import WeekRow, shared_weeks
from streams.backlog import BACKLOG_RECORDS
from streams.codec import encode_week_row
from streams.desk import Desk
from streams.norms_keeper import NormsKeeper
from streams.partition_state import PartitionState
from streams.publications import Publications
from streams.rests import AT_ONCE
from streams.week_book import row_key
from tests.functional.brokers import wait_for
from tests.unit.streams.desks import desk_at


class Company:
    """The worker that owns the company, and its keeper."""

    def __init__(self) -> None:
        self.desk: Desk = desk_at(partitions=1)
        self.looks = 0
        self.offered: list[Norms] = []
        self.keeper = NormsKeeper(self.desk, self._take, self._owns)

    def _take(self, norms: Norms) -> bool:
        self.offered.append(norms)
        return True

    def _owns(self) -> bool:
        self.looks += 1
        return True

    async def looked(self, times: int = 3) -> None:
        """Wait until the keeper has looked so many times more."""
        until = self.looks + times
        await wait_for(lambda: self.looks >= until, "the keeper to look")

    def backlog(self, records: int) -> None:
        self.desk.backlog.waits(0, records, frames=False)


def run(play: Callable[[Company], Awaitable[None]]) -> None:
    async def whole() -> None:
        company = Company()
        task = asyncio.create_task(company.keeper.run())
        try:
            await play(company)
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    asyncio.run(whole())


def test_behind_a_backlog_norms_are_worked_out_once_week_rows_are_there() -> None:
    async def play(company: Company) -> None:
        desk = company.desk
        company.backlog(BACKLOG_RECORDS + 1)
        await company.looked()
        assert desk.norms_due
        assert desk.norms_made is None
        desk.backlog.weeks_are_due(0, due=True)
        await long_enough(company)
        company.backlog(0)
        await company.looked()
        assert desk.norms_due
        assert desk.norms_made is None, "a lane has rows to compare"
        desk.backlog.passed_on(0, {(desk.names.weeks, 0): 4}, {})
        desk.backlog.weeks_are_due(0, due=False)
        await company.looked()
        assert desk.norms_made is None, "rows were sent and not yet read"
        desk.backlog.has_read((desk.names.weeks, 0), 5)
        await wait_for(lambda: desk.norms_made is not None and not desk.norms_due, "norms")

    run(play)


def test_norms_rest_by_what_they_and_all_scores_took_but_for_a_day_that_waits() -> None:
    async def play(company: Company) -> None:
        desk = company.desk
        await wait_for(lambda: desk.norms_made is not None, "the first norms")
        desk.improvement.costs[3] = 100.0
        a_week_row(desk)
        made = desk.norms_made
        await company.looked(6)
        assert desk.norms_made is made, "everybody would be scored again"
        desk.norms_awaited = True
        await wait_for(lambda: desk.norms_made is not made, "norms that a day waits for")

    run(play)


def test_behind_a_backlog_that_others_shared_a_few_norms_do_not_rest() -> None:
    async def play(company: Company) -> None:
        desk = company.desk
        await wait_for(lambda: desk.norms_made is not None, "the first norms")
        desk.improvement.costs[3] = 100.0
        for records in (BACKLOG_RECORDS + 1, 0):
            company.backlog(records)
        for _ in range(AT_ONCE - 1):
            await others_follow_a_week_row(desk)
        a_week_row(desk)
        made = desk.norms_made
        await company.looked(6)
        assert desk.norms_made is made, "they would go on like this"

    run(play)


def test_cheap_norms_hardly_rest() -> None:
    async def play(company: Company) -> None:
        desk = company.desk
        await wait_for(lambda: desk.norms_made is not None, "the first norms")
        for _ in range(AT_ONCE):
            await others_follow_a_week_row(desk)

    run(play)


async def others_follow_a_week_row(desk: Desk) -> None:
    """What another worker tells makes other norms."""
    made = desk.norms_made
    a_week_row(desk)
    await wait_for(lambda: desk.norms_made is not made, "other norms")


def a_week_row(desk: Desk) -> None:
    """One comes in."""
    [*_, last] = shared_weeks(desk.as_of.day())
    desk.weeks.put(row_key(COMPANY, last), encode_week_row(WeekRow({"calls": Evidence(total=1.0)}, {})))


def test_norms_that_are_no_others_keep_nobody_waiting() -> None:
    async def play(company: Company) -> None:
        desk = company.desk
        await wait_for(lambda: desk.norms_made is not None, "the first norms")
        made = desk.norms_made
        company.backlog(BACKLOG_RECORDS + 1)
        await long_enough(company)
        company.backlog(0)
        await wait_for(lambda: not desk.norms_due, "norms to be as they were")
        assert desk.norms_made is made

    run(play)


async def long_enough(company: Company) -> None:
    """A backlog is waited for as long as it lasted."""
    await company.looked(12)


def publications(desk: Desk) -> tuple[Publications, PartitionState]:
    def ask(*_: Any) -> Coroutine[Any, Any, None]:
        raise AssertionError

    return Publications(0, desk, ask), PartitionState(0, desk)  # type: ignore[arg-type]


def test_behind_a_backlog_scores_wait_for_norms_that_are_about_to_come_and_without_one_for_nothing() -> None:
    desk = desk_at(partitions=1)
    of, state = publications(desk)
    of.scores.recovered()
    desk.norms_due = True
    assert of.pauses(state)[0] == 0
    company = desk.backlog
    company.waits(0, BACKLOG_RECORDS + 1, frames=False)
    company._began_at = 0.0  # long ago
    company.waits(0, 0, frames=False)
    assert of.pauses(state)[0] > 0  # type: ignore[operator]
    desk.norms_due = False
    assert of.pauses(state)[0] == 0
