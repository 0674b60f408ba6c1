"""Panels of the scored metrics, a section for each pillar."""

from __future__ import annotations

from collections.abc import Sequence

from dashboards import thresholds
from dashboards.board import COLUMNS, Row, Section
from dashboards.house import House
from dashboards.links import Link
from dashboards.panels import Panel, lines
from dashboards.scorecard import ScoredMetric
from dashboards.signals import subjects
from dashboards.signals.subjects import Subject

_HEIGHT = 7
_MOST = 4


def sections(
    house: House, subject: Subject, *, beside: Subject | None = None, links: Sequence[Link] = ()
) -> tuple[Section, ...]:
    """A section for each pillar that has metrics of its own, in the order of the scorecard; thresholds from it too."""
    pillars = dict.fromkeys(scored.pillar for scored in house.card.metrics)
    return tuple(
        Section(
            f"Metrics of {pillar}",
            tuple(
                Row(_HEIGHT, tuple(_panel(house, subject, scored, width, beside, links) for scored, width in filled))
                for filled in _filled([scored for scored in house.card.metrics if scored.pillar == pillar])
            ),
        )
        for pillar in pillars
    )


def _filled(metrics: Sequence[ScoredMetric]) -> list[list[tuple[ScoredMetric, int]]]:
    """Rows of up to four, as even as can be, each filling the grid."""
    count = -(-len(metrics) // _MOST)
    rows = [metrics[nth * len(metrics) // count : (nth + 1) * len(metrics) // count] for nth in range(count)]
    return [[(scored, COLUMNS // len(row)) for scored in row] for row in rows]


def _panel(
    house: House, subject: Subject, scored: ScoredMetric, width: int, beside: Subject | None, links: Sequence[Link]
) -> Panel:
    shown = subjects.metric(subject, scored, house.currency, beside=beside)
    comparable = not (
        subject.is_group and scored.figure.adds_up
    )  # what is typical of a rep says nothing of a sum over reps
    return lines(
        width,
        shown,
        thresholds.of_metric(scored) if comparable else None,
        links=links,
        least=None,
        faint=[subjects.MEDIAN] if beside is not None else [],
    )
