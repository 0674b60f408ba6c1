"""Parts: what a subject has of each thing that happened, by the membership of the day it happened on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from scoring.oracle.credit import WHOLE, largest_remainder, shares
from scoring.oracle.happenings import Happening, happenings
from scoring.oracle.membership import COMPANY, Memberships, Subject
from scoring.oracle.versions import InForce

Parts = Mapping[str, list["Part"]]
"""The parts of one subject, by kind of happening."""


@dataclass(frozen=True, slots=True)
class Part:
    """A subject's part of a happening: its share in millionths and its slice of every amount."""

    day: date
    record: Any
    share: int
    amounts: Mapping[str, int]
    closed_on: date | None

    @property
    def currency(self) -> str:
        """The currency of the amounts that are money."""
        return str(self.record.currency)


def parts_by_subject(
    records: Iterable[InForce], memberships: Memberships, zone: ZoneInfo, exponents: Mapping[str, int]
) -> dict[Subject, dict[str, list[Part]]]:
    """Every subject that has a part in anything, whatever its date, with its parts by kind."""
    found: dict[Subject, dict[str, list[Part]]] = {}
    for held in records:
        for happening in happenings(held.record, zone, exponents):
            for subject, part in _parts(happening, memberships):
                found.setdefault(subject, {}).setdefault(happening.kind, []).append(part)
    return found


def _parts(happening: Happening, memberships: Memberships) -> Iterator[tuple[Subject, Part]]:
    record, day = happening.record, happening.day
    if record.type == "cost" and record.rep_id is None:
        line = [] if record.team_id is None else memberships.lineage(record.team_id)
        for subject in [*line, COMPANY]:
            yield subject, Part(day, record, WHOLE, happening.amounts, None)
        return
    credit = shares(record)
    slices = {measure: largest_remainder(total, credit) for measure, total in happening.amounts.items()}
    members: dict[Subject, list[str]] = {}
    for rep_id in credit:
        for subject in [("rep", rep_id), *memberships.groups(rep_id, day)]:
            members.setdefault(subject, []).append(rep_id)
    for subject, rep_ids in members.items():
        share = sum(credit[rep_id] for rep_id in rep_ids)
        amounts = {measure: sum(by_rep[rep_id] for rep_id in rep_ids) for measure, by_rep in slices.items()}
        yield subject, Part(day, record, share, amounts, happening.closed_on)
