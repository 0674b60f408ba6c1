"""Stages: facts become panes of reps, and changes of these become panes of groups.

A stage is the state of one partition's subjects. It neither knows nor cares where facts come from: the lanes of the stream,
a replay and the tests use the same two classes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from scoring.facts import Amounts, Facts, split_members, times
from scoring.ledger import FactSums
from scoring.measures import LIFELONG
from scoring.panes import PaneBook
from scoring.retention import PAST, PAST_DAY, is_past, lifelong, remains, things
from scoring.roster import Roster, Route, moved, weights_on

UNRECORDED_DAY = 0
"""The day, before all dates, of the pane that says that a rep has facts but no rep record."""

UNRECORDED = {"unrecorded": 1}
"""What that pane says."""


class RepStage:
    """Panes of the subjects that records name: reps, sets of reps who share records, teams and the company with their costs.

    What changes is passed on to the groups of each day. The stage remembers, for each subject, the route it was passed on
    under; so a changed membership moves exactly what was passed on, whenever the change is noticed.
    """

    def __init__(self, roster: Roster) -> None:
        """Start empty; `roster` may go on changing, `reroute` follows it."""
        self.book = PaneBook()
        self.routes: dict[str, Route] = {}
        self.first_day = 0
        """Days before are retired: see `retire`, and `scoring.retention` for what is kept of them."""
        self._roster = roster
        self._splits_of: dict[str, set[str]] = {}
        self._outgoing = FactSums()
        self._changed_routes: dict[str, None] = {}

    def apply(self, facts: Iterable[Facts]) -> None:
        """Add facts to the panes and to what goes to the groups: summed ones cost least, for each counts in several groups."""
        for subject, day, amounts in facts:
            if subject not in self.routes:
                self._set_route(subject, self._roster.route(subject))
                if self.is_unrecorded(subject):
                    self._add(subject, UNRECORDED_DAY, UNRECORDED)
            if is_past(day, self.first_day):
                for kept_day, kept in remains(day, amounts):
                    self._add(subject, kept_day, kept)
            else:
                self._add(subject, day, amounts)
            self._forget_if_bare(subject)

    def retire(self) -> Iterator[int]:
        """Reduce the panes of days before `first_day`, subject by subject; yields how many panes each step changed.

        Groups are told what is added to their past alone: they reduce the same days by themselves.
        """
        for subject in list(self.book.by_subject):
            past = changed = 0
            for day, pane in _past_panes(self.book, subject, self.first_day):
                past += things(pane)
                self.book.replace(subject, day, lifelong(pane))
                changed += 1
            if past:
                self._add(subject, PAST_DAY, {PAST: past})
                self._forget_if_bare(subject)  # its facts may have been taken back before its panes were reduced
            yield changed

    def reroute(self, subjects: Iterable[str]) -> None:
        """Pass subjects on under the roster as it is now; those that stay where they are cost nothing."""
        for subject in subjects:
            held = self.routes.get(subject)
            if held is None:
                continue
            panes = self.book.by_subject.get(subject, {})
            unrecorded = self.is_unrecorded(subject)
            if UNRECORDED_DAY in panes and not unrecorded:
                self._add(subject, UNRECORDED_DAY, UNRECORDED, sign=-1)
            route = self._roster.route(subject)
            if route != held:
                for group, day, amounts, weight in moved(held, route, panes):
                    self._outgoing.add(((group, day, dict(amounts)),), weight)
                self._set_route(subject, route)
            if unrecorded and UNRECORDED_DAY not in panes:
                self._add(subject, UNRECORDED_DAY, UNRECORDED)

    def affected_by(self, record_type: str, record_id: str) -> list[str]:
        """The subjects whose route a rep or team record may change."""
        if record_type == "team":  # a parent moves everybody below it
            return list(self.routes)
        return ["rep:" + record_id, *sorted(self._splits_of.get(record_id, ()))]

    def restore_route(self, subject: str, route: Route | None) -> None:
        """Put back a route that was written down; None removes it."""
        if route is None:
            self._drop_route(subject)
        else:
            self._keep_route(subject, route)

    def is_unrecorded(self, subject: str) -> bool:
        """Whether it is a rep without a rep record."""
        return subject.startswith("rep:") and subject.removeprefix("rep:") not in self._roster.reps

    def take_outgoing(self) -> list[Facts]:
        """Changes of panes by group and day since the last call."""
        return self._outgoing.take()

    def take_changed_routes(self) -> list[tuple[str, Route | None]]:
        """Routes changed since the last call; None for a subject that is gone."""
        changed = [(subject, self.routes.get(subject)) for subject in self._changed_routes]
        self._changed_routes = {}
        return changed

    def _add(self, subject: str, day: int, amounts: Amounts, sign: int = 1) -> None:
        """Add to a pane, and to the same pane of the groups in which it counts."""
        self.book.add(subject, day, amounts, sign)
        weights = weights_on(self.routes[subject], day)
        self._outgoing.add(
            [(group, day, amounts if weight == 1 else times(weight, amounts)) for group, weight in weights], sign
        )

    def _forget_if_bare(self, subject: str) -> None:
        """Let go a subject of which there are no facts any more, just the note that it has no record."""
        panes = self.book.by_subject.get(subject)
        if panes is None or (len(panes) == 1 and UNRECORDED_DAY in panes):
            self._forget(subject)

    def _forget(self, subject: str) -> None:
        if subject in self.book.by_subject:
            self._add(subject, UNRECORDED_DAY, UNRECORDED, sign=-1)
        self._drop_route(subject)
        self._changed_routes[subject] = None

    def _drop_route(self, subject: str) -> None:
        self.routes.pop(subject, None)
        if subject.startswith("split:"):
            for rep_id in split_members(subject):
                self._splits_of.get(rep_id, set()).discard(subject)

    def _set_route(self, subject: str, route: Route) -> None:
        self._keep_route(subject, route)
        self._changed_routes[subject] = None

    def _keep_route(self, subject: str, route: Route) -> None:
        self.routes[subject] = route
        if subject.startswith("split:"):
            for rep_id in split_members(subject):
                self._splits_of.setdefault(rep_id, set()).add(subject)


class GroupStage:
    """Panes of teams, territories and the company: sums of what their members' panes changed by."""

    def __init__(self) -> None:
        """Start empty."""
        self.book = PaneBook()
        self.first_day = 0
        """Days before are retired."""

    def apply(self, changes: Iterable[Facts]) -> None:
        """Add changes of members' panes."""
        for group, day, amounts in changes:
            if not is_past(day, self.first_day):
                self.book.add(group, day, amounts)
            elif kept := lifelong(amounts):
                self.book.add(group, day, kept)

    def retire(self) -> Iterator[int]:
        """Reduce the panes of days before `first_day`, group by group; yields how many panes each step changed."""
        for group in list(self.book.by_subject):
            changed = 0
            for day, pane in _past_panes(self.book, group, self.first_day):
                self.book.replace(group, day, lifelong(pane))
                changed += 1
            yield changed


def _past_panes(book: PaneBook, subject: str, first_day: int) -> list[tuple[int, dict[str, int]]]:
    """The panes of retired days that were not reduced yet."""
    panes = book.by_subject.get(subject, {})
    return [(day, pane) for day, pane in panes.items() if is_past(day, first_day) and not pane.keys() <= LIFELONG]
