"""The stream: is it up to date, how fast is it, what does it refuse?"""

from __future__ import annotations

from dashboards import marks, names, thresholds, variables
from dashboards.board import Board, Row, Section
from dashboards.house import House
from dashboards.panels import figure, lines
from dashboards.signals import stream

_LAG = thresholds.from_limits(10_000, 100_000)
_BEHIND = thresholds.from_limits(60, 300)
_REFUSED = thresholds.from_limits(0.01, 0.1)


def board(house: House) -> Board:
    """Its first row: how far behind is it, does it move, is anything stuck, is anything refused?"""
    return Board(
        uid=names.STREAM,
        title="upscore / Stream",
        description="Whether scores are up to date: how far behind the stream is, how fast it goes, and what it refuses.",
        variables=[variables.datasource(), variables.upscore_url(house.url)],
        annotations=[marks.deploys(), marks.starts(), marks.published()],
        first=Row(
            4,
            (
                figure(4, stream.lag(), _LAG),
                figure(3, stream.time_behind(), _BEHIND),
                figure(4, stream.rate(), decimals=1),
                figure(3, stream.stalled(), thresholds.ANY_IS_BAD),
                figure(3, stream.invalid(), _REFUSED, decimals=1),
                figure(3, stream.event_age(), decimals=1),
                figure(4, stream.event_time(), spark=False),
            ),
        ),
        sections=(
            Section(
                "Behind",
                (
                    Row(8, (lines(12, stream.lag_by_topic()), lines(12, stream.time_behind_by_topic(), _BEHIND))),
                    Row(8, (lines(12, stream.lag_by_partition()), lines(12, stream.lateness(), least=None))),
                ),
            ),
            Section(
                "Throughput",
                (
                    Row(
                        8,
                        (
                            lines(8, stream.rate_by_topic(), stacked=True),
                            lines(8, stream.rate_by_outcome(), stacked=True),
                            lines(8, stream.event_time_course(), least=None),
                        ),
                    ),
                    Row(8, (lines(12, stream.transactions()), lines(12, stream.transaction_time()))),
                ),
            ),
            Section(
                "Refused and lost",
                (Row(8, (lines(12, stream.dead_letters()), lines(12, stream.redelivered()))),),
            ),
        ),
    )
