"""`upscore topics create` and `upscore topics verify`."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from streams import topic_admin
from streams.commands import add_settings, settings_of
from streams.errors import TopicMismatch

if TYPE_CHECKING:
    from streams.commands import Subparsers

SETTINGS = ("broker", "app", "topic_prefix", "partitions", "replication")


def register(subparsers: Subparsers) -> None:
    """Add the command."""
    parser = subparsers.add_parser("topics", help="create or verify the topics, internal ones too")
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    create = actions.add_parser(
        "create",
        help="create what is missing",
        description="Create the topics that are missing, as they are declared. Those that are there stay as they "
        "are; what is different about them is noted on stderr. Exits 1 if no worker could work with them.",
    )
    create.set_defaults(func=_create)
    verify = actions.add_parser(
        "verify",
        help="compare the topics with what is declared",
        description="Compare partitions, cleanup and retention of the topics with what is declared. "
        "Exits 1 if anything differs.",
    )
    verify.set_defaults(func=_verify)
    for action in (create, verify):
        add_settings(action, *SETTINGS)


def _create(arguments: argparse.Namespace) -> int:
    settings = settings_of(arguments)
    before = topic_admin.missing(settings)
    differences = topic_admin.ensure(settings)
    for name in before:
        print(f"created {name}")
    for difference in differences:
        print(f"note: {difference}", file=sys.stderr)
    return 0


def _verify(arguments: argparse.Namespace) -> int:
    differences = topic_admin.verify(settings_of(arguments))
    for difference in differences:
        print(difference)
    if differences:
        raise TopicMismatch(f"{len(differences)} differences between the topics and what is declared; see above")
    print("all topics are as declared")
    return 0
