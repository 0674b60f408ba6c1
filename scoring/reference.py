"""Reference: the newest reference records, and what figures need of them - rates, targets, presence, the roster.

None of it is baked into facts or panes: it is applied when a score is read, so a late rate or a backdated move corrects
history by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any, NamedTuple

from scoring.market import MarketIndex, Reading
from scoring.money import Rates
from scoring.organisation import Organisation
from scoring.presence import NO_HOLIDAYS, Attendance, Holidays, days_present
from scoring.roster import FOREVER, Roster

_ALWAYS = Attendance()
_HELD = ("fx_rate", "target", "absence", "market", "intervention")
_OF_EVERYBODY = ("rep", "team", "absence", "market")
"""What `Reference.everybody` is made of."""


class Versioned(NamedTuple):
    """A record in force with what orders it among records for the same thing: the newest, then the greater id."""

    updated_at: int
    version: int
    record_id: str
    record: Any

    @property
    def rank(self) -> tuple[int, int, str]:
        """What decides between records for the same thing: the greater counts."""
        return self.updated_at, self.version, self.record_id


class Target(NamedTuple):
    """A target of one subject and metric over the days `start` to `end`, both included; `rank` orders equals, newest last."""

    start: int
    end: int
    value: Decimal
    rank: tuple[int, int, str]

    @property
    def days(self) -> int:
        """The length of its period."""
        return self.end - self.start + 1


class Effect(NamedTuple):
    """What a record that was taken may change."""

    moves: bool
    """Whether it may move somebody's facts elsewhere."""
    concerned: frozenset[str] | None
    """The subjects whose scores it may change; None: anybody's."""


class Everybody(NamedTuple):
    """What the reference records say of people and the market."""

    roster: Roster
    attendances: Mapping[str, Attendance]
    market: MarketIndex


class Reference:
    """The newest version of every reference record, by type and id.

    `revision` changes with every record taken, `everybody_revision` with those that say something of people or the market.
    """

    def __init__(self, organisation: Organisation) -> None:
        """Start with no records."""
        self.organisation = organisation
        self.roster = Roster()
        self.revision = self.everybody_revision = 0
        self._held: dict[str, dict[str, Versioned]] = {kind: {} for kind in _HELD}
        self._rates: Rates | None = None
        self._market: MarketIndex | None = None
        self._targets: dict[tuple[str, str], list[Target]] | None = None
        self._absences: dict[str, list[tuple[int, int]]] | None = None
        self._presence: tuple[tuple[int, int, int, Holidays], dict[str, int]] | None = None
        self._attendances: dict[str, Attendance] | None = None

    def put(self, record_type: str, record_id: str, held: Versioned | None) -> Effect:
        """Take the newest version of a record, None where it is deleted; what that may change."""
        self.revision += 1
        self.everybody_revision += record_type in _OF_EVERYBODY
        if record_type in ("rep", "team", "absence"):
            self._presence = self._attendances = None
        if record_type in ("rep", "team"):
            return Effect(self.roster.put(record_type, record_id, None if held is None else held.record), None)
        before = self._concerned(record_type, record_id)
        of_type = self._held.get(record_type)
        if of_type is not None:
            if held is None:
                of_type.pop(record_id, None)
            else:
                of_type[record_id] = held
            self._forget_what_follows_from(record_type)
        after = self._concerned(record_type, record_id)
        return Effect(moves=False, concerned=None if before is None or after is None else before | after)

    def copy(self) -> Reference:
        """The same records, for another thread to read: later ones do not come to it, and nothing worked out is shared."""
        copied = Reference(self.organisation)
        copied.revision, copied.everybody_revision = self.revision, self.everybody_revision
        copied.roster = self.roster.copy()
        copied._held = {kind: dict(of_kind) for kind, of_kind in self._held.items()}
        return copied

    def _concerned(self, record_type: str, record_id: str) -> frozenset[str] | None:
        """In whose scores the record counts, as it is held now: a target in its subject's, an intervention in nobody's."""
        if record_type == "intervention":
            return frozenset()
        if record_type != "target":
            return None
        held = self._held["target"].get(record_id)
        return frozenset() if held is None else frozenset({f"{held.record.subject}:{held.record.subject_id}"})

    def interventions_of(self, subject: str) -> list[Any]:
        """The records of what was done for a subject, in the order in which it began."""
        records = [held.record for held in self._held["intervention"].values()]
        return sorted(
            (record for record in records if f"{record.subject}:{record.subject_id}" == subject),
            key=lambda record: (record.started_at, record.id),
        )

    def _forget_what_follows_from(self, record_type: str) -> None:
        if record_type == "fx_rate":
            self._rates = None
        elif record_type == "target":
            self._targets = None
        elif record_type == "market":
            self._market = None
        elif record_type == "absence":
            self._absences = None

    @property
    def rates(self) -> Rates:
        """Exchange rates in force."""
        if self._rates is None:
            newest = _newest(self._held["fx_rate"].values(), lambda fx: (fx.currency, fx.date))
            org = self.organisation
            days = ((fx.currency, fx.date.toordinal(), fx.rate) for fx in newest)
            self._rates = Rates(org.base_currency, org.exponents, days)
        return self._rates

    @property
    def market(self) -> MarketIndex:
        """The market's index in force."""
        if self._market is None:
            readings: dict[str | None, list[Reading]] = {}
            for held in self._held["market"].values():
                record = held.record
                reading = Reading(record.date.toordinal(), held.rank, float(record.index))
                readings.setdefault(record.segment, []).append(reading)
            self._market = MarketIndex(readings)
        return self._market

    @property
    def everybody(self) -> Everybody:
        """People and market as they are now: later records do not change it."""
        return Everybody(self.roster.copy(), dict(self.attendances), self.market)

    def target_on(self, subject: str, metric: str, day: int) -> Target | None:
        """The target that covers a day: the one with the shortest period, among equals the newest."""
        return _covering(self._targets_of(subject, metric), day)

    def targets_between(self, subject: str, metric: str, first: int, last: int) -> Iterator[tuple[int, int, Target]]:
        """The stretches of days from `first` to `last` with a target in force, both ends included, earliest first."""
        touching = [t for t in self._targets_of(subject, metric) if t.start <= last and t.end >= first]
        if not touching:
            return
        edges = {first, last + 1}
        for target in touching:
            edges |= {edge for edge in (target.start, target.end + 1) if first < edge <= last}
        for start, after in pairwise(sorted(edges)):
            if (there := _covering(touching, start)) is not None:
                yield start, after - 1, there

    def prorated_target(self, subject: str, metric: str, first: int, last: int) -> Fraction | None:
        """What is due from `first` to `last`, both included, with each day's part of the target that covers it.

        None where no target touches these days.
        """
        if not self._targets_of(subject, metric):
            return None
        due, whole = None, 1
        for start, end, target in self.targets_between(subject, metric, first, last):
            value, parts = target.value.as_integer_ratio()
            parts *= target.days
            due = (due or 0) * parts + value * (end - start + 1) * whole
            whole *= parts
        return None if due is None else Fraction(due, whole)

    def _targets_of(self, subject: str, metric: str) -> list[Target]:
        if self._targets is None:
            self._targets = {}
            for held in self._held["target"].values():
                record = held.record
                start, end = record.period_start.toordinal(), record.period_end.toordinal()
                target = Target(start, end, Decimal(record.value), held.rank)
                self._targets.setdefault((f"{record.subject}:{record.subject_id}", record.metric), []).append(target)
        return self._targets.get((subject, metric), [])

    def days_present(
        self,
        subject: str,
        first: int,
        last: int,
        unrecorded: int = 0,
        *,
        moved: int = 0,
        holidays: Holidays = NO_HOLIDAYS,
    ) -> int:
        """Working days on which the subject was there from `first` to `last`, both included.

        A rep is there from its hiring to its leaving, both included, but for its absences. A group's days are those of its
        members while they were members, and every working day for each of its `unrecorded` reps (those without a rep record).
        Who is a member on a day is asked `moved` days later.
        """
        asked = (first, last, moved, holidays)
        if self._presence is None or self._presence[0] != asked:
            self._presence = (asked, self._count_days(first, last, moved, holidays))
        days = self._presence[1].get(subject)
        if days is None:  # a rep without a record, or a group without members
            rep_id = subject.removeprefix("rep:")
            days = self._rep_days(rep_id, first, last, holidays) if subject.startswith("rep:") else 0
        return days + unrecorded * holidays.working_days(first, last)

    @property
    def attendances(self) -> dict[str, Attendance]:
        """When each rep was there who has a record or an absence; anybody else always was."""
        if self._attendances is None:
            self._attendances = {}
            for rep_id in self.roster.reps.keys() | self._absences_by_rep.keys():
                rep, absences = self.roster.reps.get(rep_id), tuple(self._absences_of(rep_id))
                hired, left = (None, None) if rep is None else (rep.hired_on, rep.left_on)
                self._attendances[rep_id] = Attendance(
                    None if hired is None else hired.toordinal(), None if left is None else left.toordinal(), absences
                )
        return self._attendances

    def _count_days(self, first: int, last: int, moved: int, holidays: Holidays) -> dict[str, int]:
        """The days present of every rep with a record and of every group, in one pass over the reps."""
        present: dict[str, int] = {}
        for rep_id in self.roster.reps:
            subject, start = "rep:" + rep_id, first
            present[subject] = self._rep_days(rep_id, first, last, holidays)
            for until_then, weights in self.roster.route(subject):
                until = until_then - moved if until_then < FOREVER else FOREVER
                if start < until and start <= last:
                    days = self._rep_days(rep_id, start, min(last, until - 1), holidays)
                    for group, _ in weights:
                        present[group] = present.get(group, 0) + days
                start = max(start, until)
        return present

    def _rep_days(self, rep_id: str, first: int, last: int, holidays: Holidays) -> int:
        return days_present(self.attendances.get(rep_id, _ALWAYS), first, last, holidays)

    def _absences_of(self, rep_id: str) -> list[tuple[int, int]]:
        return self._absences_by_rep.get(rep_id, [])

    @property
    def _absences_by_rep(self) -> dict[str, list[tuple[int, int]]]:
        if self._absences is None:
            self._absences = {}
            for held in self._held["absence"].values():
                absence = held.record
                period = (absence.start.toordinal(), absence.end.toordinal())
                self._absences.setdefault(absence.rep_id, []).append(period)
            for periods in self._absences.values():
                periods.sort()
        return self._absences


def _newest(held: Iterable[Versioned], identity: Any) -> list[Any]:
    """Of the records for the same thing the newest, then the one with the greater id."""
    best: dict[Any, Versioned] = {}
    for candidate in held:
        key = identity(candidate.record)
        if key not in best or candidate.rank > best[key].rank:
            best[key] = candidate
    return [versioned.record for versioned in best.values()]


def _covering(targets: Iterable[Target], day: int) -> Target | None:
    covering = [target for target in targets if target.start <= day <= target.end]
    return max(covering, key=lambda target: (-target.days, target.rank)) if covering else None
