"""`upscore local start / stop / status`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from streams.errors import LocalStackError
from streams.local import detached
from streams.local.progress import on_stderr


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds `local` with its three actions; each sets `func`, which takes the arguments and returns the exit code."""
    local = subparsers.add_parser("local", help="a real Kafka and Redis on this machine alone")
    actions = local.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name, func, help_text in (
        ("start", start, "start both, print UPSCORE_BROKER=... and UPSCORE_REDIS_URL=... once they answer"),
        ("stop", stop, "stop both, return when they have ended; topics and data stay"),
        ("status", status, "say what runs, and where"),
    ):
        action = actions.add_parser(name, help=help_text, description=help_text)
        action.add_argument(
            "--dir",
            type=Path,
            metavar="DIR",
            help="where data and logs are kept (default: upscore/local in the user's data folder)",
        )
        action.set_defaults(func=func)


def start(args: argparse.Namespace) -> int:
    """Starts both. Stdout: exactly the two settings, one a line; everything else goes to stderr."""
    try:
        addresses = detached.start(_directory(args), on_stderr())
    except (LocalStackError, OSError) as refused:
        return _failed(refused)
    print(f"UPSCORE_BROKER={addresses.broker}\nUPSCORE_REDIS_URL={addresses.redis_url}", flush=True)  # noqa: T201
    return 0


def stop(args: argparse.Namespace) -> int:
    """Stops both; it is no error when nothing ran."""
    try:
        ended = detached.stop(_directory(args), on_stderr())
    except (LocalStackError, OSError) as refused:
        return _failed(refused)
    print(f"stopped: {', '.join(ended)}" if ended else f"nothing ran in {_directory(args)}", file=sys.stderr)  # noqa: T201
    return 0


def status(args: argparse.Namespace) -> int:
    """Prints a line for each service: its name, state, address, pid and, if it has one, owner."""
    for service in detached.status(_directory(args)):
        if service.pid is None:
            print(f"{service.name}  stopped")  # noqa: T201
            continue
        state = "running" if service.answers else "does not answer"
        owner = "" if service.owner is None else f"  owned by pid {service.owner}"
        print(f"{service.name}  {state}  {service.address}  pid {service.pid}{owner}")  # noqa: T201
    return 0


def _directory(args: argparse.Namespace) -> Path:
    return args.dir if args.dir is not None else detached.default_directory(os.environ)


def _failed(reason: Exception) -> int:
    print(f"upscore: {reason}", file=sys.stderr)  # noqa: T201
    return 1
