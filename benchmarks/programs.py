"""Programs: how a peer is brought to where it can be started - in this environment, in one of its own, or built from Java.

What is made is kept beside the sources, where git ignores it, until its pins or sources change.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parent
_BUILT = ROOT / ".peers-java"
_STAMP = "made-of.txt"


class Missing(Exception):
    """A peer cannot be run on this machine."""


class Program(Protocol):
    """Something that can be started."""

    def prepare(self) -> None:
        """Make what it needs, once; this may take minutes.

        Raises:
            Missing: it cannot be made on this machine.
        """

    def command(self) -> list[str]:
        """What starts it, from the folder `ROOT`, once it is prepared."""


@dataclass(frozen=True, slots=True)
class Here:
    """A module in the environment of this very process."""

    module: str

    def prepare(self) -> None:
        """Nothing to make."""

    def command(self) -> list[str]:
        return [sys.executable, "-m", self.module]


@dataclass(frozen=True, slots=True)
class Apart:
    """A module in an environment of its own, by the pins in `<name>.txt` of this folder."""

    name: str
    module: str

    @property
    def _environment(self) -> Path:
        return ROOT / f".venv-{self.name}"

    def prepare(self) -> None:
        pins = FOLDER / f"{self.name}.txt"
        made_of = f"{sys.version} {_digest([pins])}"  # the build too: what is Python alone takes a fifth less in some
        if _is_made_of(self._environment, made_of):
            return
        shutil.rmtree(self._environment, ignore_errors=True)
        _run([sys.executable, "-m", "venv", str(self._environment)])
        pip = [
            str(self._environment / "bin" / "python"),
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
        ]
        _run([*pip, "--requirement", str(pins)])
        (self._environment / _STAMP).write_text(made_of)

    def command(self) -> list[str]:
        return [str(self._environment / "bin" / "python"), "-m", self.module]


@dataclass(frozen=True, slots=True)
class Java:
    """A project of this folder that Maven builds."""

    project: str
    main: str
    options: tuple[str, ...] = ()

    def prepare(self) -> None:
        for program in ("java", "javac", "mvn"):
            if shutil.which(program) is None:
                raise Missing(f"there is no {program} on the path: it takes a JDK 17 or newer and Maven")
        made_of = _digest([*sorted(FOLDER.glob("**/pom.xml")), *sorted(FOLDER.glob("**/*.java"))])
        if not _is_made_of(_BUILT, made_of):
            shutil.rmtree(_BUILT, ignore_errors=True)
            _run(["mvn", "--quiet", "--batch-mode", "--file", str(FOLDER / "pom.xml"), f"-Dbuilt={_BUILT}", "package"])
            (_BUILT / _STAMP).write_text(made_of)

    def command(self) -> list[str]:
        built = _BUILT / self.project
        return ["java", *self.options, "-cp", f"{built / 'classes'}:{built / 'lib' / '*'}", self.main]


def _is_made_of(folder: Path, made_of: str) -> bool:
    stamp = folder / _STAMP
    return stamp.is_file() and stamp.read_text() == made_of


def _digest(files: list[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(str(file.relative_to(FOLDER)).encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode:
        lines = [line for line in f"{done.stdout}\n{done.stderr}".splitlines() if "error" in line.lower()]
        said = " ".join(lines[:2]) or "it did not say why"
        raise Missing(f"{Path(command[0]).name} {command[-1]} ended with {done.returncode}: {said[:300]}")


if __name__ == "__main__":
    try:
        Apart(sys.argv[1], "").prepare()
    except Missing as lack:
        sys.exit(str(lack))
