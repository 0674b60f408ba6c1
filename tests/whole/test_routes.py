"""The routes, by Alertmanager's own `amtool` and by `amlint`: every team, hostile names, inhibition."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from schemas.records import Team, decode
from schemas.topics import REFERENCE
from streams.notification_routes import Choices, Quiet, routes_text

ROOT = Path(__file__).parents[2]
COMMITTED = ROOT / "deploy/alertmanager/alertmanager.yml"
HOSTILE = ['Köln "A"', "back\\slash", "{braces}", "a=~b, c", "' OR 1", "t 1", "#", "日本", '\\"', "a,b"]


def program(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*map(str, command)], capture_output=True, text=True, check=False)


def amlint(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return program(Path(sys.executable).with_name("amlint"), *arguments)


def routed(config: Path, **labels: str) -> str:
    """The receivers of an alert, with commas."""
    given = [f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in labels.items()]
    done = program("amtool", "config", "routes", "test", f"--config.file={config}", *given)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


def written(folder: Path, *names: str, choices: Choices | None = None) -> Path:
    teams = {}
    for name in names:
        record = decode(REFERENCE, json.dumps({"type": "team", "id": name, "manager": "a@example.com"}).encode())
        assert isinstance(record, Team)
        teams[name] = record
    given = choices or Choices(templates=str(ROOT / "deploy/notifications/*.tmpl"))
    (folder / "am.yml").write_text(routes_text(teams, given), "utf-8")
    return folder / "am.yml"


def cases() -> list[dict[str, object]]:
    """What inhibits what, as `amlint test` wants it; all alerts carry the label `service`."""

    def alert(name: str, **labels: str) -> dict[str, str]:
        return {"alertname": name, "service": "upscore", **labels}

    def case(name: str, target: dict[str, str], source: dict[str, str], *, inhibited: bool) -> dict[str, object]:
        return {"name": name, "labels": target, "firing": [source], "inhibited": inhibited}

    rep = alert("SalesRepScoreDropped", team="t-1", rep="r-1", cause="results/win_rate")
    team = alert("SalesTeamScoreDropped", team="t-1", cause="results/win_rate")
    several = alert("SalesTeamRepsDropped", team="t-1")
    company = alert("SalesCompanyScoreDropped", cause="results/win_rate")
    late = alert("UpscoreDataLate", topic="sales.events.v1")
    return [
        case("a team's drop holds back its reps", rep, team, inhibited=True),
        case("several reps of a team hold back each of them", rep, several, inhibited=True),
        case("another team's drop does not", rep, team | {"team": "t-2"}, inhibited=False),
        case("a team's own drop holds back that of several of its reps", several, team, inhibited=True),
        case("but not the other way round", team, several, inhibited=False),
        case("the company's drop holds back teams", team, company, inhibited=True),
        case("the company's drop holds back territories", alert("SalesTerritoryScoreDropped"), company, inhibited=True),
        case("the company's drop does not hold back single reps", rep, company, inhibited=False),
        case("a rep's drop holds back nothing above", team, rep, inhibited=False),
        *[
            case(f"late data hold back {each['alertname']}", each, late, inhibited=True)
            for each in (rep, team, several, company)
        ],
        *[
            case(f"{source} holds back drops", rep, alert(source), inhibited=True)
            for source in ("UpscoreAbsent", "UpscoreStalled", "UpscoreDataMissing")
        ],
        case("dead letters do not", rep, alert("UpscoreDeadLetters"), inhibited=False),
        case("another installation's late data do not", rep, late | {"service": "other"}, inhibited=False),
        case("drops never hold back what the program says", late, company, inhibited=False),
        case("no worker at all says enough", alert("UpscoreWorkerDown"), alert("UpscoreAbsent"), inhibited=True),
        {"name": "ops", "labels": late, "expect": ["ops"]},
        {"name": "leaders", "labels": company, "expect": ["leaders"]},
        {"name": "a team", "labels": rep, "expect": ["team t-1"]},
        {"name": "a team that nobody knows", "labels": rep | {"team": "new"}, "expect": ["unrouted"]},
        {"name": "what nobody thought of", "labels": {"alertname": "Else"}, "expect": ["unrouted"]},
    ]


def rendered(folder: Path, template: str, *alerts: dict[str, object], **common: str) -> str:
    """What a template says of alerts, by `amtool`."""
    status = "firing" if any(alert["status"] == "firing" for alert in alerts) else "resolved"
    (folder / "data.json").write_text(json.dumps({"status": status, "commonLabels": common, "alerts": alerts}), "utf-8")
    glob = f"--template.glob={ROOT}/deploy/notifications/*.tmpl"
    text = f'--template.text={{{{ template "{template}" . }}}}'
    done = program("amtool", "template", "render", glob, f"--template.data={folder}/data.json", text)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def fired(name: str, status: str = "firing") -> dict[str, object]:
    annotations = {
        "summary": f"{name} dropped",
        "description": f"{name} has lost 9.0 points.",
        "explain": f"upscore explain {name}",
        "board": f"/d/upscore-rep?var-rep={name}",
        "runbook_url": "deploy/runbook.md#salesrepscoredropped",
    }
    return {"status": status, "labels": {}, "annotations": annotations, "startsAt": "2026-03-01T10:00:00Z"}


def test_a_message_says_what_fell_why_and_where_to_look(tmp_path: Path) -> None:
    said = rendered(tmp_path, "upscore.text", fired("r-1"), fired("r-2", "resolved"), alertname="SalesRepScoreDropped")
    now, _, over = said.partition("Over:\n")
    assert now.splitlines() == [
        "r-1 dropped.",
        "r-1 has lost 9.0 points.",
        "Since: 2026-03-01 10:00 UTC",
        "Why, to the last record: upscore explain r-1",
        "Board: http://localhost:3000/d/upscore-rep?var-rep=r-1",
        "What to do: deploy/runbook.md#salesrepscoredropped",
        "",
    ]
    assert over.startswith("r-2 dropped.\n")
    assert over.rstrip().endswith("people decide, with the records in front of them.")


def test_a_subject_says_how_many_how_urgent_and_whether_it_is_over(tmp_path: Path) -> None:
    several = fired("r-1"), fired("r-2"), fired("r-3", "resolved")
    assert rendered(tmp_path, "upscore.subject", *several, severity="warning") == "r-1 dropped (and 1 more)"
    assert rendered(tmp_path, "upscore.subject", fired("x"), severity="critical") == "URGENT: x dropped"
    assert rendered(tmp_path, "upscore.subject", fired("r-1", "resolved"), severity="critical") == "Over: r-1 dropped"


@pytest.fixture
def asked(tmp_path: Path) -> Path:
    (tmp_path / "cases.yml").write_text(json.dumps(cases(), ensure_ascii=False), "utf-8")
    return tmp_path / "cases.yml"


def test_the_configuration_is_valid() -> None:
    done = program("amtool", "check-config", COMMITTED)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 templates" in done.stdout


def test_it_has_no_route_that_never_matches_and_no_inhibition_too_wide() -> None:
    done = amlint("check", COMMITTED, "--strict", "--rules", str(ROOT / "deploy/prometheus/rules/*.yml"))
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_team_s_alerts_reach_its_manager() -> None:
    teams = [route["matchers"][0] for route in yaml.safe_load(COMMITTED.read_text("utf-8"))["route"]["routes"][3:]]
    names = [json.loads(matcher.removeprefix("team=")) for matcher in teams]
    assert len(names) == 9
    for name in names:
        assert routed(COMMITTED, alertname="SalesRepScoreDropped", team=name, rep="r-1") == f"team {name}"
    assert routed(COMMITTED, alertname="SalesTeamScoreDropped", team="t-unknown") == "unrouted"


def test_hostile_names_are_routed_right(tmp_path: Path) -> None:
    config = written(tmp_path, *HOSTILE)
    assert program("amtool", "check-config", config).returncode == 0
    for name in HOSTILE:
        assert routed(config, alertname="SalesRepScoreDropped", team=name) == f"team {name}"
        assert routed(config, alertname="SalesRepScoreDropped", team=f"{name}x") == "unrouted"


def test_quiet_times_secrets_and_heartbeats_are_valid_too(tmp_path: Path) -> None:
    choices = Choices(
        ops="https://ops.example.com/hook",
        heartbeat="https://beat.example.com",
        smtp_user="upscore",
        smtp_password_file="/run/secrets/smtp",  # noqa: S106 - a path
        token_file="/run/secrets/token",  # noqa: S106 - a path
        quiet=Quiet("19:00-07:00", weekends=True, time_zone="Europe/Berlin"),
        templates=str(ROOT / "deploy/notifications/*.tmpl"),
    )
    config = written(tmp_path, "t-1", choices=choices)
    done = program("amtool", "check-config", config)
    assert done.returncode == 0, done.stdout + done.stderr
    assert amlint("check", config, "--strict").returncode == 0
    assert routed(config, alertname="UpscoreWatchdog") == "heartbeat"


def test_what_inhibits_what_and_who_gets_it(asked: Path) -> None:
    done = amlint("test", COMMITTED, asked)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("SalesTeamScoreDropped|SalesTeamRepsDropped\"'\n    target", "SalesTeamScoreDropped\"'\n    target"),
        ("      - service\n      - team\n", "      - service\n"),
        ("UpscoreDataLate|", ""),
        ("      - service\n", "      - other\n"),
        ("receiver: unrouted", "receiver: ops"),
        ('team="t-1"', 'team="t-11"'),
    ],
)
def test_a_broken_configuration_fails_a_case(asked: Path, tmp_path: Path, good: str, bad: str) -> None:
    text = COMMITTED.read_text("utf-8")
    broken = tmp_path / "broken.yml"
    assert good in text
    broken.write_text(text.replace(good, bad), "utf-8")
    assert amlint("test", broken, asked).returncode == 1


def test_a_route_that_is_shadowed_and_a_configuration_without_a_receiver_are_told(tmp_path: Path) -> None:
    text = COMMITTED.read_text("utf-8").replace("../notifications", str(ROOT / "deploy/notifications"))
    shadowed = tmp_path / "shadowed.yml"
    shadowed.write_text(text.replace("'alertname=~\"Upscore.+\"'", "'alertname=~\".+\"'"), "utf-8")
    assert amlint("check", shadowed, "--strict").returncode == 1
    missing = tmp_path / "missing.yml"
    missing.write_text(text.replace("receiver: ops", "receiver: nobody"), "utf-8")
    assert program("amtool", "check-config", missing).returncode == 1
