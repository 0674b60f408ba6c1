"""`upscore doctor`: checks an installation and says what to do."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from streams.commands import add_settings, settings_of
from streams.doctor import examine
from streams.errors import UpscoreError
from streams.settings import Settings

if TYPE_CHECKING:
    from streams.commands import Subparsers

STYLES = {"ok": "green", "note": "yellow", "wrong": "bold red"}


class Unhealthy(UpscoreError):
    """The doctor has found something wrong."""


def register(subparsers: Subparsers) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "doctor",
        help="check broker, topics, Redis, settings and lag, and say what to do",
        description="Check the settings, the broker, the topics, Redis and how far the workers are behind; say what is "
        "wrong and what to do. Secrets are never shown. Exits 1 if something is wrong.",
    )
    add_settings(parser, *Settings.model_fields)
    parser.set_defaults(func=_run)


def _run(arguments: argparse.Namespace) -> int:
    console = Console(highlight=False, soft_wrap=True)
    wrong = 0
    for finding in examine(settings_of(arguments)):
        wrong += finding.status == "wrong"
        console.print(
            Text.assemble((f"{finding.status:<6}", STYLES[finding.status]), f"{finding.subject:<9} {finding.text}")
        )
        if finding.remedy:
            console.print(Text(f"      -> {finding.remedy}"))
    if wrong:
        raise Unhealthy(f"{wrong} thing{'' if wrong == 1 else 's'} wrong; see above")
    return 0
