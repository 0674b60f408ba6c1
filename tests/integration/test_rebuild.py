"""A new generation of the state beside the running one: built, killed, compared, switched to, switched back, removed."""

from __future__ import annotations

import asyncio
import json
import random
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import date, timedelta
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

from confluent_kafka import Message
from redis import Redis

from schemas.topics import ALERTS, EVENTS
from streams.generations import Generations
from streams.local import Addresses
from streams.rebuild.standing import standings
from streams.topic_names import TopicNames
from tests.functional.test_drops import SCORECARD, assert_alternating, by_week, decided
from tests.installation import (
    LIBRDKAFKA,
    Installation,
    Scores,
    WorkerProcess,
    first_difference,
    installation,
    wait_until,
)
from tests.integration.watching_readers import Readers, boards_of, scores_by_label, spans, turns
from tests.side_thread import side_thread
from tests.traffic import BAD, Sent, assert_dead_letters_are_the_bad_records
from tests.unit.scoring.answering_company import FIRST, REPS

OTHER = (
    SCORECARD.replace("version = 1", "version = 2")
    .replace("customer = 0.6", "customer = 0.9")
    .replace("process = 0.4", "process = 0.1")
)
ONE, TWO = "answers@1", "answers@2"
KILLED = {"FAULT_POINT": "committed", "UPSCORE_TRANSACTION_RECORDS": "100"}
FAULTY = ("tests.faults.faulty_worker",)


class Load:
    """Sends weeks one after the other, as far as it may, and all the time records that are refused, by any partitioner."""

    def __init__(self, line_: Installation, weeks: dict[int, list[Sent]], first: int) -> None:
        self.sent: list[Sent] = []
        self.next_week = first
        self.until_week = first
        self._line, self._weeks = line_, weeks
        self._stopping = threading.Event()
        self._rng = random.Random(7)

    def _send(self, messages: list[Sent], partitioner: str) -> None:
        self._line.produce(messages, partitioner)
        self.sent += messages

    def _run(self) -> None:
        while not self._stopping.is_set():
            refused = [(EVENTS, f"bad-{self._rng.random()}".encode(), self._rng.choice(BAD)) for _ in range(4)]
            self._send(refused, LIBRDKAFKA)
            if self.next_week < self.until_week:
                week = self._weeks[self.next_week]
                for start in range(0, len(week), 60):
                    self._send(week[start : start + 60], self._rng.choice([LIBRDKAFKA, "murmur2_random"]))
                    self._stopping.wait(0.02)
                self.next_week += 1
            self._stopping.wait(0.1)

    def running(self) -> AbstractContextManager[None]:
        return side_thread(self._run, self._stopping)


def alerts(line_: Installation) -> list[dict[str, Any]]:
    return [json.loads(message.value()) for message in line_.read_all([line_.settings.topic_prefix + ALERTS])]


def told(line_: Installation, kind: str, rep: str = "r-3") -> list[dict[str, Any]]:
    return [each for each in alerts(line_) if (each["type"], each["subject"], each["id"]) == (kind, "rep", rep)]


def is_read(line_: Installation, generation: int) -> bool:
    """Whether a generation has workers, and they have read nearly all there is."""
    found = asyncio.run(standings(line_.settings, Generations()))
    of = [each for each in found if each.generation == generation]
    return bool(of) and of[0].workers > 0 and of[0].behind < 200 and of[0].waiting < 200


def shown(worker: WorkerProcess) -> set[str]:
    return set(worker.metric("sales_rep_score_points"))


@contextmanager
def company(stack: Addresses, folder: Path, name: str, **more: Any) -> Iterator[tuple[Installation, dict[str, str]]]:
    """An installation by one scorecard, and what starts a worker of a second generation by another one."""
    first, second = folder / "one.toml", folder / "two.toml"
    first.write_text(SCORECARD)
    second.write_text(OTHER)
    settings = {"partitions": 2, "publish_seconds": 0.2, "scorecard": str(first), "redis_url": stack.redis_url} | more
    with installation(stack, folder, name, **settings) as line_:
        yield line_, {"UPSCORE_GENERATION": "2", "UPSCORE_SCORECARD": str(second)}


def test_a_rebuild_under_load_is_killed_twice_switched_to_and_back_and_nobody_sees_a_mixture(
    stack: Addresses, tmp_path: Path
) -> None:
    weeks = by_week()
    with company(stack, tmp_path, "rebuilt") as (line_, second):
        history = [message for week in range(40) for message in weeks[week]]
        line_.produce(history)
        line_.start_worker()
        last = (FIRST + timedelta(days=7 * 39 + 3)).toordinal()
        wait_until(lambda: decided(line_) == [last, last], 60, "history to be decided, and nothing told of it")
        assert alerts(line_) == []
        load, readers = Load(line_, weeks, 40), Readers(stack.redis_url, "rebuilt", REPS)
        with readers.reading(), load.running():
            new = build_and_kill(line_, second, load)
            switch_and_back(line_, new, load, readers)
        expected = line_.oracle_scores()
        line_.wait_for_scores(expected, 60)
        assert all(of == [ONE, TWO, ONE] for of in turns(line_).values()), turns(line_)
        assert (len(spans(line_, ONE)), len(spans(line_, TWO))) == (2, 1)
        assert_no_mixture(line_, readers)
        assert_told_once(line_)
        assert_dead_letters_are_the_bad_records(line_, history + load.sent)
        reps = {key: score for key, score in expected.items() if key[0] == "rep"}
        wait_until(lambda: first_difference(in_redis(stack, line_), reps) is None, 30, "the same in Redis")


def build_and_kill(line_: Installation, second: dict[str, str], load: Load) -> list[WorkerProcess]:
    """Two workers of the second generation that have read all there is, after two that were killed before they had."""
    load.until_week = 46
    for after in (3, 5):  # -9, between two of its transactions
        killed = line_.start_worker(FAULTY, **second, **KILLED, FAULT_AFTER=str(after))
        assert killed.process.wait(timeout=60) == -9
        assert not is_read(line_, 2), "killed too late to prove anything"
    new = [line_.start_worker(**second) for _ in range(2)]
    wait_until(lambda: load.next_week == 46 and is_read(line_, 2), 90, "the second generation to have read all")
    wait_until(lambda: told(line_, "ScoreDropped"), 60, "the drop to be told")
    assert {each["scorecard"] for each in alerts(line_)} == {ONE}
    assert [worker.get("/api/v1/scores")[0] for worker in new] == [503, 503]
    assert [shown(worker) for worker in new] == [set(), set()]
    silent = [{'{generation="2"}': 0.0}] * 2
    wait_until(
        lambda: [worker.metric("upscore_speaking_partitions") for worker in new] == silent, 30, "both to be there"
    )
    return new


def switch_and_back(line_: Installation, new: list[WorkerProcess], load: Load, readers: Readers) -> None:
    """The second generation speaks while the end of the drop is told; then the first one does again."""
    old = line_.workers[0]
    assert in_force(line_) == [ONE]
    load.until_week = 50
    told_of = switched(line_, "switch", "2")
    assert (told_of["generation"], told_of["before"], told_of["on_behalf"]) == (2, 1, [])
    wait_until(lambda: readers.labels[-1] == {TWO}, 30, "Redis to show the second generation")
    assert old.get("/api/v1/scores")[0] == 503
    assert shown(old) == set()
    wait_until(lambda: len(set.union(*map(shown, new))) == len(REPS), 10, "the new workers' series")
    load.until_week = 61
    wait_until(lambda: told(line_, "ScoreRecovered"), 90, "the end of the drop to be told")
    assert told(line_, "ScoreRecovered")[0]["scorecard"] == TWO
    load.until_week = 64
    switched(line_, "back")
    wait_until(lambda: readers.labels[-1] == {ONE}, 30, "Redis to show the first generation")
    wait_until(lambda: load.next_week == 64, 60, "all weeks to be sent")
    wait_until(
        lambda: in_force(line_) == [ONE, TWO, ONE], 30, "each scorecard to be written down when it went into force"
    )


def switched(line_: Installation, *arguments: str) -> dict[str, Any]:
    """What `upscore rebuild` says of a switch; while the load is far ahead of a generation it refuses, and says to wait."""

    def asked() -> dict[str, Any] | None:
        done = line_.command("rebuild", *arguments, "--json", check=False)
        assert done.returncode == 0 or b"has yet to read" in done.stderr, done.stderr
        return json.loads(done.stdout) if done.returncode == 0 else None

    return wait_until(asked, 60, "the generation to have read what the load sends")


def in_force(line_: Installation) -> list[str]:
    """The scorecards that went into force, in order."""
    return [entry["scorecard"] for entry in json.loads(line_.command("scorecard", "history", "--json").stdout)]


def in_redis(stack: Addresses, line_: Installation) -> Scores:
    """The scores of reps that Redis holds."""
    with closing(Redis.from_url(stack.redis_url)) as redis:
        return {("rep", rep): json.loads(redis.get(f"{line_.settings.app}:score:rep:{rep}")) for rep in REPS}


def assert_no_mixture(line_: Installation, readers: Readers) -> None:
    """Each board that was read is wholly of one generation, and they came in their turns; and so are scores read at once."""
    names = TopicNames.of(line_.settings)
    silent = TopicNames.of(line_.settings.of_generation(2)).silent_scores
    boards = boards_of(readers.boards, scores_by_label(line_, [names.scores, names.silent_scores, silent]))
    assert all(boards), "a board that is of neither generation"
    order = [next(iter(of)) for of in boards if len(of) == 1]
    assert len(order) > len(boards) / 2
    assert [label for place, label in enumerate(order) if place == 0 or order[place - 1] != label] == [ONE, TWO, ONE]
    assert readers.labels == [{ONE}, {TWO}, {ONE}]


def assert_told_once(line_: Installation) -> None:
    """Drops and their ends in turn, each once; and of no day that was decided when something later was told."""
    found: list[Message] = list(line_.read_all([line_.settings.topic_prefix + ALERTS]))
    assert_alternating(found)
    by_partition: dict[int, list[date]] = {}
    for message in found:
        by_partition.setdefault(message.partition(), []).append(
            date.fromisoformat(json.loads(message.value())["as_of"])
        )
    assert all(days == sorted(days) for days in by_partition.values()), "history was told"
    messages = Counter(
        (each["subject"], each["id"], each["type"], each["metric"], each["as_of"]) for each in alerts(line_)
    )
    assert set(messages.values()) == {1}
    assert len(told(line_, "ScoreDropped")) == len(told(line_, "ScoreRecovered")) == 1


def test_a_generation_whose_workers_are_dead_is_handed_over_and_removed_though_the_next_ones_die_too(
    stack: Addresses, tmp_path: Path
) -> None:
    weeks = by_week()
    with company(stack, tmp_path, "dead") as (line_, _):
        history = [message for week in range(40) for message in weeks[week]]
        line_.produce(history)
        old = line_.start_worker()
        wait_until(lambda: decided(line_) == [sunday(39) - 3] * 2, 60, "history to be decided, and nothing told of it")
        line_.produce([message for week in range(40, 46) for message in weeks[week]])
        wait_until(lambda: told(line_, "ScoreDropped"), 60, "the drop to be told")
        wait_until(lambda: decided(line_) == [sunday(45) - 3] * 2, 60, "all days to be decided")
        before = alerts(line_)
        old.kill()
        assert refused(line_, "switch", "2") == "there is no generation 2: start workers with UPSCORE_GENERATION=2"
        assert refused(line_, "back") == "there was no switch yet, so there is none to go back from"
        assert refused(line_, "remove", "1") == "generation 1 speaks: switch to another one first"

        doomed = line_.start_worker(FAULTY, UPSCORE_GENERATION="2", FAULT_POINT="take over")
        wait_until(lambda: is_read(line_, 2), 90, "the second generation to have read all")
        compared = line_.command("rebuild", "compare", "2", "--wait", "30", check=False)
        assert compared.returncode == 0, compared.stdout.decode() + compared.stderr.decode()
        assert "13 subjects have the same score in generations 1 (here) and 2 (there)" in compared.stdout.decode()
        with Popen(
            [sys.executable, "-m", "streams", "rebuild", "switch", "2", "--json"], env=line_.environment, stdout=PIPE
        ) as switching:
            assert doomed.process.wait(timeout=60) == -9
            assert switching.poll() is None
            line_.start_worker(UPSCORE_GENERATION="2")
            switched = json.loads(switching.communicate(timeout=60)[0])
        assert sorted(switched["on_behalf"]) == [0, 1]
        line_.produce([message for week in range(46, 61) for message in weeks[week]])
        wait_until(lambda: told(line_, "ScoreRecovered"), 90, "the end of the drop to be told")
        assert {(each["id"], each["type"]) for each in before} == {("r-3", "ScoreDropped"), ("t-a", "ScoreDropped")}
        assert_told_once(line_)

        gone = TopicNames.of(line_.settings)
        removed = line_.command("rebuild", "remove", "1").stdout.decode()
        assert f"removed {gone.state}\n" in removed
        found = json.loads(line_.command("rebuild", "status", "--json").stdout)
        assert [each["generation"] for each in found["generations"]] == [2]
        assert found["speaker"]["taken"] == found["speaker"]["partitions"] == 2
        with closing(Redis.from_url(stack.redis_url)) as redis:
            wait_until(lambda: redis.get("dead:voice") == b"1:2", 30, "Redis to show the second generation")
            assert redis.keys("dead:g1:*") == []
        line_.wait_for_scores(line_.oracle_scores(), 60)


def sunday(week: int) -> int:
    return FIRST.toordinal() + 7 * week + 6


def refused(line_: Installation, *arguments: str) -> str:
    """What `upscore rebuild` says when it refuses."""
    done = line_.command("rebuild", *arguments, check=False)
    assert done.returncode == 1
    return done.stderr.decode().removeprefix("upscore: ").strip()
