"""Facts of values: what records that the spool has as they came stand for, many at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from schemas.records import TYPES, decode
from scoring.facts import Facts, facts_of
from scoring.organisation import Organisation
from streams.moments import InMicroseconds
from streams.quick_decoding import QuickDecoder

_AT_ONCE: Final = 1_000
_TOPICS: Final = {record_type: topic for topic, types in TYPES.items() for record_type in types}


class FactsOfValues:
    """Makes facts of values that are known to be valid records."""

    def __init__(self, organisation: Organisation) -> None:
        """In the setting of that organisation."""
        self._organisation = organisation
        self._setting = InMicroseconds(organisation)
        self._decoders: dict[str, QuickDecoder] = {}

    def __call__(self, keys: Sequence[str], values: Sequence[bytes]) -> list[Facts]:
        """The facts of all these values of one topic; keys are `<type>:<id>`."""
        if not keys:
            return []
        topic = _TOPICS[keys[0].partition(":")[0]]
        decoder = self._decoders.get(topic)
        if decoder is None:
            decoder = self._decoders[topic] = QuickDecoder(topic)
        facts: list[Facts] = []
        for start in range(0, len(values), _AT_ONCE):
            some = values[start : start + _AT_ONCE]
            quick, others = decoder.decode(some)
            for group in quick:
                for record in decoder.dated(group):
                    facts += facts_of(record, self._setting)
            for place in others:
                facts += facts_of(decode(topic, some[place]), self._organisation)
        return facts
