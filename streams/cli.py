"""The command `upscore`: its parser, and the one place where an error becomes a line and an exit code."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from streams.errors import UpscoreError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command: 0 on success, 1 on a failure with one line on stderr, 2 on wrong use."""
    parser = _parser()
    parsed = parser.parse_args(arguments)
    try:
        return int(parsed.func(parsed))
    except UpscoreError as error:
        print(f"upscore: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # who read our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the interpreter's last flush would complain
        return 1


def _parser() -> argparse.ArgumentParser:
    from streams.commands import COMMANDS  # noqa: PLC0415 - each brings its own libraries: --help should not wait for errors in them

    parser = argparse.ArgumentParser(
        prog="upscore", description="A Sales Continuous Improvement Score, live from CRM records on Kafka."
    )
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")
    for register in COMMANDS:
        register(subparsers)
    return parser
