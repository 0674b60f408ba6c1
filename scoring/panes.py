"""Panes: sums of measures a day and subject. A rolling window is a sum of panes, so a late fact changes one pane."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import Final

from scoring.facts import times

Panes = dict[int, dict[str, int]]
"""The panes of one subject: day -> measure key -> sum. No sum is 0 and no pane is empty."""


_MOST_DAYS: Final = 32
"""Changed days that are remembered of a watched subject: with more of them, adding up all its panes again costs no more."""


class PaneBook:
    """The panes of many subjects, and which of them changed since they were last written down.

    Of a watched subject it remembers how panes were before they changed (`watch`, `take_before`, `unwatch`).
    """

    def __init__(self) -> None:
        """Start with no panes."""
        self.by_subject: MutableMapping[str, Panes] = {}
        self._changed: dict[tuple[str, int], None] = {}
        self._before: dict[str, dict[int, dict[str, int]]] = {}
        """Of each watched subject the panes as they were."""

    def add(self, subject: str, day: int, amounts: Mapping[str, int], sign: int = 1) -> None:
        """Add amounts to a pane; sums that reach 0, and then empty panes and subjects, are gone.

        >>> book = PaneBook()
        >>> book.add("rep:a", 5, {"calls": 2}); book.by_subject
        {'rep:a': {5: {'calls': 2}}}
        >>> book.add("rep:a", 5, {"calls": 1}, sign=-2); book.by_subject
        {}
        """
        if subject in self._before:
            self._remember(subject, day)
        panes = self.by_subject.get(subject)
        if panes is None:
            panes = self.by_subject[subject] = {}
        pane = panes.get(day)
        if pane is None:
            pane = panes[day] = {}
        added = amounts if sign == 1 else times(sign, amounts)
        for measure, amount in added.items():
            total = pane[measure] + amount if measure in pane else amount
            if total:
                pane[measure] = total
            else:
                pane.pop(measure, None)
        if not pane:
            del panes[day]
            if not panes:
                del self.by_subject[subject]
        self._changed[subject, day] = None

    def replace(self, subject: str, day: int, pane: dict[str, int]) -> None:
        """Put a pane in the place of one that is there; an empty one removes it."""
        self.restore(subject, day, pane)
        self._changed[subject, day] = None

    def restore(self, subject: str, day: int, pane: dict[str, int]) -> None:
        """Put back a pane that was written down; an empty one removes it."""
        if subject in self._before:
            self._remember(subject, day)
        if pane:
            self.by_subject.setdefault(subject, {})[day] = pane
            return
        panes = self.by_subject.get(subject, {})
        panes.pop(day, None)
        if not panes:
            self.by_subject.pop(subject, None)

    def take_changed(self) -> list[tuple[str, int, dict[str, int]]]:
        """Subject, day and present sums of each pane changed since the last call; an emptied pane comes as `{}`."""
        changed = [(subject, day, self.by_subject.get(subject, {}).get(day, {})) for subject, day in self._changed]
        self._changed = {}
        return changed

    def watch(self, subject: str) -> None:
        """Remember from now on how a subject's panes were before they change; it need not have any.

        One watches: what it takes, another would miss.
        """
        self._before[subject] = {}

    def take_before(self, subject: str) -> dict[int, dict[str, int]] | None:
        """By day the panes that changed since `watch` or the last call, as they were then; `{}` where there was none.

        None where the subject is not watched, or no longer, for more days changed than are remembered.

        >>> book = PaneBook(); book.add("rep:a", 5, {"calls": 2}); book.watch("rep:a")
        >>> book.add("rep:a", 5, {"calls": 1}); book.add("rep:a", 6, {"calls": 7}); book.take_before("rep:a")
        {5: {'calls': 2}, 6: {}}
        >>> book.take_before("rep:a"), book.take_before("rep:b")
        ({}, None)
        """
        before = self._before.get(subject)
        if before:
            self._before[subject] = {}
        return before

    def unwatch(self, subject: str) -> None:
        """Remember nothing of a subject any more."""
        self._before.pop(subject, None)

    def _remember(self, subject: str, day: int) -> None:
        before = self._before[subject]
        if day in before:
            return
        if len(before) >= _MOST_DAYS:
            del self._before[subject]
            return
        before[day] = dict(self.by_subject.get(subject, {}).get(day, {}))
