"""A Grafana for tests: a real HTTP server that knows the few operations that publishing needs, and refuses all else.

Versions conflict with 412, as in the real one. It can be told to fail, to be slow, to answer nothing, or to have saved and yet
not answered.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

TOKEN = "glsa_secret-of-the-tests"  # noqa: S105

OPERATIONS: dict[tuple[str, str], str] = {
    ("GET", "/folders/{folder_uid}"): "get_folder",
    ("POST", "/folders"): "make_folder",
    ("GET", "/datasources/name/{name}"): "get_source",
    ("POST", "/datasources"): "make_source",
    ("PUT", "/datasources/uid/{uid}"): "put_source",
    ("GET", "/dashboards/uid/{uid}"): "get_board",
    ("POST", "/dashboards/db"): "save_board",
    ("GET", "/annotations"): "find_annotations",
    ("POST", "/annotations"): "make_annotation",
}
"""Method and path as Grafana's API description writes them."""

WRITES = {"POST", "PUT", "PATCH", "DELETE"}


class FakeGrafana:
    """What it holds, what it was asked, and how it shall fail.

    Attributes:
        asked: method and path of every request.
        failing: statuses of the next answers, first to last; nothing is done then. 0 closes the connection.
        silent: after so many writes are done, their answers are 503: done and not told.
        empty: writes are done and answered 204 with nothing.
        before_answer: called with each request before it is answered.
    """

    def __init__(self) -> None:
        self.folders: dict[str, dict[str, Any]] = {}
        self.sources: dict[str, dict[str, Any]] = {}
        self.boards: dict[str, dict[str, Any]] = {}
        self.annotations: list[dict[str, Any]] = []
        self.asked: list[tuple[str, str]] = []
        self.failing: list[int] = []
        self.silent = 0
        self.empty = False
        self.before_answer: Callable[[str, str], None] = lambda _method, _path: None
        self.address = ""

    @property
    def written(self) -> list[tuple[str, str]]:
        """The requests that change something."""
        return [(method, path) for method, path in self.asked if method in WRITES]

    def edit(self, uid: str, change: Callable[[dict[str, Any]], None]) -> None:
        """What somebody does in the browser: change a board and save it."""
        held = self.boards[uid]
        change(held["dashboard"])
        held["dashboard"]["version"] += 1

    def answer(self, method: str, target: str, body: dict[str, Any]) -> tuple[int, Any]:
        """Status and JSON of an answer."""
        parts = urlsplit(target)
        assert parts.path.startswith("/api/"), parts.path
        path = parts.path.removeprefix("/api")
        for (known, template), name in OPERATIONS.items():
            found = re.fullmatch(re.sub(r"\{\w+\}", "([^/]+)", template), path)
            if found is not None and known == method:
                arguments = [unquote(part) for part in found.groups()]
                if name == "find_annotations":
                    body = dict(parse_qs(parts.query))
                result: tuple[int, Any] = getattr(self, f"_{name}")(*arguments, body)
                return result
        return 404, {"message": "Not found"}

    def _get_folder(self, uid: str, _body: Any) -> tuple[int, Any]:
        return (200, self.folders[uid]) if uid in self.folders else (404, {"message": "folder not found"})

    def _make_folder(self, body: dict[str, Any]) -> tuple[int, Any]:
        if body["uid"] in self.folders:
            return 412, {"message": "a folder with the same UID already exists"}
        self.folders[body["uid"]] = {"uid": body["uid"], "title": body["title"]}
        return 200, self.folders[body["uid"]]

    def _get_source(self, name: str, _body: Any) -> tuple[int, Any]:
        return (200, self.sources[name]) if name in self.sources else (404, {"message": "Data source not found"})

    def _make_source(self, body: dict[str, Any]) -> tuple[int, Any]:
        if body["name"] in self.sources:
            return 409, {"message": "data source with the same name already exists"}
        self.sources[body["name"]] = {"id": 1, "readOnly": False, **body}
        return 200, {"message": "Datasource added"}

    def _put_source(self, uid: str, body: dict[str, Any]) -> tuple[int, Any]:
        held = [source for source in self.sources.values() if source["uid"] == uid]
        if not held or held[0]["readOnly"]:
            return (404 if not held else 403), {"message": "Cannot update read-only data source"}
        held[0].update(body)
        return 200, {"message": "Datasource updated"}

    def _get_board(self, uid: str, _body: Any) -> tuple[int, Any]:
        return (200, self.boards[uid]) if uid in self.boards else (404, {"message": "Dashboard not found"})

    def _save_board(self, body: dict[str, Any]) -> tuple[int, Any]:
        board = dict(body["dashboard"])
        if body["folderUid"] not in self.folders:
            return 400, {"message": "folder not found"}
        held = self.boards.get(board["uid"])
        if held is not None and held["meta"].get("provisioned"):
            return 400, {"message": "Cannot save provisioned dashboard"}
        if held is not None and not body["overwrite"] and board.get("version") != held["dashboard"]["version"]:
            return 412, {"status": "version-mismatch", "message": "The dashboard has been changed by someone else"}
        version = 1 if held is None else held["dashboard"]["version"] + 1
        self.boards[board["uid"]] = {
            "dashboard": board | {"id": 7, "version": version},
            "meta": {"folderUid": body["folderUid"], "provisioned": False},
        }
        return 200, {"uid": board["uid"], "version": version, "status": "success"}

    def _find_annotations(self, query: dict[str, list[str]]) -> tuple[int, Any]:
        wanted = set(query.get("tags", []))
        return 200, [each for each in self.annotations if wanted <= set(each["tags"])]

    def _make_annotation(self, body: dict[str, Any]) -> tuple[int, Any]:
        self.annotations.append(body | {"id": len(self.annotations) + 1})
        return 200, {"message": "Annotation added", "id": len(self.annotations)}


class Handler(BaseHTTPRequestHandler):
    """Answers for the `FakeGrafana` of its server."""

    server: _Server

    def _handle(self) -> None:
        grafana = self.server.grafana
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length) or b"null")
        grafana.asked.append((self.command, self.path))
        grafana.before_answer(self.command, self.path)
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self._send(401, {"message": f"Invalid API key {self.headers.get('Authorization')}"})
        elif grafana.failing:
            self._fail(grafana.failing.pop(0))
        else:
            self._do(grafana, body)

    def _fail(self, status: int) -> None:
        if status:
            self._send(status, {"message": f"wrong, asked with {self.headers.get('Authorization')}"})
        else:
            self.close_connection = True

    def _do(self, grafana: FakeGrafana, body: Any) -> None:
        status, answer = grafana.answer(self.command, self.path, body)
        if self.command in WRITES and grafana.silent and status == 200:
            grafana.silent -= 1
            self._send(503, {"message": "upstream timed out"})
        elif self.command in WRITES and grafana.empty and status == 200:
            self._send(204, None)
        else:
            self._send(status, answer)

    def _send(self, status: int, answer: Any) -> None:
        text = b"" if answer is None else json.dumps(answer).encode()
        self.send_response(status)
        if text:
            self.send_header("Content-Type", "application/json")
        if 300 <= status < 400:
            self.send_header("Location", f"{self.server.grafana.address}/elsewhere")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _handle  # noqa: N815

    def log_message(self, *_arguments: Any) -> None:
        """Says nothing."""


class _Server(ThreadingHTTPServer):
    def __init__(self, grafana: FakeGrafana) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.grafana = grafana

    def handle_error(self, *_arguments: Any) -> None:
        """A client that has gone away, as one whose time is over, is no error here."""


@contextmanager
def fake_grafana() -> Iterator[FakeGrafana]:
    """A server on a free port of loopback, until the block ends."""
    grafana = FakeGrafana()
    server = _Server(grafana)
    grafana.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield grafana
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
