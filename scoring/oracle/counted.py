"""Counted: what each record, and each segment, comes to for one subject on one date."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from scoring.oracle.explained_metric import Told
from scoring.oracle.membership import Subject
from scoring.oracle.observations import Pair, observed
from scoring.oracle.parts import Parts, parts_by_subject
from scoring.oracle.score_objects import Ground
from scoring.oracle.table import SUMS
from scoring.oracle.versions import InForce
from scoring.oracle.waterfall import Observation, Segment

NEVER_BY_SEGMENT = {"roi", "acquisition_cost", "lifetime_value"}
OF_REFUNDS = {"return_rate", "refund_ratio"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """In whose time zone and money figures are counted."""

    zone: ZoneInfo
    base_currency: str
    exponents: Mapping[str, int]


class Counted:
    """The subject's parts of each record on one date."""

    def __init__(
        self, of: Ground, records: Sequence[InForce], subject: Subject, organisation: Organisation, factor: float = 1.0
    ) -> None:
        self._of, self._factor = of, Fraction(factor)
        self._parts: dict[tuple[str, str], tuple[Segment, Parts]] = {}
        deals = {held.record.id: held.record for held in records if held.record.type == "deal"}
        for held in records:
            parts = parts_by_subject([held], of.memberships, organisation.zone, organisation.exponents).get(subject)
            if parts:
                self._parts[held.record.type, held.record.id] = _segment(held.record, deals), parts

    def sums(self, metric: str) -> dict[Segment, Pair]:
        """What each segment comes to where there is anything."""
        found = {}
        for segment in {segment for segment, _ in self._parts.values()}:
            together: dict[str, list[Any]] = {}
            for of_record, parts in self._parts.values():
                if of_record == segment:
                    for kind, of_kind in parts.items():
                        together.setdefault(kind, []).extend(of_kind)
            total, base = self._observed(metric, together)
            if total or base > 0:
                found[segment] = self.factor(metric) * total, max(base, Fraction(0))
        return found

    def records(self, metric: str) -> dict[tuple[str, str], tuple[Segment, Pair]]:
        """By type and id the segment, and what the record says, however many days it stands for."""
        return {key: (segment, self._observed(metric, parts)) for key, (segment, parts) in self._parts.items()}

    def factor(self, metric: str) -> Fraction:
        """How often a total counts."""
        return self._factor if is_sum(metric) else Fraction(1)

    def _observed(self, metric: str, parts: Parts) -> Pair:
        of = self._of
        return observed(metric, parts, of.as_of, of.rates, of.horizons, of.norms.ripening)


def told_of(metric: str, before: Counted, after: Counted) -> tuple[Told, Told]:
    """What is known of a metric on both dates: segments, and the records that do not say the same on both.

    Metrics of records that have no segment in common, and those of refunds where a segment of refunds has no deal won on a date,
    have none.
    """
    sums = [side.sums(metric) for side in (before, after)]
    no_deals = any(total and base <= 0 for of_side in sums for total, base in of_side.values())
    whole = metric in NEVER_BY_SEGMENT or (metric in OF_REFUNDS and no_deals)
    records = [side.records(metric) for side in (before, after)]
    made = []
    for side, own, other, by_segment in zip((before, after), records, records[::-1], sums, strict=True):
        seen = [
            Observation(kind, name, None if whole else segment, side.factor(metric) * total, base)
            for (kind, name), (segment, (total, base)) in own.items()
            if other.get((kind, name)) != (segment, (total, base))
        ]
        made.append(Told(tuple(seen), _together(by_segment) if whole else by_segment))
    return made[0], made[1]


def _together(sums: Mapping[Segment, Pair]) -> dict[Segment, Pair]:
    total, base = (sum((of[column] for of in sums.values()), Fraction(0)) for column in (0, 1))
    return {None: (total, base)}


def _segment(record: Any, deals: Mapping[str, Any]) -> Segment:
    """A deal's product or source, a lead's or customer's source, that of the deal which a refund or an answer names."""
    match record.type:
        case "deal":
            return record.product or record.source or None
        case "lead" | "customer":
            return record.source or None
        case "refund" | "feedback" if record.deal_id in deals:
            return _segment(deals[record.deal_id], deals)
    return None


def is_sum(metric: str) -> bool:
    """Whether it adds up over days, or stands there on each."""
    return metric in SUMS or metric == "pipeline_value"
