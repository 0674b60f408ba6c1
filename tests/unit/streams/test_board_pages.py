"""What the board's pages are made of: who belongs where, ranks, targets, words."""

from __future__ import annotations

import json
from datetime import date
from random import Random
from typing import Any

import pytest

from schemas import board, board_scorecard, board_stream
from schemas.records import decode
from schemas.topics import REFERENCE
from scoring.roster import Roster
from scoring.wording import never_said
from streams.board.alertmanager import Acknowledgements
from streams.board.neighbours import address_of
from streams.board.pages import Pages, placed, spread_of
from streams.board.people import People
from streams.board.published import Published
from streams.board.scorecard_words import scorecard_words
from streams.board.stream_figures import all_together, own_figures
from streams.board.summaries import Told, greatest_first, read_score, summary
from streams.board.targets import target_lines
from streams.codec import to_json
from streams.leaderboard import ScoredSubject, by_score
from streams.scorecard_file import scorecard_text
from streams.settings import Settings
from tests.unit.streams.board_company import company
from tests.unit.streams.desks import Clock, desk_at

DAY = date(2026, 1, 15)


def told(subject: str, subject_id: str, score: float | None, wide: float = 1.1, team: str | None = None) -> Told:
    low, high = (None, None) if score is None else (score / wide, score * wide)
    status = "insufficient_evidence" if score is None else "scored"
    return Told(
        subject, subject_id, team, DAY.isoformat(), "default@1", None, score, low, high, 50.0, None, 0.9, status
    )


def roster(*records: dict[str, Any]) -> Roster:
    made = Roster()
    for record in records:
        made.put(record["type"], record["id"], decode(REFERENCE, json.dumps(record).encode()))
    return made


def rep(subject_id: str, team_id: str, **more: Any) -> dict[str, Any]:
    return {"type": "rep", "id": subject_id, "team_id": team_id, **more}


def pages(people: Roster, *scores: Told) -> Pages:
    published = Published(Settings(), "scores", "alerts", lambda *_: None, lambda _: None)
    published.scores = {f"{each.subject}:{each.id}": each for each in scores}
    return Pages(published, People(lambda: people), Acknowledgements(None), DAY.toordinal)


def test_a_published_score_gives_its_own_figures_as_a_summary() -> None:
    made = company()
    for lane in made.exchange.lanes:
        for score in lane.publication.scores.values():
            line = summary(read_score(to_json(score)), None, None)
            board.Summary.model_validate(line)
            for name in line.keys() - {"name", "n_members"}:
                assert line[name] == score[name]


def test_members_of_a_team_are_those_of_teams_below_it_who_are_there() -> None:
    people = roster(
        {"type": "team", "id": "t-1", "parent": "t-0", "name": "One", "manager": "m@example.com"},
        {"type": "team", "id": "t-0"},
        rep("r-1", "t-1", territory="north", name="Ada"),
        rep("r-2", "t-0"),
        rep("r-3", "t-1", left_on="2026-01-14"),
        rep("r-4", "t-1", left_on="2026-01-15"),
        rep("r-5", "t-1", hired_on="2026-01-16"),
        rep("r-6", "t-0", history=[{"team_id": "t-1", "until": "2026-01-16"}]),
    )
    made = pages(
        people,
        *[told("rep", f"r-{n}", 50.0 + n) for n in range(1, 8)],
        *[told("team", f"t-{n}", 50.0) for n in (0, 1)],
        told("territory", "north", 50.0),
        told("company", "company", 50.0),
    )
    assert [each.id for each in made.members("team:t-1")] == ["r-6", "r-4", "r-1"]
    assert [each.id for each in made.members("team:t-0")] == ["r-6", "r-4", "r-2", "r-1"]
    assert [each.id for each in made.members("team:unassigned")] == ["r-7"]
    assert [each.id for each in made.members("territory:north")] == ["r-1"]
    assert [line["n_members"] for line in made.of_kind("team")] == [4, 3]
    assert [line["id"] for line in made.teams_below("t-0")] == ["t-1"]
    above = made.above("t-1")
    assert above is not None
    assert (above["id"], made.above("t-0")) == ("t-0", None)
    assert [line["id"] for line in made.search("ADA")] == ["r-1"]
    assert [line["id"] for line in made.search("one")] == ["t-1"]
    assert made.search("  ") == []


def test_members_follow_a_changed_record() -> None:
    people = roster(rep("r-1", "t-1"))
    made = pages(people, told("rep", "r-1", 50.0))
    assert len(made.members("team:t-1")) == 1
    made._index_at = float("-inf")
    people.put("rep", "r-1", decode(REFERENCE, json.dumps(rep("r-1", "t-2")).encode()))
    assert (len(made.members("team:t-1")), len(made.members("team:t-2"))) == (0, 1)


@pytest.mark.parametrize("seed", range(3))
def test_tiers_and_ranks_of_members_are_those_of_a_leaderboard_of_them(seed: int) -> None:
    random = Random(seed)
    members = greatest_first(
        [
            *[told("rep", f"r-{n}", random.uniform(20, 75), random.uniform(1.02, 1.3)) for n in range(30)],
            told("rep", "r-none", None),
        ]
    )
    lines = placed(members, [summary(each, None, None) for each in members])
    for line in lines:
        board.Member.model_validate(line)
    scored = [each for each in members if each.score is not None]
    expected = by_score(
        [ScoredSubject(each.id, each.score or 0, each.low or 0, each.high or 0) for each in scored], len(scored)
    )
    assert [(line["id"], line["tier"], line["rank_low"], line["rank_high"]) for line in lines[:-1]] == [
        (row["id"], row["tier"], row["best_rank"], row["worst_rank"]) for row in expected
    ]
    assert (lines[-1]["id"], lines[-1]["tier"], lines[-1]["rank_low"]) == ("r-none", None, None)
    assert spread_of(members[-1:]) is None


def test_movers_are_the_greatest_changes_and_everybody_is_counted() -> None:
    made = pages(Roster(), *[told("rep", f"r-{n}", 50.0) for n in range(9)])
    before = {f"r-{n}": 46.0 + n for n in range(9)} | {"gone": 1.0}
    found = made.movers([{"before": before, "counted": 9, "of": 12}, {"before": {}, "counted": 1, "of": 1}], 28, 3)
    board.Movers.model_validate(found)
    assert [(each["id"], each["change"]) for each in found["up"]] == [("r-0", 4.0), ("r-1", 3.0), ("r-2", 2.0)]
    assert [(each["id"], each["change"]) for each in found["down"]] == [("r-8", -4.0), ("r-7", -3.0), ("r-6", -2.0)]
    assert (found["counted"], found["of"]) == (10, 13)


def test_a_target_stands_beside_what_was_reached_in_the_days_it_is_about() -> None:
    made = company()
    seen = set()
    for subject in ("rep:r-1", "team:t-1", "company:company"):
        scorer = made.line.scorer(made.desk.scorecard, made.today)
        panes = made.line.panes(subject) or {}
        score = scorer.score(subject, panes, "2026-01-01T00:00:00Z")
        days = scorer.horizons.score
        for line in target_lines(score, scorer, panes):
            board.TargetLine.model_validate(line)
            seen.add(line["metric"])
            assert line["target"] == score["metrics"][line["metric"]]["target"]
            if f"{days}d" in score["metrics"][line["metric"]]["windows"]:
                assert line["value"] == score["metrics"][line["metric"]]["windows"][f"{days}d"]["value"]
            if line["attainment"] is not None:
                assert line["attainment"] == line["value"] / line["target"]
    assert "net_revenue" in seen


def test_the_scorecard_in_words_is_whole_and_judges_nobody() -> None:
    made = company()
    norms = made.desk.norms.in_force(made.today)
    words = scorecard_words(made.desk.scorecard, norms, "EUR", scorecard_text(None), None)
    board_scorecard.ScorecardWords.model_validate(words)
    told_of = [metric for pillar in words["pillars"] for metric in pillar["metrics"]]
    assert [metric["metric"] for metric in told_of] == [
        scored.metric
        for pillar in made.desk.scorecard.pillars
        for scored in made.desk.scorecard.metrics
        if scored.pillar == pillar
    ]
    assert {metric["unit"] for metric in told_of if metric["metric"] == "net_revenue"} == {"EUR"}
    assert [sentence for sentence in words["rules"] if never_said(sentence)] == []


def test_the_figures_of_all_workers_are_added_up_and_who_is_not_heard_is_said() -> None:
    desk = desk_at(Clock(DAY))
    desk.metrics.records.labels("sales.events.v1", "applied").inc(3)
    desk.metrics.dead_letters.labels("not_json").inc()
    desk.metrics.show_group_lag({"sales.events.v1": 4, "sales.feedback.v1": 1})
    desk.newest_day_seen = DAY.toordinal()
    own = own_figures(desk, ["recovering"])
    found = all_together(own, {"http://b:1": own_figures(desk, []), "http://c:1": "it does not answer"}, [])
    board_stream.Stream.model_validate(found)
    assert found["records"]["sales.events.v1"]["applied"] == 6
    assert (found["dead_letters"], found["behind"], found["event_time"]) == ({"not_json": 2}, 5, "2026-01-15")
    assert (found["ready"], found["obstacles"]) == (False, ["recovering", "http://c:1: it does not answer"])
    assert found["lag_seconds"] is None


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, "http://127.0.0.1:7"),
        ({"http_host": "::1"}, "http://[::1]:7"),
        ({"http_host": "0.0.0.0"}, "http://127.0.0.1:7"),  # noqa: S104 - the way to a broker of this machine
        ({"http_host": "0.0.0.0", "http_url": "https://worker-1.example.com/x/"}, "https://worker-1.example.com/x"),  # noqa: S104
    ],
)
def test_a_worker_tells_where_it_is_reached(settings: dict[str, Any], expected: str) -> None:
    assert address_of(Settings(**settings), 7) == expected
