"""The programs that watch workers, as they are in production: a Prometheus, an Alertmanager, and whoever is told."""

from __future__ import annotations

import json
import shutil
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


class Program:
    """A program that answers HTTP on loopback; its log stands beside its files."""

    def __init__(self, name: str, command: Sequence[str], port: int, folder: Path) -> None:
        assert shutil.which(command[0]) is not None, f"{command[0]} is not installed: apt-get install {command[0]}"
        self.address = f"http://127.0.0.1:{port}"
        self._log = folder / f"{name}.log"
        with self._log.open("wb") as out:
            self._process = subprocess.Popen(command, cwd=folder, stdout=out, stderr=out, stdin=subprocess.DEVNULL)
        wait_until(self._is_ready, 30, f"{name} to be ready")

    def _is_ready(self) -> bool:
        assert self._process.poll() is None, self._log.read_text()[-4000:]
        try:
            with urllib.request.urlopen(self.address + "/-/ready", timeout=5):  # noqa: S310 - on loopback
                return True
        except OSError:  # not listening, or not ready yet
            return False

    def get(self, path: str, **query: Any) -> bytes:
        """What it answers; a refusal is told with the question."""
        text = f"?{urllib.parse.urlencode(query, doseq=True)}" if query else ""
        try:
            with urllib.request.urlopen(self.address + path + text, timeout=30) as answer:  # noqa: S310 - on loopback
                return bytes(answer.read())
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{path} {query}: {error.code} {error.read().decode()}") from error

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Prometheus(Program):
    """A Prometheus whose targets may change as it runs."""

    def __init__(
        self,
        folder: Path,
        rules: Sequence[Path],
        notified: str | None = None,
        seconds: int = 1,
        flags: Sequence[str] = (),
    ) -> None:
        """Rules and the Alertmanager that is notified; `seconds` between scrapes and evaluations; what else it starts with."""
        port, notified_at = choose(None), [] if notified is None else [notified.removeprefix("http://")]
        self._targets = folder / "targets.json"
        self.watch([])
        config = {
            "global": dict.fromkeys(("scrape_interval", "scrape_timeout", "evaluation_interval"), f"{seconds}s"),
            "rule_files": [str(path) for path in rules],
            "alerting": {"alertmanagers": [{"static_configs": [{"targets": notified_at}]}]},
            "scrape_configs": [
                {
                    "job_name": "upscore",
                    "file_sd_configs": [{"files": [str(self._targets)], "refresh_interval": "1s"}],
                }
            ],
        }
        path = folder / "prometheus.yml"
        path.write_text(json.dumps(config))  # JSON is YAML
        arguments = [f"--config.file={path}", f"--storage.tsdb.path={folder / 'tsdb'}", *flags]
        super().__init__(
            "prometheus", ["prometheus", *arguments, f"--web.listen-address=127.0.0.1:{port}"], port, folder
        )

    def watch(self, workers: Sequence[str]) -> None:
        """Scrape these workers, by address, and no others."""
        text = json.dumps([{"targets": [address.removeprefix("http://") for address in workers]}])
        beside = self._targets.with_suffix(".new")
        beside.write_text(text)
        beside.rename(self._targets)

    def ask(self, path: str, **parameters: Any) -> Any:
        """The data of an answer of its API."""
        return json.loads(self.get(f"/api/v1/{path}", **parameters))["data"]

    def query(self, expression: str) -> list[tuple[dict[str, str], float]]:
        """What an expression gives now: labels and value of each series."""
        found = self.ask("query", query=expression)["result"]
        return [(series["metric"], float(series["value"][1])) for series in found]

    def firing(self) -> list[dict[str, Any]]:
        return [alert for alert in self.ask("alerts")["alerts"] if alert["state"] == "firing"]


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
