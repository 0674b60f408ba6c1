"""A team: how it stands, how far its reps are apart, who needs help."""

from __future__ import annotations

from dashboards import links, marks, names, thresholds, variables
from dashboards.board import Board, Row, Section
from dashboards.boards import metric_rows
from dashboards.house import House
from dashboards.panels import Column, figure, lines, rows
from dashboards.signal import Query
from dashboards.signals import members, subjects
from dashboards.signals.subjects import COMPANY, HIGH, LOW, TEAM


def board(house: House) -> Board:
    """Its first row: what is the score, how sure is it, does it rise, is it in a drop, and how many of its reps?"""
    card = house.card
    change, drop = thresholds.of_change(card), thresholds.of_drop(card)
    company = Query(COMPANY.of(COMPANY.score), "company")
    standing = links.page("Every number of the score", "api/v1/standing/team/${team:percentencode}")
    return Board(
        uid=names.TEAM,
        title="upscore / Team",
        description="How a team stands, how far its reps are apart, and who may need help.",
        variables=[
            variables.datasource(),
            variables.team(),
            variables.window(),
            variables.upscore_url(house.url),
        ],
        annotations=[marks.drops_of_team(), marks.deploys(), marks.published()],
        time_from="now-7d",
        refresh="5m",
        first=Row(
            4,
            (
                figure(4, subjects.score(TEAM), thresholds.SCORE, decimals=1, links=[standing]),
                figure(4, subjects.interval(TEAM), decimals=1),
                figure(3, subjects.change(TEAM, card), change, decimals=1, spark=False, no_value="no score then"),
                figure(3, subjects.attainment(TEAM), decimals=0, no_value="no target"),
                figure(4, subjects.drop(TEAM, card), drop, told="both", decimals=1, spark=False, no_value="none"),
                figure(3, members.reps_dropped(team=True), thresholds.ANY_IS_BAD),
                figure(3, members.team_reps(), spark=False),
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
                                subjects.course(TEAM, company),
                                thresholds.SCORE,
                                least=None,
                                faint=[HIGH, LOW],
                                links=[standing],
                                decimals=1,
                            ),
                            lines(12, subjects.pillars(TEAM), thresholds.PILLAR, least=None, links=[standing]),
                        ),
                    ),
                ),
            ),
            Section(
                "Reps",
                (
                    Row(
                        11,
                        (
                            rows(
                                24,
                                members.reps(),
                                [
                                    Column("Score", thresholds.SCORE),
                                    Column("Low"),
                                    Column("High"),
                                    Column("Change", change),
                                    Column("Lost in a drop", drop),
                                ],
                                labels=["rep", "team"],
                                links=links.rep(of_table=True),
                                decimals=1,
                                sort_by="Score",
                            ),
                        ),
                    ),
                    Row(
                        9,
                        (
                            lines(
                                12,
                                members.reps_over_time(),
                                thresholds.SCORE,
                                links=links.rep(),
                                least=None,
                                decimals=1,
                            ),
                            lines(12, members.spread(), thresholds.SCORE, least=None, decimals=1),
                        ),
                    ),
                ),
            ),
            *metric_rows.sections(house, TEAM),
        ),
    )
