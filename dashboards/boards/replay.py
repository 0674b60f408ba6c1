"""Reading again: after an outage, a rebuild of the state or a new installation - when is it done, and is it right?"""

from __future__ import annotations

from dashboards import marks, names, thresholds, variables
from dashboards.board import Board, Row, Section
from dashboards.house import House
from dashboards.panels import figure, lines
from dashboards.signals import reading, stream, workers
from dashboards.thresholds import Steps

_DONE = Steps(thresholds.ORANGE, ((0.999, thresholds.GREEN),))
_LEFT = thresholds.from_limits(1_000, 1_000_000)
_TIME_LEFT = thresholds.from_limits(60, 3_600)


def board(house: House) -> Board:
    """Its first row: how much is done, how much is left, how long does it take still, at which date is it?"""
    return Board(
        uid=names.REPLAY,
        title="upscore / Replay",
        description="While workers read topics again: how much is left, how long it takes still, and whether scores are "
        "afterwards what they were before.",
        variables=[variables.datasource(), variables.upscore_url(house.url)],
        annotations=[marks.deploys(), marks.starts(), marks.published()],
        time_from="now-1h",
        refresh="10s",
        first=Row(
            4,
            (
                figure(4, reading.progress(), _DONE, decimals=1, spark=False),
                figure(3, reading.left(), _LEFT),
                figure(4, reading.rate(), decimals=1),
                figure(3, reading.time_left(), _TIME_LEFT, decimals=0, no_value="stands still"),
                figure(4, stream.event_time(), spark=False),
                figure(3, reading.recovering(), thresholds.ANY_IS_BAD),
                figure(3, workers.recovery(), thresholds.from_limits(60, 300), decimals=1),
            ),
        ),
        sections=(
            Section(
                "Progress",
                (
                    Row(
                        9,
                        (
                            lines(8, reading.backlog(), stacked=True),
                            lines(8, reading.outcomes(), stacked=True),
                            lines(8, stream.event_time_course(), least=None),
                        ),
                    ),
                    Row(
                        8,
                        (
                            lines(8, reading.worker_left()),
                            lines(8, reading.worker_rates()),
                            lines(8, workers.recoveries(), thresholds.from_limits(60, 300)),
                        ),
                    ),
                ),
            ),
            Section(
                "Before and after",
                (
                    Row(
                        8,
                        (
                            lines(12, reading.scores_before_and_after(), thresholds.SCORE, least=None, decimals=1),
                            lines(12, reading.known_reps()),
                        ),
                    ),
                ),
            ),
        ),
    )
