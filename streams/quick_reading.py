"""Quick reading: many messages of an input topic as deliveries, the same as `streams.intake.read` makes of each by itself.

Their records are not the validator's objects but those of `streams.quick_types`, so they come with their facts.
"""

from __future__ import annotations

from collections.abc import Sequence

from scoring.facts import facts_of
from scoring.organisation import Organisation
from streams.fetched_batches import Record
from streams.intake import Delivery
from streams.moments import InMicroseconds
from streams.quick_decoding import QuickDecoder


class QuickReader:
    """Reads messages of the topics whose records are told by their facts: of all but the reference records."""

    def __init__(self, organisation: Organisation) -> None:
        """Date records and count their money as the organisation does."""
        self._setting = InMicroseconds(organisation)
        self._decoders: dict[str, QuickDecoder] = {}

    def read(self, topic: str, messages: Sequence[Record]) -> list[Delivery | None]:
        """What each message delivers; None of one that is not surely a valid record: that is for `streams.intake.read`.

        Args:
            topic: the logical name of their topic.
            messages: as they came.
        """
        decoder = self._decoders.get(topic)
        if decoder is None:
            decoder = self._decoders[topic] = QuickDecoder(topic)
        deliveries: list[Delivery | None] = [None] * len(messages)
        groups, _ = decoder.decode([message.value or b"" for message in messages])
        for group in groups:
            for place, record in zip(group.places, decoder.dated(group), strict=True):
                updated_at = record.updated_at
                if updated_at is None:
                    updated_at = messages[place].timestamp * 1000
                facts = facts_of(record, self._setting)
                deliveries[place] = Delivery(group.type, record.id, updated_at, record.version or 0, record, facts)
        return deliveries
