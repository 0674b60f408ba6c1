"""`upscore dashboards publish`: from arguments and environment to a publisher, and what it says."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from dashboards import generation, through_grafana_api, through_grafana_client
from dashboards.adapter import Adapter
from dashboards.alert_marks import Mark, publish_marks, read_marks
from dashboards.errors import PublishError
from dashboards.publisher import Publisher

CLIENTS: Final[Mapping[str, Callable[[str, str, float], Adapter]]] = {
    "grafana-api": through_grafana_api.connect,
    "grafana-client": through_grafana_client.connect,
}
DEFAULT_URL: Final = "http://127.0.0.1:3000"
_LEAST_TIMEOUT, _MOST_TIMEOUT = 0.1, 600.0


def run(arguments: argparse.Namespace) -> int:
    """Publish as the command says; 0 if Grafana then has everything.

    Raises:
        BoardError: what it takes is not there, or Grafana refuses.
    """
    url = arguments.grafana or os.environ.get("GRAFANA_URL") or DEFAULT_URL
    grafana = _connect(arguments.client, url, arguments.timeout)
    boards = generation.read_boards(arguments.source or generation.GENERATED)
    publisher = Publisher(grafana, force=arguments.force, dry_run=arguments.dry_run)
    outcomes = []
    for outcome in publisher.publish(boards, arguments.prometheus):
        outcomes.append(outcome)
        print(outcome, file=sys.stdout if outcome.is_well else sys.stderr)
    well = all(outcome.is_well for outcome in outcomes)
    if all(outcome.done == "unchanged" for outcome in outcomes):
        print("nothing to change: Grafana has all of it")
    elif arguments.dry_run:
        print("nothing was changed: this was a dry run")
    if arguments.annotations is not None:
        well = _mark(grafana, arguments.annotations, dry_run=arguments.dry_run) and well
    return 0 if well else 1


def _connect(client: str, url: str, timeout: float) -> Adapter:
    token = os.environ.get("GRAFANA_TOKEN", "").strip()
    if not token:
        raise PublishError("GRAFANA_TOKEN is not set: expected the token of a service account with the role Editor")
    if not _LEAST_TIMEOUT <= timeout <= _MOST_TIMEOUT:
        raise PublishError(f"--timeout {timeout:g}: expected {_LEAST_TIMEOUT:g} to {_MOST_TIMEOUT:g} seconds")
    if client not in CLIENTS:
        raise PublishError(f"--client {client!r}: expected one of {', '.join(CLIENTS)}")
    return CLIENTS[client](url, token, timeout)


def _mark(grafana: Adapter, name: str, *, dry_run: bool) -> bool:
    marks: list[Mark] = []
    well = True
    try:
        with ExitStack() as opened:
            lines = sys.stdin if name == "-" else opened.enter_context(Path(name).open(encoding="utf-8"))
            for number, mark in read_marks(lines):
                if isinstance(mark, Mark):
                    marks.append(mark)
                else:
                    well = False
                    print(f"upscore: {name}:{number}: {mark}", file=sys.stderr)
    except (OSError, UnicodeDecodeError) as error:
        raise PublishError(
            f"--annotations {name}: cannot be read ({error}): expected alerts, a JSON object a line"
        ) from error
    made, there = publish_marks(grafana, marks, dry_run=dry_run)
    print(f"annotations: {made} made, {there} there already")
    return well
