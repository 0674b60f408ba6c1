"""The port through a client library: grafana-api, or grafana-client, which is a fork of it.

Neither escapes what goes into a path, so that is done here; an empty answer makes one of them raise; and both would turn a
misspelt method into an HTTP verb, so nothing but the calls below is made.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote, urlsplit

from dashboards.errors import PublishError
from dashboards.grafana import Json, Refusal, Unreachable

WAITS: Final = (0.5, 1.0, 2.0)
"""Seconds before each further attempt."""
WORTH_ANOTHER: Final = frozenset({429, 502, 503, 504})
_NOT_THERE: Final = 404


def address(url: str) -> dict[str, Any]:
    """Host, port, protocol and path prefix of a Grafana, as both libraries want them.

    >>> address("https://monitor.example/grafana/")
    {'host': 'monitor.example', 'port': None, 'protocol': 'https', 'url_path_prefix': 'grafana/'}

    Raises:
        PublishError: it is no address of a Grafana, or holds a password.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise PublishError(f"--grafana {url!r}: expected an address such as https://grafana.example:3000")
    if parts.username or parts.password:
        raise PublishError("--grafana: expected no user in the address; the token comes by GRAFANA_TOKEN")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    path = parts.path.strip("/")
    return {"host": host, "port": port, "protocol": parts.scheme, "url_path_prefix": f"{path}/" if path else ""}


class Adapter:
    """A `Grafana` through the face of a library.

    Args:
        face: `GrafanaFace` or `GrafanaApi`.
        http: its object with GET, POST and PUT, for what the face has not.
        find_annotations: its search for annotations, whose name differs.
        url: for messages.
        token: is taken out of every message, should a server echo it.
        pause: waits before another attempt.
    """

    def __init__(
        self,
        face: Any,
        http: Any,
        find_annotations: Callable[..., Any],
        *,
        url: str,
        token: str,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """Nothing is sent yet."""
        self._face = face
        self._http = http
        self._find_annotations = find_annotations
        self._url = url
        self._token = token
        self._pause = pause
        http.s.max_redirects = 0  # followed, a POST would become a GET, and nothing would be saved

    def folder(self, uid: str) -> Json | None:
        """A folder; None where there is none."""
        return self._found(self._face.folder.get_folder, quote(uid, safe=""))

    def create_folder(self, uid: str, title: str) -> None:
        """Make a folder."""
        self._asked(self._face.folder.create_folder, title, uid)

    def data_source(self, name: str) -> Json | None:
        """A data source by its name; None where there is none."""
        return self._found(self._face.datasource.get_datasource_by_name, quote(name, safe=""))

    def create_data_source(self, source: Json) -> None:
        """Make a data source."""
        self._asked(self._face.datasource.create_datasource, dict(source))

    def update_data_source(self, uid: str, source: Json) -> None:
        """Replace a data source by its uid; the libraries' own way is by an id that Grafana no longer takes."""
        self._asked(self._http.PUT, f"/datasources/uid/{quote(uid, safe='')}", json=dict(source))

    def board(self, uid: str) -> Json | None:
        """A board with its meta data; None where there is none."""
        return self._found(self._face.dashboard.get_dashboard, quote(uid, safe=""))

    def save_board(self, board: Json, folder_uid: str, message: str) -> None:
        """Make or replace a board of the version that it names."""
        body = {"dashboard": dict(board), "folderUid": folder_uid, "message": message, "overwrite": False}
        self._asked(self._face.dashboard.update_dashboard, body)

    def annotations(self, tags: Sequence[str]) -> list[Json]:
        """Annotations that have all these tags."""
        return list(self._asked(self._find_annotations, tags=[quote(tag, safe="") for tag in tags]) or ())

    def add_annotation(self, at: int, tags: Sequence[str], text: str) -> None:
        """Mark a moment."""
        self._asked(self._face.annotations.add_annotation, time_from=at, tags=list(tags), text=text)

    def _found(self, call: Callable[..., Any], name: str) -> Json | None:
        try:
            found = self._asked(call, name)
        except Refusal as refusal:
            if refusal.status == _NOT_THERE:
                return None
            raise
        if not isinstance(found, Mapping):
            raise Unreachable(
                f"Grafana at {self._url} answered {type(found).__name__}: expected an object: is it a Grafana?"
            )
        return found

    def _asked(self, call: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        """What the call gives; asked again after a while where that may help."""
        for wait in WAITS:
            try:
                return self._once(call, *arguments, **named)
            except Unreachable:
                self._pause(wait)
            except Refusal as refusal:
                if refusal.status not in WORTH_ANOTHER:
                    raise
                self._pause(wait)
        return self._once(call, *arguments, **named)

    def _once(self, call: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        try:
            return call(*arguments, **named)
        except ValueError as error:  # no JSON: of both libraries an OSError too, so this comes first
            if getattr(error, "doc", None) == "":
                return None
            raise Unreachable(f"Grafana at {self._url} did not answer JSON: is it the address of a Grafana?") from None
        except OSError as error:  # of both libraries: no connection, or no answer in time
            why = type(error).__name__
            raise Unreachable(
                f"Grafana at {self._url} does not answer ({why}): is it there, and the address right?"
            ) from None
        except Exception as error:
            status = getattr(error, "status_code", None)
            if status is None:
                raise
            raise self._refusal(int(status), error) from None

    def _refusal(self, status: int, error: Exception) -> PublishError:
        said = str(error).replace(self._token, "***")[:300]
        if status == 0:  # grafana-client's time-out
            return Unreachable(f"Grafana at {self._url} does not answer in time")
        if status in {401, 403}:
            return Refusal(
                status,
                f"Grafana at {self._url} refuses the token ({said}): GRAFANA_TOKEN must be that of a service "
                "account with the role Editor, or Admin to make the data source",
            )
        return Refusal(status, f"Grafana at {self._url} says {said}")
