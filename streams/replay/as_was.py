"""As was: the scores of each day by the scorecard that was in force on it, where several were."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo

from scoring.improvement import Improvement
from scoring.line import Line
from scoring.norms import Norms
from scoring.score import Scorer
from scoring.scorecard import Scorecard
from streams.errors import UpscoreError
from streams.replay.judging import Judging
from streams.replay.side_by_side import Advance
from streams.scorecard_log import InForce, in_force_at


class AsWas(Judging):
    """The judging of one line by several scorecards, each on its days. `scorecard` is that of the last day.

    Of a day, the one that was in force at its end counts: before the first that is written down, the first.
    """

    def __init__(self, line: Line, entries: Sequence[InForce], zone: tzinfo, days: range) -> None:
        """Parse those that the days need.

        Raises:
            UpscoreError: none is written down, or this upscore does not take one of them.
        """
        written_down(entries)
        parsed: dict[str, Judging] = {}
        self._stretches: list[tuple[range, Judging]] = []
        for day in days:
            entry = in_force_on(entries, day, zone)
            judging = parsed.get(entry.digest) or parsed.setdefault(entry.digest, Judging(line, entry.parsed()))
            if self._stretches and self._stretches[-1][1] is judging:
                self._stretches[-1] = range(self._stretches[-1][0].start, day + 1), judging
            else:
                self._stretches.append((range(day, day + 1), judging))
        super().__init__(line, self._stretches[-1][1].scorecard)

    @property
    def scorecards(self) -> list[Scorecard]:
        """Those of the stretches, in order."""
        return [judging.scorecard for _, judging in self._stretches]

    def on(self, day: int) -> Judging:
        """The judging of one of the days."""
        return next(judging for days, judging in self._stretches if day in days)

    def stretches(self, days: range) -> list[tuple[range, Judging]]:
        """Stretches of days by one scorecard."""
        return [
            (range(max(days.start, of.start), min(days.stop, of.stop)), judging)
            for of, judging in self._stretches
            if max(days.start, of.start) < min(days.stop, of.stop)
        ]

    def norms(self, day: int) -> Norms:
        """The norms in force on a day."""
        return self.on(day).norms(day)

    def prepare(self, days: range, processes: int, advance: Advance) -> None:
        """As `Judging.prepare`, each scorecard for its own days."""
        for some, judging in self.stretches(days):
            judging.prepare(some, processes, advance)

    def improvement(self, day: int) -> Improvement:
        """The pillar of slopes on a day."""
        return self.on(day).improvement(day)

    def scorer(self, day: int) -> Scorer:
        """What the scores of a day are read with."""
        return self.on(day).scorer(day)


def written_down(entries: Sequence[InForce]) -> Sequence[InForce]:
    """The same entries, one at least.

    Raises:
        UpscoreError: there are none.
    """
    if not entries:
        raise UpscoreError(
            "no scorecard is written down yet: workers do when they start; leave out --scorecard-as-was until then"
        )
    return entries


def in_force_on(entries: Sequence[InForce], day: int, zone: tzinfo) -> InForce:
    """The scorecard that was in force at the end of a local day."""
    after = datetime.combine(datetime.fromordinal(day + 1).date(), datetime.min.time(), zone)
    found = in_force_at([entry for entry in entries if entry.since < after] or entries[:1], after.astimezone(UTC))
    assert found is not None  # noqa: S101 - there is one at least
    return found
