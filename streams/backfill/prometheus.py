"""Prometheus: what a backfill asks one that runs, and the little that it tells it to do."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.parse
import urllib.request
from typing import Any, Final, NamedTuple

from streams.errors import UpscoreError

_SECONDS: Final = 60.0
_ADMIN_SECONDS: Final = 1_800.0
"""Deleting waits for a compaction that runs, and cleaning writes whole blocks anew."""
_LENGTHS_MS: Final = {
    "ms": 1,
    "s": 1_000,
    "m": 60_000,
    "h": 3_600_000,
    "d": 86_400_000,
    "w": 604_800_000,
    "y": 31_536_000_000,
}
_POINTS: Final = 10_000
"""Of a series in one answer; Prometheus refuses more than 11,000."""


class PrometheusError(UpscoreError):
    """A Prometheus does not answer, or refuses what it is asked."""


class About(NamedTuple):
    """What a Prometheus says of itself. `folder` is its data folder as it sees it, `keeps_ms` None where no time limits it."""

    version: str
    folder: str
    admin_api: bool
    keeps_ms: int | None
    head_ms: int | None
    """The first moment that is still written in memory; None where nothing is yet."""


class Point(NamedTuple):
    """A value at a moment, in seconds since 1970."""

    at: float
    value: float


class Prometheus:
    """One that runs, by its address."""

    def __init__(self, address: str) -> None:
        """Nothing is asked yet; `address` as in a browser, a path before `/api` included."""
        self.address = address.rstrip("/")

    def about(self) -> About:
        """What it runs with now.

        Raises:
            PrometheusError: it does not answer.
        """
        flags, runtime = self._ask("status/flags"), self._ask("status/runtimeinfo")
        head = self._ask("status/tsdb")["headStats"]
        folder = flags["storage.tsdb.path"]
        return About(
            self._ask("status/buildinfo")["version"],
            folder if folder.startswith("/") else f"{runtime['CWD']}/{folder}",
            flags.get("web.enable-admin-api") == "true",
            retention_ms(runtime.get("storageRetention", "")),
            head["minTime"] if head["minTime"] <= head["maxTime"] else None,
        )

    def count_series(self, selector: str, start_s: float, end_s: float) -> int:
        """Series of a selector in blocks that touch a stretch."""
        return len(self._ask("series", **{"match[]": selector}, start=start_s, end=end_s))

    def points(self, expression: str, start_s: float, end_s: float, step_s: int) -> list[Point]:
        """What an expression without labels gave at `start_s` and every `step_s` after it, up to `end_s`; gaps are left out."""
        found: list[Point] = []
        while start_s <= end_s:
            last = min(end_s, start_s + step_s * (_POINTS - 1))
            answer = self._ask("query_range", query=expression, start=start_s, end=last, step=step_s)["result"]
            found += [Point(float(at), float(value)) for series in answer for at, value in series["values"]]
            start_s += step_s * _POINTS
        return found

    def loaded_blocks(self) -> int:
        """How many blocks it has loaded."""
        text = self._open("/metrics", None, _SECONDS).decode()
        found = re.search(r"^prometheus_tsdb_blocks_loaded (\S+)$", text, re.MULTILINE)
        if found is None:
            raise PrometheusError(
                f"{self.address}/metrics does not tell prometheus_tsdb_blocks_loaded; expected a Prometheus"
            )
        return int(float(found[1]))

    def delete(self, selector: str, start_ms: int, end_ms: int) -> None:
        """Delete the samples of a selector's series from `start_ms` to `end_ms`, both included. Other samples stay."""
        told = {"match[]": selector, "start": f"{start_ms / 1000:.3f}", "end": f"{end_ms / 1000:.3f}"}
        self._open("/api/v1/admin/tsdb/delete_series", told, _ADMIN_SECONDS)

    def clean(self) -> None:
        """Take what was deleted off the disk. Blocks are loaded anew on the way, those that were moved in too."""
        self._open("/api/v1/admin/tsdb/clean_tombstones", {}, _ADMIN_SECONDS)

    def _ask(self, path: str, **parameters: Any) -> Any:
        text = "?" + urllib.parse.urlencode(parameters) if parameters else ""
        answer = self._open(f"/api/v1/{path}{text}", None, _SECONDS)
        try:
            return json.loads(answer)["data"]
        except (ValueError, KeyError, TypeError) as error:
            raise PrometheusError(
                f"{self.address}/api/v1/{path} answers no JSON of Prometheus: {answer[:80]!r}"
            ) from error

    def _open(self, path: str, posted: dict[str, str] | None, seconds: float) -> bytes:
        if not self.address.startswith(("http://", "https://")):
            raise PrometheusError(f"--prometheus is {self.address!r}; expected an address like http://127.0.0.1:9090")
        data = None if posted is None else urllib.parse.urlencode(posted).encode()
        request = urllib.request.Request(self.address + path, data)  # noqa: S310 - looked at above
        try:
            with urllib.request.urlopen(request, timeout=seconds) as answer:  # noqa: S310
                return bytes(answer.read())
        except urllib.error.HTTPError as error:
            said = error.read().decode(errors="replace").strip()
            raise PrometheusError(
                f"{self.address}{path.partition('?')[0]} answers {error.code}: {said[:300]}"
            ) from error
        except OSError as error:
            reason = getattr(error, "reason", error)
            raise PrometheusError(
                f"no Prometheus answers at {self.address} ({reason}): is it running? --prometheus names it"
            ) from error


def retention_ms(told: str) -> int | None:
    """How long samples are kept, as `storageRetention` tells it; None where only their size or nothing limits them.

    >>> retention_ms("90d or 8GiB"), retention_ms("1d12h"), retention_ms("8GiB"), retention_ms("")
    (7776000000, 129600000, None, None)
    """
    for part in told.split(" or "):
        pieces = re.findall(r"(\d+)(ms|[smhdwy])", part)
        if pieces and "".join(number + unit for number, unit in pieces) == part:
            return sum(int(number) * _LENGTHS_MS[unit] for number, unit in pieces)
    return None
