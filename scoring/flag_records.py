"""Flag records: what the versions of records say that flags are made of, and the flags of a date."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from scoring.facts import Facts
from scoring.fiscal import FiscalCalendar, Period
from scoring.flags import (
    Call,
    Edit,
    Entry,
    Flag,
    FlagLimits,
    Win,
    backdating,
    bulk_edits,
    late_wins,
    same_day_wins,
    short_calls,
)
from scoring.organisation import Organisation

_EVENTS: Final = {
    "deal": ("opened_at", "closed_at"),
    "lead": ("created_at", "qualified_at", "converted_at"),
    "customer": ("since",),
    "refund": ("occurred_at",),
    "activity": ("occurred_at",),
}
"""What reps enter, and the times that it gives; answers, evaluations and costs are entered by others."""
_SECOND: Final = 1_000_000
_DAY: Final = 86_400 * _SECOND
_EPOCH_DAY: Final = 719_163
"""1970-01-01 as an ordinal."""
_FEW: Final = 3


class _Version(NamedTuple):
    """A version of a record: whose it is, its facts, the day of each event it gives, and what a call or a win is."""

    owner: str | None
    credited: tuple[str, ...]
    facts: list[Facts]
    events: dict[str, int]
    won: bool
    call: tuple[float | None, bool] | None
    states_when: bool


@dataclass(slots=True)
class FlagRecords:
    """Takes versions of records in any order, any number of times; gives the flags of a stretch of days."""

    organisation: Organisation
    _versions: dict[tuple[str, str], dict[tuple[int, int], _Version]] = field(default_factory=dict)

    def take(self, key: tuple[str, str], version: tuple[int, int], record: Any | None, facts: list[Facts]) -> None:
        """Take a version.

        Args:
            key: type and id.
            version: microseconds since 1970 and the number that orders equals; of equal versions the later one counts.
            record: None where it is deleted.
            facts: what it stands for (`scoring.facts.facts_of`).
        """
        if key[0] in _EVENTS:
            self._versions.setdefault(key, {})[version] = self._read(record, facts)

    def flags(self, first: int, as_of: int, calendar: FiscalCalendar, limits: FlagLimits) -> list[Flag]:
        """What of the days from `first` to `as_of`, both included, is worth a look; late wins of the newest quarter that is over.

        A version is an edit where its facts are other than those of the version before it, at the time when it says it was made.
        A record is entered where a version first gives its event (opened, closed, occurred ...), however often it is corrected
        later; the newest version says on which day that was, and the event entered latest counts.

        Both need records that say when they were made (`updated_at`), for else it is known only when they came here; others are
        left out. Where `backdating` would be said of three reps or more and of more than half of those who entered anything, it
        is how the CRM publishes - a history that was sent at once, say - and is said of nobody.

        Source: method.md section 10.
        """
        over = _newest_over(calendar, as_of)
        entries = list(self._entries(first, as_of))
        late, entering = backdating(entries, limits), {entry.rep_id for entry in entries}
        wins = list(self._wins(min(first, over.first), as_of))
        return [
            *bulk_edits(self._edits(first, as_of), limits),
            *(late if len(late) < _FEW or 2 * len(late) <= len(entering) else ()),
            *short_calls(self._calls(first, as_of), limits),
            *same_day_wins((win for win in wins if win.closed >= first), limits),
            *late_wins(wins, over, limits),
        ]

    def _read(self, record: Any | None, facts: list[Facts]) -> _Version:
        if record is None:
            return _Version(None, (), facts, {}, won=False, call=None, states_when=True)
        moments = {name: getattr(record, name) for name in _EVENTS[record.type]}
        shares = getattr(record, "splits", None)
        call = None
        if record.type == "activity" and record.kind == "call":
            seconds = record.duration_seconds
            call = (None if seconds is None else float(seconds), record.outcome != "no_answer")
        closed = record.type != "deal" or record.status != "open"
        return _Version(
            record.rep_id,
            tuple(sorted({split.rep_id for split in shares})) if shares else (record.rep_id,),
            facts,
            {
                name: self.organisation.day(moment)
                for name, moment in moments.items()
                if moment is not None and (closed or name != "closed_at")
            },
            won=record.type == "deal" and record.status == "won",
            call=call,
            states_when=record.updated_at is not None,
        )

    def _day(self, microseconds: int) -> int:
        return self.organisation.day(datetime.fromtimestamp(microseconds // _SECOND, UTC))

    def _is_within(self, microseconds: int, first: int, as_of: int) -> bool:
        """Whether a moment is on one of these local dates; most are far off, and need no calendar to tell."""
        utc = _EPOCH_DAY + microseconds // _DAY
        return first - 1 <= utc <= as_of + 1 and first <= self._day(microseconds) <= as_of

    def _edits(self, first: int, as_of: int) -> Iterator[Edit]:
        for (record_type, record_id), versions in self._versions.items():
            if len(versions) == 1:
                continue
            before: _Version | None = None
            for when in sorted(versions):
                version = versions[when]
                owner = version.owner or (before.owner if before is not None else None)
                changes = before is not None and version.facts != before.facts
                if changes and owner is not None and version.states_when and self._is_within(when[0], first, as_of):
                    yield Edit(owner, f"{record_type} {record_id}", when[0] / _SECOND)
                before = version._replace(owner=owner)

    def _entries(self, first: int, as_of: int) -> Iterator[Entry]:
        for (record_type, record_id), versions in self._versions.items():
            newest = versions[max(versions)]
            found = []
            for event, happened in newest.events.items():
                entered = min(when for when, version in versions.items() if event in version.events)
                if versions[entered].states_when and self._is_within(entered[0], first, as_of):
                    found.append((self._day(entered[0]) - happened, happened))
            if found and newest.owner is not None:
                late, happened = max(found)
                yield Entry(newest.owner, f"{record_type} {record_id}", happened, happened + late)

    def _calls(self, first: int, as_of: int) -> Iterator[Call]:
        for (record_type, record_id), newest in self._newest():
            if newest.call is not None and newest.owner and first <= newest.events["occurred_at"] <= as_of:
                yield Call(newest.owner, f"{record_type} {record_id}", *newest.call)

    def _wins(self, first: int, as_of: int) -> Iterator[Win]:
        for (record_type, record_id), newest in self._newest():
            if newest.won and first <= newest.events["closed_at"] <= as_of:
                for rep_id in newest.credited:
                    days = newest.events["opened_at"], newest.events["closed_at"]
                    yield Win(rep_id, f"{record_type} {record_id}", *days)

    def _newest(self) -> Iterator[tuple[tuple[str, str], _Version]]:
        for key, versions in self._versions.items():
            yield key, versions[max(versions)]


def _newest_over(calendar: FiscalCalendar, as_of: int) -> Period:
    quarter = calendar.quarter(as_of)
    return quarter if quarter.last == as_of else calendar.quarter(quarter.first - 1)
