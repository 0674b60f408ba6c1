"""Gaming flags: what in the records is worth a look. They ask a person, and never touch a score. Source: method.md section 10.

Each function takes what the records of some stretch of days say, in any order, and returns flags in the order of the reps' ids.
Days are ordinals. Each flag has a good explanation more often than a bad one: a move to a new CRM, a holiday caught up on, a
business that sells on the phone within the hour. So limits are part of the scorecard, and a flag names the records to look at.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, TypeVar

from scoring.fiscal import Period
from scoring.wording import worth_a_look

Kind = Literal["bulk_edits", "backdating", "short_calls", "same_day_wins", "late_wins"]


@dataclass(frozen=True, slots=True)
class FlagLimits:
    """`[flags]` of a scorecard: from where on something is worth a look.

    Days and seconds are those of method.md section 10; it leaves open how many are "many". Counts and shares keep what
    happens to everybody from being flagged; set a count to 1 and its share to 0 to see each single case.
    """

    bulk_records: int = 25
    bulk_minutes: int = 10
    backdated_days: int = 7
    backdated_records: int = 1
    short_call_seconds: int = 10
    short_calls: int = 20
    short_share: float = 0.25
    same_day_deals: int = 3
    same_day_share: float = 0.25
    late_days: int = 5
    late_share: float = 1 / 3
    late_fewest_wins: int = 9


USUAL_LIMITS: Final = FlagLimits()


@dataclass(frozen=True, slots=True)
class Flag:
    """Something worth a look: what was seen of whom, the numbers behind it, and the ids of the records to look at."""

    kind: Kind
    rep_id: str
    seen: str
    numbers: Mapping[str, float]
    records: tuple[str, ...]

    @property
    def text(self) -> str:
        """What a person reads; it asks, and says that no score changes."""
        return worth_a_look(self.seen)


class Edit(NamedTuple):
    """A new version of a record that changed what counts, made at a time in seconds since any fixed moment."""

    rep_id: str
    record_id: str
    at: float


class Entry(NamedTuple):
    """A record: the day on which it says that something happened, and the day on which it first said so.

    First, not last: a record of last year that is corrected today was not entered today.
    """

    rep_id: str
    record_id: str
    happened: int
    entered: int


class Call(NamedTuple):
    """A call: how long it took, None where nobody says; `answered` is False where nobody took it."""

    rep_id: str
    record_id: str
    seconds: float | None
    answered: bool = True


class Win(NamedTuple):
    """A deal won: the days on which it was opened and closed."""

    rep_id: str
    record_id: str
    opened: int
    closed: int


def bulk_edits(edits: Iterable[Edit], limits: FlagLimits = USUAL_LIMITS) -> list[Flag]:
    """Bursts: `bulk_records` or more different records of one rep changed within `bulk_minutes`, a flag for each burst.

    A burst begins with an edit and takes all that follow within those minutes, the next one begins after it. What three reps or
    more, and more than half of those who have edits at all, do at overlapping times is the CRM at work, and no flag.

    >>> burst = [Edit("r-1", f"d-{i}", 60.0 * i) for i in range(4)]
    >>> [flag.seen for flag in bulk_edits(burst, FlagLimits(bulk_records=3, bulk_minutes=2))]
    ['3 records of r-1 were changed within 2 minutes']
    """
    by_rep = _by_rep(edits)
    bursts = [burst for rep_id in sorted(by_rep) for burst in _bursts(by_rep[rep_id], limits)]
    found = []
    for begun, ended, rep_id, records in bursts:
        at_once = {other for start, end, other, _ in bursts if start <= ended and end >= begun}
        if len(at_once) >= _A_JOB and 2 * len(at_once) > len(by_rep):
            continue
        seen = f"{len(records)} records of {rep_id} were changed within {limits.bulk_minutes} minutes"
        found.append(Flag("bulk_edits", rep_id, seen, {"records": len(records), "begun_at": begun}, tuple(records)))
    return found


def backdating(entries: Iterable[Entry], limits: FlagLimits = USUAL_LIMITS) -> list[Flag]:
    """Records entered more than `backdated_days` after the day they give: a flag a rep that has `backdated_records` or more.

    >>> late = [Entry("r-1", "d-1", 100, 108), Entry("r-1", "d-2", 100, 107), Entry("r-1", "d-3", 100, 140)]
    >>> [(flag.seen, flag.records) for flag in backdating(late)]
    [('2 of 3 records of r-1 were entered more than 7 days after the day they give, the latest 40 days', ('d-1', 'd-3'))]
    """
    found = []
    for rep_id, own in _reps(entries):
        late = [entry for entry in own if entry.entered - entry.happened > limits.backdated_days]
        if late and len(late) >= limits.backdated_records:
            latest = max(entry.entered - entry.happened for entry in late)
            seen = (
                f"{len(late)} of {len(own)} records of {rep_id} were entered more than {limits.backdated_days} days "
                f"after the day they give, the latest {latest} days"
            )
            numbers = {"records": len(late), "of": len(own), "latest_days": latest}
            found.append(Flag("backdating", rep_id, seen, numbers, _ids(late)))
    return found


def short_calls(calls: Iterable[Call], limits: FlagLimits = USUAL_LIMITS) -> list[Flag]:
    """Many calls under `short_call_seconds`: `short_calls` or more, and `short_share` or more of those that state a duration.

    Calls that nobody took are short by nature and left out.

    >>> brief = [Call("r-1", f"c-{i}", 3.0 if i < 2 else 90.0) for i in range(5)]
    >>> [flag.seen for flag in short_calls(brief, FlagLimits(short_calls=2))]
    ['2 of 5 calls of r-1 took less than 10 seconds']
    """
    found = []
    for rep_id, own in _reps(call for call in calls if call.answered and call.seconds is not None):
        short = [call for call in own if call.seconds is not None and call.seconds < limits.short_call_seconds]
        if _many(short, own, limits.short_calls, limits.short_share):
            seen = f"{len(short)} of {len(own)} calls of {rep_id} took less than {limits.short_call_seconds} seconds"
            found.append(Flag("short_calls", rep_id, seen, {"calls": len(short), "of": len(own)}, _ids(short)))
    return found


def same_day_wins(wins: Iterable[Win], limits: FlagLimits = USUAL_LIMITS) -> list[Flag]:
    """Deals opened on the day they were won: `same_day_deals` or more, and `same_day_share` or more of the rep's wins.

    >>> [flag.numbers for flag in same_day_wins([Win("r-1", f"d-{i}", 50, 50 + i // 3) for i in range(6)])]
    [{'wins': 3, 'of': 6}]
    """
    found = []
    for rep_id, own in _reps(wins):
        same = [win for win in own if win.closed <= win.opened]
        if _many(same, own, limits.same_day_deals, limits.same_day_share):
            seen = f"{len(same)} of {len(own)} deals won by {rep_id} were opened on the day they were won"
            found.append(Flag("same_day_wins", rep_id, seen, {"wins": len(same), "of": len(own)}, _ids(same)))
    return found


def late_wins(wins: Iterable[Win], quarter: Period, limits: FlagLimits = USUAL_LIMITS) -> list[Flag]:
    """A third (`late_share`) or more of a rep's wins of a quarter in its last `late_days` days.

    Wins outside of the quarter are left out, and so are reps with fewer than `late_fewest_wins`: spread evenly, one of three
    wins falls into these days in one quarter of six, three of nine in one of a hundred.

    >>> wins = [Win("r-1", f"d-{i}", 0, 72 + 2 * i) for i in range(10)]
    >>> [flag.seen for flag in late_wins(wins, Period("2026Q1", 1, 90), FlagLimits(late_share=0.3))]
    ['3 of 10 deals that r-1 won in 2026Q1 were won in its last 5 days']
    """
    found = []
    for rep_id, own in _reps(win for win in wins if quarter.first <= win.closed <= quarter.last):
        late = [win for win in own if win.closed > quarter.last - limits.late_days]
        if _many(own, own, limits.late_fewest_wins, 0) and _many(late, own, 1, limits.late_share):
            seen = (
                f"{len(late)} of {len(own)} deals that {rep_id} won in {quarter.name} were won in its "
                f"last {limits.late_days} days"
            )
            found.append(Flag("late_wins", rep_id, seen, {"wins": len(late), "of": len(own)}, _ids(late)))
    return found


_A_JOB: Final = 3
"""Fewer reps than this at once are no sign of the CRM at work."""

_Burst = tuple[float, float, str, list[str]]
_T = TypeVar("_T", Edit, Entry, Call, Win)


def _bursts(edits: list[Edit], limits: FlagLimits) -> list[_Burst]:
    in_time = sorted(edits, key=lambda edit: (edit.at, edit.record_id))
    found: list[_Burst] = []
    within: Counter[str] = Counter()
    start = end = 0
    while start < len(in_time):
        while end < len(in_time) and in_time[end].at - in_time[start].at <= 60 * limits.bulk_minutes:
            within[in_time[end].record_id] += 1
            end += 1
        if len(within) >= limits.bulk_records:
            first, last = in_time[start], in_time[end - 1]
            found.append((first.at, last.at, first.rep_id, sorted(within)))
            within.clear()
            start = end
            continue
        within[in_time[start].record_id] -= 1
        if not within[in_time[start].record_id]:
            del within[in_time[start].record_id]
        start += 1
    return found


def _by_rep(things: Iterable[_T]) -> dict[str, list[_T]]:
    found: dict[str, list[_T]] = {}
    for thing in things:
        found.setdefault(thing.rep_id, []).append(thing)
    return found


def _reps(things: Iterable[_T]) -> list[tuple[str, list[_T]]]:
    return sorted(_by_rep(things).items(), key=lambda named: named[0])


def _many(some: list[_T], of: list[_T], fewest: int, share: float) -> bool:
    return len(some) >= fewest and len(some) >= share * len(of)


def _ids(things: Iterable[_T]) -> tuple[str, ...]:
    return tuple(sorted(thing.record_id for thing in things))
