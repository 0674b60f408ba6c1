"""A rep: the score, why it is what it is, and what it is compared with."""

from __future__ import annotations

from dashboards import links, marks, names, thresholds, variables
from dashboards.board import Board, Row, Section
from dashboards.boards import metric_rows
from dashboards.house import House
from dashboards.panels import bars, figure, lines
from dashboards.signal import Query
from dashboards.signals import members, subjects
from dashboards.signals.subjects import HIGH, LOW, REP, TEAM
from dashboards.thresholds import Steps

_PILLAR_CHANGE = Steps(thresholds.RED, ((-0.05, thresholds.GREY), (0.05, thresholds.GREEN)))


def board(house: House) -> Board:
    """Its first row: what is the score, how sure is it, does it rise, is it in a drop, how is it beside the team and before?"""
    card = house.card
    change = thresholds.of_change(card)
    chosen = "${rep:percentencode}"
    explained = (
        links.page("Every number of the score", f"api/v1/standing/rep/{chosen}"),
        links.page("The score as published", f"api/v1/scores/rep/{chosen}"),
    )
    return Board(
        uid=names.REP,
        title="upscore / Rep",
        description="A rep's score, why it is what it is, and what it is compared with. It supports people and their "
        "managers; it does not judge them, and it is never the only measure.",
        variables=[
            variables.datasource(),
            variables.team_or_all(),
            variables.rep(),
            variables.window(),
            variables.upscore_url(house.url),
        ],
        annotations=[marks.drops_of_rep(), marks.deploys(), marks.published()],
        time_from="now-7d",
        refresh="5m",
        first=Row(
            4,
            (
                figure(4, subjects.score(REP), thresholds.SCORE, decimals=1, links=explained),
                figure(4, subjects.interval(REP), decimals=1),
                figure(3, subjects.change(REP, card), change, decimals=1, spark=False, no_value="no score then"),
                figure(
                    4,
                    subjects.drop(REP, card),
                    thresholds.of_drop(card),
                    told="both",
                    decimals=1,
                    spark=False,
                    no_value="none",
                ),
                figure(3, members.against_self(), change, decimals=1, spark=False),
                figure(3, members.against_median(), Steps(thresholds.GREY), decimals=1, spark=False),
                figure(
                    3,
                    members.rep_team(),
                    told="name",
                    spark=False,
                    links=[links.team()],
                ),
            ),
        ),
        sections=(
            Section(
                "Score",
                (
                    Row(
                        10,
                        (
                            lines(
                                12,
                                subjects.course(
                                    REP,
                                    Query(members.OWN_MEAN, "own mean of 28 days"),
                                    Query(members.TEAM_MEDIAN, subjects.MEDIAN),
                                ),
                                thresholds.SCORE,
                                least=None,
                                faint=[HIGH, LOW],
                                links=explained,
                                decimals=1,
                            ),
                            lines(6, subjects.pillars(REP), thresholds.PILLAR, least=None, links=explained),
                            bars(
                                6,
                                subjects.pillar_changes(REP),
                                _PILLAR_CHANGE,
                                least=-0.2,
                                most=0.2,
                                decimals=1,
                                links=explained,
                                no_value="no score then",
                            ),
                        ),
                    ),
                ),
            ),
            *metric_rows.sections(house, REP, beside=TEAM, links=explained),
        ),
    )
