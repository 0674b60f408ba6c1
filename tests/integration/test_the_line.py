"""The whole line on a real Kafka: rough records in, exact scores out, whatever happens to the workers."""

from __future__ import annotations

from pathlib import Path

from schemas.topics import REFERENCE
from streams.local import Addresses
from tests.installation import first_difference, installation, wait_until
from tests.traffic import BAD, assert_dead_letters_are_the_bad_records, produce_halves, rough_messages
from tests.weeks import as_of_of, expected_weeks, wait_for_weeks

RECORDS = 50_000


def test_rough_records_through_one_worker_and_then_two_give_the_oracles_scores(
    stack: Addresses, tmp_path: Path
) -> None:
    messages = rough_messages(RECORDS, seed=11)
    with installation(stack, tmp_path, "rough") as line_:
        produce_halves(line_, messages)
        expected = line_.oracle_scores()
        line_.start_worker()
        line_.wait_for_scores(expected, 120)
        assert first_difference(line_.command_scores(), expected) is None
        assert line_.workers[0].counted() == len(messages)
        assert line_.workers[0].counted("invalid") == sum(value in BAD for _, _, value in messages)
        as_of = next(iter(expected.values()))["as_of"]
        assert first_difference(line_.command_scores("--as-of", as_of), expected) is None
        assert_dead_letters_are_the_bad_records(line_, messages)

        line_.start_worker().wait_until_ready()
        more = rough_messages(RECORDS // 5, seed=12)
        produce_halves(line_, more)
        line_.wait_for_scores(line_.oracle_scores(), 120)
        assert all(worker.counted() > 0 for worker in line_.workers)
        assert_dead_letters_are_the_bad_records(line_, messages + more)


def test_rough_records_through_two_workers_from_the_start_give_the_oracles_scores(
    stack: Addresses, tmp_path: Path
) -> None:
    messages = rough_messages(RECORDS, seed=13)
    with installation(stack, tmp_path, "pair") as line_:
        line_.start_worker()
        line_.start_worker()
        produce_halves(line_, messages)
        expected = line_.oracle_scores()
        line_.wait_for_scores(expected, 120)
        as_of = next(iter(expected.values()))["as_of"]
        assert first_difference(line_.command_scores("--as-of", as_of), expected) is None
        assert_dead_letters_are_the_bad_records(line_, messages)


def test_a_worker_killed_in_the_middle_leaves_no_trace(stack: Addresses, tmp_path: Path) -> None:
    messages = rough_messages(RECORDS, seed=14)
    with installation(stack, tmp_path, "killed", transaction_records=2_000) as line_:
        produce_halves(line_, messages)
        expected = line_.oracle_scores()
        worker = line_.start_worker()
        wait_until(lambda: worker.counted() > RECORDS // 5, 60, "a fifth of the records")
        worker.kill()
        assert first_difference(line_.published_scores(), expected) is not None, "killed too late to prove anything"
        line_.start_worker()
        line_.wait_for_scores(expected, 120)
        assert_dead_letters_are_the_bad_records(line_, messages)
        assert wait_for_weeks(line_, line_.deliveries(), as_of_of(expected), 60) > 100
        assert line_.workers[-1].stop() == 0


def test_a_late_move_of_a_team_moves_its_history(stack: Addresses, tmp_path: Path) -> None:
    messages = rough_messages(5_000, seed=15)
    with installation(stack, tmp_path, "moved") as line_:
        line_.produce(messages)
        line_.start_worker()
        line_.wait_for_scores(line_.oracle_scores(), 120)
        move = b'{"type":"team","id":"t-1","updated_at":"2025-12-01T00:00:00Z","parent":"t-other"}'
        rep = b'{"type":"rep","id":"r-2","updated_at":"2025-12-01T00:00:00Z","team_id":"t-new","territory":"nowhere"}'
        line_.produce([(REFERENCE, b"t-1", move), (REFERENCE, b"r-2", rep)])
        expected = line_.oracle_scores()
        assert ("team", "t-other") in expected
        assert ("territory", "nowhere") in expected
        deliveries = line_.deliveries()
        told_of = {subject for subject, _ in expected_weeks(line_.settings, deliveries, as_of_of(expected))}
        assert told_of >= {"team:t-other", "team:t-new"}
        wait_for_weeks(line_, deliveries, as_of_of(expected), 60)
        line_.wait_for_scores(expected, 60)
