"""Performance: a scene played on a stage, watched through the worker's API and shown until somebody ends it."""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import aiohttp
from rich.console import Console
from rich.live import Live

from streams.demo import journal
from streams.demo.announcement import Announcement
from streams.demo.board_page import open_in_browser
from streams.demo.course import Course
from streams.demo.figures import fetch
from streams.demo.pacing import Player
from streams.demo.scene import Scene
from streams.demo.stage import Stage
from streams.demo.table import View, render
from streams.errors import StartFailed
from streams.local.endings import Ending
from streams.publisher import publisher
from streams.settings import Settings

__all__ = ["perform"]

LOOK_SECONDS = 0.5
"""How often the API is asked and the table drawn."""
ANSWER_SECONDS = 60.0
"""How long the worker may take to answer at first."""
LINE_SECONDS = 3.0
_END_SECONDS = 2.0
_SETTLED_SECONDS = 1.0
_LONG_SETTLED_SECONDS = 5.0
_TIMEOUT = aiohttp.ClientTimeout(total=10.0)

Show = Callable[[], None]


async def perform(
    scene: Scene,
    stage: Stage,
    ending: Ending,
    say: Callable[[str], None],
    *,
    speed: float,
    exit_after: float | None,
    opens_board: bool = False,
) -> None:
    """Play the scene and show it, until told to end.

    Args:
        scene: what is played.
        stage: where.
        ending: ends it.
        say: shows a line that is no figure: where the board is, once it answers.
        speed: live days a second.
        exit_after: seconds after which it ends by itself once everything was played and has arrived; None: never.
        opens_board: whether the board opens in a browser, once it answers.

    Raises:
        StartFailed: a program of the stage has ended, or the worker did not answer.
        PublishFailed: Kafka did not take the records.
    """
    for name in ("aiokafka", "kafka"):  # `Stage.check` says what is wrong, once
        logging.getLogger(name).setLevel(logging.CRITICAL)
    player, course = Player(scene, speed), Course()
    settings = stage.settings
    variables = f"UPSCORE_BROKER={settings.broker} UPSCORE_APP={settings.app} UPSCORE_PARTITIONS={settings.partitions}"
    view = View(scene, player, course, speed, stage.url, stage.addresses, variables)
    announcement = Announcement(scene, stage.url, say)
    end = asyncio.Event()
    loop = asyncio.get_running_loop()
    with ending.telling(lambda: loop.call_soon_threadsafe(end.set)), _shown(view) as show:
        tasks = {
            asyncio.create_task(_publish(player, stage), name="publish"),
            asyncio.create_task(
                _watch(view, stage, announcement, show, exit_after, opens_board=opens_board), name="watch"
            ),
            asyncio.create_task(_told(end), name="told"),
        }
        try:
            while {task.get_name() for task in tasks} >= {"watch", "told"}:
                done, tasks = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
        finally:
            for task in tasks:
                task.cancel()
            if tasks:
                await asyncio.wait(tasks, timeout=_END_SECONDS)


async def _told(end: asyncio.Event) -> None:
    await end.wait()


async def _publish(player: Player, stage: Stage) -> None:
    async with publisher(stage.settings) as sender:
        await player.play(sender)


def _authorization(settings: Settings) -> dict[str, str]:
    token = settings.http_token
    return {} if token is None else {"Authorization": f"Bearer {token.get_secret_value()}"}


async def _watch(
    view: View, stage: Stage, announcement: Announcement, show: Show, exit_after: float | None, *, opens_board: bool
) -> None:
    """Look and show, again and again; returns when it is to end by itself."""
    began = time.monotonic()
    ends_at: float | None = None
    async with aiohttp.ClientSession(stage.url, timeout=_TIMEOUT, headers=_authorization(stage.settings)) as session:
        while True:
            stage.check()
            snapshot = await fetch(session)
            now = time.monotonic()
            if snapshot is not None:
                if opens_board:
                    open_in_browser(f"{stage.url}/")
                    opens_board = False
                announcement.take(snapshot)
                view.course.take(snapshot, now)
            elif view.course.snapshot is None and now - began > ANSWER_SECONDS:
                raise StartFailed(f"the demo's worker does not answer at {stage.url} after {ANSWER_SECONDS:g} s")
            _go_live_once_arrived(view)
            show()
            if exit_after is not None and ends_at is None and view.player.phase == "over" and _arrived(view):
                ends_at = now + exit_after
            if ends_at is not None and now >= ends_at:
                return
            await asyncio.sleep(LOOK_SECONDS)


def _go_live_once_arrived(view: View) -> None:
    if view.player.phase == "catching up" and _arrived(view):
        view.course.begin_live()
        view.player.go_live()


def _arrived(view: View) -> bool:
    """Whether the worker has dealt with everything sent, and its scores show it."""
    course, player = view.course, view.player
    if course.snapshot is None or course.snapshot.counted < player.sent:
        return False
    # Until the workers have told each other the newest date, scores are as of today, without any evidence. Records
    # whose business dates lie after the day of their publication look the same, so that is not waited for without end.
    of_the_day = player.day is None or (course.snapshot.as_of or "") <= player.day.isoformat()
    return course.settled_seconds >= (_SETTLED_SECONDS if of_the_day else _LONG_SETTLED_SECONDS)


@contextmanager
def _shown(view: View) -> Iterator[Show]:
    """Shows the view at each call: a table on a terminal, the last of which stays; now and then a line elsewhere."""
    console = Console()
    if not console.is_terminal:
        with _lines(view) as show:
            yield show
        return
    with Live(console=console, screen=True, auto_refresh=False, vertical_overflow="crop") as live:
        yield lambda: live.update(render(view, *console.size), refresh=True)
    console.print(render(view, *console.size))


@contextmanager
def _lines(view: View) -> Iterator[Show]:
    next_line, scored, linked = 0.0, False, False

    def show() -> None:
        nonlocal next_line, scored, linked
        first_scores = not scored and view.course.first_scores_at is not None
        if first_scores or time.monotonic() >= next_line:
            next_line, scored = time.monotonic() + LINE_SECONDS, scored or first_scores
            journal.write(view, sys.stdout)
        if not linked and view.player.phase == "over" and _arrived(view):
            linked = True
            journal.write_links(view, sys.stdout)

    yield show
    journal.write(view, sys.stdout)
