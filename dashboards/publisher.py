"""Brings folder, data source and boards into a Grafana, and says what it did. A second run changes nothing.

A board that we save carries a stamp, the hash of its JSON, at the end of its description. A board in Grafana whose content is not
that of its own stamp has been changed there: it is shown, and overwritten only if told to.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from dashboards.grafana import Grafana, Json, Refusal
from dashboards.names import DATASOURCE_NAME, DATASOURCE_UID, FOLDER_TITLE, FOLDER_UID

Done = Literal["made", "changed", "unchanged", "changed in Grafana", "missing"]

CONFLICT: Final = 412
_STAMP: Final = re.compile(r"\n\nMade by code: what is changed here is lost\. sha256 ([0-9a-f]{64})\Z")
_OF_GRAFANA: Final = frozenset({"id", "version"})
_MOST_PLACES: Final = 5


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one thing."""

    what: str
    done: Done
    note: str = ""

    @property
    def is_well(self) -> bool:
        """Whether Grafana now has what was to be published."""
        return self.done not in {"changed in Grafana", "missing"}

    def __str__(self) -> str:
        """One line."""
        return f"{self.what}: {self.done}{f' ({self.note})' if self.note else ''}"


def fingerprint(board: Json) -> str:
    """The hash of a board's content: without what Grafana gives it, and without its stamp.

    >>> fingerprint({"title": "a", "id": 4, "version": 7}) == fingerprint({"title": "a"})
    True
    """
    return hashlib.sha256(json.dumps(_content(board), sort_keys=True).encode()).hexdigest()


def stamped(board: Json) -> dict[str, Any]:
    """The board with its hash in the description."""
    text = f"{_content(board).get('description', '')}\n\nMade by code: what is changed here is lost. sha256 {fingerprint(board)}"
    return {**_content(board), "description": text}


def _content(board: Json) -> dict[str, Any]:
    content = {name: value for name, value in board.items() if name not in _OF_GRAFANA}
    if isinstance(content.get("description"), str):
        content["description"] = _STAMP.sub("", content["description"])
    return content


def _stamp(board: Json) -> str | None:
    found = _STAMP.search(str(board.get("description", "")))
    return None if found is None else found[1]


class Publisher:
    """Publishes through a port.

    Args:
        grafana: where to.
        force: overwrite what somebody has changed in Grafana.
        dry_run: change nothing; outcomes are what would be done.
    """

    def __init__(self, grafana: Grafana, *, force: bool = False, dry_run: bool = False) -> None:
        """Nothing is sent yet."""
        self._grafana = grafana
        self._force = force
        self._dry_run = dry_run

    def publish(self, boards: Mapping[str, Json], prometheus: str | None = None) -> Iterator[Outcome]:
        """The folder, the data source and each board in turn, as it is done.

        Args:
            boards: by anything; in this order.
            prometheus: address that the data source should have; None leaves it as it is.

        Raises:
            PublishError: Grafana does not answer, or refuses.
        """
        yield self._folder()
        yield self._data_source(prometheus)
        for board in boards.values():
            yield self._board(board)

    def _folder(self) -> Outcome:
        what = f"folder {FOLDER_UID}"
        if self._grafana.folder(FOLDER_UID) is not None:
            return Outcome(what, "unchanged")
        if not self._dry_run:
            try:
                self._grafana.create_folder(FOLDER_UID, FOLDER_TITLE)
            except Refusal as refusal:
                if refusal.status != CONFLICT:  # somebody else, or an attempt of ours without an answer, made it
                    raise
        return Outcome(what, "made")

    def _data_source(self, prometheus: str | None) -> Outcome:
        what = f"data source {DATASOURCE_NAME}"
        held = self._grafana.data_source(DATASOURCE_NAME)
        if held is None:
            if prometheus is None:
                return Outcome(what, "missing", "name your Prometheus by --prometheus URL")
            if not self._dry_run:
                self._grafana.create_data_source(_source(prometheus))
            return Outcome(what, "made")
        wanted = {} if prometheus is None else _source(prometheus)
        differing = [name for name, value in wanted.items() if held.get(name) != value and name != "jsonData"]
        if why := self._in_the_way(held, differing):
            return Outcome(what, "changed in Grafana", why)
        if not differing:
            return Outcome(what, "unchanged")
        if not self._dry_run:
            self._grafana.update_data_source(DATASOURCE_UID, {**held, **wanted})
        return Outcome(what, "changed", f"overwritten: {', '.join(differing)}")

    def _in_the_way(self, held: Json, differing: list[str]) -> str | None:
        """Why a data source stays as it is; None where nothing speaks against a change."""
        if held.get("uid") != DATASOURCE_UID:
            return f"its uid is {held.get('uid')}: boards look for {DATASOURCE_UID}: remove it, or give it that uid"
        if differing and held.get("readOnly"):
            return f"{', '.join(differing)}; it is provisioned: change its file"
        if differing and not self._force:
            return f"{', '.join(differing)}; --force overwrites"
        return None

    def _board(self, board: Json) -> Outcome:
        what = f"board {board['uid']}"
        held = self._grafana.board(board["uid"])
        if held is None:
            return self._saved(board, None, Outcome(what, "made"))
        there, meta = held["dashboard"], held.get("meta", {})
        moved = [] if meta.get("folderUid") == FOLDER_UID else ["folder"]
        if fingerprint(there) == fingerprint(board) and not moved:
            return Outcome(what, "unchanged")
        if meta.get("provisioned"):
            return Outcome(what, "changed in Grafana", "it is provisioned from a file, which publish cannot change")
        if _stamp(there) == fingerprint(there) and not moved:
            return self._saved(board, there, Outcome(what, "changed"))
        places = ", ".join([*moved, *differences(_content(there), _content(board))][:_MOST_PLACES])
        if not self._force:
            return Outcome(what, "changed in Grafana", f"{places}; --force overwrites")
        return self._saved(board, there, Outcome(what, "changed", f"overwritten: {places}"))

    def _saved(self, board: Json, there: Json | None, outcome: Outcome) -> Outcome:
        if self._dry_run:
            return outcome
        sent = stamped(board) | ({} if there is None else {"version": there.get("version")})
        try:
            self._grafana.save_board(sent, FOLDER_UID, f"upscore {fingerprint(board)[:12]}")
        except Refusal as refusal:
            if refusal.status != CONFLICT:
                raise
            held = self._grafana.board(board["uid"])  # an attempt of ours without an answer may have saved it
            if held is None or fingerprint(held["dashboard"]) != fingerprint(board):
                return Outcome(
                    outcome.what, "changed in Grafana", f"meanwhile, by somebody else: run again ({refusal})"
                )
        return outcome


def _source(prometheus: str) -> dict[str, Any]:
    return {
        "name": DATASOURCE_NAME,
        "uid": DATASOURCE_UID,
        "type": "prometheus",
        "access": "proxy",
        "url": prometheus,
        "jsonData": {"httpMethod": "POST"},
    }


def differences(there: Any, ours: Any, path: str = "") -> Iterator[str]:
    """Where two JSON values differ, as paths; panels by their titles.

    >>> list(differences({"panels": [{"title": "a", "type": "stat"}]}, {"panels": [{"title": "a", "type": "gauge"}]}))
    ['panels[a].type']
    """
    if isinstance(there, Mapping) and isinstance(ours, Mapping):
        for name in sorted(there.keys() | ours.keys()):
            yield from differences(there.get(name), ours.get(name), f"{path}.{name}" if path else name)
    elif isinstance(there, list) and isinstance(ours, list) and len(there) == len(ours):
        for nth, (one, other) in enumerate(zip(there, ours, strict=True)):
            name = other.get("title", nth) if isinstance(other, Mapping) else nth
            yield from differences(one, other, f"{path}[{name}]")
    elif there != ours:
        yield path
