"""The company: how well it sells, whether it gets better, and where."""

from __future__ import annotations

from dashboards import links, marks, names, thresholds, variables
from dashboards.board import Board, Row, Section
from dashboards.boards import metric_rows
from dashboards.house import House
from dashboards.panels import Column, bars, figure, lines, rows
from dashboards.signals import members, subjects
from dashboards.signals.subjects import COMPANY, HIGH, LOW


def board(house: House) -> Board:
    """Its first row: what is the score, how sure is it, does it rise, who is in a drop?"""
    card = house.card
    change, drop = thresholds.of_change(card), thresholds.of_drop(card)
    alerts = links.board("Open the alerts", names.ALERTS)
    rep = links.rep(of_table=True)
    moved = [Column("Change", change)]
    return Board(
        uid=names.COMPANY,
        title="upscore / Company",
        description="How well the company sells, whether it gets better, and which teams and reps move it.",
        variables=[variables.datasource(), variables.window(), variables.upscore_url(house.url)],
        annotations=[marks.drops_of_company(), marks.deploys(), marks.published()],
        time_from="now-7d",
        refresh="5m",
        first=Row(
            4,
            (
                figure(4, subjects.score(COMPANY), thresholds.SCORE, decimals=1),
                figure(4, subjects.interval(COMPANY), decimals=1),
                figure(3, subjects.change(COMPANY, card), change, decimals=1, spark=False, no_value="no score then"),
                figure(3, subjects.attainment(COMPANY), decimals=0, no_value="no target"),
                figure(
                    4,
                    subjects.drop(COMPANY, card),
                    drop,
                    told="both",
                    decimals=1,
                    spark=False,
                    links=[alerts],
                    no_value="none",
                ),
                figure(3, members.teams_dropped(), thresholds.ANY_IS_BAD, links=[alerts]),
                figure(3, members.reps_dropped(), thresholds.ANY_IS_BAD, links=[alerts]),
            ),
        ),
        sections=(
            Section(
                "Score",
                (
                    Row(
                        9,
                        (
                            lines(
                                12,
                                subjects.course(COMPANY),
                                thresholds.SCORE,
                                least=None,
                                faint=[HIGH, LOW],
                                decimals=1,
                            ),
                            lines(12, subjects.pillars(COMPANY), thresholds.PILLAR, least=None),
                        ),
                    ),
                ),
            ),
            Section(
                "Teams",
                (
                    Row(
                        9,
                        (
                            rows(
                                12,
                                members.teams(),
                                [
                                    Column("Score", thresholds.SCORE),
                                    Column("Low"),
                                    Column("High"),
                                    Column("Change", change),
                                    Column("Lost in a drop", drop),
                                ],
                                labels=["team"],
                                links=[links.team(of_table=True)],
                                decimals=1,
                                sort_by="Score",
                            ),
                            lines(
                                12,
                                members.teams_over_time(),
                                thresholds.SCORE,
                                links=[links.team()],
                                least=None,
                                decimals=1,
                            ),
                        ),
                    ),
                ),
            ),
            Section(
                "Who and where",
                (
                    Row(
                        10,
                        (
                            rows(
                                8,
                                members.climbers(),
                                moved,
                                labels=["rep", "team"],
                                links=rep,
                                decimals=1,
                                sort_by="Change",
                                no_value="nobody yet",
                            ),
                            rows(
                                8,
                                members.fallers(),
                                moved,
                                labels=["rep", "team"],
                                links=rep,
                                decimals=1,
                                sort_by="Change",
                                descending=False,
                                no_value="nobody yet",
                            ),
                            bars(8, members.territories(), thresholds.SCORE, most=100, decimals=1),
                        ),
                    ),
                ),
            ),
            *metric_rows.sections(house, COMPANY),
        ),
    )
