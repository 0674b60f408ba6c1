"""Line: the whole way from record versions to scores in one process - what the lanes do together, without Kafka.

It serves `scores --as-of`, replays and the tests that compare the stream with the oracle.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from sys import intern
from typing import Any, NamedTuple

from scoring.course import Ground, Grounds
from scoring.facts import Facts, facts_of, listed
from scoring.improvement import Improvement, norms_on
from scoring.ledger import Entry, FactSums, Outcome, settle
from scoring.measures import parse_key
from scoring.money import Rates
from scoring.norms import Norms
from scoring.organisation import Organisation
from scoring.pane_columns import PaneColumns, measures_of
from scoring.pane_table import LaidBook, PaneTable
from scoring.panes import Panes
from scoring.reference import Reference, Versioned
from scoring.retention import may_go
from scoring.score import Scorer
from scoring.scorecard import Scorecard
from scoring.stages import GroupStage, RepStage
from scoring.standing import Standing
from scoring.week_evidence import week_table
from scoring.week_table import WeekTable
from scoring.weekly import scored_kpis, shared_weeks

_DATED_BY = frozenset({"opened_n", "won_n", "lost_n", "refunds_n", "costs_n", "activity", "evaluations", "feedback"})


_OF_DEALS = frozenset({"refund", "feedback"})
"""Types of records that are told under the segment of the deal that they name."""


class Held(NamedTuple):
    """The newest version of a record: the facts it stands for, and its segment (`Line.held`)."""

    type: str
    id: str
    segment: str | None
    facts: list[Facts]


class Line:
    """Takes versions of records in any order, any number of times; gives the scores of every subject at a date."""

    def __init__(self, organisation: Organisation, *, explains: bool = False) -> None:
        """Start with no records; with `explains` remember their segments, which scores do not need."""
        self.reference = Reference(organisation)
        self.reps = RepStage(self.reference.roster)
        self.groups = GroupStage()
        self._organisation = organisation
        self._ledger: dict[tuple[str, str], Entry] = {}
        self._facts = FactSums()
        self._segments: dict[tuple[str, str], str] | None = {} if explains else None
        self._deals: dict[tuple[str, str], str] = {}
        self._columns: tuple[frozenset[str], Rates, PaneColumns] | None = None
        self._week_rows: tuple[tuple[str, ...], PaneColumns, WeekTable] | None = None
        self._grounds: tuple[object, Scorecard, Grounds] | None = None

    def take(self, record_type: str, record_id: str, updated_at: int, version: int, record: Any | None) -> Outcome:
        """Take one delivery; `record` is None for a deletion.

        Args:
            record_type: as in contract.md section 1.
            record_id: unique within its type.
            updated_at: microseconds since 1970; the Kafka timestamp where the record states none.
            version: orders versions of equal `updated_at`; 0 where the record states none.
            record: the record, or None where it is deleted.
        """
        facts = [] if record is None else facts_of(record, self._organisation)
        content = b"" if record is None or facts else repr(record).encode()
        held = self._ledger.get((record_type, record_id))
        new = Entry(updated_at, version, facts, content)
        outcome = settle(held, new)
        if outcome is Outcome.APPLIED:
            self._columns = self._week_rows = self._grounds = None
            self._ledger[record_type, record_id] = new
            if held is not None:
                self._facts.add(held.facts, -1)
            self._facts.add(facts)
            if self._segments is not None:
                self._forget_segment((record_type, record_id))
                if segment := segment_of(record):
                    self._segments[record_type, record_id] = intern(segment)
                if record_type in _OF_DEALS and record is not None and record.deal_id:
                    self._deals[record_type, record_id] = record.deal_id
            is_reference = not facts and not (held and held.facts)
            if is_reference:
                versioned = None if record is None else Versioned(updated_at, version, record_id, record)
                if self.reference.put(record_type, record_id, versioned).moves:
                    self.reps.reroute(self.reps.affected_by(record_type, record_id))
        return outcome

    def retire(self, first_day: int, first_us: int) -> None:
        """Let go what lies before a day (`scoring.retention`); `first_us` is its beginning in microseconds since 1970."""
        self._settle_panes()
        self._columns = self._week_rows = self._grounds = None
        self.reps.first_day = self.groups.first_day = first_day
        for key in [key for key, held in self._ledger.items() if may_go(key[0], held, first_day, first_us)]:
            del self._ledger[key]
            self._forget_segment(key)
        for _ in chain(self.reps.retire(), self.groups.retire()):
            pass

    def holds(self, record_type: str, record_id: str) -> bool:
        """Whether a version of a record is held."""
        return (record_type, record_id) in self._ledger

    def held(self) -> Iterator[Held]:
        """Every record that stands for facts, with its segment; None without `explains`.

        That is what `segment_of` says; of a refund or an answer, what it says of the deal that these name: None where that deal
        is not held, or no longer.
        """
        for key, entry in self._ledger.items():
            if entry.facts:
                yield self.held_as(*key)

    def held_as(self, record_type: str, record_id: str) -> Held:
        """One record; without facts where it is not held."""
        key = (record_type, record_id)
        entry = self._ledger.get(key)
        deal = self._deals.get(key)
        segment = (self._segments or {}).get(key if deal is None else ("deal", deal))
        return Held(*key, segment, [] if entry is None else entry.facts)

    def _forget_segment(self, key: tuple[str, str]) -> None:
        if self._segments is not None:
            self._segments.pop(key, None)
            self._deals.pop(key, None)

    def knows(self, subject: str) -> bool:
        """Whether `scores` has a score of a subject."""
        self._settle_panes()
        return subject in subjects(self.reference, self.reps, self.groups)

    def scorer(self, scorecard: Scorecard, as_of: int) -> Scorer:
        """What the scores of a date are read with."""
        ground = self.ground(scorecard, as_of)
        norms = norms_on(as_of, scorecard, ground)
        improvement = Improvement(ground, scorecard, norms, as_of)
        return Scorer(self.reference, scorecard, as_of, norms, improvement.of)

    def scores(self, scorecard: Scorecard, as_of: int, known_at: str) -> Iterator[dict[str, Any]]:
        """The score objects of all subjects, in the order rep, team, territory, company, then by id."""
        self._settle_panes()
        scorer = self.scorer(scorecard, as_of)
        for subject in subjects(self.reference, self.reps, self.groups):
            yield scorer.score(subject, self.panes(subject), known_at)

    def standings(self, scorer: Scorer) -> dict[str, Standing]:
        """How each rep stands by a scorer of this line, by its id: what ranks and comparisons of reps are made of."""
        return {
            subject.removeprefix("rep:"): scorer.standing(subject, scorer.seen(subject, self.panes(subject)))
            for subject in subjects(self.reference, self.reps, self.groups)
            if subject.startswith("rep:")
        }

    def norms(self, scorecard: Scorecard, as_of: int) -> Norms:
        """The norms that hold on a date, as the records in force have them."""
        return norms_on(as_of, scorecard, self.ground(scorecard, as_of))

    def ground(self, scorecard: Scorecard, as_of: int) -> Ground:
        """The week rows of a date and the people they are about: what norms and courses are made of."""
        self._settle_panes()
        rows = self._all_week_rows(scorecard)
        if self._grounds is None or self._grounds[0] is not rows or self._grounds[1] != scorecard:
            self._grounds = rows, scorecard, Grounds(rows, self.reference.everybody, scorecard)
        return self._grounds[2].of_weeks(shared_weeks(as_of))

    def columns(self, scorecard: Scorecard) -> PaneColumns:
        """The panes of all subjects as arrays, as far as a scorecard reads them; kept until another record is taken."""
        self._settle_panes()
        measures, rates = measures_of(scorecard), self.reference.rates
        if self._columns is None or self._columns[0] != measures or self._columns[1] is not rates:
            self._columns = measures, rates, PaneColumns(self._everybody(), rates, measures)
        return self._columns[2]

    def _everybody(self) -> Iterable[tuple[str, Panes]] | PaneTable:
        """The panes of reps, then of groups; as one table where they were laid as tables."""
        books = self.reps.book, self.groups.book
        reps, groups = (book.table if isinstance(book, LaidBook) else None for book in books)
        if reps is not None and groups is not None:
            return reps.only(_is_rep).and_then(groups)
        return chain(
            ((rep, of) for rep, of in books[0].by_subject.items() if _is_rep(rep)), books[1].by_subject.items()
        )

    def _all_week_rows(self, scorecard: Scorecard) -> WeekTable:
        """The rows of every week; a row does not depend on the date, so they serve all dates until another record is taken."""
        metrics, columns = tuple(scored.metric for scored in scorecard.metrics), self.columns(scorecard)
        if self._week_rows is None or self._week_rows[0] != metrics or self._week_rows[1] is not columns:
            self._week_rows = metrics, columns, week_table(columns, scored_kpis(metrics))
        return self._week_rows[2]

    def panes(self, subject: str) -> Panes | None:
        """The panes of a rep or a group; None where it has no facts."""
        self._settle_panes()
        stage = self.reps if subject.startswith("rep:") else self.groups
        return stage.book.by_subject.get(subject)

    @property
    def panes_of_members(self) -> Mapping[str, Panes]:
        """The panes of whatever records name, by subject: groups are made of them."""
        self._settle_panes()
        return self.reps.book.by_subject

    def newest_day(self, today: int) -> int | None:
        """The newest day <= today on which a deal was opened, won or lost or anything else occurred; None without one."""
        company = self.panes("company:company") or {}
        return newest_business_day(company, today)

    def oldest_day(self) -> int | None:
        """The first of all such days; None without one."""
        company = self.panes("company:company") or {}
        return next((day for day in sorted(company) if _has_business(company[day])), None)

    def _settle_panes(self) -> None:
        self.reps.apply(self._facts.take())
        self.groups.apply(self.reps.take_outgoing())


def _is_rep(subject: str) -> bool:
    return subject.startswith("rep:")


def segment_of(record: Any | None) -> str | None:
    """What a record is told under in an explanation: the product of a deal, where there is none its source; None for others."""
    return getattr(record, "product", None) or getattr(record, "source", None)


def newest_business_day(company: Panes, today: int) -> int | None:
    """The newest day <= today with a won, lost, opened or occurred fact in the company's panes; None without one."""
    for day in sorted(company, reverse=True):
        if day <= today and _has_business(company[day]):
            return day
    return None


def _has_business(pane: Mapping[str, int]) -> bool:
    return any(parse_key(key).name.partition("/")[0] in _DATED_BY for key in pane)


def subjects(reference: Reference, reps: RepStage, groups: GroupStage) -> Iterable[str]:
    """Every subject that exists: with facts in force or named by a reference record; in the order of `Line.scores`."""
    of_reps = {subject for subject in reps.book.by_subject if subject.startswith("rep:")}
    of_reps |= {"rep:" + rep_id for rep_id in reference.roster.reps}
    of_groups = set(groups.book.by_subject) | reference.roster.named_groups()
    if of_reps or of_groups:
        of_groups.add("company:company")
    return listed(of_reps | of_groups)
