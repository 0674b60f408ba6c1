"""The programs that watch workers, as they are in production: a Prometheus, an Alertmanager, and whoever is told."""

from __future__ import annotations

import json
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from streams.local.ports import choose
from tests.installation import wait_until

SCRAPE_SECONDS = 1


class Program:
    """A program that answers HTTP on loopback; its log stands beside its files."""

    def __init__(self, name: str, command: Sequence[str], port: int, folder: Path) -> None:
        self.address = f"http://127.0.0.1:{port}"
        self._log = folder / f"{name}.log"
        with self._log.open("wb") as out:
            self._process = subprocess.Popen(command, cwd=folder, stdout=out, stderr=out, stdin=subprocess.DEVNULL)
        wait_until(self._is_ready, 30, f"{name} to be ready")

    def _is_ready(self) -> bool:
        assert self._process.poll() is None, self._log.read_text()[-4000:]
        try:
            self.get("/-/ready")
        except (urllib.error.URLError, OSError):
            return False
        return True

    def get(self, path: str, **query: str) -> bytes:
        text = f"?{urllib.parse.urlencode(query)}" if query else ""
        with urllib.request.urlopen(self.address + path + text, timeout=10) as answer:  # noqa: S310 - on loopback
            return bytes(answer.read())

    def ask(self, path: str, **query: str) -> Any:
        return json.loads(self.get(path, **query))

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Prometheus(Program):
    """A Prometheus whose targets may change as it runs."""

    def __init__(self, folder: Path, rules: Sequence[Path], notified: str) -> None:
        port = choose(None)
        self._targets = folder / "targets.json"
        self.watch([])
        config = {
            "global": {"scrape_interval": f"{SCRAPE_SECONDS}s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
            "rule_files": [str(path) for path in rules],
            "alerting": {"alertmanagers": [{"static_configs": [{"targets": [notified.removeprefix("http://")]}]}]},
            "scrape_configs": [
                {
                    "job_name": "upscore",
                    "file_sd_configs": [{"files": [str(self._targets)], "refresh_interval": "1s"}],
                }
            ],
        }
        path = folder / "prometheus.yml"
        path.write_text(json.dumps(config))  # JSON is YAML
        arguments = [f"--config.file={path}", f"--storage.tsdb.path={folder / 'tsdb'}"]
        super().__init__(
            "prometheus", ["prometheus", *arguments, f"--web.listen-address=127.0.0.1:{port}"], port, folder
        )

    def watch(self, workers: Sequence[str]) -> None:
        """Scrape these workers, by address, and no others."""
        text = json.dumps([{"targets": [address.removeprefix("http://") for address in workers]}])
        beside = self._targets.with_suffix(".new")
        beside.write_text(text)
        beside.rename(self._targets)

    def query(self, expression: str) -> list[tuple[dict[str, str], float]]:
        """What an expression gives now: labels and value of each series."""
        found = self.ask("/api/v1/query", query=expression)["data"]["result"]
        return [(series["metric"], float(series["value"][1])) for series in found]

    def firing(self) -> list[dict[str, Any]]:
        return [alert for alert in self.ask("/api/v1/alerts")["data"]["alerts"] if alert["state"] == "firing"]


class Alertmanager(Program):
    """An Alertmanager by itself."""

    def __init__(self, folder: Path, config: Path, port: int) -> None:
        arguments = [f"--config.file={config}", f"--storage.path={folder / 'alerts'}", "--cluster.listen-address="]
        command = ["prometheus-alertmanager", *arguments, f"--web.listen-address=127.0.0.1:{port}"]
        super().__init__("alertmanager", command, port, folder)


@dataclass
class Told:
    """One message of Alertmanager: where it went, when, and what it says."""

    path: str
    at: float
    message: dict[str, Any]

    @property
    def status(self) -> str:
        return str(self.message["status"])

    @property
    def names(self) -> set[str]:
        return {alert["labels"]["alertname"] for alert in self.message["alerts"]}

    @property
    def alerts(self) -> list[dict[str, Any]]:
        return list(self.message["alerts"])


@dataclass
class Recipients:
    """Everybody who is told anything, by the path that they listen on."""

    address: str = ""
    told: list[Told] = field(default_factory=list)

    def at(self, path: str, status: str | None = None) -> list[Told]:
        return [told for told in list(self.told) if told.path == path and status in (None, told.status)]


@contextmanager
def recipients() -> Iterator[Recipients]:
    """Webhooks on loopback; they answer 200 and keep what they were told."""
    found = Recipients()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.told.append(Told(self.path, time.monotonic(), json.loads(body)))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    found.address = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
