"""The workers: do they run, do they share the work, what do they cost?"""

from __future__ import annotations

from dashboards import marks, names, thresholds, variables
from dashboards.board import Board, Row, Section
from dashboards.house import House
from dashboards.panels import Column, figure, lines, rows
from dashboards.signals import workers
from dashboards.thresholds import Steps

_SOME = Steps(thresholds.RED, ((1, thresholds.GREEN),))
_RECOVERY = thresholds.from_limits(60, 300)
_SECOND = thresholds.from_limits(0.5, 1)
_SHARE = thresholds.from_limits(0.8, 1)
_CLOCK = thresholds.from_limits(1, 5)


def board(house: House) -> Board:
    """Its first row: do all run and are ready, is all work taken, did they recover, do they change hands too often?"""
    return Board(
        uid=names.WORKERS,
        title="upscore / Workers",
        description="Whether workers run, share the work evenly, recover fast, and what they cost.",
        variables=[variables.datasource(), variables.upscore_url(house.url)],
        annotations=[marks.deploys(), marks.starts(), marks.published()],
        first=Row(
            4,
            (
                figure(5, workers.up(), _SOME, spark=False),
                figure(3, workers.ready(), _SOME),
                figure(4, workers.owned(), _SOME),
                figure(4, workers.recovery(), _RECOVERY, decimals=1),
                figure(4, workers.rebalances(), spark=False, decimals=0),
                figure(4, workers.memory(), decimals=1),
            ),
        ),
        sections=(
            Section(
                "Each worker",
                (
                    Row(
                        8,
                        (
                            rows(
                                10,
                                workers.each_holds(),
                                [
                                    Column("Ready", _SOME),
                                    Column("Partitions"),
                                    Column("Series"),
                                    Column("Cores"),
                                ],
                                labels=["instance"],
                                sort_by="instance",
                                descending=False,
                            ),
                            rows(
                                7,
                                workers.each_runs(),
                                [Column("Up for"), Column("Recovery", _RECOVERY)],
                                labels=["instance"],
                                decimals=1,
                                sort_by="instance",
                                descending=False,
                            ),
                            lines(7, workers.versions(), stacked=True),
                        ),
                    ),
                ),
            ),
            Section(
                "Work",
                (
                    Row(
                        8,
                        (
                            lines(8, workers.partitions(), stacked=True),
                            lines(8, workers.rebalances_by_worker()),
                            lines(8, workers.recoveries(), _RECOVERY),
                        ),
                    ),
                ),
            ),
            Section(
                "Cost",
                (
                    Row(
                        8,
                        (
                            lines(8, workers.cpu()),
                            lines(8, workers.memory_by_worker()),
                            lines(8, workers.loop_lag(), _SECOND),
                        ),
                    ),
                    Row(8, (lines(12, workers.scrape(), _SECOND), lines(12, workers.series(), _SHARE))),
                ),
            ),
            Section(
                "What they write",
                (
                    Row(
                        8,
                        (
                            lines(6, workers.publishing(), _SECOND),
                            lines(6, workers.store_waiting()),
                            lines(6, workers.store_writes()),
                            lines(6, workers.clock(), _CLOCK, least=None),
                        ),
                    ),
                ),
            ),
        ),
    )
