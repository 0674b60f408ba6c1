"""Laid: the records in force, laid out by subject - what does not depend on the date of the scores."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self
from zoneinfo import ZoneInfo

from scoring.oracle.deals import rows_of
from scoring.oracle.membership import Memberships, Subject
from scoring.oracle.parts import Parts, parts_by_subject
from scoring.oracle.rates import Rates
from scoring.oracle.targets import Targets
from scoring.oracle.versions import InForce
from scoring.scorecard import Scorecard
from scoring.weekly import WeekRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Laid:
    """The records, who belongs where, the parts of each subject, whatever their dates, and the rows of all its weeks."""

    records: Sequence[InForce]
    base_currency: str
    scorecard: Scorecard
    memberships: Memberships
    parts: Mapping[Subject, Parts]
    rates: Rates
    rows: Mapping[Subject, Mapping[int, WeekRow]]
    targets: Targets

    @classmethod
    def out(
        cls,
        records: Iterable[InForce],
        *,
        zone: ZoneInfo,
        base_currency: str,
        exponents: Mapping[str, int],
        scorecard: Scorecard,
    ) -> Self:
        """Lay out some records; the arguments are those of `scoring.oracle.scores`."""
        records = list(records)
        memberships = Memberships(records)
        parts = parts_by_subject(records, memberships, zone, exponents)
        rates = Rates(records, base_currency, exponents)
        scored = [metric.metric for metric in scorecard.metrics]
        return cls(
            records=records,
            base_currency=base_currency,
            scorecard=scorecard,
            memberships=memberships,
            parts=parts,
            rates=rates,
            rows={subject: rows_of(of_subject, scored, rates) for subject, of_subject in parts.items()},
            targets=Targets(records),
        )
