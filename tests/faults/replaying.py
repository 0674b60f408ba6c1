"""Replaying: the end of a run, in which a replay of its topics must give what is live on its last day, to the last digit."""

from __future__ import annotations

import json
from datetime import date
from typing import Any
from urllib.parse import quote

from confluent_kafka import Message, Producer

from schemas.topics import INPUTS
from streams import topic_admin
from streams.replay.order import Order, fulfil
from streams.replay.progress import Lines
from streams.settings import Settings
from tests.faults.course import Course
from tests.faults.verdict import Verdict, figures
from tests.installation import Scores, by_subject, first_difference
from tests.weeks import as_of_of


def judge_replay(course: Course, verdict: Verdict) -> None:
    """Say in the verdict how many published values the replay repeats, or where it differs; the workers are settled by now.

    Level, interval, metrics and the digest of the norms are among the values. Where records were taken out of the topics on
    purpose, what was there once is replayed: put back into topics of their own, each under the time at which it had come.
    """
    live = course.line.published_scores()
    settings = course.line.settings
    if course.witnessed.misses_some:
        settings = _put_back(course)
        course.note(f"put {len(course.witnessed)} records back into {settings.topic_prefix}*, for the replay")
    replayed = scores_by_replay(settings, date.fromordinal(as_of_of(live)), course)
    difference = first_difference(live, replayed) or _difference_of_api(course, replayed)
    if difference is not None:
        verdict.difference = f"live instead of replayed: {difference}"
        return
    verdict.replayed = sum(figures(_comparable(score)) for score in replayed.values())
    course.note(f"a replay of the topics repeats {verdict.replayed} values of {next(iter(replayed.values()))['as_of']}")


def scores_by_replay(settings: Settings, day: date, course: Course) -> Scores:
    """The score objects of a day, as `upscore replay --out json` writes them."""
    path = course.folder / "replayed.json"
    fulfil(Order(settings=settings, out="json", first=day, last=day, to=path), Lines(lambda _: None))
    return by_subject(json.loads(path.read_bytes()))


def _comparable(score: dict[str, Any]) -> dict[str, Any]:
    return {field: value for field, value in score.items() if field != "version"}


def _difference_of_api(course: Course, replayed: Scores) -> str | None:
    """Where the API of a running worker has another score, whole objects compared."""
    for worker in course.running:
        for shown in json.loads(worker.get("/api/v1/scores")[1]):
            subject = (shown["subject"], shown["id"])
            path = "/api/v1/scores/" + "/".join(quote(part, safe="") for part in subject)
            status, body = worker.get(path)
            told = {subject: json.loads(body) if status == 200 else {"status": status}}
            difference = first_difference(told, {subject: replayed.get(subject, {})})
            if difference is not None:
                return f"{course.called(worker)} at {path}: {difference}"
    return None


def _put_back(course: Course) -> Settings:
    """Topics of their own with all records that were ever there: in their partitions, in their order, with their times."""
    old = course.line.settings
    settings = old.model_copy(update={"topic_prefix": f"{old.topic_prefix}again."})
    topic_admin.create(settings, INPUTS)
    producer = Producer({"bootstrap.servers": course.line.open_broker, "linger.ms": 20, "acks": "all"})
    for message in course.witnessed:
        producer.produce(_renamed(message, old, settings), **_same(message))
        producer.poll(0)
    assert producer.flush(60) == 0
    return settings


def _renamed(message: Message, old: Settings, settings: Settings) -> str:
    return settings.topic_prefix + str(message.topic()).removeprefix(old.topic_prefix)


def _same(message: Message) -> dict[str, Any]:
    return {
        "key": message.key(),
        "value": message.value(),
        "partition": message.partition(),
        "timestamp": message.timestamp()[1],
    }
