"""Flagging: what is worth a look in the topics, collected while they are read."""

from __future__ import annotations

from schemas.currencies import EXPONENTS
from scoring.facts import Facts
from scoring.flag_records import FlagRecords
from scoring.flags import Flag
from scoring.organisation import Organisation
from scoring.score import Scorer
from streams.as_of import zone_named
from streams.intake import Delivery
from streams.settings import Settings


class Looking:
    """Sees every version of every record, and says what is worth a look."""

    def __init__(self, settings: Settings) -> None:
        """Nothing has been seen."""
        self._records = FlagRecords(Organisation(zone_named(settings.time_zone), settings.base_currency, EXPONENTS))

    def see(self, delivery: Delivery, facts: list[Facts]) -> None:
        """Take a version that was read."""
        version = (delivery.updated_at, delivery.version)
        self._records.take((delivery.type, delivery.id), version, delivery.record, facts)

    def flags(self, scorer: Scorer) -> list[Flag]:
        """The flags of the days that a scorer's scores are taken over, and of the newest quarter that is over."""
        first, scorecard = scorer.as_of - scorer.horizons.score + 1, scorer.scorecard
        return self._records.flags(first, scorer.as_of, scorecard.calendar, scorecard.flags)
