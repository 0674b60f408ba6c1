"""Publishing into a Grafana: once and again, edited there, failing, and through another client."""

from __future__ import annotations

import importlib.util
import io
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dashboards import names
from dashboards.__main__ import main
from dashboards.generation import GENERATED, read_boards
from dashboards.publisher import fingerprint, stamped
from dashboards.publishing import CLIENTS as CONNECT
from tests.fake_grafana import TOKEN, WRITES, FakeGrafana, fake_grafana

# Where grafana-client is installed all of this runs through it too: tests/whole puts it on the path, see there.
CLIENTS = ["grafana-api", *(["grafana-client"] if importlib.util.find_spec("grafana_client") else [])]
Publish = Callable[..., int]
EXAMPLE = Path(__file__).parents[3] / "schemas" / "examples" / "upscore.alerts.v1" / "score-dropped.json"


@pytest.fixture
def grafana() -> Iterator[FakeGrafana]:
    with fake_grafana() as running:
        yield running


@pytest.fixture(params=CLIENTS)
def publish(grafana: FakeGrafana, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Publish:
    monkeypatch.setenv("GRAFANA_TOKEN", TOKEN)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr("dashboards.adapter.WAITS", (0.0, 0.0, 0.0))

    def run(*arguments: str) -> int:
        whole = ["upscore", "publish", "--grafana", grafana.address, "--client", request.param, *arguments]
        monkeypatch.setattr(sys, "argv", whole)
        return main()

    return run


def all_of(capsys: pytest.CaptureFixture[str]) -> str:
    captured = capsys.readouterr()
    return captured.out + captured.err


def test_it_brings_folder_data_source_and_every_board(grafana: FakeGrafana, publish: Publish) -> None:
    assert publish("--prometheus", "http://prometheus:9090") == 0
    assert grafana.folders[names.FOLDER_UID]["title"] == names.FOLDER_TITLE
    source = grafana.sources[names.DATASOURCE_NAME]
    assert (source["uid"], source["url"]) == (names.DATASOURCE_UID, "http://prometheus:9090")
    assert grafana.boards.keys() == set(names.BOARDS)
    for board in read_boards(GENERATED).values():
        held = grafana.boards[board["uid"]]
        assert held["meta"]["folderUid"] == names.FOLDER_UID
        assert fingerprint(held["dashboard"]) == fingerprint(board)


def test_a_second_run_changes_nothing_and_says_so(
    grafana: FakeGrafana, publish: Publish, capsys: pytest.CaptureFixture[str]
) -> None:
    publish("--prometheus", "http://prometheus:9090")
    wrote = len(grafana.written)
    capsys.readouterr()
    assert publish("--prometheus", "http://prometheus:9090") == 0
    assert len(grafana.written) == wrote
    assert "nothing to change" in all_of(capsys)


def test_boards_of_another_generation_replace_what_we_left(
    grafana: FakeGrafana, publish: Publish, tmp_path: Path
) -> None:
    publish("--prometheus", "http://prometheus:9090")
    board = read_boards(GENERATED)["upscore-rep.json"] | {"title": "another title"}
    (tmp_path / "upscore-rep.json").write_text(json.dumps(board))
    assert publish("--from", str(tmp_path)) == 0
    assert grafana.boards["upscore-rep"]["dashboard"]["title"] == "another title"
    assert grafana.boards["upscore-rep"]["dashboard"]["version"] == 2


def test_what_somebody_changed_in_grafana_is_shown_and_stays(
    grafana: FakeGrafana, publish: Publish, capsys: pytest.CaptureFixture[str]
) -> None:
    publish("--prometheus", "http://prometheus:9090")
    grafana.edit("upscore-rep", lambda board: board["panels"][0].update(title="mine"))
    wrote = len(grafana.written)
    capsys.readouterr()
    assert publish() == 1
    assert len(grafana.written) == wrote
    assert (
        "board upscore-rep: changed in Grafana (panels[Rep score].title; --force overwrites)" in capsys.readouterr().err
    )


def test_it_is_overwritten_if_told_to(grafana: FakeGrafana, publish: Publish) -> None:
    publish("--prometheus", "http://prometheus:9090")
    grafana.edit("upscore-rep", lambda board: board["panels"][0].update(title="mine"))
    grafana.sources[names.DATASOURCE_NAME]["url"] = "http://elsewhere"
    assert publish("--prometheus", "http://prometheus:9090") == 1
    assert publish("--prometheus", "http://prometheus:9090", "--force") == 0
    assert grafana.boards["upscore-rep"]["dashboard"]["panels"][0]["title"] == "Rep score"
    assert grafana.sources[names.DATASOURCE_NAME]["url"] == "http://prometheus:9090"
    assert publish("--prometheus", "http://prometheus:9090") == 0


def test_a_board_that_is_not_ours_is_not_touched(grafana: FakeGrafana, publish: Publish) -> None:
    foreign = {
        "dashboard": {"uid": "upscore-team", "title": "ours since 2019", "version": 4},
        "meta": {"folderUid": "x"},
    }
    grafana.boards["upscore-team"] = foreign
    assert publish("--prometheus", "http://prometheus:9090") == 1
    assert grafana.boards["upscore-team"] is foreign


def test_a_provisioned_board_is_left_and_named(
    grafana: FakeGrafana, publish: Publish, capsys: pytest.CaptureFixture[str]
) -> None:
    publish("--prometheus", "http://prometheus:9090")
    grafana.boards["upscore-team"]["meta"]["provisioned"] = True
    assert publish() == 0
    grafana.edit("upscore-team", lambda board: board.update(title="of the file"))
    assert publish("--force") == 1
    assert "it is provisioned from a file" in all_of(capsys)


def test_a_missing_data_source_is_told(publish: Publish, capsys: pytest.CaptureFixture[str]) -> None:
    assert publish() == 1
    assert "data source upscore: missing (name your Prometheus by --prometheus URL)" in all_of(capsys)


def test_a_data_source_of_another_uid_is_told(
    grafana: FakeGrafana, publish: Publish, capsys: pytest.CaptureFixture[str]
) -> None:
    grafana.sources[names.DATASOURCE_NAME] = {"name": names.DATASOURCE_NAME, "uid": "other", "readOnly": False}
    assert publish("--prometheus", "http://prometheus:9090", "--force") == 1
    assert "its uid is other" in all_of(capsys)


def test_a_dry_run_changes_nothing(grafana: FakeGrafana, publish: Publish, capsys: pytest.CaptureFixture[str]) -> None:
    assert publish("--prometheus", "http://prometheus:9090", "--dry-run") == 0
    assert grafana.written == []
    said = all_of(capsys)
    assert "board upscore-rep: made" in said
    assert "dry run" in said


@pytest.mark.parametrize("failing", [[503], [429, 502, 504], [0], [0, 503, 0]])
def test_what_passes_is_tried_again(grafana: FakeGrafana, publish: Publish, failing: list[int]) -> None:
    grafana.failing = failing
    assert publish("--prometheus", "http://prometheus:9090") == 0
    assert grafana.boards.keys() == set(names.BOARDS)


def test_what_lasts_is_one_clear_line(
    grafana: FakeGrafana, publish: Publish, capsys: pytest.CaptureFixture[str]
) -> None:
    grafana.failing = [503] * 4
    assert publish() == 1
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    assert said[0].startswith(f"upscore: Grafana at {grafana.address} says")
    assert len(grafana.asked) == 4


def test_an_address_that_leads_elsewhere_is_told_and_nothing_is_lost_on_the_way(
    grafana: FakeGrafana, publish: Publish, capsys: pytest.CaptureFixture[str]
) -> None:
    grafana.failing = [301] * 4
    assert publish() == 1
    assert "does not answer (TooManyRedirects)" in capsys.readouterr().err
    assert [path for _, path in grafana.asked] == ["/api/folders/upscore"] * 4


def test_what_is_no_board_is_told(publish: Publish, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for text, said in (("[]", "expected a board"), ('{"title": "x"}', "expected a board"), ("{", "no JSON")):
        (tmp_path / "x.json").write_text(text)
        assert publish("--from", str(tmp_path)) == 1
        assert said in capsys.readouterr().err


def test_writes_that_are_done_and_not_told_are_seen_to_be_done(grafana: FakeGrafana, publish: Publish) -> None:
    grafana.sources[names.DATASOURCE_NAME] = {"name": names.DATASOURCE_NAME, "uid": names.DATASOURCE_UID}
    grafana.silent = 3
    assert publish() == 0
    assert publish() == 0
    assert [board["dashboard"]["version"] for board in grafana.boards.values()] == [1] * len(names.BOARDS)


def test_empty_answers_are_good_answers(grafana: FakeGrafana, publish: Publish, tmp_path: Path) -> None:
    grafana.empty = True
    path = tmp_path / "alerts.ndjson"
    path.write_text(json.dumps(json.loads(EXAMPLE.read_text())))
    assert publish("--prometheus", "http://prometheus:9090", "--annotations", str(path)) == 0
    assert grafana.boards.keys() == set(names.BOARDS)
    assert len(grafana.annotations) == 1


def test_a_save_by_somebody_at_the_same_time_is_not_overwritten(grafana: FakeGrafana, publish: Publish) -> None:
    publish("--prometheus", "http://prometheus:9090")
    (uid,) = [uid for uid in grafana.boards if uid == "upscore-rep"]
    grafana.edit(uid, lambda board: board.update(stamped(board | {"title": "an older generation"})))

    def save_between(method: str, _path: str) -> None:
        if method in WRITES:
            grafana.before_answer = lambda _method, _path: None
            grafana.edit(uid, lambda board: board.update(title="of somebody"))

    grafana.before_answer = save_between
    assert publish() == 1
    assert grafana.boards[uid]["dashboard"]["title"] == "of somebody"


def test_a_wrong_token_is_told_and_never_shown(
    publish: Publish, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRAFANA_TOKEN", "glsa_wrong-and-secret")
    assert publish() == 1
    said = all_of(capsys)
    assert "refuses the token" in said
    assert "glsa_wrong-and-secret" not in said


@pytest.mark.parametrize("status", [400, 403, 500])
def test_a_server_that_echoes_the_token_does_not_bring_it_out(
    grafana: FakeGrafana, publish: Publish, capsys: pytest.CaptureFixture[str], status: int
) -> None:
    grafana.failing = [status]
    assert publish() == 1
    said = all_of(capsys)
    assert "***" in said
    assert TOKEN not in said


@pytest.mark.parametrize("client", CLIENTS)
def test_names_with_signs_of_addresses_come_through(grafana: FakeGrafana, client: str) -> None:
    port = CONNECT[client](grafana.address, TOKEN, 10.0)
    port.add_annotation(1, ["a&b=c d/e#f"], "odd")
    port.create_data_source({"name": "a/b?c", "uid": "x"})
    assert [each["text"] for each in port.annotations(["a&b=c d/e#f"])] == ["odd"]
    assert (port.data_source("a/b?c") or {})["uid"] == "x"
    assert port.board("a/b?c") is None


def test_no_token_no_publishing(
    grafana: FakeGrafana, publish: Publish, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GRAFANA_TOKEN")
    assert publish() == 1
    assert capsys.readouterr().err.startswith("upscore: GRAFANA_TOKEN is not set")
    assert grafana.asked == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--grafana", "grafana:3000"], "expected an address such as"),
        (["--grafana", "http://127.0.0.1:port"], "expected an address such as"),
        (["--grafana", "http://me:secret@127.0.0.1"], "expected no user in the address"),
        (["--timeout", "0"], "--timeout 0: expected"),
        (["--client", "curl"], "expected one of grafana-api, grafana-client"),
        (["--from", "/nowhere"], "no boards there"),
        (["--grafana", "http://127.0.0.1:9", "--timeout", "1"], "does not answer"),
    ],
)
def test_wrong_use_is_one_clear_line(
    publish: Publish, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert publish(*arguments) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line
    assert "secret" not in line


def test_alerts_are_marked_once(
    grafana: FakeGrafana, publish: Publish, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    alert = json.loads(EXAMPLE.read_text())
    path = tmp_path / "alerts.ndjson"
    path.write_text(json.dumps(alert) + "\n\n" + json.dumps(alert | {"id": "r/1 & ü"}) + "\n")
    assert publish("--prometheus", "http://prometheus:9090", "--annotations", str(path)) == 0
    assert publish("--annotations", str(path)) == 0
    assert len(grafana.annotations) == 2
    made = grafana.annotations[0]
    assert {names.TAG, "drop", f"{alert['subject']}:{alert['id']}"} <= set(made["tags"])
    assert alert["metric"] in made["text"]
    assert str(alert["manager"]) not in json.dumps(made)
    assert "annotations: 0 made, 2 there already" in all_of(capsys)


def test_lines_that_are_no_alerts_are_named_and_the_others_marked(
    grafana: FakeGrafana, publish: Publish, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    alert = json.dumps(json.loads(EXAMPLE.read_text()))
    monkeypatch.setattr(sys, "stdin", io.StringIO(f'{{"type": "Nothing"}}\n{alert}\n'))
    publish("--prometheus", "http://prometheus:9090")
    assert publish("--annotations", "-") == 1
    assert len(grafana.annotations) == 1
    assert "-:1: no alert" in capsys.readouterr().err
