"""The improvement book gives all lanes one object, and another one not before the last one has rested."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from scoring.evidence import Evidence
from scoring.facts import COMPANY
from scoring.norms import Norms
from scoring.weekly import WeekRow, shared_weeks
from streams.backlog import BACKLOG_RECORDS
from streams.codec import encode_week_row
from streams.desk import Desk
from streams.improvement_book import _MOST_SECONDS, _QUIET_SECONDS, _SHARE_OF_TIME
from streams.norms_book import norms_rows
from streams.outbox import Outbox
from streams.partition_state import PartitionState
from streams.publication import Publication
from streams.rests import AT_ONCE, LONGEST_SECONDS, Rests
from streams.week_book import row_key
from tests.unit.streams.desks import TODAY, desk_at

AS_OF = TODAY.toordinal()


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Lets time pass."""
    passed = [time.monotonic()]
    monkeypatch.setattr(time, "monotonic", lambda: passed[0])

    def let_pass(some: float) -> None:
        passed[0] += some

    return let_pass


def desk_with_slopes(change: float = 0.1) -> Desk:
    desk = desk_at()
    desk.improvement._rests = Rests(_SHARE_OF_TIME, time.monotonic)  # the clock of now, which a test may move
    put_norms(desk, change)
    return desk


def put_norms(desk: Desk, change: float) -> Norms:
    """Norms that know of slopes: only by such do week rows matter to scores."""
    stated = desk.norms.in_force(AS_OF)
    norms = replace(stated, metrics={name: replace(norm, change=change) for name, norm in stated.metrics.items()})
    for key, row in norms_rows(norms):
        desk.norms.put(key, row)
    return norms


def late_row(desk: Desk, calls: float) -> None:
    row = WeekRow({"calls": Evidence(total=calls)}, {})
    desk.weeks.put(row_key(COMPANY, shared_weeks(AS_OF)[-1]), encode_week_row(row))


def test_a_late_row_changes_nothing_before_the_rest_is_over(seconds: Callable[[float], None]) -> None:
    desk = desk_with_slopes()
    book = desk.improvement
    held = book.on(AS_OF)
    assert book.seconds_until_due(held, AS_OF) is None
    book.costs |= {0: 0.02, 1: 0.08}
    late_row(desk, 5.0)
    rest = 0.1 / _SHARE_OF_TIME
    assert book.seconds_until_due(held, AS_OF) == pytest.approx(rest)
    assert book.on(AS_OF) is held
    seconds(rest - 0.1)
    assert book.on(AS_OF) is held
    seconds(0.2)
    assert book.seconds_until_due(held, AS_OF) == 0
    newer = book.on(AS_OF)
    assert newer is not held
    assert book.seconds_until_due(newer, AS_OF) is None


def test_the_rest_is_no_longer_than_the_longest(seconds: Callable[[float], None]) -> None:
    desk = desk_with_slopes()
    book = desk.improvement
    held = book.on(AS_OF)
    book.costs[0] = 10.0
    late_row(desk, 5.0)
    assert book.seconds_until_due(held, AS_OF) == pytest.approx(LONGEST_SECONDS)
    seconds(LONGEST_SECONDS + 0.1)
    assert book.on(AS_OF) is not held


def behind_a_backlog(desk: Desk) -> None:
    for records in (BACKLOG_RECORDS + 1, 0):
        desk.backlog.waits(0, records, frames=False)


def test_what_other_workers_tell_behind_a_backlog_changes_slopes_a_few_times_without_a_rest(
    seconds: Callable[[float], None],
) -> None:
    desk = desk_with_slopes()
    book = desk.improvement
    held = book.on(AS_OF)
    book.costs[0] = 10.0
    seconds(1_000)
    behind_a_backlog(desk)
    for number in range(AT_ONCE):
        late_row(desk, 1.0 + number)
        assert book.seconds_until_due(held, AS_OF) == pytest.approx(_QUIET_SECONDS)
        assert book.on(AS_OF) is held
        seconds(_QUIET_SECONDS)
        assert book.on(AS_OF) is not held
        held = book.on(AS_OF)
    late_row(desk, 5.0)
    assert book.seconds_until_due(held, AS_OF) > LONGEST_SECONDS / 2  # type: ignore[operator]
    seconds(LONGEST_SECONDS)
    assert book.on(AS_OF) is not held


def test_rows_that_never_cease_are_waited_for_some_seconds_alone(seconds: Callable[[float], None]) -> None:
    desk = desk_with_slopes()
    book = desk.improvement
    held = book.on(AS_OF)
    behind_a_backlog(desk)
    for tenth in range(1, int(10 * _MOST_SECONDS)):
        late_row(desk, float(tenth))
        assert book.seconds_until_due(held, AS_OF) > 0  # type: ignore[operator]
        assert book.on(AS_OF) is held, "more may come"
        seconds(0.1)
    seconds(0.2)
    assert book.on(AS_OF) is not held


def test_rows_that_go_on_changing_do_not_set_lanes_against_each_other(seconds: Callable[[float], None]) -> None:
    desk = desk_with_slopes()
    book = desk.improvement
    first = book.on(AS_OF)
    book.costs[0] = 0.1
    late_row(desk, 5.0)
    assert book.on(AS_OF) is first
    seconds(0.1 / _SHARE_OF_TIME + 0.1)
    newer = book.on(AS_OF)
    late_row(desk, 6.0)
    assert book.seconds_until_due(first, AS_OF) == 0, "another lane has had it renewed"
    assert book.on(AS_OF) is newer, "and this one takes the same"


def test_other_norms_and_other_weeks_do_not_rest() -> None:
    desk = desk_with_slopes()
    book = desk.improvement
    held = book.on(AS_OF)
    book.costs[0] = 10.0
    put_norms(desk, 0.2)
    assert book.seconds_until_due(held, AS_OF) == 0
    other = book.on(AS_OF)
    assert other is not held
    assert book.on(AS_OF + 7) is not other


def test_a_lane_says_what_scoring_everybody_took_and_not_what_scoring_some_did() -> None:
    desk = desk_with_slopes()
    state, publication = PartitionState(0, desk), Publication(0, desk)
    publication.recovered()
    publish(publication, state)
    assert publication.whole
    took = desk.improvement.costs[0]
    assert took > 0
    subject = next(f"rep:r-{n}" for n in range(100) if desk.homes.of_subject(f"rep:r-{n}") == 0)
    state.reps.apply([(subject, AS_OF, {"activity/call/": 1})])
    state.dirty[subject] = None
    publish(publication, state)
    assert publication.scores.keys() == {subject}
    assert desk.improvement.costs == {0: took}


def publish(publication: Publication, state: PartitionState) -> None:
    list(publication.compute(state, Outbox()))
    publication.done()
