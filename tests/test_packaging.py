"""The wheel: what is in it, and that it works where nothing of the source tree is."""

from __future__ import annotations

import configparser
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = {"schemas", "scoring", "streams", "dashboards"}
DISCOVER = """
from importlib.metadata import entry_points
import scoring.kpi, schemas.records, streams.frames
from faust.transport.drivers import by_url
print(streams.frames.__file__)
print(by_url("frames://127.0.0.1:9092").__module__)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    built = subprocess.run([*command, "-w", str(folder), str(ROOT)], capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def names(wheel: Path) -> set[str]:
    return set(zipfile.ZipFile(wheel).namelist())


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the unpacked wheel: as good as an installation, once it is on the path."""
    folder = tmp_path_factory.mktemp("site-packages")
    zipfile.ZipFile(wheel).extractall(folder)
    return folder


def _run(installed: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("UPSCORE_")}
    environment["PYTHONPATH"] = str(installed)  # comes before site-packages, so the wheel hides the source tree
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_it_brings_four_packages_and_nothing_else(names: set[str]) -> None:
    tops = {name.partition("/")[0] for name in names}

    assert {top for top in tops if not top.endswith(".dist-info")} == PACKAGES
    assert len(tops) == len(PACKAGES) + 1


@pytest.mark.parametrize("package", sorted(PACKAGES))
def test_every_package_says_that_it_is_typed(package: str, names: set[str]) -> None:
    assert f"{package}/py.typed" in names


@pytest.mark.parametrize("package", sorted(PACKAGES))
def test_every_file_of_the_packages_is_in_it(package: str, names: set[str]) -> None:
    """Scorecards, the board, JSON Schemas and Grafana boards, too."""
    files = [path for path in (ROOT / package).rglob("*") if path.is_file() and "__pycache__" not in path.parts]

    assert {str(path.relative_to(ROOT)) for path in files} == {name for name in names if name.startswith(f"{package}/")}


@pytest.mark.parametrize(
    "pattern", ["scoring/scorecards/default.toml", "streams/board/static/index.html", "schemas/generated/deal.json"]
)
def test_files_that_are_read_when_it_runs_are_in_it(pattern: str, names: set[str]) -> None:
    assert pattern in names


def test_it_holds_no_test_and_no_cache(names: set[str]) -> None:
    parts = {part for name in names for part in PurePosixPath(name).parts}

    assert not parts & {"tests", "__pycache__", ".venv", "conftest.py"}


def test_it_brings_the_command_and_the_transport(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/entry_points.txt")]
    entry_points = configparser.ConfigParser()
    entry_points.read_string(archive.read(name).decode())

    assert dict(entry_points["console_scripts"]) == {"upscore": "streams.cli:main"}
    assert dict(entry_points["faust.transports"]) == {"frames": "streams.frames:Transport"}
    assert entry_points["upscore.commands"]["dashboards"] == "dashboards.commands:register"


def test_the_licence_goes_with_it(names: set[str]) -> None:
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)


def test_the_command_works_from_any_folder(installed: Path, tmp_path: Path) -> None:
    ended = _run(installed, tmp_path, "-c", "import sys, streams.cli; sys.exit(streams.cli.main(['--help']))")

    assert ended.returncode == 0, ended.stderr
    assert "usage: upscore" in ended.stdout


def test_commands_of_other_packages_are_found_in_the_wheel(installed: Path, tmp_path: Path) -> None:
    ended = _run(installed, tmp_path, "-m", "streams", "dashboards", "check")

    assert (ended.returncode, ended.stderr) == (0, "")


def test_generating_boards_does_not_write_into_an_installation(installed: Path, tmp_path: Path) -> None:
    ended = _run(installed, tmp_path, "-m", "streams", "dashboards", "generate")

    assert ended.returncode == 1
    assert "name a folder of your own, --to DIR" in ended.stderr


def test_the_simulator_works_from_any_folder(installed: Path, tmp_path: Path) -> None:
    ended = _run(installed, tmp_path, "-m", "streams", "simulate", "--days", "1", "--reps", "2")

    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith("{")


def test_faust_finds_the_transport_of_the_wheel(installed: Path, tmp_path: Path) -> None:
    ended = _run(installed, tmp_path, "-c", DISCOVER)

    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.splitlines() == [str(installed / "streams" / "frames.py"), "streams.frames"]


def test_wrong_use_is_told_from_failure(installed: Path, tmp_path: Path) -> None:
    assert _run(installed, tmp_path, "-m", "streams", "no-such-command").returncode == 2
    failed = _run(installed, tmp_path, "-m", "streams", "topics", "verify", "--broker", "nowhere")

    assert failed.returncode == 1
    assert failed.stderr.startswith("upscore: UPSCORE_BROKER")
    assert len(failed.stderr.splitlines()) == 1


def test_the_image_runs_as_a_user_without_rights_and_is_asked_for_its_health() -> None:
    lines = (ROOT / "deploy" / "Dockerfile").read_text("utf-8").splitlines()
    words = [line.split(maxsplit=1) for line in lines if line and not line.startswith(("#", " "))]
    last = dict(words)
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", last["USER"])
    assert (last["ENTRYPOINT"], last["CMD"]) == ('["tini", "--", "upscore"]', '["worker"]')
    assert "HEALTHCHECK" in last
    assert "/healthz" in "".join(lines)
