"""Counting: which facts count for a subject by the memberships of another day: the earlier window with the later people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from scoring.facts import Facts
from scoring.moved_roster import MovedRoster
from scoring.panes import PaneBook, Panes
from scoring.roster import Roster, Route, weights_on


@dataclass(frozen=True, slots=True)
class Counting:
    """What counts for one subject where everybody belongs where it does `moved` days later.

    A rep's own facts are its own wherever it belongs. `moved` is negative for days before.
    """

    subject: str
    roster: Roster
    moved: int = 0
    then: Roster = field(init=False, compare=False)
    """The roster with the memberships that count: `roster`, asked `moved` days later."""

    _routes: dict[str, Route] = field(default_factory=dict, repr=False, compare=False)
    _weights: dict[tuple[str, int], int] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Work out who belongs where."""
        object.__setattr__(self, "then", MovedRoster(self.roster, self.moved))

    def weight(self, of: str, day: int) -> int:
        """How often a fact of a rep, a set of reps, a team or the company counts: 0 not at all, below 0 against double ones."""
        if self.subject.startswith("rep:"):
            return 1 if of == self.subject else 0
        known = self._weights.get((of, day))
        if known is None:
            route = self._routes.get(of)
            if route is None:
                route = self._routes[of] = self.then.route(of)
            known = next((weight for group, weight in weights_on(route, day) if group == self.subject), 0)
            self._weights[of, day] = known
        return known

    def panes(self, members: Mapping[str, Panes]) -> Panes:
        """The subject's panes, from those of whatever records name; members without a record are counted on day 0 as usual.

        >>> Counting("company:company", Roster()).panes({"rep:a": {9: {"calls": 2}}, "rep:b": {9: {"calls": 1}}})
        {9: {'calls': 3}, 0: {'unrecorded': 2}}
        """
        if self.subject.startswith("rep:"):
            return members.get(self.subject, {})
        book = PaneBook()
        for of, panes in members.items():
            for day, amounts in panes.items():
                if day > 0 and (weight := self.weight(of, day)):
                    book.add(self.subject, day, amounts, weight)
        unrecorded = sum(self.weight(of, 0) for of in members if self._is_unrecorded(of))
        if unrecorded:
            book.add(self.subject, 0, {"unrecorded": unrecorded})
        return book.by_subject.get(self.subject, {})

    def of_record(self, facts: Iterable[Facts]) -> Mapping[int, Mapping[str, int]]:
        """What one record adds to the subject's panes; not to be changed. Empty for most records: they count for others."""
        found: dict[int, dict[str, int]] = {}
        for of, day, amounts in facts:
            weight = self.weight(of, day)
            if not weight:
                continue
            if day not in found and weight == 1:
                found[day] = amounts
                continue
            there = found[day] = dict(found.get(day, {}))
            for key, amount in amounts.items():
                there[key] = there.get(key, 0) + weight * amount
        return found

    def _is_unrecorded(self, of: str) -> bool:
        return of.startswith("rep:") and of.removeprefix("rep:") not in self.roster.reps
