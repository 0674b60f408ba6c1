"""Told: whether the alerts topic holds what the pure functions tell of the same records, nothing missing and nothing twice.

What is told on a day depends on what was known when the day was decided, which is chance while records flow. So two things are
asked: whatever faults there were, what lanes remember of having told is what stands on the topic; and once all records are in,
a day is decided whose alerts the pure functions tell from the records and what was told before, to the last digit.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final
from zoneinfo import ZoneInfo

from schemas.currencies import EXPONENTS
from schemas.topics import ALERTS
from scoring import oracle
from scoring.drop_change import ScoreChange, ScoreChanges
from scoring.drop_charts import DropCharts
from scoring.drops import Alert, Drop, Recovery, alerts, still_counts
from scoring.line import Line, subjects
from scoring.norms import Norms
from scoring.organisation import Organisation
from streams.alert_message import alert_message
from streams.norms_book import NormsBook
from streams.scorecard_file import load_scorecard
from streams.told_drops import TOLD, ToldDrops
from streams.topic_names import TopicNames
from tests.installation import Installation, wait_until

Told = Mapping[str, tuple[Alert, ...]]
"""By subject, in order."""
Message = dict[str, Any]

_UNSTATED: Final = 0.0
"""The points lost of its own, which a message does not say."""


def messages(line: Installation) -> list[Message]:
    """All alerts that are committed, in the order of each partition; when they were worked out is left out."""
    topic = line.settings.topic_prefix + ALERTS
    found = [json.loads(message.value() or b"") for message in line.read_all([topic])]
    return [{field: value for field, value in each.items() if field != "version"} for each in found]


def remembered(line: Installation) -> tuple[list[int | None], Told]:
    """What the lanes' state says: the last day that each has decided, and what was told as far as it still counts."""
    rows: dict[tuple[int, bytes], bytes | None] = {}
    for message in line.read_all([TopicNames.of(line.settings).state]):
        if (message.key() or b"").startswith(TOLD.encode()):
            rows[message.partition(), message.key()] = message.value()
    lanes: dict[int, ToldDrops] = {number: ToldDrops() for number in range(line.settings.partitions)}
    for (partition, key), row in rows.items():
        if row is not None:
            lanes[partition].restore(key.decode().removeprefix(TOLD), row)
    return [lane.decided for lane in lanes.values()], {
        subject: lane.of(subject) for lane in lanes.values() for subject in lane.subjects
    }


def as_sent(found: Iterable[Message]) -> dict[str, tuple[Alert, ...]]:
    """What some messages tell, as lanes remember it, but for the points lost of a drop's own."""
    told: dict[str, tuple[Alert, ...]] = {}
    for each in found:
        subject, day = f"{each['subject']}:{each['id']}", date.fromisoformat(each["as_of"]).toordinal()
        alert: Alert
        if each["type"] == "ScoreDropped":
            alert = Drop(
                day,
                each["metric"],
                each["severity"],
                each["cause_key"] or "",
                each["statistic"],
                each["threshold"],
                date.fromisoformat(each["since"]).toordinal(),
                each["score_before"],
                each["score_after"],
                _UNSTATED,
            )
        else:
            dropped = date.fromisoformat(each["dropped_as_of"]).toordinal()
            alert = Recovery(day, each["metric"], dropped, each["statistic"], each["threshold"], each["restarted"])
        told[subject] = (*told.get(subject, ()), alert)
    return told


def forgotten_or_doubled(line: Installation, there: Iterable[str]) -> str | None:
    """Where the topic and the memory of the lanes differ, of the subjects that are still there; None where they do not."""
    chosen = load_scorecard(line.settings.scorecard).drops
    decided, memory = remembered(line)
    sent, newest = as_sent(messages(line)), max((day for day in decided if day is not None), default=0)
    for subject in sorted(set(there) & (sent.keys() | memory.keys())):
        known = tuple(
            replace(alert, fall=_UNSTATED) if isinstance(alert, Drop) else alert for alert in memory.get(subject, ())
        )
        if known != still_counts(sent.get(subject, ()), newest, chosen):
            return f"{subject} remembers {known}, of {sent.get(subject, ())} on the topic"
    return None


class Truth:
    """What must be told, from the newest versions of the records in one pass through the pure core."""

    def __init__(self, line: Installation, deliveries: Iterable[oracle.Delivery]) -> None:
        """Take the records."""
        self._installation, settings = line, line.settings
        self._card = load_scorecard(settings.scorecard)
        self._line = Line(Organisation(ZoneInfo(settings.time_zone), settings.base_currency, EXPONENTS))
        for delivery in deliveries:
            self._line.take(delivery.type, delivery.id, delivery.updated_at_us, delivery.version, delivery.record)

    def scores(self, day: date) -> dict[tuple[str, str], dict[str, Any]]:
        """The scores of a day."""
        found = self._line.scores(self._card, day.toordinal(), "")
        return {(score["subject"], score["id"]): score for score in found}

    def told(self, day: date, before: Told) -> list[Message]:
        """The messages of one day, after what was told before."""
        on = day.toordinal()
        ground, norms = self._line.ground(self._card, on + 1), self._norms(on)
        changes = ScoreChanges(self._line.reference, self._card, norms, ground)
        there = list(subjects(self._line.reference, self._line.reps, self._line.groups))
        charts = DropCharts(ground, self._card, norms(on), on).of(there)
        return [
            made
            for subject in there
            for made in self._of(subject, on, charts.get(subject, ()), changes, before.get(subject, ()))
        ]

    def _of(
        self, subject: str, day: int, charts: Sequence[Any], changes: ScoreChanges, before: tuple[Alert, ...]
    ) -> list[Message]:
        panes, reference, norms = self._line.panes(subject), self._line.reference, changes.norms

        def change(since: int) -> ScoreChange:
            return changes.between(subject, panes, since, day)

        fresh = alerts(charts, lambda since, _: change(since).told, [day], before, chosen=self._card.drops)
        made = []
        for alert in fresh:
            drop = alert if isinstance(alert, Drop) else _ended_by(alert, before)
            told = alert_message(
                subject, alert, drop, change(drop.since), reference.roster, self._card, norms(day), known_at=""
            )
            told = json.loads(json.dumps(told))
            made.append({field: value for field, value in told.items() if field != "version"})
        return made

    def _norms(self, day: int) -> Any:
        """Those of the day's quarter by the records; of other quarters as they were published when these ran."""
        book = NormsBook(self._card)
        for message in self._installation.read_all([TopicNames.of(self._installation.settings).norms]):
            book.put(message.key(), message.value())
        mine, quarter = self._line.norms(self._card, day), self._card.calendar.quarter(day)

        def in_force(on: int) -> Norms:
            return mine if quarter.first <= on <= quarter.last else book.in_force(on)

        return in_force


def _ended_by(recovery: Recovery, before: Iterable[Alert]) -> Drop:
    ended = (recovery.dropped, recovery.metric)
    return next(alert for alert in before if isinstance(alert, Drop) and (alert.day, alert.metric) == ended)


def counted(found: Iterable[Message]) -> Counter[str]:
    """Messages, to tell which are missing and which are too many."""
    return Counter(json.dumps(each, sort_keys=True) for each in found)


def wait_until_decided(line: Installation, day: date, seconds: float) -> None:
    """Wait until every lane has decided a day and all before it."""
    last = day.toordinal()
    wait_until(
        lambda: all(decided is not None and decided >= last for decided in remembered(line)[0]),
        seconds,
        f"{day} to be decided",
    )
