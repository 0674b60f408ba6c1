"""Routes from the roster: who gets what, whatever ids and addresses look like."""

from __future__ import annotations

import json
import os
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from schemas.records import Team, decode
from schemas.topics import REFERENCE
from streams import cli
from streams.manager_address import addresses_of
from streams.notification_routes import Choices, Quiet, routes_text, unreached
from streams.simulator.lines import line
from streams.simulator.timeline import records
from streams.team_roster import UnreadableRoster, roster_of

ROOT = Path(__file__).parents[3]
COMMITTED = ROOT / "deploy/alertmanager/alertmanager.yml"
HOSTILE = ['Köln "A"', "back\\slash", "{braces}", "a=~b, c", "' OR 1", "t 1", "#", "日本"]


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("UPSCORE_"):
            monkeypatch.delenv(name)


def team(name: str, manager: str | None = "lead@example.com", **fields: Any) -> Team:
    record = decode(REFERENCE, json.dumps({"type": "team", "id": name, "manager": manager, **fields}).encode())
    assert isinstance(record, Team)
    return record


def roster(*teams: Team) -> dict[str, Team]:
    return {each.id: each for each in teams}


def document(teams: dict[str, Team], **choices: Any) -> Any:
    return yaml.safe_load(routes_text(teams, Choices(**choices)))


def receivers(written: Any) -> dict[str, Any]:
    return {receiver["name"]: receiver for receiver in written["receivers"]}


def ndjson(*fields: dict[str, Any]) -> list[bytes]:
    return [json.dumps({"type": "team", **each}).encode() for each in fields]


def simulated() -> bytes:
    return b"".join(line(record) for record in records(seed=1, days=1, reps=30, start=date(2025, 1, 1)))


def run(*arguments: str) -> int:
    try:
        return cli.main(["alertmanager", "generate", *arguments])
    except SystemExit as end:
        return int(end.code or 0)


def test_what_is_committed_is_generated_from_the_simulated_company(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "records.ndjson").write_bytes(simulated())
    arguments = ("--from", str(tmp_path / "records.ndjson"), "--check", "--to")
    assert run(*arguments, str(COMMITTED)) == 0
    (tmp_path / "stale.yml").write_text(COMMITTED.read_text("utf-8").replace("t-1", "t-9"), "utf-8")
    assert run(*arguments, str(tmp_path / "stale.yml")) == 1
    assert "is stale" in capsys.readouterr().err


def test_each_manager_gets_the_alerts_of_their_team() -> None:
    written = document(
        roster(team("t-1", "a@example.com"), team("t-2", "https://chat.example.com/hook, b@example.com"))
    )
    routes = {tuple(route["matchers"]): route["receiver"] for route in written["route"]["routes"]}
    assert routes['team="t-1"',] == "team t-1"
    assert routes['team="t-2"',] == "team t-2"
    assert receivers(written)["team t-1"]["email_configs"][0]["to"] == "a@example.com"
    assert receivers(written)["team t-2"]["webhook_configs"] == [
        {"url": "https://chat.example.com/hook", "send_resolved": True}
    ]
    assert receivers(written)["team t-2"]["email_configs"][0]["to"] == "b@example.com"


def test_every_message_tells_the_end_too() -> None:
    written = document(
        roster(team("t-1", "a@example.com https://chat.example.com/hook")), heartbeat="https://beat.example.com"
    )
    configs = [config for each in written["receivers"] for kind in each if kind != "name" for config in each[kind]]
    assert configs
    assert all(config["send_resolved"] is True for config in configs)


@pytest.mark.parametrize("name", HOSTILE)
def test_any_id_is_matched_as_it_is(name: str) -> None:
    written = document(roster(team(name)))
    (matcher,) = written["route"]["routes"][-1]["matchers"]
    assert json.loads(matcher.removeprefix("team=")) == name
    assert written["route"]["routes"][-1]["receiver"] in receivers(written)


@pytest.mark.parametrize(
    "manager", [None, "", "Ann Li", "ann@", "https://", "{{ .x }}@example.com", "ftp://example.com"]
)
def test_a_team_whose_manager_cannot_be_reached_is_left_to_the_catch_all(manager: str | None) -> None:
    teams = roster(team("t-1", manager))
    assert unreached(teams) == ["t-1"]
    written = document(teams, catch_all="all@example.com")
    assert "team t-1" not in receivers(written)
    assert written["route"]["receiver"] == "unrouted"
    assert receivers(written)["unrouted"]["email_configs"][0]["to"] == "all@example.com"
    assert receivers(written)["leaders"]["email_configs"][0]["to"] == "all@example.com"


def test_drops_of_the_company_go_to_who_manages_teams_that_are_in_no_other() -> None:
    teams = roster(
        team("all", "boss@example.com"), team("t-1", parent="all"), team("t-2", "two@example.com", parent="gone")
    )
    leaders = receivers(document(teams))["leaders"]["email_configs"]
    assert [each["to"] for each in leaders] == ["boss@example.com", "two@example.com"]
    chosen = receivers(document(teams, leaders="https://chat.example.com/leaders"))["leaders"]
    assert "email_configs" not in chosen


def test_the_order_of_the_roster_does_not_matter() -> None:
    teams = [team(name) for name in HOSTILE]
    assert routes_text(roster(*teams), Choices()) == routes_text(roster(*reversed(teams)), Choices())


def test_managers_can_be_left_alone_at_night_and_at_weekends_but_ops_cannot() -> None:
    written = document(roster(team("t-1")), quiet=Quiet("19:00-07:00", weekends=True, time_zone="Europe/Berlin"))
    muted = {route["receiver"]: route.get("mute_time_intervals") for route in written["route"]["routes"]}
    assert muted == {"ops": None, "leaders": ["nights", "weekends"], "team t-1": ["nights", "weekends"]}
    nights, weekends = written["time_intervals"]
    assert nights["time_intervals"][0]["times"] == [
        {"start_time": "19:00", "end_time": "24:00"},
        {"start_time": "00:00", "end_time": "07:00"},
    ]
    assert weekends["time_intervals"] == [{"weekdays": ["saturday", "sunday"], "location": "Europe/Berlin"}]


def test_secrets_stay_in_their_files() -> None:
    teams = roster(team("t-1", "https://chat.example.com/hook"))
    written = document(teams, smtp_user="upscore", smtp_password_file="/run/smtp", token_file="/run/token")  # noqa: S106 - paths
    assert (
        written["global"].items() >= {"smtp_auth_username": "upscore", "smtp_auth_password_file": "/run/smtp"}.items()
    )
    (webhook,) = receivers(written)["team t-1"]["webhook_configs"]
    assert webhook["http_config"] == {"authorization": {"type": "Bearer", "credentials_file": "/run/token"}}


def test_the_newest_version_of_a_team_counts_and_a_deleted_one_does_not() -> None:
    lines = ndjson(
        {"id": "t-1", "updated_at": "2026-02-01T00:00:00Z", "manager": "new@example.com"},
        {"id": "t-1", "updated_at": "2026-01-01T00:00:00Z", "manager": "old@example.com"},
        {"id": "t-2", "updated_at": "2026-01-01T00:00:00Z", "manager": "x@example.com"},
        {"id": "t-2", "updated_at": "2026-02-01T00:00:00Z", "deleted": True},
    )
    assert {name: each.manager for name, each in roster_of([*lines, b"", b"  "], "-").items()} == {
        "t-1": "new@example.com"
    }


def test_a_line_that_is_no_record_is_told_with_its_number() -> None:
    with pytest.raises(UnreadableRoster, match=r"^roster\.ndjson:2: invalid_field: "):
        roster_of([*ndjson({"id": "t-1"}, {"id": "t-2", "parent": 5})], "roster.ndjson")


def test_addresses_of_a_manager_with_a_name_and_of_several() -> None:
    found = addresses_of('"Li, Ann" <ann@example.com>; bob@example.com ,https://chat.example.com/a?b=1')
    assert found.e_mails == ("ann@example.com", "bob@example.com")
    assert found.webhooks == ("https://chat.example.com/a?b=1",)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--ops", "nobody"), "--ops 'nobody'"),
        (("--catch-all", ""), "--catch-all is empty"),
        (("--heartbeat", "a@example.com"), "--heartbeat 'a@example.com'"),
        (("--smtp-user", "me"), "no --smtp-password-file"),
        (("--check",), "--check needs --to"),
        (("--to", "/nowhere/at/all.yml"), "/nowhere/at/all.yml: cannot be written"),
    ],
)
def test_what_cannot_work_is_one_line_and_1(
    arguments: tuple[str, ...], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "teams.ndjson").write_bytes(b"\n".join(ndjson({"id": "t-1"})))
    assert run("--from", str(tmp_path / "teams.ndjson"), *arguments) == 1
    said = capsys.readouterr()
    assert told in said.err
    assert len(said.err.splitlines()) == 1
    assert said.out == ""


@pytest.mark.parametrize("arguments", [("--quiet-nights", "7-19"), ("--quiet-nights", "07:00-19:00"), ("--hurry", "0")])
def test_what_is_asked_wrongly_is_2(arguments: tuple[str, ...]) -> None:
    assert run("--from", "-", *arguments) == 2


def test_who_is_not_reached_is_told_and_the_rest_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "teams.ndjson").write_bytes(
        b"\n".join(ndjson({"id": "t-1"}, {"id": "t-2", "manager": "a@example.com"}))
    )
    assert run("--from", str(tmp_path / "teams.ndjson")) == 0
    said = capsys.readouterr()
    assert "2 teams, 1 with a manager who can be reached" in said.err
    assert "note: team t-1: " in said.err
    assert "team t-2" in receivers(yaml.safe_load(said.out))
