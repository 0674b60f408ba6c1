"""`python -m dashboards.rules [--check] [--to DIR] [--quick] [--boards URL] [--runbook URL]`: the rule files of Prometheus."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from dashboards.rules import FOLDER, PRODUCTION, QUICK, Links, rule_files


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the rule files, or with `--check` compare them; 0 if all is well, 1 if one is stale, missing or left over."""
    parser = argparse.ArgumentParser(prog="python -m dashboards.rules", description=main.__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file is not as generated")
    parser.add_argument(
        "--to", type=Path, default=Path(FOLDER), metavar="DIR", help="the folder (default: %(default)s)"
    )
    parser.add_argument("--quick", action="store_true", help="waits of seconds, for tests with scrapes every 5 s")
    parser.add_argument("--boards", default=Links().boards, metavar="URL", help="goes before the paths of boards")
    parser.add_argument("--runbook", default=Links().runbook, metavar="URL", help="where the runbook is")
    parsed = parser.parse_args(arguments)
    texts = rule_files(QUICK if parsed.quick else PRODUCTION, Links(parsed.boards, parsed.runbook))
    wanted = {PurePosixPath(path).name: text for path, text in texts.items()}
    found = {path.name: path.read_text("utf-8") for path in parsed.to.glob("*.yml")}
    stale = sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))
    if parsed.check:
        if stale:
            sys.stderr.write(
                f"{parsed.to}: stale: {', '.join(stale)}; run python -m dashboards.rules and commit the result\n"
            )
        return int(bool(stale))
    parsed.to.mkdir(parents=True, exist_ok=True)
    for name in stale:
        if name in wanted:
            (parsed.to / name).write_text(wanted[name], "utf-8")
        else:
            (parsed.to / name).unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
