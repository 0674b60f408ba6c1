"""A proxy before a real Redis whose answers take as long as a test says."""

from __future__ import annotations

import socket
import threading
from typing import Self
from urllib.parse import urlparse


class SlowRedis:
    """Passes requests on at once and holds every answer back until `released`."""

    def __init__(self, url: str) -> None:
        self._target = urlparse(url)
        self.released = threading.Event()
        self.held_back = 0
        """Answers that came while they were held back."""
        self._server = socket.create_server(("127.0.0.1", 0))
        self._sockets: list[socket.socket] = [self._server]

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self._server.getsockname()[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.released.set()
        for one in self._sockets:
            one.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
                redis = self._connect()
            except OSError:
                return
            self._sockets += [client, redis]
            threading.Thread(target=self._pass_on, args=(client, redis), daemon=True).start()
            threading.Thread(target=self._hold_back, args=(redis, client), daemon=True).start()

    def _connect(self) -> socket.socket:
        if self._target.scheme == "unix":
            redis = socket.socket(socket.AF_UNIX)
            redis.connect(self._target.path)
            return redis
        return socket.create_connection((self._target.hostname or "127.0.0.1", self._target.port or 6379))

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(65_536):
                target.sendall(data)
        except OSError:
            pass

    def _hold_back(self, source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(65_536):
                self.held_back += not self.released.is_set()
                self.released.wait()
                target.sendall(data)
        except OSError:
            pass
