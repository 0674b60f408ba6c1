"""What the pages say is so: tables are fresh, links lead somewhere, commands, targets and names exist."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

from schemas.records import Deletion
from scoring.kpi import BY_NAME
from streams.publisher import read_record
from streams.settings import PREFIX, Settings

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`\n]+)`")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
HOST = re.compile(r"https?://([^/\s)]+)")
KNOWN_HOSTS = {"docs.python.org", "keepachangelog.com", "semver.org"}
COMMANDS_TO_COME: set[str] = set()
"""What the README says is not there yet."""
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:root|work|tmp|home)/")


def _text(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(path.parent)  # as for a script: what lies beside it can be imported
        spec.loader.exec_module(module)
    return module


def _anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives the headings of a page."""
    heads = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    return _load(ROOT / "docs" / "generate.py")


def test_the_tables_are_as_the_code_declares_them(generate: ModuleType) -> None:
    assert {path.name: path.read_text("utf-8") == text for path, text in generate.pages().items()} == {
        "README.md": True,
        "method.md": True,
    }


def test_a_stale_table_is_found_and_written_anew(
    generate: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "docs").mkdir()
    for name in generate.PAGES:
        (tmp_path / name).write_text(_text(name).replace("UPSCORE_PARTITIONS", "UPSCORE_PORTIONS"), "utf-8")
    monkeypatch.setattr(generate, "ROOT", tmp_path)

    assert generate.main(["--check"]) == 1
    assert "README.md is stale" in capsys.readouterr().err
    assert generate.main([]) == 0
    assert generate.main(["--check"]) == 0
    assert "`UPSCORE_PARTITIONS`" in (tmp_path / "README.md").read_text("utf-8")


def test_a_page_without_a_place_for_its_table_is_an_error(
    generate: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "README.md").write_text("# upscore\n", "utf-8")
    monkeypatch.setattr(generate, "ROOT", tmp_path)

    with pytest.raises(ValueError, match="expected one <!-- generated: commands -->"):
        generate.pages()


@pytest.mark.parametrize("name", NAMES)
def test_links_lead_to_what_is_there(name: str) -> None:
    page = ROOT / name
    for target in LINK.findall(re.sub(BLOCK, "", _text(name))):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), f"{name}: {target}"
        assert there.is_relative_to(ROOT), f"{name}: {target} leaves the project"
        assert not anchor or anchor in _anchors(there), f"{name}: {target}"


@pytest.mark.parametrize("name", NAMES)
def test_files_and_folders_that_are_named_exist(name: str) -> None:
    tops = {path.name for path in ROOT.iterdir() if path.is_dir()} - {"build"}  # where results go, if there are any
    for code in CODE.findall(re.sub(BLOCK, "", _text(name))):
        if re.fullmatch(r"[\w./-]+", code) and code.partition("/")[0] in tops and "/" in code:
            assert (ROOT / code).exists(), f"{name}: {code}"


@pytest.mark.parametrize("name", NAMES)
def test_code_that_is_named_exists(name: str) -> None:
    """`Kpi.value` is a method that some class has, `facts_of` or `_deal` some function."""
    sources = "\n".join(
        path.read_text("utf-8") for top in ("schemas", "scoring", "streams") for path in (ROOT / top).rglob("*.py")
    )
    for owner, member in re.findall(r"`([A-Z]\w+)\.(_?[a-z_]\w+)`", _text(name)):
        if owner == "Consumer":  # Faust's own
            continue
        assert re.search(rf"^class {owner}\b", sources, re.MULTILINE), f"{name}: {owner}"
        assert re.search(rf"^    (?:async def |def |self\.)?{member}\b|self\.{member}\b", sources, re.MULTILINE), (
            f"{name}: {owner}.{member}"
        )


@pytest.mark.parametrize("name", NAMES)
def test_commands_targets_and_settings_that_are_named_exist(name: str, generate: ModuleType) -> None:
    text = _text(name)
    targets = set(re.findall(r"^([a-z-]+):", _text("Makefile"), re.MULTILINE))
    commands = set(re.findall(r"`upscore ([a-z]+)", generate.commands()))

    assert set(re.findall(r"\bmake ([a-z][a-z-]*)`", text)) <= targets
    assert set(re.findall(r"`upscore ([a-z]+)", text)) <= commands | COMMANDS_TO_COME
    assert set(re.findall(rf"\b{PREFIX}([A-Z_]+)\b", text)) <= {field.upper() for field in Settings.model_fields}


def test_commands_that_are_to_come_have_not_come(generate: ModuleType) -> None:
    come = COMMANDS_TO_COME & set(re.findall(r"`upscore ([a-z]+)", generate.commands()))

    assert not come, f"strike {come} from COMMANDS_TO_COME, and from what the README says is not there yet"


def test_records_in_the_readme_are_valid() -> None:
    records = [text for language, text in BLOCK.findall(_text("README.md")) if language == "json"]

    assert records
    for text in records:
        topic, kind, _ = read_record(json.dumps(json.loads(text)).encode())
        assert topic.startswith("sales.")
        assert kind != Deletion.__name__


@pytest.mark.parametrize("metric", sorted(BY_NAME))
def test_every_metric_is_explained(metric: str) -> None:
    row = metric if not metric.startswith("evaluation_") else "evaluation_<criterion>"

    assert f"\n| `{row}` |" in _text("docs/method.md")


def test_every_dependency_is_accounted_for() -> None:
    project = tomllib.loads(_text("pyproject.toml"))["project"]
    wanted = [
        *project["dependencies"],
        *[name for extra in project["optional-dependencies"].values() for name in extra],
    ]
    page = _text("docs/decisions/0003-dependencies.md")

    for requirement in wanted:
        name = re.split(r"[<>=~!\[; ]", requirement)[0]
        assert re.search(rf"(?:\| |`){re.escape(name)}(?: \||`)", page), f"{name} is not in 0003-dependencies.md"


def test_every_dependency_is_pinned() -> None:
    project = tomllib.loads(_text("pyproject.toml"))["project"]
    wanted = [
        *project["dependencies"],
        *[name for extra in project["optional-dependencies"].values() for name in extra],
    ]
    pinned = {re.sub(r"[-_.]+", "-", line.partition("==")[0]).lower() for line in _text("constraints.txt").splitlines()}

    assert {re.split(r"[<>=~!\[; ]", requirement)[0].lower() for requirement in wanted} <= pinned


def test_every_decision_is_listed() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = re.findall(r"\]\((\d{4}-[\w-]+\.md)\)", (folder / "README.md").read_text("utf-8"))

    assert listed == sorted(path.name for path in folder.glob("[0-9]*.md"))


@pytest.mark.parametrize("path", sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md")), ids=lambda path: path.stem)
def test_a_decision_has_its_four_parts(path: Path) -> None:
    heads = re.findall(r"^## (\w+)", path.read_text("utf-8"), re.MULTILINE)

    if path.stem != "0003-dependencies":
        assert heads == ["Context", "Options", "Decision", "Consequences"]
    assert path.read_text("utf-8").startswith(f"# {path.stem[:4]} ")


def test_every_version_of_the_changelog_has_a_word_on_state() -> None:
    versions = re.split(r"^## ", _text("CHANGELOG.md"), flags=re.MULTILINE)[1:]

    assert versions
    assert all("**State**" in version for version in versions)


@pytest.mark.parametrize(
    "name", [*NAMES, "Makefile", ".ci/run", ".ci/packages.txt", "constraints.txt", "pyproject.toml"]
)
def test_no_page_names_a_machine_path_or_a_host(name: str) -> None:
    assert not MACHINE_PATH.findall(_text(name))
    assert set(HOST.findall(_text(name))) <= KNOWN_HOSTS


def test_make_help_lists_every_target() -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    listed = subprocess.run(
        ["make", "help"], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    ).stdout

    wanted = {
        "help",
        "setup",
        "demo",
        "test",
        "test-all",
        "faults",
        "peers",
        "check",
        "bench",
        "bench-parts",
        "bench-latency",
        "bench-scale",
        "fuzz",
        "fuzz-coverage",
        "format",
        "pictures",
    }
    assert {line.split()[1] for line in listed.splitlines()} == wanted


def test_the_script_of_ci_is_bash_that_parses() -> None:
    script = ROOT / ".ci" / "run"

    assert script.stat().st_mode & 0o111
    assert subprocess.run(["bash", "-n", str(script)], check=False).returncode == 0
