"""`upscore redis rebuild`: a Redis filled from the topics, without a worker."""

from __future__ import annotations

import argparse
import asyncio
from typing import TYPE_CHECKING

from streams.commands import add_settings, settings_of
from streams.commands.reading import reading_from
from streams.errors import SettingsError
from streams.redis_rebuild import Rebuilt, rebuild
from streams.redis_store import create_score_store
from streams.scorecard_file import load_scorecard
from streams.settings import Settings

if TYPE_CHECKING:
    from streams.commands import Subparsers


def register(subparsers: Subparsers) -> None:
    """Add the command `redis`."""
    parser = subparsers.add_parser("redis", help="fill a Redis from the topics, without a worker")
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    action = actions.add_parser(
        "rebuild",
        help="fill a Redis from the topics, without a worker",
        description="Write the newest score of every subject, leaderboards and cooldowns from the topics into Redis, and "
        "remove subjects that exist no more. Workers may run meanwhile; they do the same by themselves when Redis lost its data.",
    )
    add_settings(action, "broker", "redis_url", "redis_ca_file", "app", "topic_prefix", "scorecard")
    action.set_defaults(func=_rebuild)


def _rebuild(arguments: argparse.Namespace) -> int:
    settings = settings_of(arguments)
    if settings.redis_url is None:
        raise SettingsError(
            "UPSCORE_REDIS_URL is not set: expected redis://host:port/db, or rediss:// or unix://, to be filled"
        )
    days = load_scorecard(settings.scorecard).drops.one_alert_days
    with reading_from(settings):
        done = asyncio.run(_filled(settings, days))
    print(f"{done.written} subjects written, {done.removed} removed, {done.cooldowns} cooldowns in force")
    return 0


async def _filled(settings: Settings, days: int) -> Rebuilt:
    store = create_score_store(settings, whoever_speaks=True)
    try:
        return await rebuild(settings, store, days)
    finally:
        await store.close()
