"""A simulated company week by week, in which chosen reps get worse and better: the records come now, not when they were made."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from random import Random
from typing import Any, Literal, NamedTuple

from schemas.records import TYPES
from streams.simulator import records

TOPIC = {record_type: topic for topic, types in TYPES.items() for record_type in types}
_DATED_BY = ("occurred_at", "closed_at", "opened_at", "created_at", "since")
_GOOD, _BAD = {"csat_5": 5, "stars_5": 5, "thumbs": 1, "nps_11": 10, "ces_7": 7}, {"csat_5": 2, "nps_11": 3, "ces_7": 2}


class Turn(NamedTuple):
    """What becomes of a rep from a day on, until its next turn."""

    rep: str
    day: date
    to: Literal["worse", "better"]


@dataclass(frozen=True, slots=True)
class Company:
    """The simulated CRM of `seed` from `start` on, with turns beside the simulator's own story."""

    seed: int
    reps: int
    days: int
    start: date
    turns: Sequence[Turn] = ()

    def messages(self) -> Iterator[tuple[date, str, bytes, bytes]]:
        """Business day, topic, key and value of each record; without `updated_at`, so the Kafka timestamp is the version."""
        dice = Random(self.seed)
        for made in records(seed=self.seed, days=self.days, reps=self.reps, start=self.start):
            day = self._day(made)
            record = self._turned(dict(made), day, dice)
            record.pop("updated_at")
            key = f"{record['type']}:{record['id']}".encode()
            yield day, TOPIC[record["type"]], key, json.dumps(record, default=str).encode()

    def managers(self, address: str) -> dict[str, str]:
        """Where the manager of each team listens, below `address`."""
        teams = [
            made for made in records(seed=self.seed, days=1, reps=self.reps, start=self.start) if made["type"] == "team"
        ]
        return {str(team["id"]): f"{address}/{team['id']}" for team in teams}

    def _day(self, record: dict[str, Any]) -> date:
        stated = next((record[name] for name in _DATED_BY if record.get(name)), None)
        return self.start if stated is None else max(self.start, date.fromisoformat(str(stated)[:10]))

    def _turned(self, record: dict[str, Any], day: date, dice: Random) -> dict[str, Any]:
        turns = [turn for turn in self.turns if turn.rep == record.get("rep_id") and turn.day <= day]
        chance = dice.random()
        if not turns:
            return record
        to = max(turns, key=lambda turn: turn.day).to
        if record["type"] == "feedback" and record["scale"] in (_GOOD if to == "better" else _BAD):
            likely = 0.95 if to == "better" else 0.85
            if chance < likely:
                record["value"] = (_GOOD if to == "better" else _BAD)[record["scale"]]
        if record["type"] == "activity" and to == "worse" and chance < 0.7:
            record["kind"] = "other"
            record.pop("outcome", None)
        return record


Sent = tuple[str, bytes, bytes]
"""Topic, key and value."""


class Feed:
    """The company's messages, handed out up to one day after another."""

    def __init__(self, company: Company) -> None:
        self._left = sorted(company.messages(), key=lambda message: message[0])
        self.sent: list[Sent] = []

    def until(self, day: date) -> list[Sent]:
        """What lies before a day and was not handed out yet."""
        due = [message[1:] for message in self._left if message[0] < day]
        self._left = [message for message in self._left if message[0] >= day]
        self.sent += due
        return due

    def corrected(self, rep: str, since: date) -> list[Sent]:
        """What was handed out of a rep's answers and calls since a day, as it should have been: all is well."""
        found = []
        for topic, key, value in self.sent:
            record = json.loads(value)
            if record.get("rep_id") != rep or record.get("occurred_at", "")[:10] < since.isoformat():
                continue
            if record["type"] == "feedback" and record["scale"] in _GOOD:
                found.append((topic, key, json.dumps(record | {"value": _GOOD[record["scale"]]}).encode()))
            elif record.get("first_response_seconds") is not None:
                found.append((topic, key, json.dumps(record | {"first_response_seconds": 600}).encode()))
        return found


def made_at(messages: Sequence[Sent], moment: datetime) -> list[Sent]:
    """The same records, made at a moment: what comes to Kafka long after it, comes late."""
    stamp = moment.isoformat()
    return [
        (topic, key, json.dumps(json.loads(value) | {"updated_at": stamp}).encode()) for topic, key, value in messages
    ]
