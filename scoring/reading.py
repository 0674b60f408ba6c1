"""Reading: what a score shows and judges of a subject, read off its sums; kept, it is read again only where they changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from fractions import Fraction
from typing import Any, Final

from scoring.evidence import Evidence
from scoring.kpi import CATALOGUE, TARGET_ATTAINMENT
from scoring.standing import Placed, Seen
from scoring.windows import WindowSums

_BY_CRITERION: Final = frozenset({"evaluation", "evaluation_n", "evaluation_squares"})


class Reading:
    """The sums of a subject's panes at a date, and what `Scorer` reads off them.

    `figures` are the metrics of the score object without what the scorecard makes of them: read, never changed, for scores share
    them. `seen` are the scored metrics, `placed` what they came to, `due` by window what its target of `net_revenue` asks for.
    """

    __slots__ = ("_basis", "_stale", "due", "figures", "placed", "seen", "sums", "wins")

    def __init__(self, sums: WindowSums, wins: Evidence) -> None:
        """Nothing is read yet."""
        self.sums = sums
        self.wins = wins
        self.figures: dict[str, dict[str, Any]] = {}
        self.due: dict[int, Fraction | None] = {}
        self.seen: dict[str, Seen] = {}
        self.placed: dict[str, Placed] = {}
        self._stale: set[str] = set()
        self._basis: Any = None

    def changed(self, measures: Iterable[str], wins: Evidence) -> None:
        """Some of the sums are others now (a cohort's wins: `cohort_won`)."""
        self.wins = wins
        for measure in measures:
            self._stale.update(metrics_of(measure))

    def judged_anew(self) -> None:
        """Other norms hold: what is shown stays."""
        self.seen, self.placed = {}, {}

    def take_stale(self, basis: object) -> tuple[set[str], bool]:
        """The metrics whose sums changed since the last call, and whether `basis`, what else they are read from, changed."""
        stale, self._stale = self._stale, set()
        is_other = basis != self._basis
        self._basis = basis
        return stale, is_other


def metrics_of(measure: str) -> tuple[str, ...]:
    """The metrics that are read from a measure.

    >>> metrics_of("ces"), metrics_of("evaluation_n/pace"), metrics_of("refunded")
    (('ces',), ('evaluation_pace',), ('net_revenue', 'refund_ratio', 'target_attainment'))
    """
    kind, slash, criterion = measure.partition("/")
    if slash and kind in _BY_CRITERION:
        return (f"evaluation_{criterion}",)
    return _METRICS.get(measure, ())


def _by_measure() -> dict[str, tuple[str, ...]]:
    readers: defaultdict[str, list[str]] = defaultdict(list)
    for kpi in CATALOGUE:
        for measure in kpi.measures:
            readers[measure].append(kpi.name)
            if kpi.name == "net_revenue":
                readers[measure].append(TARGET_ATTAINMENT)
    return {measure: tuple(sorted(metrics)) for measure, metrics in readers.items()}


_METRICS: Final = _by_measure()
