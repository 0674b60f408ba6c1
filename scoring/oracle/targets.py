"""Targets: what was asked of a subject, on a day and over a window."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from scoring.oracle.membership import Subject
from scoring.oracle.versions import InForce


@dataclass(frozen=True, slots=True)
class Target:
    """A value for a period, both its dates included."""

    start: date
    end: date
    value: Fraction
    rank: tuple[int, int, str]

    @property
    def days(self) -> int:
        """Days of the period."""
        return (self.end - self.start).days + 1

    @property
    def daily(self) -> Fraction:
        """The value's part of one day of the period."""
        return self.value / self.days


class Targets:
    """The target records in force."""

    def __init__(self, records: Iterable[InForce]) -> None:
        self._targets: dict[tuple[Subject, str], list[Target]] = {}
        for held in records:
            if held.record.type == "target":
                record: Any = held.record
                target = Target(record.period_start, record.period_end, Fraction(record.value), held.rank)
                key = ((record.subject, record.subject_id), record.metric)
                self._targets.setdefault(key, []).append(target)

    def on(self, subject: Subject, metric: str, day: date) -> Target | None:
        """The target that counts on a day: the shortest period, then the newest version, then the greater id."""
        covering = [t for t in self._targets.get((subject, metric), ()) if t.start <= day <= t.end]
        shortest = min((target.days for target in covering), default=0)
        return max((t for t in covering if t.days == shortest), key=lambda target: target.rank, default=None)

    def prorated(self, subject: Subject, metric: str, days: Iterable[date]) -> Fraction | None:
        """The sum of the days' parts of the targets that count on them; None when no day has a target."""
        if (subject, metric) not in self._targets:
            return None
        found = [target for day in days if (target := self.on(subject, metric, day)) is not None]
        return sum((target.daily for target in found), Fraction(0)) if found else None
