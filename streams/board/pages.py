"""Pages: the answers that are made of what was published, of whoever owns it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from scoring.facts import COMPANY
from scoring.tiers import rank_intervals, tiers
from streams.board.alert_book import Entry, as_alert
from streams.board.alertmanager import Acknowledgements
from streams.board.people import Groups, People
from streams.board.published import Published
from streams.board.summaries import Told, greatest_first, summary
from streams.codec import from_json
from streams.leaderboard import log_variance

__all__ = ["Pages", "placed", "spread_of"]

_FOUND: Final = 20
_INDEX_SECONDS: Final = 2.0


class Pages:
    """Made on the web server's loop, but for `placed`, which is long work for large teams."""

    def __init__(
        self, published: Published, people: People, acknowledged: Acknowledgements, today: Callable[[], int]
    ) -> None:
        """Read from these; `today` is the worker's `as_of`, for a system without any score."""
        self._published = published
        self._people = people
        self._acknowledged = acknowledged
        self._today = today
        self._index: Groups = {}
        self._index_of: tuple[int, int] | None = None
        self._index_at = 0.0
        self._sets: dict[str, frozenset[str]] = {}
        self._sets_of: Groups = {}

    @property
    def as_of(self) -> int:
        """The date of the company's score; without one today's."""
        told = self._published.scores.get(COMPANY)
        return self._today() if told is None else date.fromisoformat(told.as_of).toordinal()

    def groups(self) -> Groups:
        """Who belongs where, of those who have a score object; at most two seconds old."""
        made_of = (self._published.revision, self._people.revision)
        if self._index_of is None or (made_of != self._index_of and time.monotonic() - self._index_at > _INDEX_SECONDS):
            reps = [told.id for told in self._published.scores.values() if told.subject == "rep"]
            self._index, self._index_of = self._people.groups(reps, self.as_of), made_of
            self._index_at = time.monotonic()
        return self._index

    def belongs(self, rep_id: str, group: str) -> bool:
        """Whether a rep belongs to a group, as `groups` has it."""
        index = self.groups()
        if self._sets_of is not index:
            self._sets, self._sets_of = {}, index
        members = self._sets.get(group)
        if members is None:
            members = self._sets[group] = frozenset(index.get(group, ()))
        return rep_id in members

    def line(self, told: Told) -> dict[str, Any]:
        """A subject's `schemas.board.Summary`."""
        n_members = None if told.subject == "rep" else len(self.groups().get(f"{told.subject}:{told.id}", ()))
        return summary(told, self._people.name(told.subject, told.id), n_members)

    def line_of(self, subject: str) -> dict[str, Any] | None:
        """The same by subject key; None for whom nobody has published."""
        told = self._published.scores.get(subject)
        return None if told is None else self.line(told)

    def of_kind(self, kind: str) -> list[dict[str, Any]]:
        """All subjects of a kind, greatest score first."""
        chosen = [told for told in self._published.scores.values() if told.subject == kind]
        return [self.line(told) for told in greatest_first(chosen)]

    def company(self, currency: str, grafana: str | None, movers: dict[str, Any]) -> dict[str, Any]:
        """A `schemas.board.Company`, with movers as they were gathered."""
        told = self._published.scores.get(COMPANY)
        return {
            "as_of": date.fromordinal(self.as_of).isoformat(),
            "currency": currency,
            "scorecard": None if told is None else told.scorecard,
            "norms": None if told is None else told.norms,
            "grafana": grafana,
            "company": None if told is None else self.line(told),
            "teams": self.of_kind("team"),
            "territories": self.of_kind("territory"),
            "movers": movers,
            "alerts": self.open_alerts(),
        }

    def movers(self, found: Sequence[Mapping[str, Any]], days: int, most: int) -> dict[str, Any]:
        """A `schemas.board.Movers` of what workers found of their reps: `before` by id, `counted` and `of`."""
        moved = []
        for part in found:
            for rep_id, before in part["before"].items():
                told = self._published.scores.get("rep:" + rep_id)
                if told is not None and told.score is not None:
                    moved.append(self.line(told) | {"before": before, "change": told.score - before})
        rising = sorted((each for each in moved if each["change"] > 0), key=lambda each: (-each["change"], each["id"]))
        falling = sorted((each for each in moved if each["change"] < 0), key=lambda each: (each["change"], each["id"]))
        return {
            "days": days,
            "up": rising[:most],
            "down": falling[:most],
            "counted": sum(part["counted"] for part in found),
            "of": sum(part["of"] for part in found),
        }

    def members(self, group: str) -> list[Told]:
        """The members of a group, greatest score first."""
        scores = self._published.scores
        found = [scores.get("rep:" + rep_id) for rep_id in self.groups().get(group, ())]
        return greatest_first(told for told in found if told is not None)

    def teams_below(self, team_id: str) -> list[dict[str, Any]]:
        """The teams directly below one."""
        teams = [told for told in self._published.scores.values() if told.subject == "team"]
        below = [told for told in teams if told.id != team_id and self._people.parent(told.id) == team_id]
        return [self.line(told) for told in greatest_first(below)]

    def above(self, team_id: str) -> dict[str, Any] | None:
        """The team above one."""
        parent = self._people.parent(team_id)
        return None if parent is None else self.line_of(f"team:{parent}")

    def search(self, text: str) -> list[dict[str, Any]]:
        """Subjects whose id or name holds a text, whatever its case; those that begin with it first."""
        wanted = text.casefold().strip()
        found = []
        for told in self._published.scores.values():
            name = self._people.name(told.subject, told.id)
            words = [told.id.casefold(), *([] if name is None else [name.casefold()])]
            if wanted and any(wanted in word for word in words):
                begins = any(word.startswith(wanted) for word in words)
                found.append((not begins, min(map(len, words)), told.subject, told.id, told))
        return [self.line(told) for *_, told in sorted(found, key=lambda each: each[:4])[:_FOUND]]

    def open_alerts(self, subjects: Iterable[str] | None = None) -> list[dict[str, Any]]:
        """Open alerts, newest first; of some subjects, or of all."""
        wanted = None if subjects is None else set(subjects)
        entries = self._published.alerts.open(self._exists)
        return [self.alert(entry) for entry in entries if wanted is None or entry.subject in wanted]

    def alerts(self) -> dict[str, Any]:
        """A `schemas.board.Alerts`."""
        return {
            "open": self.open_alerts(),
            "past": [self.alert(entry) for entry in self._published.alerts.past(self._exists)],
            "acknowledged_by": self._acknowledged.by,
            "acknowledged_error": self._acknowledged.error,
        }

    def alert(self, entry: Entry) -> dict[str, Any]:
        """A `schemas.board.BoardAlert`."""
        kind, _, subject_id = entry.subject.partition(":")
        is_open = self._published.alerts.is_open(entry) and self._exists(entry.subject)
        cause = from_json(entry.value).get("cause_key")
        acknowledged = self._acknowledged.of(entry.subject, cause) if is_open else None
        return as_alert(entry, name=self._people.name(kind, subject_id), is_open=is_open, acknowledged=acknowledged)

    def _exists(self, subject: str) -> bool:
        return subject in self._published.scores


def placed(members: Sequence[Told], lines: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Members with tier and rank interval among those that have a score: a `schemas.board.Member` each, in the same order.

    Each is compared with each: a second for 3,000.
    """
    scored = [told for told in members if told.score is not None and told.low is not None and told.high is not None]
    scores = [told.score or 0.0 for told in scored]
    variances = [log_variance(told.low or 0.0, told.high or 0.0) for told in scored]
    ranks, places = rank_intervals(scores, variances), tiers(scores, variances)
    nothing = {"tier": None, "rank_low": None, "rank_high": None}
    of = {
        told.id: {"tier": places[place], "rank_low": int(ranks.best[place]), "rank_high": int(ranks.worst[place])}
        for place, told in enumerate(scored)
    }
    return [line | of.get(line["id"], nothing) for line in lines]


def spread_of(members: Sequence[Told]) -> dict[str, float] | None:
    """A `schemas.board.MemberSpread`: between the two nearest, by how far it lies; None where nobody has a score.

    >>> told = lambda score: Told("rep", "r", None, "", "", None, score, score, score, score, None, 1.0, "scored")
    >>> spread_of([told(40.0), told(60.0), told(50.0)]), spread_of([])
    ({'p10': 42.0, 'median': 50.0, 'p90': 58.0}, None)
    """
    ordered = sorted(told.score for told in members if told.score is not None)
    if not ordered:
        return None
    return {name: _between(ordered, share) for name, share in (("p10", 0.1), ("median", 0.5), ("p90", 0.9))}


def _between(ordered: Sequence[float], share: float) -> float:
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])
