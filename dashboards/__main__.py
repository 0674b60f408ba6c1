"""`python -m dashboards`: the command where nothing is installed."""

from __future__ import annotations

import argparse
import sys

from dashboards.commands import register


def main() -> int:
    """As `upscore dashboards`, which follows as the first argument."""
    parser = argparse.ArgumentParser(prog="upscore")
    register(parser.add_subparsers(required=True, metavar="COMMAND"))
    arguments = parser.parse_args(["dashboards", *sys.argv[1:]])
    return int(arguments.func(arguments))


if __name__ == "__main__":
    sys.exit(main())
