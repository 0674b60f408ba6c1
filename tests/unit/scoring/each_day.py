"""What daily scores are held against: the same score one by one, on a line of rough records too."""

from __future__ import annotations

from collections.abc import Iterable

from schemas.currencies import EXPONENTS
from schemas.records import InvalidRecord
from scoring.daily import DailyScores
from scoring.line import Line
from scoring.organisation import Organisation
from scoring.score import Scorer
from streams.intake import read
from tests.traffic import Sent
from tests.unit.scoring.test_line_equals_oracle import ZONE


def rough_line(sent: Iterable[Sent]) -> Line:
    """A line of rough messages, what is no record left out."""
    line = Line(Organisation(ZONE, "USD", EXPONENTS))
    for at, (topic, key, value) in enumerate(sent):
        try:
            deliveries = read(topic, key, value, 1_740_000_000_000 + at)
        except InvalidRecord:
            continue
        for each in deliveries:
            line.take(each.type, each.id, each.updated_at, each.version, each.record)
    return line


def assert_one(scorer: Scorer, line: Line, block: DailyScores, row: int, subject: str, at: int) -> None:
    """That a block says of a subject on a day what its scorer says."""
    one, scored = scorer.score(subject, line.panes(subject), ""), bool(block.scored[row, at])
    shown = [block.score[row, at], block.low[row, at], block.high[row, at]] if scored else [None] * 3
    assert [one["score"], one["low"], one["high"]] == shown, (subject, at)
    assert (one["level"], one["coverage"]) == (block.level[row, at], block.coverage[row, at])
    assert (one["status"] == "scored") == scored
    assert one["norms"] == block.norms
    for pillar, found in one["pillars"].items():
        assert found["value"] == (block.pillars[pillar][row, at] if pillar in block.pillars else None)
    for metric, found in one["metrics"].items():
        if found["utility"] is not None:
            assert found["shrunk"] == block.shrunk[metric][row, at], (subject, at, metric)
            assert found["utility"] == block.utility[metric][row, at], (subject, at, metric)
