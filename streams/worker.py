"""Worker: one process that keeps lanes, serves its figures over HTTP and writes them to the score store."""

from __future__ import annotations

import asyncio
import gc
import logging
import tempfile
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import faust
from prometheus_client import CollectorRegistry

from scoring.kpi import BY_NAME
from scoring.scorecard import InvalidScorecard, Scorecard, parse
from streams import topic_admin
from streams.app import create_app
from streams.desk import Desk
from streams.errors import SettingsError, UpscoreError
from streams.exporter import Exporter
from streams.lanes import Lanes
from streams.program_metrics import ProgramMetrics
from streams.score_store import MemoryScoreStore, ScoreStore, StoreWriter
from streams.settings import Settings
from streams.web import WebServer

log = logging.getLogger(__name__)

_GC_THRESHOLDS = (100_000, 50, 1000)
"""The state is millions of small objects that live long: the default thresholds would walk them all day."""


def load_scorecard(path: str | None) -> Scorecard:
    """The scorecard in a file, or the default one.

    Raises:
        SettingsError: there is no such file, or it is not a scorecard.
    """
    try:
        if path is None:
            text = files("scoring").joinpath("scorecards/default.toml").read_text(encoding="utf-8")
        else:
            text = Path(path).read_text(encoding="utf-8")
        return parse(text, frozenset(BY_NAME))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"UPSCORE_SCORECARD is {path!r}: cannot be read: {error}") from error
    except InvalidScorecard as error:
        raise SettingsError(f"UPSCORE_SCORECARD is {path!r}: {error}") from error


class Worker:
    """What a worker is made of, and how others see it (`WorkerView`)."""

    def __init__(self, settings: Settings, datadir: str) -> None:
        """Build everything; nothing runs yet.

        Raises:
            SettingsError: the scorecard cannot be used.
        """
        self.settings = settings
        metrics = ProgramMetrics()
        self.registry: CollectorRegistry = metrics.registry
        self._loop: asyncio.AbstractEventLoop | None = None
        self._desk = Desk.of(settings, load_scorecard(settings.scorecard), metrics, self._show)
        self.app, self._lanes = create_app(self._desk, datadir)
        self._store: ScoreStore = MemoryScoreStore()
        self._writer: StoreWriter | None = None

    def _show(self, scores: Mapping[str, dict[str, Any] | None]) -> None:
        if self._writer is not None:
            self._writer.offer(
                [score for score in scores.values() if score is not None],
                [subject for subject, score in scores.items() if score is None],
            )

    def published(self) -> Mapping[str, dict[str, Any]]:
        """The newest published score of every owned subject, by subject key."""
        return self._lanes.published()

    def score(self, subject: str, subject_id: str) -> dict[str, Any] | None:
        """A subject's score from the state as it is now. Called from other threads; hops to the worker's loop."""
        if self._loop is None:
            return None

        async def now() -> dict[str, Any] | None:
            return self._lanes.score_now(f"{subject}:{subject_id}")

        return asyncio.run_coroutine_threadsafe(now(), self._loop).result()

    def obstacles(self) -> list[str]:
        """Why the worker is not ready; empty when it is."""
        return self._lanes.obstacles()

    async def begin(self) -> None:
        """Serve HTTP and write to the score store; called on the worker's loop once the app starts."""
        self._loop = asyncio.get_running_loop()
        self._writer.start()
        self.address = self._web.start()

    async def end(self) -> None:
        """Stop serving and writing."""
        await self._writer.stop()
        self._web.stop()
