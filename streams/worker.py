"""Worker: one process that keeps lanes, serves its figures over HTTP and writes them to the score store."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from prometheus_client import CollectorRegistry

from scoring.norms_told import norms_told
from streams.app import create_app
from streams.board.board import Board
from streams.cooldowns import cooldowns_of
from streams.desk import Desk
from streams.exporter import Exporter
from streams.group_lag import GroupLag
from streams.held_panes import Held
from streams.open_drops import OpenDrops
from streams.program_metrics import ProgramMetrics
from streams.redis_store import create_score_store
from streams.scorecard_file import load_scorecard
from streams.scorecard_note import ScorecardNote
from streams.settings import Settings
from streams.store_voice import StoreVoice
from streams.store_writer import StoreWriter
from streams.vanished import Vanished
from streams.web import WebServer

_SCORE_SECONDS = 10.0
_T = TypeVar("_T")


class Worker:
    """What a worker is made of, and how its readers see it (`WorkerView`)."""

    def __init__(self, settings: Settings, datadir: str) -> None:
        """Build everything; nothing runs yet.

        Args:
            settings: what to run with.
            datadir: a folder for Faust's own files; nothing of value is kept there.

        Raises:
            SettingsError: the scorecard cannot be used.
        """
        self.settings = settings
        metrics = ProgramMetrics()
        self.registry: CollectorRegistry = metrics.registry
        self.desk = Desk.of(settings, load_scorecard(settings.scorecard), metrics, self._show, self._forget)
        self.app, self._lanes = create_app(self.desk, datadir)
        self._store = create_score_store(settings)
        self._writer = StoreWriter(
            self._store, lambda: self._lanes.published().values(), tell=self._written, took=self._took
        )
        self._vanished = Vanished(self._store, self._scored, self.desk.homes.of_subject, self._remove)
        self._store_voice = StoreVoice(self._store, self._writer, self.desk, self._lanes)
        self.desk.told = self._told
        self._board = Board(self)
        self._web = WebServer(self, Exporter(self), self._store, self._board)
        self._group_lag = GroupLag(settings, self._show_lag)
        self._loop: asyncio.AbstractEventLoop | None = None
        self.app.task(self._open)
        self.app.task(self._vanished.run)
        self.app.task(self._store_voice.run)
        self.app.task(ScorecardNote(self.desk, self._lanes.speak).run)
        self.app.on_before_shutdown.connect(self._close)  # type: ignore[arg-type]

    async def _open(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._writer.start()
        self._group_lag.start()

    async def _close(self, _app: Any, **_signal: Any) -> None:
        self._group_lag.stop()
        await self._writer.stop()
        await self._store.close()

    def serve(self) -> str:
        """Begin to answer HTTP, before anything is recovered; the address.

        Raises:
            UpscoreError: the port is taken.
        """
        host, port = self._web.start()
        self.app.address = self._board.reached_at(port)
        return f"http://{host}:{port}"

    def stop_serving(self) -> None:
        """Answer no more."""
        self._web.stop()

    def published(self) -> Mapping[str, dict[str, Any]]:
        """The newest published score of every owned subject, by subject key; none while it is not sure that they are owned."""
        return self._lanes.published(spoken=True) if self._lanes.lease.holds() else {}

    def _scored(self) -> Mapping[str, dict[str, Any]]:
        """The same, of a silent generation too: what the store holds of it."""
        return self._lanes.published() if self._lanes.lease.holds() else {}

    def drops(self) -> OpenDrops:
        """By subject key and cause, the points lost in open drops of owned subjects."""
        return self._lanes.open_drops()

    def territory(self, rep_id: str) -> str | None:
        """A rep's territory on the worker's date. Whatever changes it has all scores published anew."""
        return self.desk.reference.roster.territory_on(rep_id, self.desk.as_of.day())

    def score(self, subject: str, subject_id: str) -> dict[str, Any] | None:
        """A subject's score from the state as it is now. Called from other threads; hops to the worker's loop.

        Raises:
            TimeoutError: the loop did not get to it within ten seconds.
        """
        return self._asked(self._lanes.score_now, f"{subject}:{subject_id}")

    def standing(self, subject: str, subject_id: str) -> dict[str, Any] | None:
        """What that score is made of; likewise.

        Raises:
            TimeoutError: the loop did not get to it within ten seconds.
        """
        return self._asked(self._lanes.standing_now, f"{subject}:{subject_id}")

    def held(self, subject: str, subject_id: str) -> Held | None:
        """A copy of a subject's panes; likewise.

        Raises:
            TimeoutError: the loop did not get to it within ten seconds.
        """
        return self._asked(self._lanes.held_now, f"{subject}:{subject_id}")

    def owned(self) -> frozenset[int]:
        """The partitions whose lanes run here; none while that is not sure."""
        return self._lanes.owned()

    def norms(self) -> dict[str, Any]:
        """The norms in force on the worker's date."""
        as_of = self.desk.as_of.day()
        return norms_told(self.desk.norms.in_force(as_of), self.desk.scorecard, as_of, self.settings.base_currency)

    def has_signal(self, metric: str) -> bool | None:
        """Whether a metric's signal share is what the scorecard asks of a leaderboard; None where peers were too few to say."""
        return self.desk.norms.has_signal(metric, self.desk.as_of.day())

    def silence(self) -> str | None:
        """Why the worker tells nothing of its subjects; None where it does."""
        if self.desk.speaks:
            return None
        mine, speaker = self.settings.generation, self.desk.generations.speaker.generation
        return f"generation {mine} is silent: generation {speaker} speaks, see `upscore rebuild status`"

    def obstacles(self) -> list[str]:
        """Why the worker is not ready; empty when it is."""
        silence = self.silence()
        return [*self._lanes.obstacles(), *([] if silence is None else [silence])]

    def _asked(self, of: Callable[[str], _T | None], subject: str) -> _T | None:
        if self._loop is None:
            return None

        async def now() -> _T | None:
            return of(subject)

        return asyncio.run_coroutine_threadsafe(now(), self._loop).result(_SCORE_SECONDS)

    def _show(self, scores: Mapping[str, dict[str, Any] | None]) -> None:
        self._writer.offer(
            [score for score in scores.values() if score is not None],
            [subject for subject, score in scores.items() if score is None],
        )
        self.desk.metrics.store_waiting.set(self._writer.behind)

    def _show_lag(self, lag: Mapping[str, int] | None) -> None:
        self.desk.metrics.show_group_lag(lag)
        self.desk.metrics.show_silent_lag(self.settings.generation, None if self.desk.speaks else lag)

    def _forget(self, subjects: Iterable[str]) -> None:
        self._writer.forget(subjects)
        self.desk.metrics.store_waiting.set(self._writer.behind)

    def _written(self, outcome: str) -> None:
        self.desk.metrics.store_writes.labels(outcome).inc()
        self.desk.metrics.store_waiting.set(self._writer.behind)

    def _took(self, subjects: Collection[str]) -> None:
        self._store_voice.took(subjects)

    def _remove(self, subjects: Iterable[str]) -> None:
        self._writer.offer([], subjects)

    def _told(self, alerts: Sequence[Mapping[str, Any]]) -> None:
        self._store.cool_down(cooldowns_of(alerts, self.desk.scorecard.drops.one_alert_days))
        self._writer.write_now()
