"""Alerts and data quality: what has been told, what fires, and whether the data can bear it."""

from __future__ import annotations

from dashboards import links, marks, names, thresholds, variables
from dashboards.board import Board, Row, Section
from dashboards.house import House
from dashboards.panels import Column, bars, figure, lines, rows
from dashboards.signals import members, quality, stream

_REFUSED = thresholds.from_limits(0.01, 0.1)


def board(house: House) -> Board:
    """Its first row: what fires, who is in a drop, how many were told, and is the data good enough to believe it?"""
    drop = thresholds.of_drop(house.card)
    lost = [Column("Points lost", drop)]
    return Board(
        uid=names.ALERTS,
        title="upscore / Alerts and data quality",
        description="What fires and who is in a drop, with the cause; and whether the data behind scores can be believed.",
        variables=[variables.datasource(), variables.upscore_url(house.url)],
        annotations=[marks.deploys(), marks.published()],
        time_from="now-24h",
        first=Row(
            4,
            (
                figure(3, quality.firing(), thresholds.ANY_IS_BAD),
                figure(3, members.teams_dropped(), thresholds.ANY_IS_BAD),
                figure(3, members.reps_dropped(), thresholds.ANY_IS_BAD),
                figure(3, quality.told(), spark=False, decimals=0),
                figure(3, stream.invalid(), _REFUSED, decimals=1),
                figure(3, quality.without_score()),
                figure(3, quality.twice(), thresholds.ANY_IS_BAD),
                figure(3, stream.stalled(), thresholds.ANY_IS_BAD),
            ),
        ),
        sections=(
            Section(
                "Alerts",
                (
                    Row(
                        10,
                        (
                            rows(
                                12,
                                quality.drops_of_reps(),
                                lost,
                                labels=["rep", "team", "cause"],
                                links=links.rep(of_table=True),
                                decimals=1,
                                sort_by="Points lost",
                                no_value="no open drop",
                            ),
                            rows(
                                12,
                                quality.drops_of_groups(),
                                lost,
                                labels=["of", "cause"],
                                decimals=1,
                                sort_by="Points lost",
                                no_value="no open drop",
                            ),
                        ),
                    ),
                    Row(
                        8,
                        (
                            lines(8, quality.drops_by_cause(), stacked=True, no_value="no open drop"),
                            lines(8, quality.told_by_kind()),
                            lines(8, quality.firing_by_name(), stacked=True, no_value="none fires"),
                        ),
                    ),
                ),
            ),
            Section(
                "Data quality",
                (
                    Row(
                        8,
                        (
                            lines(8, quality.refused(), _REFUSED),
                            bars(
                                8, quality.refused_by_reason(), thresholds.NEUTRAL, decimals=0, no_value="none refused"
                            ),
                            bars(8, quality.oddities(), thresholds.NEUTRAL, decimals=0, no_value="none odd"),
                        ),
                    ),
                    Row(
                        8,
                        (
                            lines(8, stream.lateness(), least=None),
                            lines(8, quality.repeats(), stacked=True),
                            lines(8, quality.misplaced()),
                        ),
                    ),
                ),
            ),
        ),
    )
