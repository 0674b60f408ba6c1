"""The rule files of Prometheus: written, and compared with what is committed."""

from __future__ import annotations

import argparse
from pathlib import Path, PurePosixPath

from dashboards.errors import BoardError
from dashboards.rules import FOLDER, PRODUCTION, QUICK, Links, rule_files


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `upscore dashboards rules` takes."""
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file is not as generated")
    parser.add_argument(
        "--to", type=Path, default=Path(FOLDER), metavar="DIR", help="the folder (default: %(default)s)"
    )
    parser.add_argument("--quick", action="store_true", help="waits of seconds, for tests with scrapes every 5 s")
    parser.add_argument("--boards", default=Links().boards, metavar="URL", help="goes before the paths of boards")
    parser.add_argument("--runbook", default=Links().runbook, metavar="URL", help="where the runbook is")


def run(arguments: argparse.Namespace) -> str:
    """Write the rule files, those that are none of them taken away, or with `--check` compare them; what is to be said of it.

    Raises:
        BoardError: a file is stale, missing or left over (`--check`), or the folder cannot be written.
    """
    texts = rule_files(QUICK if arguments.quick else PRODUCTION, Links(arguments.boards, arguments.runbook))
    wanted = {PurePosixPath(path).name: text for path, text in texts.items()}
    folder: Path = arguments.to
    found = {path.name: path.read_text("utf-8") for path in folder.glob("*.yml")}
    stale = sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))
    if arguments.check:
        if stale:
            raise BoardError(
                f"{folder}: not as generated: {', '.join(stale)}: run upscore dashboards rules, commit the result"
            )
        return f"{folder}: all rules are as generated"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in stale:
            if name in wanted:
                (folder / name).write_text(wanted[name], "utf-8")
            else:
                (folder / name).unlink()
    except OSError as error:
        raise BoardError(f"{folder}: cannot be written ({error.strerror}): name another folder, --to DIR") from error
    return f"{folder}: {len(stale)} files changed" if stale else f"{folder}: all rules are as generated"
