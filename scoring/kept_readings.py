"""Kept readings: the subjects scored last stay added up, so that scoring one again costs what changed of it since.

The scores are those of `Scorer.score`, to the last digit; what is kept is bounded in number, and never written down.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from scoring.lens import Lens
from scoring.norms import Norms
from scoring.panes import PaneBook, Panes
from scoring.reading import Reading
from scoring.running_sums import RunningSums
from scoring.score import Scorer

MOST_SUBJECTS: Final = 2_000
"""Subjects kept at most. One with 100 days of panes takes 65 KB; its published score shares 40 of them."""
MOST_SUMS: Final = 1_000_000
"""Sums that these may have together, to which memory is in proportion: one has 300, but thousands with hundreds of criteria."""

_FAR: Final = 6
"""Days after which adding up all panes again costs no more than moving on."""

_NO_PANES: Final[Panes] = {}


class _Kept(NamedTuple):
    book: PaneBook
    running: RunningSums
    reading: Reading
    read_by: object
    judged_by: Norms
    sums: int


class KeptReadings:
    """Scores subjects by one scorer at a time, and keeps what it read of those that it scored last.

    It watches their panes, and has to be the only one that does (`PaneBook.watch`).
    """

    def __init__(self, most: int = MOST_SUBJECTS, most_sums: int = MOST_SUMS) -> None:
        """Keep nothing yet, and never more than `most` subjects with `most_sums`, but the one that was scored last."""
        self._most, self._most_sums = most, most_sums
        self._sums = 0
        self._scorer: Scorer | None = None
        self._lens: Lens | None = None
        self._read_by = object()
        """Another one with each scorer that may read other figures off the same sums."""
        self._kept: dict[str, _Kept] = {}
        """The one scored last stands last."""

    def score(self, scorer: Scorer, subject: str, book: PaneBook, known_at: str) -> dict[str, Any]:
        """`scorer.score` of a subject whose panes are in `book`.

        Under other exchange rates or horizons than in the last call, and on an earlier date, everything is added up anew; on one
        of the next days what lies in other windows than before. By another scorecard all figures are read anew; by other norms
        all metrics are judged anew. Whoever keeps a score may read it, and changes nothing in it.
        """
        lens = self._lens_of(scorer)
        # out while it is worked on: whatever fails half way leaves nothing half done behind
        kept = self._take_out(subject)
        if kept is not None and kept.book is not book:
            kept.book.unwatch(subject)
            kept = None
        before = book.take_before(subject)
        panes = book.by_subject.get(subject, _NO_PANES)
        if kept is None or before is None or lens.as_of - kept.running.lens.as_of > _FAR:
            book.watch(subject)
            running = RunningSums(lens, scorer.norms.ripening, panes)
            kept = _Kept(book, running, Reading(running.sums, running.wins), self._read_by, scorer.norms, 0)
        elif before:
            kept.reading.changed(kept.running.change(before, panes), kept.running.wins)
        kept = self._brought_up(kept, lens, scorer.norms, panes)
        score = scorer.score_of(subject, kept.reading, known_at)
        self._keep(subject, kept)
        return score

    def _brought_up(self, kept: _Kept, lens: Lens, norms: Norms, panes: Panes) -> _Kept:
        """As it is on the date and under the norms asked for."""
        running, reading = kept.running, kept.reading
        if running.lens is not lens or running.ripening is not norms.ripening:
            reading.changed(running.move(lens, norms.ripening, panes), running.wins)
        if kept.read_by is not self._read_by:
            reading = Reading(running.sums, running.wins)
        elif kept.judged_by is not norms:
            reading.judged_anew()
        return kept._replace(reading=reading, read_by=self._read_by, judged_by=norms)

    def clear(self) -> None:
        """Keep nothing any more."""
        self._let_go()
        self._scorer = self._lens = None

    def _let_go(self) -> None:
        for subject, kept in self._kept.items():
            kept.book.unwatch(subject)
        self._kept, self._sums = {}, 0

    def _take_out(self, subject: str) -> _Kept | None:
        kept = self._kept.pop(subject, None)
        if kept is not None:
            self._sums -= kept.sums
        return kept

    def _keep(self, subject: str, kept: _Kept) -> None:
        """Put it in, and let those go that were scored longest ago."""
        sums = sum(map(len, kept.running.sums.by_days.values()))
        self._kept[subject] = kept._replace(sums=sums)
        self._sums += sums
        while len(self._kept) > max(1, self._most) or (self._sums > self._most_sums and len(self._kept) > 1):
            oldest = next(iter(self._kept))
            self._kept[oldest].book.unwatch(oldest)
            self._take_out(oldest)

    def _lens_of(self, scorer: Scorer) -> Lens:
        if self._scorer is None or not _read_alike(scorer, self._scorer):
            self._read_by = object()
        self._scorer = scorer
        rates, lens = scorer.reference.rates, self._lens
        if lens is None or lens.rates is not rates or lens.horizons != scorer.horizons or scorer.as_of < lens.as_of:
            self._let_go()
            lens = self._lens = Lens(scorer.as_of, rates, scorer.horizons)
        elif lens.as_of != scorer.as_of:
            lens = self._lens = Lens(scorer.as_of, rates, scorer.horizons)
        return lens


def _read_alike(one: Scorer, other: Scorer) -> bool:
    """Whether two scorers read the same figures off the same sums; slopes are asked for each time."""
    return one.reference is other.reference and one.scorecard is other.scorecard
