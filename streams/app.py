"""App: the one place that builds a worker's parts and hands them to each other."""

from __future__ import annotations

from typing import Any

import faust
from faust.types import TP
from faust.types.agents import AgentT

from streams.broker_security import faust_credentials
from streams.desk import Desk
from streams.lanes import Lanes
from streams.pace import Pace
from streams.topology import attach_agents

_FETCH_BYTES = 4_000_000
_FRAMES_WAITING = 32
_HEARTBEATS_A_SESSION = 5


class WorkerApp(faust.App):
    """A Faust app that ends when an agent fails: stock Faust would acknowledge the event and go on without it."""

    address: str | None = None
    """Where other workers reach this one; the group is told."""
    pace: Pace
    """By which its fetches rest."""

    async def _on_agent_error(self, agent: AgentT[Any], exc: BaseException) -> None:  # noqa: ARG002 - Faust's signature
        await self.crash(exc)


def create_app(desk: Desk, datadir: str) -> tuple[WorkerApp, Lanes]:
    """A worker's Faust app with its agents, and the lanes behind them.

    Args:
        desk: settings, reference and counters.
        datadir: a folder for Faust's own files; nothing of value is kept there.
    """
    settings = desk.settings
    app = WorkerApp(
        settings.state_name,
        broker=[f"frames://{host}" for host in settings.broker.split(",")],
        broker_credentials=faust_credentials(settings),
        datadir=datadir,
        store="memory://",
        web_enabled=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
        topic_partitions=settings.partitions,
        broker_session_timeout=settings.session_seconds,
        broker_heartbeat_interval=settings.session_seconds / _HEARTBEATS_A_SESSION,
        broker_max_poll_records=settings.transaction_records,
        broker_commit_livelock_soft_timeout=0,
        consumer_auto_offset_reset="earliest",
        consumer_max_fetch_size=_FETCH_BYTES,
        stream_buffer_maxsize=_FRAMES_WAITING,
        stream_wait_empty=False,
    )
    app.pace = Pace(desk.names.inputs)
    lanes = Lanes(app, desk)
    attach_agents(app, desk.names, lanes)

    async def on_partitions_assigned(_app: Any, assigned: set[TP], **_signal: Any) -> None:
        await lanes.assigned(assigned)

    async def on_before_shutdown(_app: Any, **_signal: Any) -> None:
        await lanes.stop()

    app.task(lanes.start)
    # Faust's signals call with what they were sent; their type asks for more.
    app.on_partitions_assigned.connect(on_partitions_assigned)  # type: ignore[arg-type]
    app.on_before_shutdown.connect(on_before_shutdown)  # type: ignore[arg-type]
    return app, lanes
