"""Web server of a worker: metrics, health, the API and the board.

It runs in a thread with an event loop of its own, so it answers while the worker's loop computes.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import threading
import zlib
from collections.abc import Awaitable, Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Final, Protocol, TypeVar

from aiohttp import web

from streams.bearer_guard import bearer_guard
from streams.board.static_answers import accepted_encodings, answer_of
from streams.board.static_files import load_static
from streams.codec import to_json
from streams.errors import UpscoreError
from streams.exporter import CONTENT_TYPE, Exporter
from streams.leaderboard import by_score, by_value, unranked
from streams.score_store import ScoreStore
from streams.web_query import SUBJECTS, known_metric, known_subject, limit_asked, subject_of_path
from streams.worker_view import WorkerView

SHOWN: Final = ("subject", "id", "team_id", "score", "level", "coverage", "status")
"""What the list of scores shows of each subject."""

_SCORES_PATH: Final = "/api/v1/scores/"
_SUBJECT: Final = r"{subject}/{id:[\s\S]+}"
_ALL: Final = 2**31 - 1
_SCORE_SECONDS: Final = 10.0
"""How long a score may take to come from the worker's own loop."""

_SECURITY_HEADERS: Final = {
    # Everything of the board comes from here: no inline script or style, no other host, no frame around it.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Server": "upscore",
}

_T = TypeVar("_T")
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_log = logging.getLogger(__name__)


class Routes(Protocol):
    """What adds routes of its own."""

    def attach(self, application: web.Application) -> None:
        """Add them, and what is to be done at the end."""
        ...


class AddressUnavailable(UpscoreError):
    """The web server cannot listen where the settings say."""


class WebServer:
    """The HTTP side of a worker. Source: contract.md section 5.

    Args:
        view: the worker.
        exporter: renders `/metrics`.
        store: where leaderboards come from; `stop` closes this server's connections to it.
        board: adds the routes of the board's API, standings among them.
    """

    def __init__(self, view: WorkerView, exporter: Exporter, store: ScoreStore, board: Routes) -> None:
        """Nothing listens before `start`."""
        self._board = board
        self._view = view
        self._exporter = exporter
        self._store = store
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        # Apart, so that scores that wait for a busy worker never hold up /metrics and /readyz.
        self._renderers = ThreadPoolExecutor(2, "web")
        self._score_readers = ThreadPoolExecutor(8, "web-score")
        self._boards = ThreadPoolExecutor(1, "web-board")
        self._files = load_static()

    def start(self) -> tuple[str, int]:
        """Starts the thread and returns the address that is listened on, once it is.

        Raises:
            AddressUnavailable: the port is in use, or the host is not an address of this machine.
        """
        started: Future[tuple[str, int]] = Future()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(started)), name="web", daemon=True)
        self._thread.start()
        return started.result()

    def stop(self) -> None:
        """Stops listening, ends the connections and the thread; may be called again. Takes a second at most."""
        if self._loop is not None and self._stopping is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stopping.set)
        if self._thread is not None:
            self._thread.join()
        self._renderers.shutdown(wait=False, cancel_futures=True)
        self._boards.shutdown(wait=False, cancel_futures=True)
        self._score_readers.shutdown(wait=False, cancel_futures=True)

    async def _serve(self, started: Future[tuple[str, int]]) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        runner = web.AppRunner(self._application(), handle_signals=False, access_log=None, shutdown_timeout=1.0)
        settings = self._view.settings
        try:
            await runner.setup()
            await web.TCPSite(runner, settings.http_host, settings.http_port).start()
            host, port = runner.addresses[0][:2]
        except OSError as error:
            started.set_exception(_unavailable(settings.http_host, settings.http_port, error))
        except BaseException as error:
            started.set_exception(error)
            raise
        else:
            started.set_result((host, port))
            await self._stopping.wait()
            # Lets connections that were accepted just now get as far as cleanup can close them; asyncio leaks them.
            for _ in range(3):
                await asyncio.sleep(0)
        finally:
            await runner.cleanup()
            await self._store.close()

    def _application(self) -> web.Application:
        guard = bearer_guard(self._view.settings.http_token)
        application = web.Application(middlewares=[_errors_as_answers, guard, self._speaking])
        application.on_response_prepare.append(_secure)
        application.router.add_get("/metrics", self._metrics)
        application.router.add_get("/healthz", self._healthz)
        application.router.add_get("/readyz", self._readyz)
        application.router.add_get("/api/v1/scores", self._scores)
        application.router.add_get(_SCORES_PATH + _SUBJECT, self._score)
        self._board.attach(application)
        application.router.add_get("/api/v1/norms", self._norms)
        application.router.add_get("/api/v1/leaderboard", self._leaderboard)
        application.router.add_get("/", self._page)
        application.router.add_get("/board/{name:.+}", self._page)
        return application

    @web.middleware
    async def _speaking(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        """Of a silent generation nobody is answered: behind one address, readers would see some of one and some of another."""
        silence = self._view.silence() if request.path.startswith("/api/") else None
        if silence is not None:
            raise web.HTTPServiceUnavailable(text=silence)
        return await handler(request)

    async def _metrics(self, request: web.Request) -> web.Response:
        names = request.query.getall("name[]", None)
        zipped = "gzip" in accepted_encodings(request.headers.get("Accept-Encoding", ""))
        body = await self._rendered(
            lambda: b"".join(_gzip(self._exporter.chunks(names)) if zipped else self._exporter.chunks(names))
        )
        headers = {"Content-Type": CONTENT_TYPE, "Vary": "Accept-Encoding"}
        return web.Response(body=body, headers=headers | ({"Content-Encoding": "gzip"} if zipped else {}))

    async def _healthz(self, _: web.Request) -> web.Response:
        return web.Response(text="alive\n")

    async def _readyz(self, _: web.Request) -> web.Response:
        obstacles = await self._rendered(self._view.obstacles)
        if obstacles:
            return web.Response(status=503, text="".join(f"{obstacle}\n" for obstacle in obstacles))
        return web.Response(text="ready\n")

    async def _scores(self, request: web.Request) -> web.Response:
        subject = request.query.get("subject")
        if subject is not None:
            known_subject(subject)
        return web.Response(body=await self._rendered(lambda: self._list(subject)), content_type="application/json")

    def _list(self, subject: str | None) -> bytes:
        chosen = [score for score in self._view.published().values() if subject in {None, score["subject"]}]
        chosen.sort(key=lambda score: (SUBJECTS.index(score["subject"]), score["id"]))
        return to_json([{name: score[name] for name in SHOWN} for score in chosen])

    async def _score(self, request: web.Request) -> web.Response:
        subject, subject_id = subject_of_path(request.rel_url.raw_path, _SCORES_PATH)
        loop = asyncio.get_running_loop()
        asked = loop.run_in_executor(self._score_readers, self._view.score, subject, subject_id)
        found = await asyncio.wait_for(asked, _SCORE_SECONDS)
        if found is None:
            raise web.HTTPNotFound(text=f"{subject} {subject_id!r} is unknown, or another worker owns it")
        return web.Response(body=to_json(found), content_type="application/json")

    async def _norms(self, _: web.Request) -> web.Response:
        return web.Response(body=to_json(await self._rendered(self._view.norms)), content_type="application/json")

    async def _leaderboard(self, request: web.Request) -> web.Response:
        subject = known_subject(request.query.get("subject", "rep"))
        metric = known_metric(request.query.get("metric", "score"))
        limit = limit_asked(request.query.get("limit", "100"))
        if metric == "score":
            scored = await self._store.scored(subject)
            work = partial(by_score, scored, limit)
        else:
            has_signal = self._view.has_signal(metric)
            entries = await self._store.leaderboard(subject, metric, limit if has_signal is not False else _ALL)
            work = partial(by_value, entries) if has_signal is not False else partial(unranked, entries, limit)
        rows = await asyncio.get_running_loop().run_in_executor(self._boards, work)
        return web.Response(body=to_json(rows), content_type="application/json")

    async def _page(self, request: web.Request) -> web.Response:
        file = self._files.get(request.match_info.get("name", "index.html"))
        if file is None:
            raise web.HTTPNotFound
        return answer_of(file, request)

    async def _rendered(self, work: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._renderers, work)


def _unavailable(host: str, port: int, error: OSError) -> AddressUnavailable:
    if error.errno == errno.EADDRINUSE:
        return AddressUnavailable(
            f"port {port} of {host} is in use: stop what listens there (another worker?), "
            "or set UPSCORE_HTTP_PORT to another one, 0 for any free one"
        )
    reason = error.strerror or f"{error}"
    return AddressUnavailable(
        f"cannot listen on {host}, port {port}: {reason}; set UPSCORE_HTTP_HOST to an address of this machine, "
        "and UPSCORE_HTTP_PORT to a port that you may use"
    )


def _gzip(chunks: Iterable[bytes]) -> Iterator[bytes]:
    # Level 1: 2 MB become 0.34 MB in a third of the time that the default level takes.
    packer = zlib.compressobj(level=1, wbits=zlib.MAX_WBITS | 16)
    for chunk in chunks:
        yield packer.compress(chunk)
    yield packer.flush()


async def _secure(_: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(_SECURITY_HEADERS)
    response.headers.setdefault("Cache-Control", "no-store")


@web.middleware
async def _errors_as_answers(request: web.Request, handler: _Handler) -> web.StreamResponse:
    """Errors as JSON under /api/, as text elsewhere; a bug answers 500 and is logged, the server goes on."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        status, message, headers = error.status, error.text or error.reason, error.headers
    except TimeoutError:
        status, message, headers = 503, "the worker is too busy to answer now: try again", None
    except UpscoreError as error:
        status, message, headers = 503, f"{error}", None
    except Exception:  # noqa: BLE001 - one broken answer must not be the last
        _log.exception("cannot answer %s %s", request.method, request.path)
        status, message, headers = 500, "an error of upscore; the worker's log has it", None
    kept = {name: value for name, value in (headers or {}).items() if name in {"Allow", "WWW-Authenticate"}}
    if request.path.startswith("/api/"):
        return web.Response(
            status=status, body=to_json({"error": message}), content_type="application/json", headers=kept
        )
    return web.Response(status=status, text=f"{message}\n", headers=kept)
