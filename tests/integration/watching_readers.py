"""Readers of an installation that is rebuilt: they look at Redis all the time, and say afterwards whether they saw a mixture."""

from __future__ import annotations

import json
import threading
from contextlib import AbstractContextManager, closing
from typing import Any

from confluent_kafka import Message
from redis import Redis

from schemas.topics import SCORES
from tests.installation import Installation
from tests.side_thread import side_thread

Board = dict[str, float]


class Readers:
    """One that reads whole leaderboards, and one that reads all scores of reps at once, again and again."""

    def __init__(self, redis_url: str, app: str, reps: list[str]) -> None:
        self.boards: list[Board] = []
        """Each board by score that was another one than the last."""
        self.labels: list[frozenset[str]] = []
        """By which scorecards the scores were, each time that this was another answer than the last."""
        self.rounds = 0
        self._url, self._app, self._reps = redis_url, app, reps
        self._stopping = threading.Event()

    def _read(self) -> None:
        with closing(Redis.from_url(self._url)) as redis:
            while not self._stopping.is_set():
                entries = redis.zrange(f"{self._app}:leaderboard:rep:score", 0, -1, withscores=True)
                board = {member.decode(): value for member, value in entries}
                if board and board != (self.boards or [None])[-1]:
                    self.boards.append(board)
                held = redis.mget([f"{self._app}:score:rep:{rep}" for rep in self._reps])
                labels = frozenset(json.loads(score)["scorecard"] for score in held if score is not None)
                if labels != (self.labels or [None])[-1]:
                    self.labels.append(labels)
                self.rounds += 1
                self._stopping.wait(0.003)

    def reading(self) -> AbstractContextManager[None]:
        return side_thread(self._read, self._stopping)


def scores_by_label(line_: Installation, topics: list[str]) -> dict[str, dict[str, set[float]]]:
    """By scorecard and rep, every score that was ever published or kept."""
    found: dict[str, dict[str, set[float]]] = {}
    for message in line_.read_all(topics):
        if message.value() is not None and (message.key() or b"").startswith(b"rep:"):
            score = json.loads(message.value())
            if score["score"] is not None:
                found.setdefault(score["scorecard"], {}).setdefault(score["id"], set()).add(score["score"])
    return found


def boards_of(boards: list[Board], known: dict[str, dict[str, set[float]]]) -> list[set[str]]:
    """By which scorecards each board can wholly be."""
    return [
        {label for label, of_rep in known.items() if all(value in of_rep.get(rep, ()) for rep, value in board.items())}
        for board in boards
    ]


def turns(line_: Installation) -> dict[int, list[str]]:
    """By partition of the scores topic, the scorecards in the order in which their scores came, each once a turn."""
    found: dict[int, list[str]] = {}
    for message in sorted(line_.read_all([line_.settings.topic_prefix + SCORES]), key=Message.offset):
        if message.value() is not None:
            label = json.loads(message.value())["scorecard"]
            of = found.setdefault(message.partition(), [])
            if not of or of[-1] != label:
                of.append(label)
    return found


def spans(line_: Installation, label: str) -> list[tuple[int, int]]:
    """From when to when, by Kafka's timestamps in all partitions together, scores of a scorecard came, for each turn."""
    stamped: list[tuple[int, str]] = sorted(
        (message.timestamp()[1], json.loads(message.value())["scorecard"])
        for message in line_.read_all([line_.settings.topic_prefix + SCORES])
        if message.value() is not None
    )
    found: list[Any] = []
    for at, of in stamped:
        if not found or found[-1][2] != of:
            found.append([at, at, of])
        found[-1][1] = at
    return [(first, last) for first, last, of in found if of == label]
