"""A ledger stage of one partition, with what came out of it so far."""

from __future__ import annotations

from collections import Counter
from typing import Any

from schemas.topics import EVENTS
from streams.desk import Desk
from streams.ledger_stage import LedgerStage
from streams.outbox import Outbox
from streams.tally import Tally
from tests.unit.streams.desks import NOW_MS, Sent, desk_at, message, sent


class Ledger:
    """A ledger stage of one partition with what came out of it so far."""

    def __init__(self, partition: int = 0, desk: Desk | None = None, **settings: Any) -> None:
        self.desk = desk or desk_at(**({"partitions": 1} | settings))
        self.stage = LedgerStage(partition, self.desk)
        self.stage.look_at_the_clock(NOW_MS * 1000)
        self.outbox, self.tally = Outbox(), Tally()
        self._offset = 0

    def take(self, *values: Any, topic: str = EVENTS, **fields: Any) -> list[str]:
        """Take messages with these values; their outcomes."""
        before = Counter(self.tally.records)
        messages = []
        for value in values:
            messages.append(message(topic, value, offset=self._offset, **fields))
            self._offset += 1
        self.stage.take(messages, topic, self.outbox, self.tally)
        counted = Counter(self.tally.records) - before
        return sorted(str(outcome) for (_, outcome), count in counted.items() for _ in range(count))

    def facts(self) -> list[Any]:
        return self.stage.facts.take()

    def sums(self) -> dict[tuple[str, int], dict[str, int]]:
        return {(subject, day): amounts for subject, day, amounts in self.facts()}

    def dead_letters(self) -> list[Sent]:
        return sent(self.outbox, self.desk.names.dead_letters)


def negated(sums: dict[Any, dict[str, int]]) -> dict[Any, dict[str, int]]:
    return {key: {measure: -amount for measure, amount in amounts.items()} for key, amounts in sums.items()}
