"""The command `upscore dashboards`: generate, check and publish the Grafana boards, and the rules of Prometheus beside them.

It comes by an entry point.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dashboards.errors import BoardError
from schemas.currencies import EXPONENTS

if TYPE_CHECKING:
    from dashboards.house import House


def register(subparsers: Any) -> None:
    """Add the command to the parser of `upscore`."""
    parser = subparsers.add_parser(
        "dashboards", help="the Grafana boards as code", description="Generate, check and publish the Grafana boards."
    )
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    _generate(actions)
    _check(actions)
    _publish(actions)
    _rules(actions)


def _generate(actions: Any) -> None:
    parser = actions.add_parser("generate", help="write the boards as JSON files")
    parser.add_argument("--to", type=Path, metavar="DIR", help="folder (default: that of the committed boards)")
    parser.add_argument(
        "--scorecard", type=Path, metavar="FILE", help="thresholds and metrics (default: the default one)"
    )
    parser.add_argument("--currency", metavar="CODE", default="USD", help="base currency (default: USD)")
    parser.add_argument(
        "--upscore-url", metavar="URL", help="where links to scores lead (default: a worker on this machine)"
    )
    parser.set_defaults(func=_told(_run_generate))


def _check(actions: Any) -> None:
    parser = actions.add_parser("check", help="hold boards against the rules, and whether they are as generated")
    parser.add_argument("--from", dest="source", type=Path, metavar="DIR", help="boards made with choices of your own")
    parser.set_defaults(func=_told(_run_check))


def _publish(actions: Any) -> None:
    parser = actions.add_parser(
        "publish",
        help="bring the boards into a Grafana",
        description="Bring folder, data source and boards into a Grafana. A second run changes nothing. The token comes by the "
        "environment alone: GRAFANA_TOKEN, that of a service account with the role Editor, or Admin with --prometheus.",
    )
    parser.add_argument("--grafana", metavar="URL", help="its address (GRAFANA_URL; default: http://127.0.0.1:3000)")
    parser.add_argument("--from", dest="source", type=Path, metavar="DIR", help="boards made with choices of your own")
    parser.add_argument("--prometheus", metavar="URL", help="make or mend the data source, at this Prometheus")
    parser.add_argument(
        "--annotations", metavar="FILE", help="alerts, a JSON object a line, to mark on boards; - is stdin"
    )
    parser.add_argument(
        "--client", metavar="NAME", default="grafana-api", help="grafana-api (default) or grafana-client"
    )
    parser.add_argument("--timeout", type=float, metavar="SECONDS", default=10.0, help="of each request (default: 10)")
    parser.add_argument("--force", action="store_true", help="overwrite what somebody has changed in Grafana")
    parser.add_argument("--dry-run", action="store_true", help="say what would change, change nothing")
    parser.set_defaults(func=_told(_run_publish))


def _rules(actions: Any) -> None:
    from dashboards.rules import writing  # noqa: PLC0415

    parser = actions.add_parser("rules", help="write the rule files of Prometheus: recordings and alerts")
    writing.add_arguments(parser)
    parser.set_defaults(func=_told(_run_rules))


def _told(run: Callable[[argparse.Namespace], int]) -> Callable[[argparse.Namespace], int]:
    """What goes wrong is one line on stderr, and exit code 1."""

    def told(arguments: argparse.Namespace) -> int:
        try:
            return run(arguments)
        except BoardError as error:
            print(f"upscore: {error}", file=sys.stderr)
            return 1

    return told


def _run_generate(arguments: argparse.Namespace) -> int:
    from dashboards import generation  # noqa: PLC0415

    folder = arguments.to or generation.GENERATED
    if arguments.to is None and not (folder.parents[1] / "pyproject.toml").is_file():
        raise BoardError(f"{folder} belongs to the installed package: name a folder of your own, --to DIR")
    changed = generation.write(generation.generate(_house(arguments)), folder)
    print(f"{folder}: {len(changed)} files changed" if changed else f"{folder}: all boards are as generated")
    return 0


def _house(arguments: argparse.Namespace) -> House:
    from dashboards.house import House  # noqa: PLC0415
    from dashboards.names import UPSCORE_URL  # noqa: PLC0415
    from dashboards.scorecard import read_scorecard  # noqa: PLC0415

    if arguments.currency not in EXPONENTS:
        raise BoardError(f"--currency {arguments.currency}: expected a code of ISO 4217, such as EUR")
    url = (arguments.upscore_url or UPSCORE_URL).rstrip("/")
    return House(read_scorecard(arguments.scorecard), arguments.currency, url)


def _run_check(arguments: argparse.Namespace) -> int:
    from dashboards import checks, generation  # noqa: PLC0415

    folder = arguments.source or generation.GENERATED
    found = checks.breaches(generation.read_boards(folder))
    if arguments.source is None:  # boards of one's own are made with choices that are not known here
        names = generation.stale(generation.generate(), folder)
        found += [f"{name}: not as generated: run upscore dashboards generate, commit the result" for name in names]
    for breach in found:
        print(f"upscore: {breach}", file=sys.stderr)
    return 1 if found else 0


def _run_publish(arguments: argparse.Namespace) -> int:
    from dashboards import publishing  # noqa: PLC0415

    return publishing.run(arguments)


def _run_rules(arguments: argparse.Namespace) -> int:
    from dashboards.rules import writing  # noqa: PLC0415

    print(writing.run(arguments))
    return 0
